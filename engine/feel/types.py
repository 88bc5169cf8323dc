"""FEEL types as they are written, `instance of`, and the implicit conversions.

Source: DMN 1.5, 10.3.2.9.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Protocol, TypeAlias

from engine.feel.temporal.values import Date, midnight
from engine.feel.values import KINDS, Function, Range, Unbounded, Value, kind


@dataclass(frozen=True, slots=True)
class Named:
    """A built-in type, `Any`, `Null`, or a type of the model."""

    name: str


@dataclass(frozen=True, slots=True)
class ListOf:
    """`list<item>`."""

    item: Type


@dataclass(frozen=True, slots=True)
class RangeOf:
    """`range<end>`."""

    end: Type


@dataclass(frozen=True, slots=True)
class ContextOf:
    """`context<name: type, ...>`."""

    entries: tuple[tuple[str, Type], ...]


@dataclass(frozen=True, slots=True)
class FunctionOf:
    """`function<type, ...> -> type`."""

    parameters: tuple[Type, ...]
    result: Type


@dataclass(frozen=True, slots=True)
class ItemOf:
    """One item of a model's collection type."""

    definition: Definition


Type: TypeAlias = Named | ListOf | RangeOf | ContextOf | FunctionOf | ItemOf


class Definition(Protocol):
    """A type that a model defines."""

    @property
    def collection(self) -> bool:
        """Whether its values are lists."""

    def conforms(self, value: Value, *, allowed_only: bool) -> bool:
        """Whether a value is of this type; `allowed_only` asks its constraints too."""

    def item_conforms(self, value: Value, *, allowed_only: bool) -> bool:
        """Whether a value is one of its items; the same as `conforms` without collection."""


Types: TypeAlias = Mapping[str, Definition]
NO_TYPES: Final[Types] = MappingProxyType({})
ANY: Final = Named("Any")
NULL: Final = Named("Null")
#: Names of built-in types, and the kind of value each stands for.
BUILT_IN: Final[Mapping[str, str]] = MappingProxyType(
    {
        **{name: name for name in KINDS.values()},
        "dayTimeDuration": "days and time duration",
        "yearMonthDuration": "years and months duration",
        "dateTime": "date and time",
        "date time": "date and time",
    }
)


def conforms(value: Value, wanted: Type, types: Types, *, allowed_only: bool = True) -> bool:
    """Whether a value is of a type; `instance of` does not ask for allowed values (TCK 0070)."""
    if isinstance(wanted, Named):
        return _conforms_named(value, wanted.name, types, allowed_only=allowed_only)
    if isinstance(wanted, ItemOf):
        return wanted.definition.item_conforms(value, allowed_only=allowed_only)
    if isinstance(wanted, FunctionOf):
        return isinstance(value, Function) and _function_conforms(value, wanted)
    return all(
        part is None or conforms(part, type_, types, allowed_only=allowed_only)
        for part, type_ in _parts(value, wanted)
    )


def _parts(value: Value, wanted: ListOf | RangeOf | ContextOf) -> Iterator[tuple[Value, Type]]:
    """The parts of a value with the types they must be of; null fits any, a misfit none."""
    if isinstance(wanted, ListOf) and isinstance(value, list):
        yield from ((item, wanted.item) for item in value)
    elif isinstance(wanted, RangeOf) and isinstance(value, Range):
        ends = (value.low, value.high)
        yield from ((end, wanted.end) for end in ends if end is not Unbounded.END)
    elif isinstance(wanted, ContextOf) and isinstance(value, dict):
        for name, type_ in wanted.entries:
            yield (value[name], type_) if name in value else (False, NULL)
    else:
        yield False, NULL


def coerced(value: Value, wanted: Type | None, types: Types) -> Value:
    """The value as the wanted type, by an implicit conversion if need be; null if it cannot be.

    A list of one item becomes the item, a value a list of one, a date its midnight UTC.
    """
    if wanted is None or wanted == ANY or value is None or conforms(value, wanted, types):
        return value
    if isinstance(value, list):
        return value[0] if len(value) == 1 and conforms(value[0], wanted, types) else None
    item = _item_type(wanted, types)
    if item is not None and conforms(value, item, types):
        return [value]
    if isinstance(value, Date) and isinstance(wanted, Named):
        return midnight(value) if BUILT_IN.get(wanted.name) == "date and time" else None
    return None


def _conforms_named(value: Value, name: str, types: Types, *, allowed_only: bool) -> bool:
    if name == "Null":
        return value is None
    if value is None:
        return False
    if name == "Any":
        return True
    built_in = BUILT_IN.get(name)
    if built_in is not None:
        return kind(value) == built_in
    definition = types.get(name)
    return definition is not None and definition.conforms(value, allowed_only=allowed_only)


def _function_conforms(value: Function, wanted: FunctionOf) -> bool:
    if len(wanted.parameters) != len(value.parameters):
        return False
    declared = value.types or (None,) * len(value.parameters)
    for asked, has in zip(wanted.parameters, declared, strict=True):
        if asked != ANY and has not in (None, ANY, asked):
            return False
    return wanted.result == ANY or value.result in (None, NULL, wanted.result)


def _item_type(wanted: Type, types: Types) -> Type | None:
    if isinstance(wanted, ListOf):
        return wanted.item
    if not isinstance(wanted, Named):
        return None
    if wanted.name == "list":
        return ANY
    definition = types.get(wanted.name)
    return ItemOf(definition) if definition is not None and definition.collection else None
