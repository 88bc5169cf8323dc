r"""Patterns as XPath writes them, translated for the `regex` package.

What differs: `\i` and `\c`, block names `\p{IsX}`, subtraction of classes, the end `$`, the flags
x and i, and references to groups. What XPath does not know, such as look-around, is refused.
Source: XPath Functions 3.1, 5.6.1, and XML Schema 1.1 part 2, appendix G.
"""

from __future__ import annotations

from typing import Final

import regex

_NAME_STARTS: Final = r"\p{L}\p{Nl}_:"
_NAME_PARTS: Final = r"\p{L}\p{Nl}\p{Nd}\p{Mn}\p{Mc}\-._:·"
_NAME_CLASSES: Final = {"i": _NAME_STARTS, "c": _NAME_PARTS}
_ESCAPES: Final = frozenset("nrtdDsSwW\\|.-^?*+{}()[]$")
_QUANTIFIERS: Final = frozenset("*+?}")


def pattern_for_regex(pattern: str, flags: str) -> str | None:
    """The same pattern for `regex` with VERSION1, or None if XPath does not know it."""
    if "q" in flags:
        return str(regex.escape(pattern))
    if "x" in flags:
        pattern = _without_space(pattern)
    translated = _Translator(pattern, flags).translated()
    if translated is None or "i" not in flags:
        return translated
    return f"(?-f){translated}"  # XPath folds single letters only: "ss" is not "ß"


def _without_space(pattern: str) -> str:
    """The pattern without space outside classes, as flag x asks."""
    kept: list[str] = []
    classes = 0
    for index, character in enumerate(pattern):
        escaped = index > 0 and pattern[index - 1] == "\\"
        if character in "[]" and not escaped:
            classes = max(0, classes + (1 if character == "[" else -1))
        if classes or character not in " \t\r\n":
            kept.append(character)
    return "".join(kept)


class _Translator:
    """Reads a pattern once, character by character, in and out of classes and groups."""

    def __init__(self, pattern: str, flags: str) -> None:
        self._pattern = pattern
        self._ignores_case = "i" in flags
        self._end = "$" if "m" in flags else r"\Z"
        self._index = 0
        self._out: list[str] = []
        self._classes = 0
        self._groups = 0
        self._open_groups: list[int] = []
        self._quantified = False

    def translated(self) -> str | None:
        """The whole pattern, or None if XPath does not know it."""
        while self._index < len(self._pattern):
            character = self._pattern[self._index]
            self._index += 1
            if character == "\\":
                known, self._quantified = self._escape(), False
            elif self._classes:
                known, self._quantified = self._in_class(character), False
            else:
                known = self._plain(character)
            if not known:
                return None
        return "".join(self._out)

    def _plain(self, character: str) -> bool:
        possessive = character == "+" and self._quantified
        self._quantified = character in _QUANTIFIERS
        if character == "[":
            return self._open_class()
        if character == "(":
            return self._open_group()
        if character == ")" and self._open_groups:
            self._open_groups.pop()
        self._out.append(self._end if character == "$" else character)
        return not possessive

    def _in_class(self, character: str) -> bool:
        if character == "[":
            return bool(self._out) and self._out[-1] == "--" and self._open_class()
        if character == "]":
            self._classes -= 1
        elif character == "-" and self._next() == "[":
            character = "--"  # how regex writes the subtraction [a-z-[aeiou]]
        elif character in "&|~#":
            character = f"\\{character}"
        self._out.append(character)
        return True

    def _open_class(self) -> bool:
        self._classes += 1
        self._out.append("[")
        if self._next() == "^":
            self._index += 1
            self._out.append("^")
        return self._next() != "]"

    def _open_group(self) -> bool:
        if self._next() != "?":
            self._groups += 1
            self._open_groups.append(self._groups)
            self._out.append("(")
            return True
        self._open_groups.append(0)
        self._out.append("(?:")
        known = self._pattern.startswith("?:", self._index)
        self._index += 2
        return known

    def _escape(self) -> bool:
        character = self._next()
        self._index += 1
        if character in ("i", "c", "I", "C"):
            return self._name_class(character)
        if character in ("p", "P"):
            return self._category(character)
        if character.isdigit():
            return self._reference(character)
        self._out.append(f"\\{character}")
        return character in _ESCAPES

    def _name_class(self, character: str) -> bool:
        content = _NAME_CLASSES[character.lower()]
        plain = content if self._classes else f"[{content}]"
        self._out.append(plain if character.islower() else f"[^{content}]")
        return True

    def _category(self, character: str) -> bool:
        end = self._pattern.find("}", self._index)
        if self._next() != "{" or end < 0:
            return False
        name = self._pattern[self._index + 1 : end]
        self._index = end + 1
        written = f"\\{character}{{{f'In{name[2:]}' if name.startswith('Is') else name}}}"
        # Categories stay what they are without regard to case.
        alone = self._ignores_case and not self._classes
        self._out.append(f"(?-i:{written})" if alone else written)
        return bool(name)

    def _reference(self, digits: str) -> bool:
        """A group that was closed before; as many digits as there are groups for."""
        while self._next().isdigit() and int(digits + self._next()) <= self._groups:
            digits += self._next()
            self._index += 1
        number = int(digits)
        self._out.append(f"(?:\\{number})")
        return not self._classes and 0 < number <= self._groups and number not in self._open_groups

    def _next(self) -> str:
        return self._pattern[self._index : self._index + 1]
