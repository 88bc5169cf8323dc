"""The types that a model defines (item definitions), and the reading of plain JSON as them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from engine.feel.budget import Run
from engine.feel.compile import Test, compiled_tests
from engine.feel.dmn.xml import Element, attribute, child, children, text_at
from engine.feel.errors import FeelSyntaxError
from engine.feel.parser import parse_unary_tests
from engine.feel.temporal.text import read_date, read_date_time, read_duration, read_time
from engine.feel.type_parser import parse_type
from engine.feel.types import ANY, BUILT_IN, ItemOf, ListOf, Named, Type, coerced, conforms
from engine.feel.values import Function, Value

_READERS: Final[Mapping[str, Callable[[str], Value]]] = MappingProxyType(
    {
        "date": read_date,
        "time": read_time,
        "date and time": read_date_time,
        "days and time duration": read_duration,
        "years and months duration": read_duration,
    }
)
#: Names of Camunda 7 for numbers, and the others that models use.
_ALIASES: Final = MappingProxyType(
    {"integer": "number", "long": "number", "double": "number", "any": "Any"}
)
#: Constraints of types name no variables, and cannot ask for the time.
_TIMELESS: Final = datetime(1970, 1, 1, tzinfo=UTC)


class ModelTypes(dict[str, "ItemType"]):
    """The types of one model by name, those of imported models with their prefix."""

    def reference(self, written: str) -> Type | None:
        """The type that a `typeRef` means; None for none, Any for one that is not known."""
        if not written:
            return None
        if written in self:
            return Named(written)
        name = written.rpartition(":")[2].removeprefix("feel.")
        name = _ALIASES.get(name, name)
        try:
            return parse_type(name, self)
        except FeelSyntaxError:
            return ANY

    def read(self, root: Element) -> list[str]:
        """Take the item definitions of a model in; answers what is wrong with them."""
        own = [ItemType(self, element) for element in children(root, "itemDefinition")]
        self.update({type_.name: type_ for type_ in own})
        return [problem for type_ in own for problem in type_.link()]


class ItemType:
    """One item definition, or a component of one."""

    def __init__(self, types: ModelTypes, element: Element) -> None:
        self.name = attribute(element, "name")
        self.collection = element.get("isCollection") == "true"
        self.components = {
            attribute(part, "name"): ItemType(types, part)
            for part in children(element, "itemComponent")
        }
        function = child(element, "functionItem")
        self.is_function = function is not None
        self.function_result = attribute(function, "outputTypeRef")
        self.allowed_text = text_at(element, "allowedValues", "text")
        self._constraint_text = text_at(element, "typeConstraint", "text")
        self._reference = text_at(element, "typeRef")
        self._types = types
        self._base: Type | None = None
        self._allowed: Test | None = None
        self._constraint: Test | None = None

    def link(self) -> list[str]:
        """Resolve the types it names, once all are known; answers what is wrong."""
        problems = [problem for part in self.components.values() for problem in part.link()]
        self._base = self._types.reference(self._reference)
        try:
            self._allowed = self._tests(self.allowed_text)
            self._constraint = self._tests(self._constraint_text)
        except FeelSyntaxError as error:
            problems.append(f"Type '{self.name}': {error}")
        return problems

    def conforms(self, value: Value, *, allowed_only: bool) -> bool:
        """Whether a value is of this type; `allowed_only` asks its constraints too."""
        if not self.collection:
            fits = self.item_conforms(value, allowed_only=allowed_only)
        else:
            fits = isinstance(value, list) and all(
                item is None or self.item_conforms(item, allowed_only=allowed_only)
                for item in value
            )
        return fits and (not allowed_only or _holds(self._constraint, value))

    def item_conforms(self, value: Value, *, allowed_only: bool) -> bool:
        """Whether a value is one item of it."""
        if self.components:
            fits = isinstance(value, dict) and all(
                name in value
                and (value[name] is None or part.conforms(value[name], allowed_only=allowed_only))
                for name, part in self.components.items()
            )
        elif self.is_function:
            fits = isinstance(value, Function)
        else:
            fits = self._base is None or conforms(
                value, self._base, self._types, allowed_only=allowed_only
            )
        return fits and (not allowed_only or _holds(self._allowed, value))

    def read(self, value: Value) -> Value:
        """The value with texts read where this type wants a date, time or duration."""
        if self.collection and isinstance(value, list):
            return [self._read_item(item) for item in value]
        return self._read_item(value)

    def _read_item(self, value: Value) -> Value:
        if self.components and isinstance(value, dict):
            return {
                name: self.components[name].read(item) if name in self.components else item
                for name, item in value.items()
            }
        return value if self._base is None else read_as(value, self._base, self._types)

    def _tests(self, text: str) -> Test | None:
        if not text:
            return None
        return compiled_tests(parse_unary_tests(text, (), self._types), self._types)


def read_as(value: Value, wanted: Type | None, types: ModelTypes) -> Value:
    """A value of plain JSON with texts read as the dates, times and durations a type wants.

    A text that is none stays, and conforms to nothing later.
    """
    if isinstance(wanted, ItemOf | ListOf) and isinstance(value, list):
        item = wanted.item if isinstance(wanted, ListOf) else None
        return [read_as(part, item, types) for part in value]
    if not isinstance(wanted, Named):
        return value
    definition = types.get(wanted.name)
    if definition is not None:
        return definition.read(value)
    reader = _READERS.get(BUILT_IN.get(wanted.name, ""))
    if reader is None or not isinstance(value, str):
        return value
    read = reader(value)
    return value if read is None else read


def adapted(value: Value, wanted: Type | None, types: ModelTypes) -> Value:
    """An input as the type wants it: texts read, then converted; null if it cannot be."""
    if wanted is None or value is None:
        return value
    return coerced(read_as(value, wanted, types), wanted, types)


def _holds(test: Test | None, value: Value) -> bool:
    return test is None or test(value, {"?": value}, Run(_TIMELESS)) is True
