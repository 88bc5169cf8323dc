"""The token reader that the parser stands on, and the grammar of types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NoReturn

from engine.feel.errors import FeelSyntaxError
from engine.feel.lexer import Token, tokens
from engine.feel.names import SIGNS, SpacedNames
from engine.feel.types import BUILT_IN, ContextOf, FunctionOf, ListOf, Named, RangeOf, Type, Types

_DEEPEST: Final = 50
_BUILT_IN: Final = SpacedNames(BUILT_IN)


def parse_type(text: str, types: Types) -> Type:
    """A type as it is written, such as `list<number>`.

    Raises:
        FeelSyntaxError: no type that is built in or that the model defines.
    """
    parser = TypeParser(text, tokens(text), types)
    parsed = parser.type()
    if parser.token.kind != "end":
        parser.fail("the end of the type")
    return parsed


class TypeParser:
    """Goes through tokens; remembers the furthest place where something else was expected."""

    def __init__(self, text: str, stream: list[Token], types: Types) -> None:
        self.text = text
        self.tokens = stream
        self.index = 0
        self.furthest = (0, "an expression")
        self._types = types
        self._type_names = SpacedNames(types, _BUILT_IN)
        self._type_depth = 0

    @property
    def token(self) -> Token:
        """The token to be read next."""
        return self.tokens[self.index]

    def fail(self, expected: str) -> NoReturn:
        """Refuse the token here.

        Raises:
            FeelSyntaxError: always.
        """
        if self.token.start >= self.furthest[0]:
            self.furthest = (self.token.start, expected)
        raise FeelSyntaxError(self.text, self.token.start, expected)

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
            FeelSyntaxError: it is not.
        """
        if self.token.text != text or self.token.kind not in ("sign", "name"):
            self.fail(f"'{text}'")
        self.index += 1

    def declared(self, ends: Callable[[], bool]) -> str:
        """A name that is declared here, up to the token where `ends` holds.

        Raises:
            FeelSyntaxError: something that no name can hold.
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
        return self._spelled(start, self.index)

    def type(self) -> Type:
        """A type.

        Raises:
            FeelSyntaxError: no type that is built in or that the model defines.
        """
        self._type_depth += 1
        if self._type_depth > _DEEPEST:
            self.fail("a simpler type: this is nested too deeply")
        try:
            return self._type()
        finally:
            self._type_depth -= 1

    def _type(self) -> Type:
        word, generic = self.token.text, self.tokens[self.index + 1 : self.index + 2]
        if generic and generic[0].text == "<" and word in ("list", "range", "context", "function"):
            self.index += 2
            return self._generic(word)
        known = self._type_names.match(self.tokens, self.index)
        if known is not None:
            name, self.index = known
            return Named(name)
        if word not in BUILT_IN and word not in self._types and word not in ("Any", "Null"):
            self.fail("a type")
        self.index += 1
        return Named(word)

    def _generic(self, word: str) -> Type:
        if word == "context":
            return self._context_type()
        if word == "function":
            return self._function_type()
        inner = self.type()
        self.need(">")
        return ListOf(inner) if word == "list" else RangeOf(inner)

    def _context_type(self) -> Type:
        entries: list[tuple[str, Type]] = []
        while not self.take(">"):
            if entries:
                self.need(",")
            name = self.declared(lambda: self.token.text == ":")
            self.need(":")
            entries.append((name, self.type()))
        return ContextOf(tuple(entries))

    def _function_type(self) -> Type:
        parameters: list[Type] = []
        while not self.take(">"):
            if parameters:
                self.need(",")
            parameters.append(self.type())
        self.need("->")
        return FunctionOf(tuple(parameters), self.type())

    def _spelled(self, start: int, end: int) -> str:
        """The text of some tokens, every gap as one space."""
        first, last = self.tokens[start], self.tokens[end - 1]
        return " ".join(self.text[first.start : last.end].split())
