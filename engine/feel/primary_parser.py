"""The grammar of what stands alone: constants, names, brackets, and the forms with keywords."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from decimal import DecimalException
from typing import Final

from engine.feel import nodes
from engine.feel.builtins import SPACED_NAMES
from engine.feel.lexer import unquoted
from engine.feel.names import SpacedNames, known_names
from engine.feel.nodes import Node
from engine.feel.temporal.text import read_temporal
from engine.feel.type_parser import TypeParser
from engine.feel.types import Type, Types
from engine.feel.values import DECIMALS

COMPARISONS: Final = ("<=", ">=", "!=", "<", ">", "=")
_KEYWORDS: Final = frozenset(
    (
        *("and", "or", "in", "between", "then", "else", "return", "satisfies", "instance", "of"),
        *("if", "for", "some", "every", "true", "false", "null", "function", "external"),
    )
)
_LITERALS: Final = {"true": True, "false": False, "null": None}


class PrimaryParser(TypeParser, ABC):
    """Reads primaries; what they hold is read by the parser that inherits from it."""

    def __init__(self, text: str, names: Iterable[str], types: Types) -> None:
        super().__init__(text, types)
        several = frozenset(name for name in names if not name.isidentifier())
        self.names = SpacedNames((), known_names(several, SPACED_NAMES))
        self.in_interval = False

    @abstractmethod
    def expression(self) -> Node:
        """Any expression."""

    @abstractmethod
    def additive(self) -> Node:
        """An expression without comparison or logic."""

    def keyword_form(self) -> Node | None:
        """`if`, `for`, `some`, `every` or `function`, if the token is one and no known name."""
        rule = {
            "if": self._if,
            "for": self._for,
            "some": self._quantified,
            "every": self._quantified,
            "function": self._lambda,
        }.get(self.token.text if self.token.kind == "name" else "")
        known = self.names.match(self.tokens, self.index)
        return None if rule is None or known is not None else rule()

    def comma(self, close: str) -> None:
        """Go past a comma; refuse anything else, naming the bracket that could close here too."""
        if not self.take(","):
            self.fail(f"',' or '{close}'")

    def colon(self, index: int) -> bool:
        """Whether the token at an index is a colon."""
        return self.tokens[index].text == ":" and self.tokens[index].kind == "sign"

    def take_comparison(self) -> str | None:
        """The comparison sign here, if there is one; goes past it then."""
        token = self.token
        if token.kind == "sign" and token.text in COMPARISONS:
            self.index += 1
            return token.text
        return None

    def primary(self) -> Node:
        """A constant, a name, or anything in brackets."""
        token = self.token
        if token.kind == "string":
            self.index += 1
            return nodes.Literal(unquoted(token.text))
        if token.kind == "number":
            return self._number()
        if token.kind == "name":
            return self._named()
        if token.kind == "sign":
            rule = {
                "(": self._parenthesis,
                "[": self._bracket,
                "]": self._open_interval,
                "{": self._context,
                "@": self._at,
                **dict.fromkeys(COMPARISONS, self._half_line),
            }.get(token.text)
            if rule is not None:
                return rule()
        return self.fail("a value, a name or '('")

    def _number(self) -> Node:
        token = self.token
        self.index += 1
        if self.token.kind == "name" and self.token.start == token.end:
            self.fail("a number without letters")
        try:
            return nodes.Literal(DECIMALS.create_decimal(token.text))
        except DecimalException:
            return nodes.Literal(None)

    def _named(self) -> Node:
        known = self.names.match(self.tokens, self.index)
        if known is not None:
            name, self.index = known
            return nodes.Name(name)
        word = self.token.text
        if word in _LITERALS:
            self.index += 1
            return nodes.Literal(_LITERALS[word])
        if word in _KEYWORDS:
            self.fail("a value, a name or '('")
        self.index += 1
        return nodes.Name(word)

    def _at(self) -> Node:
        self.index += 1
        if self.token.kind != "string":
            self.fail("a date, time or duration in quotes")
        text = unquoted(self.token.text)
        self.index += 1
        return nodes.Literal(read_temporal(text))

    def _half_line(self) -> Node:
        sign = self.take_comparison() or self.fail("a comparison")
        return nodes.HalfLine(sign, self._end())

    def _parenthesis(self) -> Node:
        self.need("(")
        sign = self.take_comparison()
        if sign is not None:
            end = self._end()
            self.need(")")
            return nodes.HalfLine(sign, end)
        node = self.expression()
        if self.take(".."):
            return self._interval(node, low_closed=False)
        self.need(")")
        return node

    def _open_interval(self) -> Node:
        self.need("]")
        low = self.additive()
        self.need("..")
        return self._interval(low, low_closed=False)

    def _bracket(self) -> Node:
        self.need("[")
        if self.take("]"):
            return nodes.ListOfNodes(())
        items = [self._item()]
        if self.take(".."):
            return self._interval(items[0], low_closed=True)
        while self.take(","):
            items.append(self._item())
        self.need("]")
        return nodes.ListOfNodes(tuple(items))

    def _item(self) -> Node:
        sign = self.take_comparison()
        return self.expression() if sign is None else nodes.HalfLine(sign, self.additive())

    def _interval(self, low: Node, *, low_closed: bool) -> Node:
        high = self._end()
        high_closed = self.take("]")
        if not high_closed and not self.take(")") and not self.take("["):
            self.fail("the end of the range: ']', ')' or '['")
        return nodes.Interval(low, high, low_closed, high_closed)

    def _end(self) -> Node:
        in_interval, self.in_interval = self.in_interval, True
        try:
            return self.additive()
        finally:
            self.in_interval = in_interval

    def _context(self) -> Node:
        self.need("{")
        entries: list[nodes.Entry] = []
        while not self.take("}"):
            if entries:
                self.comma("}")
            key = self._key()
            if any(entry.key == key for entry in entries):
                self.fail(f"an entry other than '{key}', which is there already")
            self.names.add(key)
            self.need(":")
            entries.append(nodes.Entry(key, self.expression()))
        return nodes.ContextOfNodes(tuple(entries))

    def _key(self) -> str:
        if self.token.kind == "string":
            self.index += 1
            return unquoted(self.tokens[self.index - 1].text)
        return self.declared(lambda: self.colon(self.index))

    def _if(self) -> Node:
        branches = []
        while self.word("if"):
            condition = self.expression()
            self.need("then")
            branches.append(nodes.Branch(condition, self.expression()))
            self.need("else")
        return nodes.If(tuple(branches), self.expression())

    def _for(self) -> Node:
        self.index += 1
        iterations = self._iterations()
        self.need("return")
        return nodes.For(iterations, self.expression())

    def _quantified(self) -> Node:
        some = self.token.text == "some"
        self.index += 1
        iterations = self._iterations()
        self.need("satisfies")
        return nodes.Quantified(some, iterations, self.expression())

    def _iterations(self) -> tuple[nodes.Iteration, ...]:
        found: list[nodes.Iteration] = []
        while not found or self.take(","):
            name = self.declared(lambda: self.token.text == "in")
            self.names.add(name)
            self.need("in")
            source = self.expression()
            end = self.additive() if self.take("..") else None
            found.append(nodes.Iteration(name, source, end))
        return tuple(found)

    def _lambda(self) -> Node:
        self.index += 1
        self.need("(")
        names: list[str] = []
        types: list[Type | None] = []
        while not self.take(")"):
            if names:
                self.comma(")")
            name = self.declared(lambda: self.token.text in (",", ":", ")"))
            if name in names:
                self.fail(f"a parameter other than '{name}', which is there already")
            self.names.add(name)
            names.append(name)
            types.append(self.type() if self.take(":") else None)
        if self.word("external"):
            self.expression()
            return nodes.Lambda(tuple(names), tuple(types), None)
        return nodes.Lambda(tuple(names), tuple(types), self.expression())
