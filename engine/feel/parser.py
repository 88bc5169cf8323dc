"""From FEEL text to its syntax tree, by precedence climbing over tokens (DMN 1.5, 10.3.1.2).

Where FEEL is ambiguous (`x in (1, 2)`, the `[` after a range's end) the parser tries one reading
and goes back; what it may spend on that is limited, and so is nesting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from engine.feel import nodes
from engine.feel.errors import FeelSyntaxError
from engine.feel.names import SIGNS
from engine.feel.nodes import Node
from engine.feel.primary_parser import COMPARISONS, PrimaryParser
from engine.feel.reader import UnreadableError
from engine.feel.types import NO_TYPES, Types

#: Python frames, of 1000, that reading may pile up, and what each step down costs of them: from
#: an operator to its operand, from there through a bracket into an expression, or into an end.
DEEPEST: Final = 500
_OPERAND: Final = 3
_INSIDE: Final = 6
_END: Final = 7
#: Levels of a syntax tree; compiling costs up to four frames a level.
HIGHEST: Final = 120
_OR, _AND, _COMPARE, _ADD, _MULTIPLY, _POWER = range(1, 7)
_LEVELS: Final = {
    "or": _OR,
    "and": _AND,
    **dict.fromkeys((*COMPARISONS, "between", "in"), _COMPARE),
    **dict.fromkeys("+-", _ADD),
    **dict.fromkeys("*/", _MULTIPLY),
    "**": _POWER,
}


def parse_expression(text: str, names: Iterable[str] = (), types: Types = NO_TYPES) -> Node:
    """The tree of an expression.

    `names` are those known around it: variables, and entries of contexts with more than one word.

    Raises:
        FeelSyntaxError: the text is not FEEL.
    """
    parser = Parser(text, names, types)
    return parser.tree(parser.expression)


def parse_unary_tests(text: str, names: Iterable[str] = (), types: Types = NO_TYPES) -> Node:
    """The tree of unary tests: a cell of a decision table.

    Raises:
        FeelSyntaxError: the text is not unary tests.
    """
    parser = Parser(text, names, types)
    return parser.tree(parser.unary_tests)


class Parser(PrimaryParser):
    """Reads one text once."""

    def __init__(self, text: str, names: Iterable[str], types: Types) -> None:
        super().__init__(text, names, types)
        self._depth = 0
        self._links = 0
        self._work = 12 * len(self.tokens) + 1000

    def tree(self, rule: Callable[[], Node]) -> Node:
        """The tree of the whole text by a rule.

        Raises:
            FeelSyntaxError: with the furthest place that was reached.
        """
        tree = self.whole(rule, "an operator or the end")
        if self._links > HIGHEST // 3 and nodes.height(tree) > HIGHEST:
            raise FeelSyntaxError(self.text, 0, f"at most {HIGHEST} levels")
        return tree

    # expressions

    def expression(self) -> Node:
        """Any expression."""
        self._go_down(_INSIDE)
        in_interval, self.in_interval = self.in_interval, False
        try:
            form = self.keyword_form()
            return self._binary(_OR) if form is None else form
        finally:
            self._depth -= _INSIDE
            self.in_interval = in_interval

    def additive(self) -> Node:
        """An expression without comparison or logic."""
        self._go_down(_END)
        try:
            return self._binary(_ADD)
        finally:
            self._depth -= _END

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

    def _go_down(self, frames: int) -> None:
        """Count a step down; whoever takes it counts it back."""
        self._depth += frames
        self._work -= 1
        if self._depth > DEEPEST or self._work < 0:
            self._depth -= frames
            self.furthest = (self.token.start, "a simpler expression: this is nested too deeply")
            raise UnreadableError

    def _binary(self, level: int) -> Node:
        self._go_down(_OPERAND)
        try:
            return self._climb(self._unary(), level)
        finally:
            self._depth -= _OPERAND

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
            return nodes.Or((left, *operands))
        if level == _AND:
            return nodes.And((left, *operands))
        return nodes.Arithmetic(left, tuple(signs), tuple(operands))

    def _compared(self, left: Node) -> Node:
        self._links += 1
        sign = self.token.text
        self.index += 1
        if sign == "between":
            low = self.additive()
            self.need("and")
            return nodes.Between(left, low, self.additive())
        if sign == "in":
            return nodes.In(left, self._in_tests())
        return nodes.Comparison(sign, left, self.additive())

    def _in_tests(self) -> tuple[Node, ...]:
        """The tests after `in`: a list in parentheses, or one test."""
        start = self.index
        if self.take("("):
            try:
                tests = [self._positive_test()]
                while self.take(","):
                    tests.append(self._positive_test())
                self.need(")")
            except UnreadableError:
                tests = []
            follows = ("..",) if len(tests) > 1 else ("..", "+", "-", "*", "/", "**", "[", ".")
            if tests and self.token.text not in follows:
                return tuple(tests)
            self.index = start
        return (self._positive_test(),)

    def _positive_test(self) -> Node:
        sign = self.take_comparison()
        return self.expression() if sign is None else nodes.SignTest(sign, self.additive())

    def _unary(self) -> Node:
        if self.take("-"):
            self._go_down(_INSIDE)
            try:
                return nodes.Negation(self._unary())
            finally:
                self._depth -= _INSIDE
        node = self._postfix()
        while self.word("instance"):
            self.need("of")
            self._links += 1
            node = nodes.InstanceOf(node, self.type())
        return node

    def _postfix(self) -> Node:
        node = self.primary()
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
        names = [self._step()]
        while self.take("."):
            self._links += 1
            names.append(self._step())
        if isinstance(base, nodes.Path):
            return nodes.Path(base.base, (*base.names, *names))
        return nodes.Path(base, tuple(names))

    def _step(self) -> str:
        known = self.names.match(self.tokens, self.index)
        if known is not None:
            name, self.index = known
        elif self.token.kind == "name":
            name = self.token.text
            self.index += 1
        else:
            self.fail("a name")
        return name

    def _filter(self, base: Node) -> Node | None:
        """`[condition]`, or None where the bracket ends an interval."""
        start = self.index
        self.index += 1
        try:
            condition = self.expression()
            self.need("]")
        except UnreadableError:
            if not self.in_interval:
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
                self.comma(")")
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
        return (self.spelled(self.index, index), index + 1) if self.colon(index) else None
