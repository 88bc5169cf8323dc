"""The grammar of types."""

from __future__ import annotations

from typing import Final

from engine.feel.names import SpacedNames, known_names
from engine.feel.reader import Reader
from engine.feel.types import BUILT_IN, ContextOf, FunctionOf, ListOf, Named, RangeOf, Type, Types

_DEEPEST: Final = 50
_BUILT_IN: Final = SpacedNames(BUILT_IN)


def parse_type(text: str, types: Types) -> Type:
    """A type as it is written, such as `list<number>`.

    Raises:
        FeelSyntaxError: no type that is built in or that the model defines.
    """
    parser = TypeParser(text, types)
    return parser.whole(parser.type, "the end of the type")


class TypeParser(Reader):
    """Reads types where the text has them."""

    def __init__(self, text: str, types: Types) -> None:
        super().__init__(text)
        self._types = types
        self._type_names = known_names(frozenset(types), _BUILT_IN)
        self._type_depth = 0

    def type(self) -> Type:
        """A type.

        Raises:
            UnreadableError: no type that is built in or that the model defines.
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
