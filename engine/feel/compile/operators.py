"""Arithmetic, comparisons, logic, `instance of` and `if`."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from engine.feel import nodes
from engine.feel.arithmetic import OPERATIONS, Operation, negate
from engine.feel.budget import Run
from engine.feel.compare import COMPARISONS, between
from engine.feel.compile.dispatch import Code, Local, compiled
from engine.feel.types import Types, conforms
from engine.feel.values import DECIMALS, Value


@compiled.register
def _negation(node: nodes.Negation, types: Types) -> Code:
    operand = compiled(node.operand, types)
    if isinstance(node.operand, nodes.Literal) and isinstance(node.operand.value, Decimal):
        value = DECIMALS.minus(node.operand.value)
        return lambda _names, _run: value
    return lambda names, run: negate(operand(names, run), run)


@compiled.register
def _arithmetic(node: nodes.Arithmetic, types: Types) -> Code:
    first = compiled(node.first, types)
    rest = [
        (OPERATIONS[sign], compiled(operand, types))
        for sign, operand in zip(node.signs, node.operands, strict=True)
    ]
    if len(rest) == 1:
        return _operation(first, *rest[0])

    def code(names: Local, run: Run) -> Value:
        value = first(names, run)
        for operation, operand in rest:
            value = operation(value, operand(names, run), run)
        return value

    return code


def _operation(left: Code, operation: Operation, right: Code) -> Code:
    return lambda names, run: operation(left(names, run), right(names, run), run)


@compiled.register
def _comparison(node: nodes.Comparison, types: Types) -> Code:
    left, right = compiled(node.left, types), compiled(node.right, types)
    compare = COMPARISONS[node.sign]
    fixed = node.right.value if isinstance(node.right, nodes.Literal) else None
    if node.sign in _DIRECT and isinstance(fixed, str | Decimal):
        return _against_constant(left, node.sign, fixed)
    return lambda names, run: compare(left(names, run), right(names, run), run)


_DIRECT: Final[Mapping[str, Callable[..., bool]]] = MappingProxyType(
    {
        "=": operator.eq,
        "!=": operator.ne,
        "<": operator.lt,
        "<=": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
    }
)


def _against_constant(left: Code, sign: str, fixed: str | Decimal) -> Code:
    """The commonest condition of all, `variable = "text"`, without the general comparison."""
    wanted = type(fixed)
    direct, compare = _DIRECT[sign], COMPARISONS[sign]

    def code(names: Local, run: Run) -> Value:
        value = left(names, run)
        if type(value) is wanted:
            return direct(value, fixed)
        return compare(value, fixed, run)

    return code


@compiled.register
def _between(node: nodes.Between, types: Types) -> Code:
    value, low, high = (compiled(part, types) for part in (node.value, node.low, node.high))
    return lambda names, run: between(value(names, run), low(names, run), high(names, run), run)


@compiled.register
def _and(node: nodes.And, types: Types) -> Code:
    return _logic(node.operands, types, decisive=False)


@compiled.register
def _or(node: nodes.Or, types: Types) -> Code:
    return _logic(node.operands, types, decisive=True)


def _logic(operands: tuple[nodes.Node, ...], types: Types, *, decisive: bool) -> Code:
    """`and` and `or` of three values: the decisive one decides, any null else makes null."""
    codes = tuple(compiled(operand, types) for operand in operands)

    def code(names: Local, run: Run) -> Value:
        answer: Value = not decisive
        for operand in codes:
            value = operand(names, run)
            if value is decisive:
                return decisive
            if value is not True and value is not False:
                answer = None
        return answer

    return code


@compiled.register
def _instance_of(node: nodes.InstanceOf, types: Types) -> Code:
    value = compiled(node.value, types)
    wanted = node.type
    return lambda names, run: conforms(value(names, run), wanted, types, allowed_only=False)


@compiled.register
def _if(node: nodes.If, types: Types) -> Code:
    branches = tuple(
        (compiled(branch.condition, types), compiled(branch.result, types))
        for branch in node.branches
    )
    otherwise = compiled(node.otherwise, types)

    def code(names: Local, run: Run) -> Value:
        for condition, result in branches:
            if condition(names, run) is True:
                return result(names, run)
        return otherwise(names, run)

    return code
