"""Functions of numbers."""

from __future__ import annotations

import decimal
from decimal import Decimal
from typing import Final

from engine.feel.builtins.registry import Subject
from engine.feel.temporal.values import Months, Nanos
from engine.feel.values import DECIMALS, Value

numbers: Final = Subject()
#: Scales of DMN 1.5, table 76.
_SCALES: Final = range(-6111, 6177)
_FLOOR: Final = decimal.ROUND_FLOOR
_ZERO: Final = Decimal(0)
#: Above so many digits a number of 34 has no units, so it is even.
_DIGITS: Final = 40
_WIDE: Final = decimal.Context(prec=80, Emax=99_999, Emin=-99_999)
_ROUNDINGS: Final = (
    ("decimal", "scale: position", decimal.ROUND_HALF_EVEN),
    ("floor", "scale?: position", decimal.ROUND_FLOOR),
    ("ceiling", "scale?: position", decimal.ROUND_CEILING),
    ("round up", "scale: position", decimal.ROUND_UP),
    ("round down", "scale: position", decimal.ROUND_DOWN),
    ("round half up", "scale: position", decimal.ROUND_HALF_UP),
    ("round half down", "scale: position", decimal.ROUND_HALF_DOWN),
)


def _declare_rounding(name: str, scale: str, mode: str) -> None:
    @numbers.function(name, f"n: number, {scale}")
    def _rounded(number: Decimal, scale: int = 0) -> Decimal | None:
        if scale not in _SCALES:
            return None
        exponent = number.as_tuple().exponent
        if isinstance(exponent, int) and exponent >= -scale:
            return number  # as fine as the scale already
        rounded = number.quantize(Decimal((0, (1,), -scale)), rounding=mode, context=_WIDE)
        return DECIMALS.plus(rounded)


for _name, _scale, _mode in _ROUNDINGS:
    _declare_rounding(_name, _scale, _mode)


@numbers.function("abs", "n: any")
def _abs(value: Value) -> Value:
    if isinstance(value, Months | Nanos):
        return type(value)(abs(value.count))
    return DECIMALS.abs(value) if isinstance(value, Decimal) else None


@numbers.function("modulo", "dividend: number, divisor: number")
def _modulo(dividend: Decimal, divisor: Decimal) -> Decimal | None:
    """`dividend - divisor * floor(dividend / divisor)`."""
    if not divisor:
        return None
    quotient = DECIMALS.divide(dividend, divisor).to_integral_value(_FLOOR, DECIMALS)
    return DECIMALS.subtract(dividend, DECIMALS.multiply(divisor, quotient))


@numbers.function("sqrt", "number: number")
def _sqrt(number: Decimal) -> Decimal | None:
    return None if number < _ZERO else DECIMALS.sqrt(number)


@numbers.function("log", "number: number")
def _log(number: Decimal) -> Decimal | None:
    return None if number <= _ZERO else DECIMALS.ln(number)


@numbers.function("exp", "number: number")
def _exp(number: Decimal) -> Decimal:
    return DECIMALS.exp(number)


@numbers.function("odd", "number: number")
def _odd(number: Decimal) -> bool:
    return number.adjusted() < _DIGITS and number.remainder_near(2, _WIDE) in (1, -1)


@numbers.function("even", "number: number")
def _even(number: Decimal) -> bool:
    return number.adjusted() >= _DIGITS or number.remainder_near(2, _WIDE) == 0


FUNCTIONS: Final = numbers.functions()
