"""The properties of values that are not contexts: `date.year`, `duration.hours`, `range.start`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from engine.feel.budget import Run
from engine.feel.temporal.civil import DAY, HOUR, NANOS
from engine.feel.temporal.values import Date, DateTime, Months, Nanos, Time
from engine.feel.values import Range, Unbounded, Value, kind


def path(value: Value, name: str, run: Run) -> Value:
    """`value.name`: an entry, a property, or of a list the same of every item."""
    if isinstance(value, dict):
        if name not in value:
            run.note(f"the context has no entry '{name}'")
        return value.get(name)
    if isinstance(value, list):
        run.charge_items(len(value))
        return [path(item, name, run) for item in value]
    read = _READERS.get(type(value), _NONE).get(name)
    if read is None:
        run.note(f"{kind(value)} has no property '{name}'")
        return None
    return read(value)


def weekday(date: Date) -> int:
    """1 for Monday to 7 for Sunday."""
    return (date.days + 3) % 7 + 1


def _date(name: str) -> Callable[[Value], Value]:
    def read(value: Value) -> Value:
        date = value.date if isinstance(value, DateTime) else value
        if not isinstance(date, Date):
            return None
        parts = {"year": date.year, "month": date.month, "day": date.day, "weekday": weekday(date)}
        return Decimal(parts[name])

    return read


def _clock(unit: int, modulo: int) -> Callable[[Value], Value]:
    def read(value: Value) -> Value:
        nanos = value.nanos if isinstance(value, Time | DateTime) else 0
        return Decimal(nanos // unit % modulo)

    return read


def _offset(value: Value) -> Value:
    if isinstance(value, Date):
        return Nanos(0)
    offset = value.utc_offset() if isinstance(value, Time | DateTime) else None
    return None if offset is None else Nanos(offset * NANOS)


def _zone(value: Value) -> Value:
    return value.zone if isinstance(value, Time | DateTime) else None


def _part(unit: int, modulo: int | None = None) -> Callable[[Value], Value]:
    """A whole part of a duration, with the duration's sign."""

    def read(value: Value) -> Value:
        count = value.count if isinstance(value, Months | Nanos) else 0
        whole = abs(count) // unit
        whole = whole if modulo is None else whole % modulo
        return Decimal(-whole if count < 0 else whole)

    return read


def _end(name: str) -> Callable[[Value], Value]:
    def read(value: Value) -> Value:
        if not isinstance(value, Range):
            return None
        end = {
            "start": value.low,
            "end": value.high,
            "start included": value.low_closed,
            "end included": value.high_closed,
        }[name]
        return None if end is Unbounded.END else end

    return read


_Readers = Mapping[str, Callable[[Value], Value]]
_NONE: Final[_Readers] = MappingProxyType({})
_DATE: Final[_Readers] = {name: _date(name) for name in ("year", "month", "day", "weekday")}
_TIME: Final[_Readers] = {
    "hour": _clock(HOUR, 24),
    "minute": _clock(60 * NANOS, 60),
    "second": _clock(NANOS, 60),
    "time offset": _offset,
    "timezone": _zone,
}
_READERS: Final[Mapping[type, _Readers]] = MappingProxyType(
    {
        Date: {**_DATE, **_TIME},
        Time: _TIME,
        DateTime: {**_DATE, **_TIME},
        Months: {"years": _part(12), "months": _part(1, 12)},
        Nanos: {
            "days": _part(DAY),
            "hours": _part(HOUR, 24),
            "minutes": _part(60 * NANOS, 60),
            "seconds": _part(NANOS, 60),
        },
        Range: {name: _end(name) for name in ("start", "end", "start included", "end included")},
    }
)
#: Properties whose names are more than one word, which the parser must know.
SPACED: Final = ("time offset", "start included", "end included")
