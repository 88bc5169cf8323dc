"""The parts of a form-js schema and which of them take a value now.

Checking, reading and showing a form all walk it by the functions here, so that they cannot
disagree about what is hidden, locked or on offer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, cast

from engine import feel
from engine.bpmn.expressions import compiled, is_feel

Component: TypeAlias = Mapping[str, object]
Values: TypeAlias = Mapping[str, object]

#: Components that carry a value.
INPUTS = frozenset(
    {
        "textfield",
        "textarea",
        "number",
        "select",
        "radio",
        "checkbox",
        "checklist",
        "taglist",
        "datetime",
    },
)
CHOICES = frozenset({"select", "radio"})
LISTS = frozenset({"checklist", "taglist"})
#: Components that only show something; a page has its own button.
SHOWN = frozenset({"text", "separator", "spacer", "button"})
CONTAINERS = frozenset({"group"})


@dataclass(frozen=True, slots=True)
class Scope:
    """The variables that a form's expressions see, at one moment."""

    variables: Values
    now: datetime
    around: feel.Scope

    def value(self, text: object) -> object:
        """A property's value: a FEEL expression is computed, anything else is itself."""
        if isinstance(text, str) and is_feel(text):
            return compiled(text[1:]).in_scope(self.around)
        return text

    def hides(self, component: Component) -> bool:
        """Whether the component's condition hides it."""
        condition = component.get("conditional")
        hide = condition.get("hide") if isinstance(condition, Mapping) else None
        return self.value(hide) is True

    def locks(self, component: Component) -> bool:
        """Whether the component shows its value without taking one."""
        return component.get("disabled") is True or self.value(component.get("readonly")) is True


def scope(variables: Values, now: datetime) -> Scope:
    """The scope of these variables."""
    return Scope(variables, now, feel.scope(variables, now))


def settle(schema: Component, posted: Values, context: Values, now: datetime) -> Scope:
    """The scope of a submission, without the values of fields that it must not set.

    A field hidden by another field loses its value, which may hide or show a third one; so this
    repeats until nothing changes, at most once a field.
    """
    keys = [str(c["key"]) for c in inputs(schema)]
    held = {key: posted[key] for key in keys if key in posted}
    found = scope({**context, **held}, now)
    for _ in keys:
        open_keys = {str(c["key"]) for c in taken(schema, found)}
        kept = {key: value for key, value in held.items() if key in open_keys}
        variables = {**context, **kept}
        if variables == found.variables:
            break
        found = scope(variables, now)
    return found


def taken(schema: Component, scope: Scope) -> Iterator[Component]:
    """The input components that take a value now, in reading order."""
    for component in children(schema):
        if scope.hides(component):
            continue
        if component.get("type") in CONTAINERS:
            yield from taken(component, scope)
        elif component.get("type") in INPUTS and not scope.locks(component):
            yield component


def inputs(schema: Component) -> Iterator[Component]:
    """All input components, hidden ones too, in reading order."""
    for component in children(schema):
        if component.get("type") in CONTAINERS:
            yield from inputs(component)
        elif component.get("type") in INPUTS:
            yield component


def children(component: Component) -> list[Component]:
    """The components directly inside a form or group."""
    inside = component.get("components")
    return (
        [cast(Component, c) for c in inside if isinstance(c, Mapping)]
        if isinstance(inside, list)
        else []
    )


def options(component: Component, around: Scope) -> list[Mapping[str, object]]:
    """What can be chosen, as mappings with `value`, `label` and perhaps `label:zh`."""
    if "valuesExpression" in component:
        return _options(around.value(component["valuesExpression"]))
    if "valuesKey" in component:
        return _options(around.variables.get(str(component["valuesKey"])))
    return written_options(component)


def written_options(component: Component) -> list[Mapping[str, object]]:
    """The options that are written into the form itself."""
    return _options(component.get("values"))


def _options(found: object) -> list[Mapping[str, object]]:
    return [_option(item) for item in found] if isinstance(found, list) else []


def _option(item: object) -> Mapping[str, object]:
    if isinstance(item, Mapping):
        value = item.get("value", item.get("label"))
        return {**item, "value": value, "label": item.get("label", value)}
    return {"value": item, "label": item}
