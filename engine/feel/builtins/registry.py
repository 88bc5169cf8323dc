"""How a built-in function is declared: its name, what it takes, and its Python function.

`@subject.function("substring", "string: string, start position: position, length?: position?")`:
a `?` after a name marks an optional parameter, after a kind one that may be null, and a `*` after
the last name one that repeats. Arguments are checked and converted before the function is called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, DecimalException
from types import MappingProxyType
from typing import Final, TypeAlias, TypeVar

from engine.feel.budget import Run
from engine.feel.compare import order
from engine.feel.temporal.values import Date, DateTime, Months, Nanos
from engine.feel.values import DECIMALS, Function, Misfit, Parameter, Range, Signature, Value

_F = TypeVar("_F", bound=Callable[..., Value])
_FARTHEST: Final = 10**15
_Converter: TypeAlias = Callable[[Value], Value]
_Body: TypeAlias = Callable[[Run, Sequence[Value]], Value]


class Subject:
    """The functions of one subject."""

    def __init__(self) -> None:
        self._signatures: dict[str, list[Signature]] = {}

    def function(self, name: str, parameters: str) -> Callable[[_F], _F]:
        """Declare a function of its arguments alone."""

        def declare(function: _F) -> _F:
            self._declare(name, parameters, function, runs=False)
            return function

        return declare

    def running(self, name: str, parameters: str) -> Callable[[_F], _F]:
        """Declare a function that takes the run first: it charges, notes or reads the instant."""

        def declare(function: _F) -> _F:
            self._declare(name, parameters, function, runs=True)
            return function

        return declare

    def functions(self) -> dict[str, Function]:
        """All that was declared, by name."""
        return {name: Function(name, tuple(all_)) for name, all_ in self._signatures.items()}

    def _declare(
        self, name: str, parameters: str, function: Callable[..., Value], *, runs: bool
    ) -> None:
        declared = [_parameter(part.strip()) for part in parameters.split(",") if part.strip()]
        variadic = bool(declared) and declared[-1].name.endswith("*")
        if variadic:
            declared[-1] = Parameter(declared[-1].name.rstrip("*"), declared[-1].kind)
        if len(declared) == 1 and not runs and not variadic and not declared[0].optional:
            body = _of_one(name, declared[0].kind, function)
        else:
            running = function if runs else lambda _run, *arguments: function(*arguments)
            body = _of_many(name, [parameter.kind for parameter in declared], running)
        signature = Signature(tuple(declared), body, variadic)
        self._signatures.setdefault(name, []).append(signature)


def _parameter(text: str) -> Parameter:
    name, _, wanted = (part.strip() for part in text.partition(":"))
    return Parameter(name.rstrip("?"), wanted or "any", name.endswith("?"))


def _of_one(name: str, wanted: str, function: Callable[[Value], Value]) -> _Body:
    """The commonest shape, such as `count(list)`, without the general loop."""
    convert = _converter(wanted)
    exact = _EXACT.get(wanted)

    def body(run: Run, arguments: Sequence[Value]) -> Value:
        value = arguments[0]
        if type(value) is not exact:
            value = convert(value)
            if value is Misfit.ARGUMENTS:
                return value
        try:
            return function(value)
        except DecimalException:
            return _no_number(name, run)

    return body


def _of_many(name: str, wanted: Sequence[str], function: Callable[..., Value]) -> _Body:
    converters = tuple(_converter(kind) for kind in wanted)

    def body(run: Run, arguments: Sequence[Value]) -> Value:
        converted = []
        for index, argument in enumerate(arguments):
            value = converters[min(index, len(converters) - 1)](argument)
            if value is Misfit.ARGUMENTS:
                return value
            converted.append(value)
        try:
            return function(run, *converted)
        except DecimalException:
            return _no_number(name, run)

    return body


def _no_number(name: str, run: Run) -> Value:
    run.note(f"{name}: the result is no number that FEEL can hold")
    return None


def _converter(wanted: str) -> _Converter:
    convert = _CONVERTERS[wanted.rstrip("?")]
    nullable = wanted.endswith("?")

    def converted(value: Value) -> Value:
        if value is None and nullable:
            return None
        fitting = convert(value)
        if fitting is Misfit.ARGUMENTS and isinstance(value, list) and len(value) == 1:
            return convert(value[0])  # a list of one stands for the one (DMN 1.5, 10.3.2.9.4)
        return fitting

    return converted


def _of(*types: type) -> _Converter:
    return lambda value: value if type(value) in types else Misfit.ARGUMENTS


def _string(value: Value) -> Value:
    return value if type(value) is str else Misfit.ARGUMENTS


def _number(value: Value) -> Value:
    return value if type(value) is Decimal else Misfit.ARGUMENTS


def _integer(value: Value) -> Value:
    if not isinstance(value, Decimal) or value != DECIMALS.to_integral_value(value):
        return Misfit.ARGUMENTS
    return _whole(value)


def _position(value: Value) -> Value:
    """A number whose fraction is cut off."""
    return _whole(value) if isinstance(value, Decimal) else Misfit.ARGUMENTS


def _whole(value: Decimal) -> int:
    """The whole part, cut off where no list, text or year reaches."""
    if -_FARTHEST <= value <= _FARTHEST:
        return int(value)
    return _FARTHEST if value > 0 else -_FARTHEST


def _list(value: Value) -> Value:
    """A list; a single value stands for the list of it, null for none."""
    if type(value) is list:
        return value
    return Misfit.ARGUMENTS if value is None else [value]


def _date(value: Value) -> Value:
    if isinstance(value, DateTime):
        return value.date
    return value if isinstance(value, Date) else Misfit.ARGUMENTS


def _point(value: Value) -> Value:
    """A value that has an order."""
    return Misfit.ARGUMENTS if order(value, value) is None else value


_CONVERTERS: Final[Mapping[str, _Converter]] = MappingProxyType(
    {
        "any": lambda value: value,
        "string": _string,
        "number": _number,
        "integer": _integer,
        "position": _position,
        "boolean": _of(bool),
        "list": _list,
        "context": _of(dict),
        "date": _date,
        "duration": _of(Months, Nanos),
        "days and time duration": _of(Nanos),
        "function": _of(Function),
        "range": _of(Range),
        "point": _point,
    }
)
#: Kinds whose values of exactly this type need no converting.
_EXACT: Final[Mapping[str, type]] = MappingProxyType(
    {"string": str, "number": Decimal, "boolean": bool, "list": list, "context": dict}
)
