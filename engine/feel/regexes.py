"""Patterns of the functions `matches`, `replace` and `split`, run with a time limit.

Source: DMN 1.5, 10.3.4.3, which leaves their meaning to XPath's fn:matches and fn:replace.
"""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic
from types import MappingProxyType
from typing import Final

import regex

from engine.feel.budget import Run
from engine.feel.errors import FeelBudgetError
from engine.feel.xpath_patterns import pattern_for_regex

_FLAGS: Final[Mapping[str, int]] = MappingProxyType(
    {"i": regex.IGNORECASE, "s": regex.DOTALL, "m": regex.MULTILINE, "x": 0, "q": 0}
)
_LONGEST: Final = 2000
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
    translated = pattern_for_regex(pattern, flags) if len(pattern) <= _LONGEST else None
    if translated is not None and all(flag in _FLAGS for flag in flags):
        options = regex.VERSION1
        for flag in flags:
            options |= _FLAGS[flag]
        try:
            with _Watch(run):
                return regex.compile(translated, options, cache_pattern=True)
        except (regex.error, OverflowError, RecursionError):
            pass
    run.note(f"'{pattern}' with flags '{flags}' is not a pattern")
    return None


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
