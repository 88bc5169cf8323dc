"""FEEL values, and the way from JSON and back.

A value is None, bool, str, Decimal, list, dict (a context), one of the temporal values, a Range
or a Function. Values are never changed once made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from enum import Enum
from math import isfinite
from types import MappingProxyType
from typing import Final, TypeAlias

from engine.feel.budget import Run
from engine.feel.errors import FeelBudgetError, FeelValueError
from engine.feel.temporal.values import Date, DateTime, Months, Nanos, Time

Value: TypeAlias = object
Names: TypeAlias = dict[str, Value]

#: Decimal128, as DMN 1.5, 10.3.2.3.1 asks. Only its flags ever change, and nobody reads them.
DECIMALS: Final = Context(
    prec=34,
    rounding=ROUND_HALF_EVEN,
    Emax=6144,
    Emin=-6143,
    traps=[InvalidOperation, DivisionByZero, Overflow],
)
#: JSON readers refuse integers much longer than a decimal can be exact.
_INTEGER_DIGITS: Final = 34
_JSON_DEPTH: Final = 100
_JSON_NODES: Final = 250_000


class Unbounded(Enum):
    """The open end of a range such as `(> 10)`, unlike an end that is null."""

    END = "unbounded"


class Misfit(Enum):
    """What a function answers to arguments of the wrong kinds."""

    ARGUMENTS = "misfit"


@dataclass(frozen=True, slots=True)
class Range:
    """An interval; an end is a value, null, or Unbounded.END."""

    low: Value
    high: Value
    low_closed: bool
    high_closed: bool
    point: bool = False  #: written as `(= 10)`, which is not the same as `[10..10]`


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function; `kind` is what a built-in function takes, else `any`."""

    name: str
    kind: str = "any"
    optional: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Signature:
    """One way to call a function; a `variadic` one takes its last parameter repeatedly.

    The body answers Misfit.ARGUMENTS for values of other kinds than it takes.
    """

    parameters: tuple[Parameter, ...]
    body: Callable[[Run, Sequence[Value]], Value]
    variadic: bool = False

    def takes(self, count: int) -> bool:
        """Whether it can be called with so many arguments."""
        if self.variadic:
            return count >= len(self.parameters)
        required = sum(1 for parameter in self.parameters if not parameter.optional)
        return required <= count <= len(self.parameters)


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function as a value; `types` are a user's declared ones, for `instance of`."""

    name: str
    signatures: tuple[Signature, ...]
    types: tuple[object, ...] = ()
    result: object = None

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters of its first signature."""
        return tuple(parameter.name for parameter in self.signatures[0].parameters)

    def call(self, run: Run, arguments: Sequence[Value]) -> Value:
        """The result for arguments by position; null where they fit no signature."""
        for signature in self.signatures:
            if signature.takes(len(arguments)):
                result = signature.body(run, arguments)
                if result is not Misfit.ARGUMENTS:
                    return result
        run.note(f"{self.name} cannot be called with ({', '.join(map(kind, arguments))})")
        return None

    def call_named(self, run: Run, arguments: Mapping[str, Value]) -> Value:
        """The result for arguments by name; null where they fit no signature."""
        for signature in self.signatures:
            ordered = _in_order(signature, arguments)
            result = Misfit.ARGUMENTS if ordered is None else signature.body(run, ordered)
            if result is not Misfit.ARGUMENTS:
                return result
        given = ", ".join(f"{name}: {kind(value)}" for name, value in arguments.items())
        run.note(f"{self.name} cannot be called with ({given})")
        return None


KINDS: Final[Mapping[type, str]] = MappingProxyType(
    {
        bool: "boolean",
        str: "string",
        Decimal: "number",
        list: "list",
        dict: "context",
        Date: "date",
        Time: "time",
        DateTime: "date and time",
        Months: "years and months duration",
        Nanos: "days and time duration",
        Range: "range",
        Function: "function",
    }
)


def kind(value: Value) -> str:
    """The FEEL name of a value's type."""
    return "null" if value is None else KINDS.get(type(value), "unknown")


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """Variables as FEEL values at an instant, for any number of evaluations and threads."""

    names: Names
    now: datetime


def scope(variables: Mapping[str, object], now: datetime) -> Scope:
    """A scope of plain JSON variables.

    Raises:
        FeelValueError: a variable holds something that JSON cannot.
    """
    return Scope({name: from_json(value) for name, value in variables.items()}, now)


