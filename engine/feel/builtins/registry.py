"""How a built-in function is declared: its name, what it takes, and its Python function.

`@subject.function("substring", "string: string, start position: position, length?: position?")`:
a `?` after a name marks an optional parameter, after a kind one that may be null, and a `*` after
the last name one that repeats. Arguments are checked and converted before the function is called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, DecimalException
from enum import Enum
from types import MappingProxyType
from typing import Final, TypeAlias, TypeVar

from engine.feel.budget import Run
from engine.feel.compare import order
from engine.feel.temporal.values import Date, DateTime, Months, Nanos
from engine.feel.values import DECIMALS, Function, Parameter, Range, Signature, Value, kind

_F = TypeVar("_F", bound=Callable[..., Value])
_Converter: TypeAlias = Callable[[Value], Value]


class Misfit(Enum):
    """What a converter answers for a value of the wrong kind."""

    VALUE = "misfit"


class Subject:
    """The functions of one subject."""

    def __init__(self) -> None:
        self._signatures: dict[str, list[Signature]] = {}

    def function(self, name: str, parameters: str) -> Callable[[_F], _F]:
        """Declare a function of its arguments alone."""

        def declare(function: _F) -> _F:
            self._declare(name, parameters, lambda _run, *arguments: function(*arguments))
            return function

        return declare

    def running(self, name: str, parameters: str) -> Callable[[_F], _F]:
        """Declare a function that takes the run first: it charges, notes or reads the instant."""

        def declare(function: _F) -> _F:
            self._declare(name, parameters, function)
            return function

        return declare

    def functions(self) -> dict[str, Function]:
        """All that was declared, by name."""
        return {name: Function(name, tuple(all_)) for name, all_ in self._signatures.items()}

    def _declare(self, name: str, parameters: str, function: Callable[..., Value]) -> None:
        declared = [_parameter(part.strip()) for part in parameters.split(",") if part.strip()]
        variadic = bool(declared) and declared[-1].name.endswith("*")
        if variadic:
            declared[-1] = Parameter(declared[-1].name.rstrip("*"), declared[-1].kind)
        body = _checked(name, tuple(declared), function, variadic=variadic)
        signature = Signature(tuple(declared), body, variadic)
        self._signatures.setdefault(name, []).append(signature)


def _parameter(text: str) -> Parameter:
    name, _, wanted = (part.strip() for part in text.partition(":"))
    return Parameter(name.rstrip("?"), wanted or "any", name.endswith("?"))


def _checked(
    name: str,
    parameters: tuple[Parameter, ...],
    function: Callable[..., Value],
    *,
    variadic: bool,
) -> Callable[[Run, Sequence[Value]], Value]:
    converters = tuple(_converter(parameter.kind) for parameter in parameters)

    def misfit(run: Run, parameter: Parameter, value: Value) -> Value:
        wanted = parameter.kind.rstrip("?")
        run.note(f"{name}: '{parameter.name}' is {kind(value)}, not {wanted}")
        return None

    def called(run: Run, *values: Value) -> Value:
        try:
            return function(run, *values)
        except DecimalException:
            run.note(f"{name}: the result is no number that FEEL can hold")
            return None

    def one(run: Run, arguments: Sequence[Value]) -> Value:
        value = converters[0](arguments[0])
        if value is Misfit.VALUE:
            return misfit(run, parameters[0], arguments[0])
        return called(run, value)

    def many(run: Run, arguments: Sequence[Value]) -> Value:
        converted = []
        for index, argument in enumerate(arguments):
            position = min(index, len(converters) - 1)
            value = converters[position](argument)
            if value is Misfit.VALUE:
                return misfit(run, parameters[position], argument)
            converted.append(value)
        return called(run, *converted)

    return one if len(parameters) == 1 and not variadic and not parameters[0].optional else many


def _converter(wanted: str) -> _Converter:
    convert = _CONVERTERS[wanted.rstrip("?")]
    if not wanted.endswith("?"):
        return convert
    return lambda value: None if value is None else convert(value)


def _of(*types: type) -> _Converter:
    return lambda value: value if type(value) in types else Misfit.VALUE


def _string(value: Value) -> Value:
    return value if type(value) is str else Misfit.VALUE


def _number(value: Value) -> Value:
    return value if type(value) is Decimal else Misfit.VALUE


def _integer(value: Value) -> Value:
    if not isinstance(value, Decimal) or value != DECIMALS.to_integral_value(value):
        return Misfit.VALUE
    return int(value)


def _position(value: Value) -> Value:
    """A number whose fraction is cut off."""
    return int(value) if isinstance(value, Decimal) else Misfit.VALUE


def _list(value: Value) -> Value:
    """A list; a single value stands for the list of it, null for none."""
    if type(value) is list:
        return value
    return Misfit.VALUE if value is None else [value]


def _date(value: Value) -> Value:
    if isinstance(value, DateTime):
        return value.date
    return value if isinstance(value, Date) else Misfit.VALUE


def _point(value: Value) -> Value:
    """A value that has an order."""
    return Misfit.VALUE if order(value, value) is None else value


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
