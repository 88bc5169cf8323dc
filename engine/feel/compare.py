"""FEEL's three-valued comparisons: true, false, or null where two values cannot be compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final, TypeAlias

from engine.feel.budget import Run
from engine.feel.temporal.values import Date, DateTime, Months, Nanos, Time
from engine.feel.values import Function, Range, Unbounded, Value, kind

Truth: TypeAlias = bool | None
Comparison: TypeAlias = Callable[[Value, Value, Run], Truth]


def equal(a: Value, b: Value, run: Run) -> Truth:
    """`a = b`; values of different types, and functions, cannot be compared."""
    if a is None or b is None:
        return a is None and b is None
    if type(a) is not type(b):
        run.note(f"{kind(a)} and {kind(b)} cannot be compared")
        return None
    if isinstance(a, list) and isinstance(b, list):
        return _equal_lists(a, b, run)
    if isinstance(a, dict) and isinstance(b, dict):
        if a.keys() != b.keys():
            return False
        return _equal_lists(list(a.values()), [b[key] for key in a], run)
    if isinstance(a, Function):
        return None
    return a == b


def order(a: Value, b: Value) -> int | None:
    """-1, 0 or 1 as a is below, equal to or above b; None where they have no order."""
    if type(a) is not type(b):
        return None
    if isinstance(a, Decimal) and isinstance(b, Decimal):
        return (a > b) - (a < b)
    if isinstance(a, str) and isinstance(b, str):
        return (a > b) - (a < b)
    if isinstance(a, Months | Nanos) and isinstance(b, Months | Nanos):
        return (a.count > b.count) - (a.count < b.count)
    if isinstance(a, Date) and isinstance(b, Date):
        x, y = (a.year, a.month, a.day), (b.year, b.month, b.day)
        return (x > y) - (x < y)
    if isinstance(a, Time | DateTime) and isinstance(b, Time | DateTime):
        if (a.utc_offset() is None) != (b.utc_offset() is None):
            return None
        return (a.instant > b.instant) - (a.instant < b.instant)
    return None


def unequal(a: Value, b: Value, run: Run) -> Truth:
    """`a != b`."""
    same = equal(a, b, run)
    return None if same is None else not same


def below(a: Value, b: Value, run: Run) -> Truth:
    """`a < b`."""
    if type(a) is Decimal and type(b) is Decimal:
        return a < b
    way = _ordered(a, b, run)
    return None if way is None else way < 0


def at_most(a: Value, b: Value, run: Run) -> Truth:
    """`a <= b`."""
    if type(a) is Decimal and type(b) is Decimal:
        return a <= b
    way = _ordered(a, b, run)
    return None if way is None else way <= 0


def above(a: Value, b: Value, run: Run) -> Truth:
    """`a > b`."""
    if type(a) is Decimal and type(b) is Decimal:
        return a > b
    way = _ordered(a, b, run)
    return None if way is None else way > 0


def at_least(a: Value, b: Value, run: Run) -> Truth:
    """`a >= b`."""
    if type(a) is Decimal and type(b) is Decimal:
        return a >= b
    way = _ordered(a, b, run)
    return None if way is None else way >= 0


COMPARISONS: Final[Mapping[str, Comparison]] = MappingProxyType(
    {"=": equal, "!=": unequal, "<": below, "<=": at_most, ">": above, ">=": at_least}
)


def between(value: Value, low: Value, high: Value, run: Run) -> Truth:
    """`value between low and high`, both ends included."""
    first, second = at_least(value, low, run), at_most(value, high, run)
    if first is None or second is None:
        return None
    return first and second


def in_range(value: Value, limits: Range, run: Run) -> Truth:
    """`value in [low..high]`; a null end cannot be compared, an unbounded one always holds."""
    if value is None or limits.low is None or limits.high is None:
        return None
    if limits.low is not Unbounded.END:
        way = _ordered(value, limits.low, run)
        if way is None or way < 0 or (way == 0 and not limits.low_closed):
            return None if way is None else False
    if limits.high is not Unbounded.END:
        way = _ordered(value, limits.high, run)
        if way is None or way > 0 or (way == 0 and not limits.high_closed):
            return None if way is None else False
    return True


def in_test(value: Value, test: Value, run: Run) -> Truth:
    """`value in test`: in a range, in a list or equal to one of its items or to the whole."""
    if isinstance(test, Range):
        if isinstance(value, Range):
            return equal(value, test, run)
        return in_range(value, test, run)
    if not isinstance(test, list):
        return equal(value, test, run)
    if isinstance(value, list) and equal(value, test, run) is True:
        return True
    run.charge(len(test))
    return any(
        (in_range(value, item, run) if isinstance(item, Range) else equal(value, item, run)) is True
        for item in test
    )


def _equal_lists(a: list[Value], b: list[Value], run: Run) -> Truth:
    if len(a) != len(b):
        return False
    run.charge(len(a))
    for x, y in zip(a, b, strict=True):
        same = equal(x, y, run)
        if same is not True:
            return same
    return True


def _ordered(a: Value, b: Value, run: Run) -> int | None:
    way = order(a, b)
    if way is None:
        run.note(f"{kind(a)} and {kind(b)} have no order")
    return way
