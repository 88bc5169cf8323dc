r"""Patterns of XPath and XQuery functions, run with a time limit (DMN 1.5, 10.3.4.3).

Only what differs from the `regex` package is translated: `\i` and `\c`, block names `\p{IsX}`,
subtraction of character classes, and the flag x. A pattern that XPath does not know, such as
look-around, is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic
from types import MappingProxyType
from typing import Final

import regex

from engine.feel.budget import Run
from engine.feel.errors import FeelBudgetError

_FLAGS: Final[Mapping[str, int]] = MappingProxyType(
    {"i": regex.IGNORECASE, "s": regex.DOTALL, "m": regex.MULTILINE, "x": 0, "q": 0}
)
_LONGEST: Final = 2000
_NAME_CLASSES: Final = MappingProxyType(
    {
        "i": r"\p{L}\p{Nl}_:",
        "c": r"\p{L}\p{Nl}\p{Nd}\p{Mn}\p{Mc}\-._:·",
    }
)
_GROUP: Final = regex.compile(r"\\(.)|\$(\d+)|([\\$])")


def search(run: Run, text: str, pattern: str, flags: str) -> bool | None:
    """Whether a pattern occurs in a text; None for a pattern that is not one.

    Raises:
        FeelBudgetError: it took too long.
    """
    compiled = _compiled(run, pattern, flags)
    if compiled is None:
        return None
    with _Watch(run) as seconds:
        return compiled.search(text, timeout=seconds) is not None


def replace(run: Run, text: str, pattern: str, replacement: str, flags: str) -> str | None:
    r"""The text with every occurrence replaced; `$1` is a group, `\$` a dollar.

    Raises:
        FeelBudgetError: it took too long or grew too big.
    """
    compiled = _compiled(run, pattern, flags)
    if compiled is None:
        return None
    pieces = _pieces(replacement, compiled.groups, literal="q" in flags)
    if pieces is None or (pattern and compiled.fullmatch("") is not None and "q" not in flags):
        run.note(f"replace: '{replacement}' cannot replace '{pattern}'")
        return None

    def filled(match: regex.Match[str]) -> str:
        made = "".join(p if isinstance(p, str) else match.group(p) or "" for p in pieces)
        run.charge_text(len(made))
        return made

    with _Watch(run) as seconds:
        return compiled.sub(filled, text, timeout=seconds)


def split(run: Run, text: str, pattern: str) -> list[str] | None:
    """The parts of a text between the occurrences of a pattern.

    Raises:
        FeelBudgetError: it took too long.
    """
    compiled = _compiled(run, pattern, "")
    if compiled is None:
        return None
    parts: list[str] = []
    begin = 0
    with _Watch(run) as seconds:
        for match in compiled.finditer(text, timeout=seconds):
            parts.append(text[begin : match.start()])
            begin = match.end()
    parts.append(text[begin:])
    return parts


class _Watch:
    """Takes the time that a pattern took off the run, and turns a timeout into a budget error."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._started = 0.0

    def __enter__(self) -> float:
        self._started = monotonic()
        return self._run.pattern_seconds()

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        self._run.pattern_took(self._started)
        if kind is TimeoutError:
            raise FeelBudgetError("a pattern took too long") from None


def _compiled(run: Run, pattern: str, flags: str) -> regex.Pattern[str] | None:
    translated = _translated(pattern, flags) if len(pattern) <= _LONGEST else None
    if translated is not None and all(flag in _FLAGS for flag in flags):
        options = regex.VERSION1
        for flag in flags:
            options |= _FLAGS[flag]
        try:
            return regex.compile(translated, options, cache_pattern=True)
        except (regex.error, OverflowError, RecursionError):
            pass
    run.note(f"'{pattern}' with flags '{flags}' is not a pattern")
    return None


def _translated(pattern: str, flags: str) -> str | None:
    if "q" in flags:
        return str(regex.escape(pattern))
    translator = _Translator(pattern, spaced="x" in flags)
    return translator.translated()


