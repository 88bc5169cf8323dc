"""`range`, and the relations of points and ranges (DMN 1.5, table 78)."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from engine.feel.builtins.registry import Subject
from engine.feel.compare import order
from engine.feel.lexer import unquoted
from engine.feel.temporal.text import (
    read_date,
    read_date_time,
    read_duration,
    read_temporal,
    read_time,
)
from engine.feel.values import DECIMALS, Range, Unbounded, Value

ranges: Final = Subject()
_RANGE: Final = re.compile(r"\s*([\[\](])\s*(.*?)\s*\.\.\s*(.*?)\s*([\])\[])\s*", re.DOTALL)
_NUMBER: Final = re.compile(r"-?(?:\d+(?:\.\d+)?|\.\d+)", re.ASCII)
_TEXT: Final = re.compile(r'(@?)("[^"]*")')
_CALL: Final = re.compile(r'(date and time|date|time|duration)\(\s*("[^"]*")\s*\)')
_READERS: Final[dict[str, Callable[[str], Value]]] = {
    "": lambda text: text,
    "@": read_temporal,
    "date": read_date,
    "time": read_time,
    "date and time": read_date_time,
    "duration": read_duration,
}


class _NoOrderError(Exception):
    """Two ends cannot be compared: the relation is null."""


@ranges.function("range", "from: string")
def _range(text: str) -> Range | None:
    found = _RANGE.fullmatch(text)
    if found is None:
        return None
    low_closed, high_closed = found[1] == "[", found[4] == "]"
    low, high = _literal(found[2]), _literal(found[3])
    if low is None or high is None or low is high is Unbounded.END:
        return None
    if low is Unbounded.END:
        return None if low_closed else Range(None, high, low_closed, high_closed)
    if high is Unbounded.END:
        return None if high_closed else Range(low, None, low_closed, high_closed)
    way = order(low, high)
    return None if way is None or way > 0 else Range(low, high, low_closed, high_closed)


def _literal(text: str) -> Value:
    """The value of a literal, Unbounded.END for an empty text, None for anything else."""
    if not text:
        return Unbounded.END
    if _NUMBER.fullmatch(text):
        return DECIMALS.create_decimal(Decimal(text))
    found = _TEXT.fullmatch(text) or _CALL.fullmatch(text)
    return None if found is None else _READERS[found[1]](unquoted(found[2]))


def _relation(name: str, parameters: str) -> Callable[[Callable[..., bool]], Callable[..., bool]]:
    """Declare a relation; ends that cannot be compared make it null."""

    def declare(function: Callable[..., bool]) -> Callable[..., bool]:
        def relation(*arguments: Value) -> bool | None:
            try:
                return function(*arguments)
            except _NoOrderError:
                return None

        for signature in parameters.split(" | "):
            ranges.function(name, signature)(relation)
        return function

    return declare


def _below(a: Value, b: Value) -> bool:
    way = order(a, b)
    if way is None:
        raise _NoOrderError
    return way < 0


def _same(a: Value, b: Value) -> bool:
    way = order(a, b)
    if way is None:
        raise _NoOrderError
    return way == 0


def _span(value: Value) -> Range:
    if isinstance(value, Range):
        return value
    raise _NoOrderError


def _as_range(value: Value) -> Range:
    """A point as the range that holds only it."""
    return value if isinstance(value, Range) else Range(value, value, True, True)  # noqa: FBT003


_ANY_TWO: Final = (
    "point1: any, point2: any | point: any, range: any | range: any, point: any"
    " | range1: any, range2: any"
)
_POINT_IN: Final = "point: any, range: range | range1: range, range2: range"
_IN_RANGE: Final = "range: range, point: any | range1: range, range2: range"
_TWO_RANGES: Final = "range1: range, range2: range"


@_relation("before", _ANY_TWO)
def _before(a: Value, b: Value) -> bool:
    x, y = _as_range(a), _as_range(b)
    if _below(x.high, y.low):
        return True
    return _same(x.high, y.low) and not (x.high_closed and y.low_closed)


@_relation("after", _ANY_TWO)
def _after(a: Value, b: Value) -> bool:
    return _before(b, a)


@_relation("meets", _TWO_RANGES)
def _meets(a: Range, b: Range) -> bool:
    return a.high_closed and b.low_closed and _same(a.high, b.low)


@_relation("met by", _TWO_RANGES)
def _met_by(a: Range, b: Range) -> bool:
    return _meets(b, a)


@_relation("overlaps", _TWO_RANGES)
def _overlaps(a: Range, b: Range) -> bool:
    return not _before(a, b) and not _before(b, a)


@_relation("overlaps before", _TWO_RANGES)
def _overlaps_before(a: Range, b: Range) -> bool:
    begins = _below(a.low, b.low) or (_same(a.low, b.low) and a.low_closed and not b.low_closed)
    ends = _below(a.high, b.high) or (
        _same(a.high, b.high) and (not a.high_closed or b.high_closed)
    )
    return begins and ends and not _before(a, b)


@_relation("overlaps after", _TWO_RANGES)
def _overlaps_after(a: Range, b: Range) -> bool:
    begins = _below(b.low, a.low) or (_same(b.low, a.low) and b.low_closed and not a.low_closed)
    ends = _below(b.high, a.high) or (
        _same(b.high, a.high) and (not b.high_closed or a.high_closed)
    )
    return begins and ends and not _before(b, a)


@_relation("finishes", _POINT_IN)
def _finishes(a: Value, b: Range) -> bool:
    if not isinstance(a, Range):
        return b.high_closed and _same(a, b.high)
    if a.high_closed != b.high_closed or not _same(a.high, b.high):
        return False
    return _below(b.low, a.low) or (_same(a.low, b.low) and (not a.low_closed or b.low_closed))


@_relation("finished by", _IN_RANGE)
def _finished_by(a: Range, b: Value) -> bool:
    return _finishes(b, a)


@_relation("includes", _IN_RANGE)
def _includes(a: Range, b: Value) -> bool:
    inner = _as_range(b)
    low = _below(a.low, inner.low) or (
        _same(a.low, inner.low) and (a.low_closed or not inner.low_closed)
    )
    return low and (
        _below(inner.high, a.high)
        or (_same(a.high, inner.high) and (a.high_closed or not inner.high_closed))
    )


@_relation("during", _POINT_IN)
def _during(a: Value, b: Range) -> bool:
    return _includes(b, a)


@_relation("starts", _POINT_IN)
def _starts(a: Value, b: Range) -> bool:
    if not isinstance(a, Range):
        return b.low_closed and _same(a, b.low)
    if a.low_closed != b.low_closed or not _same(a.low, b.low):
        return False
    return _below(a.high, b.high) or (
        _same(a.high, b.high) and (not a.high_closed or b.high_closed)
    )


@_relation("started by", _IN_RANGE)
def _started_by(a: Range, b: Value) -> bool:
    return _starts(b, a)


@_relation("coincides", "point1: any, point2: any | range1: any, range2: any")
def _coincides(a: Value, b: Value) -> bool:
    if not isinstance(a, Range):
        return _same(a, b)
    other = _span(b)
    same_ends = _same(a.low, other.low) and _same(a.high, other.high)
    return same_ends and (a.low_closed, a.high_closed) == (other.low_closed, other.high_closed)


FUNCTIONS: Final = ranges.functions()
