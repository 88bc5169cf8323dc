"""FEEL's arithmetic on numbers, strings, dates, times and durations (DMN 1.5, table 55).

Every operation answers null, with a note, where its operands do not fit or the result is
beyond what FEEL can hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, DecimalException
from types import MappingProxyType
from typing import Final, TypeAlias

from engine.feel.budget import Run
from engine.feel.temporal.civil import DAY
from engine.feel.temporal.values import (
    Date,
    DateTime,
    Duration,
    Months,
    Nanos,
    Time,
    add_months,
    from_days,
    midnight,
)
from engine.feel.values import DECIMALS, Value, kind

Operation: TypeAlias = Callable[[Value, Value, Run], Value]
_LONGEST_DURATION: Final = 10**30
_MAX_EXPONENT: Final = 99_999


def add(a: Value, b: Value, run: Run) -> Value:
    """`a + b`."""
    if isinstance(a, Decimal) and isinstance(b, Decimal):
        return _guarded(DECIMALS.add, a, b, run)
    if isinstance(a, str) and isinstance(b, str):
        run.charge_text(len(a) + len(b))
        return a + b
    if isinstance(a, Months | Nanos) and isinstance(b, Months | Nanos):
        return _duration(type(a), a.count + b.count) if type(a) is type(b) else None
    if isinstance(a, Months | Nanos):
        a, b = b, a
    if isinstance(a, Date | Time | DateTime) and isinstance(b, Months | Nanos):
        return _shifted(a, b)
    return _unfit("added", a, b, run)


def subtract(a: Value, b: Value, run: Run) -> Value:
    """`a - b`."""
    if isinstance(a, Decimal) and isinstance(b, Decimal):
        return _guarded(DECIMALS.subtract, a, b, run)
    if isinstance(b, Months | Nanos) and isinstance(a, Months | Nanos) and type(a) is type(b):
        return _duration(type(a), a.count - b.count)
    if isinstance(a, Date | Time | DateTime):
        if isinstance(b, Months | Nanos):
            return _shifted(a, type(b)(-b.count))
        return _distance(a, b, run)
    return _unfit("subtracted", a, b, run)


def multiply(a: Value, b: Value, run: Run) -> Value:
    """`a * b`."""
    if isinstance(a, Decimal) and isinstance(b, Decimal):
        return _guarded(DECIMALS.multiply, a, b, run)
    if isinstance(a, Decimal):
        a, b = b, a
    if isinstance(a, Months | Nanos) and isinstance(b, Decimal):
        return _duration(type(a), _guarded(DECIMALS.multiply, Decimal(a.count), b, run))
    return _unfit("multiplied", a, b, run)


def divide(a: Value, b: Value, run: Run) -> Value:
    """`a / b`; null for a division by zero."""
    if isinstance(b, Decimal):
        if isinstance(a, Decimal):
            return _guarded(DECIMALS.divide, a, b, run)
        if isinstance(a, Months | Nanos):
            return _duration(type(a), _guarded(DECIMALS.divide, Decimal(a.count), b, run))
    if isinstance(a, Months | Nanos) and isinstance(b, Months | Nanos) and type(a) is type(b):
        return _guarded(DECIMALS.divide, Decimal(a.count), Decimal(b.count), run)
    return _unfit("divided", a, b, run)


def power(a: Value, b: Value, run: Run) -> Value:
    """`a ** b`."""
    if not isinstance(a, Decimal) or not isinstance(b, Decimal):
        return _unfit("raised", a, b, run)
    if not -_MAX_EXPONENT <= b <= _MAX_EXPONENT:
        run.note(f"the exponent {b} is too big")
        return None
    raised = _guarded(DECIMALS.power, a, b, run)
    return raised if raised is None or raised.is_finite() else None  # zero to a negative power


def negate(a: Value, run: Run) -> Value:
    """`-a`."""
    if isinstance(a, Decimal):
        return DECIMALS.minus(a)
    if isinstance(a, Months | Nanos):
        return type(a)(-a.count)
    run.note(f"{kind(a)} cannot be negated")
    return None


OPERATIONS: Final[Mapping[str, Operation]] = MappingProxyType(
    {"+": add, "-": subtract, "*": multiply, "/": divide, "**": power}
)


def _guarded(
    operation: Callable[[Decimal, Decimal], Decimal], a: Decimal, b: Decimal, run: Run
) -> Decimal | None:
    try:
        return operation(a, b)
    except DecimalException:
        run.note(f"{a} and {b} have no such result within 34 digits and 10^6144")
        return None


def _duration(of: type[Duration], count: Decimal | int | None) -> Duration | None:
    """A duration, or None for more than FEEL's years can ever need."""
    if count is None or not -_LONGEST_DURATION <= count <= _LONGEST_DURATION:
        return None
    return of(int(count))


def _shifted(a: Date | Time | DateTime, by: Duration) -> Value:
    if isinstance(a, Time):
        return Time((a.nanos + by.count) % DAY, a.offset, a.zone) if isinstance(by, Nanos) else None
    if isinstance(by, Nanos):
        return a.plus(by.count) if isinstance(a, DateTime) else _date_plus(a, by)
    if isinstance(a, Date):
        return add_months(a, by.count)
    date = add_months(a.date, by.count)
    return None if date is None else DateTime(date.days, a.nanos, a.offset, a.zone)


def _date_plus(a: Date, by: Nanos) -> Date | None:
    return from_days((a.days * DAY + by.count) // DAY)


def _distance(a: Date | Time | DateTime, b: Value, run: Run) -> Value:
    if isinstance(a, Date) and isinstance(b, Date):
        return Nanos((a.days - b.days) * DAY)
    if isinstance(a, Date) and isinstance(b, DateTime):
        a = midnight(a)
    if isinstance(b, Date) and isinstance(a, DateTime):
        b = midnight(b)
    if isinstance(a, Time | DateTime) and isinstance(b, Time | DateTime) and type(a) is type(b):
        if (a.utc_offset() is None) == (b.utc_offset() is None):
            return Nanos(a.instant - b.instant)
        run.note("a time with an offset and one without have no distance")
        return None
    return _unfit("subtracted", a, b, run)


def _unfit(verb: str, a: Value, b: Value, run: Run) -> Value:
    run.note(f"{kind(a)} and {kind(b)} cannot be {verb}")
    return None
