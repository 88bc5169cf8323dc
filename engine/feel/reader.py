"""Going through the tokens of a text, and saying what was expected where."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, TypeVar

from engine.feel.errors import FeelSyntaxError
from engine.feel.lexer import Token, tokens
from engine.feel.names import SIGNS

_T = TypeVar("_T")


class UnreadableError(Exception):
    """The text cannot be read this way; light, because the parser tries ways and goes back."""


class Reader:
    """Reads one text once; remembers the furthest place where something else was expected."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.index = 0
        self.furthest = (0, "an expression")

    def whole(self, rule: Callable[[], _T], rest: str) -> _T:
        """What a rule reads of the whole text; `rest` is what else could stand behind it.

        Raises:
            FeelSyntaxError: with the furthest place that was reached.
        """
        try:
            read = rule()
            if self.token.kind != "end":
                self.fail(rest)
        except UnreadableError:
            raise FeelSyntaxError(self.text, *self.furthest) from None
        return read

    @property
    def token(self) -> Token:
        """The token to be read next."""
        return self.tokens[self.index]

    def fail(self, expected: str) -> NoReturn:
        """Refuse the token here.

        Raises:
            UnreadableError: always.
        """
        if self.token.start >= self.furthest[0]:
            self.furthest = (self.token.start, expected)
        raise UnreadableError

    def take(self, sign: str) -> bool:
        """Whether the token is this sign; goes past it then."""
        token = self.tokens[self.index]
        if token.kind == "sign" and token.text == sign:
            self.index += 1
            return True
        return False

    def word(self, word: str) -> bool:
        """Whether the token is this keyword; goes past it then."""
        token = self.tokens[self.index]
        if token.kind == "name" and token.text == word:
            self.index += 1
            return True
        return False

    def need(self, text: str) -> None:
        """Go past a sign or keyword that must be here.

        Raises:
            UnreadableError: it is not.
        """
        if self.token.text != text or self.token.kind not in ("sign", "name"):
            self.fail(f"'{text}'")
        self.index += 1

    def declared(self, ends: Callable[[], bool]) -> str:
        """A name that is declared here, up to the token where `ends` holds.

        Raises:
            UnreadableError: something that no name can hold.
        """
        start = self.index
        while not ends():
            first = self.index == start
            if self.token.kind != "name" and (
                first or (self.token.kind != "number" and self.token.text not in SIGNS)
            ):
                self.fail("a name")
            self.index += 1
        if self.index == start:
            self.fail("a name")
        return self.spelled(start, self.index)

    def spelled(self, start: int, end: int) -> str:
        """The text of some tokens, every gap as one space."""
        first, last = self.tokens[start], self.tokens[end - 1]
        return " ".join(self.text[first.start : last.end].split())