class _Translator:
    """Reads a pattern once, character by character, in and out of classes."""

    def __init__(self, pattern: str, *, spaced: bool) -> None:
        self._pattern = pattern
        self._spaced = spaced
        self._index = 0
        self._out: list[str] = []
        self._classes = 0
        self._groups = 0

    def translated(self) -> str | None:
        """The pattern for `regex`, or None if XPath does not know it."""
        while self._index < len(self._pattern):
            character = self._pattern[self._index]
            self._index += 1
            known = self._escape() if character == "\\" else self._plain(character)
            if not known:
                return None
        return "".join(self._out)

    def _plain(self, character: str) -> bool:
        if self._spaced and character in " \t\r\n" and not self._classes:
            return True
        if character == "[":
            return self._open()
        if character == "]" and self._classes:
            self._classes -= 1
        elif character == "-" and self._classes and self._next() == "[":
            self._out.append("-")  # regex writes the subtraction [a-z--[aeiou]]
        elif character in "&|~#" and self._classes:
            self._out.append("\\")
        elif character == "(" and not self._classes:
            return self._group()
        self._out.append(character)
        return True

    def _open(self) -> bool:
        nested = self._classes > 0
        if nested and not "".join(self._out).endswith("--"):
            return False
        self._classes += 1
        self._out.append("[")
        if self._next() == "^":
            self._index += 1
            self._out.append("^")
        return self._next() != "]"

    def _group(self) -> bool:
        if self._next() != "?":
            self._groups += 1
            self._out.append("(")
            return True
        self._out.append("(?:")
        known = self._pattern.startswith("?:", self._index)
        self._index += 2
        return known

    def _escape(self) -> bool:
        character = self._next()
        self._index += 1
        if character in ("i", "c", "I", "C"):
            self._name_class(character)
            return True
        if character in ("p", "P"):
            return self._category(character)
        if character.isdigit():
            # A reference is to a group that was opened before, and never stands in a class.
            self._out.append(f"\\{character}")
            return not self._classes and 0 < int(character) <= self._groups
        self._out.append(f"\\{character}")
        return character != "" and character in "nrtdDsSwW\\|.-^?*+{}()[]$"

    def _name_class(self, character: str) -> None:
        content = _NAME_CLASSES[character.lower()]
        outside = f"[{content}]" if character.islower() else f"[^{content}]"
        self._out.append(content if self._classes and character.islower() else outside)

    def _category(self, character: str) -> bool:
        end = self._pattern.find("}", self._index)
        if self._next() != "{" or end < 0:
            return False
        name = self._pattern[self._index + 1 : end]
        self._index = end + 1
        name = f"In{name[2:]}" if name.startswith("Is") else name
        self._out.append(f"\\{character}{{{name}}}")
        return bool(name)

    def _next(self) -> str:
        return self._pattern[self._index : self._index + 1]


def _pieces(replacement: str, groups: int, *, literal: bool) -> list[str | int] | None:
    r"""Texts and group numbers; None where a backslash or dollar stands alone."""
    if literal:
        return [replacement]
    pieces: list[str | int] = []
    begin = 0
    for found in _GROUP.finditer(replacement):
        pieces.append(replacement[begin : found.start()])
        begin = found.end()
        if found[1] is not None:
            if found[1] not in "\\$":
                return None
            pieces.append(found[1])
        elif found[2] is not None:
            pieces.extend(_reference(found[2], groups))
        else:
            return None
    pieces.append(replacement[begin:])
    return pieces


def _reference(digits: str, groups: int) -> list[str | int]:
    """A group by as many digits as there are groups for; the rest is text (XPath fn:replace)."""
    length = len(digits)
    while length > 1 and int(digits[:length]) > groups:
        length -= 1
    number = int(digits[:length])
    return [number if number <= groups else "", digits[length:]]