def from_json(value: object, depth: int = 0) -> Value:
    """The FEEL value of a plain JSON value; strings stay strings, numbers become decimals.

    FEEL values pass unchanged. A number that is not finite, or beyond 10^6144, becomes null.

    Raises:
        FeelValueError: something that JSON cannot hold, or more than 100 levels.
    """
    if value is None or type(value) in (bool, str, Decimal):
        return value
    if type(value) in (int, float):
        return _decimal(value)
    if depth >= _JSON_DEPTH:
        raise FeelValueError(f"A variable has more than {_JSON_DEPTH} levels. Flatten it.")
    if isinstance(value, Mapping):
        return {_key(key): from_json(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [from_json(item, depth + 1) for item in value]
    if type(value) in KINDS:
        return value
    raise FeelValueError(
        f"A variable holds a {type(value).__name__}, which is not plain JSON. "
        "Give text, numbers, booleans, lists or objects."
    )


def to_json(value: Value) -> object:
    """The plain JSON of a FEEL value.

    Integral numbers become int, others float; temporal values ISO 8601 strings; ranges and
    functions their FEEL text. Numbers too big for JSON become null.

    Raises:
        FeelBudgetError: more than 250,000 values.
    """
    return _Writer().json(value)


class _Writer:
    """Counts the values it writes: a list that holds another many times grows without end."""

    def __init__(self) -> None:
        self._left = _JSON_NODES

    def json(self, value: Value) -> object:
        self._left -= 1
        if self._left < 0:
            raise FeelBudgetError("its answer has more than 250,000 values")
        if value is None or isinstance(value, bool | str):
            return value
        if isinstance(value, Decimal):
            return _number(value)
        if isinstance(value, list):
            return [self.json(item) for item in value]
        if isinstance(value, dict):
            return {key: self.json(item) for key, item in value.items()}
        return feel_text(value)


def feel_text(value: Value, *, inner: bool = False) -> str:
    """A value as FEEL's `string()` writes it; `inner` quotes strings, as inside a list."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _quoted(value) if inner else value
    if isinstance(value, Decimal):
        return _number_text(value)
    if isinstance(value, list):
        return f"[{', '.join(feel_text(item, inner=True) for item in value)}]"
    if isinstance(value, dict):
        entries = (f"{_key_text(k)}: {feel_text(item, inner=True)}" for k, item in value.items())
        return f"{{{', '.join(entries)}}}"
    if isinstance(value, Function):
        return f"function({', '.join(value.parameters)})"
    return _range_text(value) if isinstance(value, Range) else str(value)


def _in_order(signature: Signature, arguments: Mapping[str, Value]) -> list[Value] | None:
    known = {parameter.name for parameter in signature.parameters}
    if not arguments.keys() <= known:
        return None
    if any(p.name not in arguments for p in signature.parameters if not p.optional):
        return None
    names = [parameter.name for parameter in signature.parameters]
    while names and names[-1] not in arguments:
        names.pop()
    return [arguments.get(name) for name in names]


def _key(key: object) -> str:
    if isinstance(key, str):
        return key
    raise FeelValueError(f"An object has the key {key!r}, which is not text. Use text as keys.")


def _decimal(value: object) -> Decimal | None:
    if not isinstance(value, int | float) or not isfinite(value):
        return None
    try:
        return DECIMALS.create_decimal(repr(value) if isinstance(value, float) else value)
    except Overflow:
        return None


def _number(value: Decimal) -> int | float | None:
    if value == 0:
        return 0
    if value.adjusted() < _INTEGER_DIGITS and value == value.to_integral_value(context=DECIMALS):
        return int(value)
    number = float(value)
    return number if isfinite(number) else None


def _number_text(value: Decimal) -> str:
    if value == 0:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _key_text(key: str) -> str:
    plain = key.replace(" ", "_").replace("'", "_")
    return key if plain.isidentifier() and key[0] not in " '" else _quoted(key)


def _range_text(value: Range) -> str:
    if value.low is None or value.low is Unbounded.END:
        return f"({'<=' if value.high_closed else '<'} {feel_text(value.high, inner=True)})"
    if value.high is None or value.high is Unbounded.END:
        return f"({'>=' if value.low_closed else '>'} {feel_text(value.low, inner=True)})"
    low, high = feel_text(value.low, inner=True), feel_text(value.high, inner=True)
    return f"{'[' if value.low_closed else '('}{low}..{high}{']' if value.high_closed else ')'}"
