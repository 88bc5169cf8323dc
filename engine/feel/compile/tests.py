"""`in`, and unary tests: a value against the entry of a decision table's cell."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final, TypeAlias

from engine.feel import nodes
from engine.feel.budget import Run
from engine.feel.compare import COMPARISONS, Truth, in_test
from engine.feel.compile.dispatch import Code, Local, compiled
from engine.feel.types import Types
from engine.feel.values import Value

Test: TypeAlias = Callable[[Value, Local, Run], Truth]
INPUT: Final = "?"


def compiled_tests(node: nodes.Node, types: Types) -> Test:
    """The closure of unary tests: of the value, the names around and the run.

    An expression that uses `?` and is boolean is the answer itself; any other is what the value
    must equal or be in (DMN 1.5, 10.3.2.8).
    """
    if not isinstance(node, nodes.Tests):
        raise TypeError(f"{type(node).__name__} is no unary test")
    if not node.tests:
        return lambda _value, _names, _run: True
    tests = tuple(_test(test, types) for test in node.tests)
    if node.negated:
        return _none_of(tests)
    return tests[0] if len(tests) == 1 else _one_of(tests)


def _one_of(tests: tuple[Test, ...]) -> Test:
    def test(value: Value, names: Local, run: Run) -> Truth:
        return any(one(value, names, run) is True for one in tests)

    return test


def _none_of(tests: tuple[Test, ...]) -> Test:
    def test(value: Value, names: Local, run: Run) -> Truth:
        return not any(one(value, names, run) is True for one in tests)

    return test


def _test(node: nodes.Node, types: Types) -> Test:
    if isinstance(node, nodes.SignTest):
        return _sign_test(node, types)
    if isinstance(node, nodes.Literal) and isinstance(node.value, str | Decimal | bool):
        return _constant_test(node.value)
    code = compiled(node, types)
    if not _uses_input(node):
        return lambda value, names, run: in_test(value, code(names, run), run)

    def test(value: Value, names: Local, run: Run) -> Truth:
        answer = code({**names, INPUT: value}, run)
        return answer if isinstance(answer, bool) else in_test(value, answer, run)

    return test


def _sign_test(node: nodes.SignTest, types: Types) -> Test:
    compare = COMPARISONS[node.sign]
    if isinstance(node.operand, nodes.Literal):
        fixed = node.operand.value
        return lambda value, _names, run: compare(value, fixed, run)
    code = compiled(node.operand, types)
    if not _uses_input(node.operand):
        return lambda value, names, run: compare(value, code(names, run), run)
    return lambda value, names, run: compare(value, code({**names, INPUT: value}, run), run)


def _constant_test(fixed: str | Decimal | bool) -> Test:  # noqa: FBT001 - a cell's value
    wanted = type(fixed)

    def test(value: Value, _names: Local, run: Run) -> Truth:
        return value == fixed if type(value) is wanted else in_test(value, fixed, run)

    return test


def _uses_input(node: nodes.Node) -> bool:
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if isinstance(current, nodes.Name) and current.name == INPUT:
            return True
        waiting.extend(nodes.children(current))
    return False


@compiled.register
def _in(node: nodes.In, types: Types) -> Code:
    value_code = compiled(node.value, types)
    tests = tuple(_test_of_in(test, types) for test in node.tests)

    def code(names: Local, run: Run) -> Value:
        value = value_code(names, run)
        answer: Truth = False
        for test in tests:
            truth = test(value, names, run)
            if truth is True:
                return True
            if truth is None:
                answer = None
        return answer

    return code


def _test_of_in(node: nodes.Node, types: Types) -> Test:
    if isinstance(node, nodes.SignTest):
        return _sign_test(node, types)
    code = compiled(node, types)
    return lambda value, names, run: in_test(value, code(names, run), run)
