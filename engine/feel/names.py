"""Names of more than one token, matched longest first (DMN 1.5, 10.3.1.2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from engine.feel.errors import FeelSyntaxError
from engine.feel.lexer import Token, tokens

#: Signs that a name may hold.
SIGNS: Final = frozenset("./-+*'")


class SpacedNames:
    """Knows the names of several tokens, and where they begin."""

    def __init__(self, names: Iterable[str] = (), base: SpacedNames | None = None) -> None:
        self._base = base
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for name in names:
            self._know(name)
        for known in self._by_first.values():
            known.sort(key=_longest_first)

    def add(self, name: str) -> None:
        """Know one more name; a name of one token needs no knowing."""
        first = self._know(name)
        if first is not None:
            self._by_first[first].sort(key=_longest_first)

    def _know(self, name: str) -> str | None:
        """The first of its tokens, where it has several."""
        if name.isidentifier():
            return None
        try:
            parts = tuple(token.text for token in tokens(name)[:-1])
        except FeelSyntaxError:
            return None
        if len(parts) < 2:  # noqa: PLR2004 - several
            return None
        self._by_first.setdefault(parts[0], []).append((parts, name))
        return parts[0]

    def match(self, stream: Sequence[Token], index: int) -> tuple[str, int] | None:
        """The longest known name that begins at a token, and the index after it."""
        own = self._longest(stream, index)
        base = self._base.match(stream, index) if self._base else None
        if own is None or base is None:
            return own or base
        return own if own[1] >= base[1] else base

    def _longest(self, stream: Sequence[Token], index: int) -> tuple[str, int] | None:
        for parts, name in self._by_first.get(stream[index].text, ()):
            end = index + len(parts)
            if tuple(token.text for token in stream[index:end]) == parts:
                return name, end
        return None


@lru_cache(maxsize=32)
def known_names(names: frozenset[str], base: SpacedNames) -> SpacedNames:
    """The same object for the same names: those of a model are known in each of its cells."""
    return SpacedNames(names, base)


def _longest_first(entry: tuple[tuple[str, ...], str]) -> int:
    return -len(entry[0])
