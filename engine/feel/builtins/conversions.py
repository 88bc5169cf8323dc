"""Functions that make a value of one type from others: `string`, `number`, `date`, ..."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from engine.feel.budget import Run
from engine.feel.builtins.registry import Subject
from engine.feel.temporal.civil import HOUR, NANOS
from engine.feel.temporal.text import read_date, read_date_time, read_duration, read_time
from engine.feel.temporal.values import Date, DateTime, Months, Nanos, Time, make_date
from engine.feel.values import DECIMALS, Value, feel_text

conversions: Final = Subject()
_NUMBER: Final = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_SEPARATORS: Final = (" ", ",", ".", None)


@conversions.running("string", "from: any")
def _string(run: Run, value: Value) -> str | None:
    if value is None:
        return None
    text = feel_text(value)
    run.charge_text(len(text))
    return text


@conversions.function("number", "from: any")
def _number(value: Value) -> Decimal | None:
    if isinstance(value, Decimal):
        return value
    return _read_number(value) if isinstance(value, str) else None


@conversions.function(
    "number", "from: string, grouping separator?: string?, decimal separator?: string?"
)
def _number_with(text: str, grouping: str | None, point: str | None = None) -> Decimal | None:
    if grouping not in _SEPARATORS or point not in (".", ",", None):
        return None
    if grouping is not None and grouping == point:
        return None
    plain = text.replace(grouping, "") if grouping else text
    if point == ",":
        if "." in plain:
            return None
        plain = plain.replace(",", ".")
    return _read_number(plain)


@conversions.function("date", "from: any")
def _date(value: Value) -> Date | None:
    if isinstance(value, str):
        return read_date(value)
    if isinstance(value, DateTime):
        return value.date
    return value if isinstance(value, Date) else None


@conversions.function("date", "year: integer, month: integer, day: integer")
def _date_of(year: int, month: int, day: int) -> Date | None:
    return make_date(year, month, day)


@conversions.function("time", "from: any")
def _time(value: Value) -> Time | None:
    if isinstance(value, str):
        return read_time(value)
    if isinstance(value, DateTime):
        return value.time
    if isinstance(value, Date):
        return Time(0, 0)
    return value if isinstance(value, Time) else None


@conversions.function(
    "time",
    "hour: integer, minute: integer, second: number, offset?: days and time duration?",
)
def _time_of(hour: int, minute: int, second: Decimal, offset: Nanos | None = None) -> Time | None:
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60):  # noqa: PLR2004 - clock
        return None
    nanos = hour * HOUR + minute * 60 * NANOS + int(DECIMALS.multiply(second, Decimal(NANOS)))
    return Time(nanos, None if offset is None else offset.count // NANOS)


@conversions.function("date and time", "from: any")
def _date_time(value: Value) -> DateTime | None:
    if isinstance(value, str):
        return read_date_time(value)
    if isinstance(value, Date):
        return DateTime(value.days, 0)
    return value if isinstance(value, DateTime) else None


@conversions.function("date and time", "date: date, time: any")
def _date_time_of(date: Date, time: Value) -> DateTime | None:
    if not isinstance(time, Time):
        return None
    return DateTime(date.days, time.nanos, time.offset, time.zone)


@conversions.function("duration", "from: any")
def _duration(value: Value) -> Value:
    if isinstance(value, str):
        return read_duration(value)
    return value if isinstance(value, Months | Nanos) else None


@conversions.function("years and months duration", "from: date, to: date")
def _years_and_months(start: Date, end: Date) -> Months:
    """Whole months between two days; the time of day does not count (TCK 1121)."""
    first, last = min(start, end, key=_day), max(start, end, key=_day)
    months = (last.year - first.year) * 12 + last.month - first.month - (last.day < first.day)
    return Months(months if first is start else -months)


def _day(date: Date) -> int:
    return date.days


def _read_number(text: str) -> Decimal | None:
    return DECIMALS.create_decimal(text) if _NUMBER.fullmatch(text) else None


FUNCTIONS: Final = conversions.functions()
