"""From FEEL text to its syntax tree, by precedence climbing over tokens (DMN 1.5, 10.3.1.2).

Where FEEL is ambiguous (`x in (1, 2)`, the `[` after a range's end) the parser tries one reading
and goes back; what it may spend on that is limited, and so is nesting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import DecimalException
from typing import Final, TypeVar

from engine.feel import nodes
from engine.feel.builtins import SPACED_NAMES
from engine.feel.errors import FeelSyntaxError
from engine.feel.lexer import tokens, unquoted
from engine.feel.names import SIGNS, SpacedNames
from engine.feel.nodes import Node
from engine.feel.temporal.text import read_temporal
from engine.feel.type_parser import TypeParser
from engine.feel.types import NO_TYPES, Type, Types
from engine.feel.values import DECIMALS

#: Nested expressions and operators; each costs up to three Python frames of 1000.
DEEPEST: Final = 180
#: Levels of a syntax tree; compiling costs up to four frames a level.
HIGHEST: Final = 150
_KEYWORDS: Final = frozenset(
    [
        "and",
        "or",
        "in",
        "between",
        "then",
        "else",
        "return",
        "satisfies",
        "instance",
        "of",
        "if",
        "for",
        "some",
        "every",
        "true",
        "false",
        "null",
        "function",
        "external",
    ]
)
_LITERALS: Final = {"true": True, "false": False, "null": None}
_COMPARISONS: Final = ("<=", ">=", "!=", "<", ">", "=")
_OR, _AND, _COMPARE, _ADD, _MULTIPLY, _POWER = range(1, 7)
_LEVELS: Final = {
    "or": _OR,
    "and": _AND,
    **dict.fromkeys((*_COMPARISONS, "between", "in"), _COMPARE),
    **dict.fromkeys("+-", _ADD),
    **dict.fromkeys("*/", _MULTIPLY),
    "**": _POWER,
}
_T = TypeVar("_T")


def parse_expression(text: str, names: Iterable[str] = (), types: Types = NO_TYPES) -> Node:
    """The tree of an expression.

    `names` are those known around it: variables, and entries of contexts with more than one word.

    Raises:
        FeelSyntaxError: the text is not FEEL.
    """
    parser = Parser(text, names, types)
    return parser.whole(parser.expression)


def parse_unary_tests(text: str, names: Iterable[str] = (), types: Types = NO_TYPES) -> Node:
    """The tree of unary tests: a cell of a decision table.

    Raises:
        FeelSyntaxError: the text is not unary tests.
    """
    parser = Parser(text, names, types)
    return parser.whole(parser.unary_tests)


class Parser(TypeParser):
    """Reads one text once."""

    def __init__(self, text: str, names: Iterable[str], types: Types) -> None:
        super().__init__(text, tokens(text), types)
        self._names = SpacedNames(names, SPACED_NAMES)
        self._depth = 0
        self._links = 0
        self._work = 50 * len(self.tokens) + 1000
        self._in_interval = False

    def whole(self, rule: Callable[[], Node]) -> Node:
        """The tree of the whole text by a rule.

        Raises:
            FeelSyntaxError: with the place that was understood last.
        """
        try:
            tree = rule()
            if self.token.kind != "end":
                self.fail("an operator or the end")
        except FeelSyntaxError:
            position, expected = self.furthest
            raise FeelSyntaxError(self.text, position, expected) from None
        if self._links > HIGHEST // 3 and nodes.height(tree) > HIGHEST:
            raise FeelSyntaxError(self.text, 0, f"at most {HIGHEST} levels")
        return tree

    # expressions

    def expression(self) -> Node:
        """Any expression."""
        in_interval, self._in_interval = self._in_interval, False
        try:
            return self._nested(self._expression)
        finally:
            self._in_interval = in_interval

    def unary_tests(self) -> Node:
        """`-`, tests separated by commas, or `not(tests)`."""
        if self.token.text == "-" and self.tokens[self.index + 1].kind == "end":
            self.index += 1
            return nodes.Tests(negated=False, tests=())
        negated = self.token.text == "not" and self.tokens[self.index + 1].text == "("
        if negated:
            self.index += 2
        tests = [self._positive_test()]
        while self.take(","):
            tests.append(self._positive_test())
        if negated:
            self.need(")")
        return nodes.Tests(negated=negated, tests=tuple(tests))

    def _nested(self, rule: Callable[[], _T]) -> _T:
        self._depth += 1
        self._work -= 1
        if self._depth > DEEPEST or self._work < 0:
            self.furthest = (self.token.start, "a simpler expression: this is nested too deeply")
            raise FeelSyntaxError(self.text, *self.furthest)
        try:
            return rule()
        finally:
            self._depth -= 1

    def _expression(self) -> Node:
        rule = {
            "if": self._if,
            "for": self._for,
            "some": self._quantified,
            "every": self._quantified,
            "function": self._lambda,
        }.get(self.token.text if self.token.kind == "name" else "")
        return self._binary(_OR) if rule is None or self._names_here() else rule()

    def _binary(self, level: int) -> Node:
        return self._nested(lambda: self._climb(self._unary(), level))

    def _additive(self) -> Node:
        return self._binary(_ADD)

    def _climb(self, left: Node, level: int) -> Node:
        while True:
            here = self._level()
            if here < level:
                return left
            left = self._compared(left) if here == _COMPARE else self._chain(left, here)

    def _level(self) -> int:
        token = self.token
        if token.kind in ("sign", "name"):
            return _LEVELS.get(token.text, 0)
        return 0

    def _chain(self, left: Node, level: int) -> Node:
        signs, operands = [], []
        while self._level() == level:
            signs.append(self.token.text)
            self.index += 1
            operands.append(self._binary(level + 1))
        if level == _OR:
            return nodes.Some((left, *operands))
        if level == _AND:
            return nodes.All((left, *operands))
        return nodes.Arithmetic(left, tuple(signs), tuple(operands))

    def _compared(self, left: Node) -> Node:
        self._links += 1
        sign = self.token.text
        self.index += 1
        if sign == "between":
            low = self._additive()
            self.need("and")
            return nodes.Between(left, low, self._additive())
        if sign == "in":
            return nodes.In(left, self._in_tests())
        return nodes.Comparison(sign, left, self._additive())

    def _in_tests(self) -> tuple[Node, ...]:
        """The tests after `in`: a list in parentheses, or one test."""
        start = self.index
        if self.take("("):
            try:
                tests = [self._positive_test()]
                while self.take(","):
                    tests.append(self._positive_test())
                self.need(")")
            except FeelSyntaxError:
                tests = []
            follows = ("..",) if len(tests) > 1 else ("..", "+", "-", "*", "/", "**", "[", ".")
            if tests and self.token.text not in follows:
                return tuple(tests)
            self.index = start
        return (self._positive_test(),)

    def _positive_test(self) -> Node:
        sign = self._take_comparison()
        return self.expression() if sign is None else nodes.SignTest(sign, self._additive())

    def _take_comparison(self) -> str | None:
        token = self.token
        if token.kind == "sign" and token.text in _COMPARISONS:
            self.index += 1
            return token.text
        return None

    def _unary(self) -> Node:
        if self.take("-"):
            return nodes.Negation(self._nested(self._unary))
        node = self._postfix()
        while self.word("instance"):
            self.need("of")
            self._links += 1
            node = nodes.InstanceOf(node, self.type())
        return node

    def _postfix(self) -> Node:
        node = self._primary()
        while True:
            sign = self.token.text if self.token.kind == "sign" else ""
            if sign == ".":
                self.index += 1
                node = self._path(node)
            elif sign == "(":
                node = self._call(node)
            elif sign == "[":
                filtered = self._filter(node)
                if filtered is None:
                    return node
                node = filtered
            else:
                return node
            self._links += 1

    def _path(self, base: Node) -> Node:
        known = self._names.match(self.tokens, self.index)
        if known is not None:
            name, self.index = known
        elif self.token.kind == "name":
            name = self.token.text
            self.index += 1
        else:
            self.fail("a name")
        if isinstance(base, nodes.Path):
            return nodes.Path(base.base, (*base.names, name))
        return nodes.Path(base, (name,))

    def _filter(self, base: Node) -> Node | None:
        """`[condition]`, or None where the bracket ends an interval."""
        start = self.index
        self.index += 1
        try:
            condition = self.expression()
            self.need("]")
        except FeelSyntaxError:
            if not self._in_interval:
                raise
            self.index = start
            return None
        return nodes.Filter(base, condition)

    def _call(self, function: Node) -> Node:
        self.need("(")
        arguments: list[Node] = []
        names: list[str] = []
        named = self._argument_name() is not None
        while not self.take(")"):
            if arguments:
                self._comma(")")
            if named:
                found = self._argument_name()
                if found is None or found[0] in names:
                    self.fail("an argument with a name of its own")
                names.append(found[0])
                self.index = found[1]
            arguments.append(self.expression())
        return nodes.Call(function, tuple(arguments), tuple(names))

    def _argument_name(self) -> tuple[str, int] | None:
        """A name before a colon, and the index after that."""
        index = self.index
        if self.token.kind != "name":
            return None
        while self.tokens[index].kind in ("name", "number") or self.tokens[index].text in SIGNS:
            index += 1
        return (self._spelled(self.index, index), index + 1) if self._colon(index) else None

    def _comma(self, close: str) -> None:
        if not self.take(","):
            self.fail(f"',' or '{close}'")

    def _colon(self, index: int) -> bool:
        return self.tokens[index].text == ":" and self.tokens[index].kind == "sign"

    # primaries

    def _primary(self) -> Node:
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
                **dict.fromkeys(_COMPARISONS, self._half_line),
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
        known = self._names.match(self.tokens, self.index)
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

    def _names_here(self) -> bool:
        return self._names.match(self.tokens, self.index) is not None

    def _at(self) -> Node:
        self.index += 1
        if self.token.kind != "string":
            self.fail("a date, time or duration in quotes")
        text = unquoted(self.token.text)
        self.index += 1
        return nodes.Literal(read_temporal(text))

    def _half_line(self) -> Node:
        sign = self._take_comparison() or self.fail("a comparison")
        return nodes.HalfLine(sign, self._end())

    def _parenthesis(self) -> Node:
        self.need("(")
        sign = self._take_comparison()
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
        low = self._additive()
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
        sign = self._take_comparison()
        return self.expression() if sign is None else nodes.HalfLine(sign, self._additive())

    def _interval(self, low: Node, *, low_closed: bool) -> Node:
        high = self._end()
        high_closed = self.take("]")
        if not high_closed and not self.take(")") and not self.take("["):
            self.fail("the end of the range: ']', ')' or '['")
        return nodes.Interval(low, high, low_closed, high_closed)

    def _end(self) -> Node:
        in_interval, self._in_interval = self._in_interval, True
        try:
            return self._additive()
        finally:
            self._in_interval = in_interval

    def _context(self) -> Node:
        self.need("{")
        entries: list[nodes.Entry] = []
        while not self.take("}"):
            if entries:
                self._comma("}")
            key = self._key()
            if any(entry.key == key for entry in entries):
                self.fail(f"an entry other than '{key}', which is there already")
            self._names.add(key)
            self.need(":")
            entries.append(nodes.Entry(key, self.expression()))
        return nodes.ContextOfNodes(tuple(entries))

    def _key(self) -> str:
        if self.token.kind == "string":
            self.index += 1
            return unquoted(self.tokens[self.index - 1].text)
        return self.declared(lambda: self._colon(self.index))

    # words

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
            self._names.add(name)
            self.need("in")
            source = self.expression()
            end = self._additive() if self.take("..") else None
            found.append(nodes.Iteration(name, source, end))
        return tuple(found)

    def _lambda(self) -> Node:
        self.index += 1
        self.need("(")
        names: list[str] = []
        types: list[Type | None] = []
        while not self.take(")"):
            if names:
                self._comma(")")
            name = self.declared(lambda: self.token.text in (",", ":", ")"))
            if name in names:
                self.fail(f"a parameter other than '{name}', which is there already")
            self._names.add(name)
            names.append(name)
            types.append(self.type() if self.take(":") else None)
        if self.word("external"):
            self.expression()
            return nodes.Lambda(tuple(names), tuple(types), None)
        return nodes.Lambda(tuple(names), tuple(types), self.expression())
