"""What a person sees of a form: fields in their language, conditions and texts worked out.

The result is plain frozen values for a page to draw; nothing here knows HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.bpmn import form_schema
from engine.bpmn.form_schema import Component, Scope, Values
from engine.bpmn.form_values import as_text

#: `{{ expression }}` inside labels, descriptions and texts, as form-js writes it.
TEMPLATE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a field."""

    value: str  #: what the page sends back
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Field:
    """One component of a form as a person sees it now."""

    type: str
    subtype: str  #: `date`, `time` or `datetime` of a datetime field, otherwise empty
    key: str  #: empty for texts and groups
    label: str
    description: str
    value: object
    text: str  #: the value in words, for fields that are only shown; the text of a text
    locked: bool  #: shown, not taken
    required: bool
    limits: Mapping[str, object]
    choices: tuple[Choice, ...]
    inside: tuple[Field, ...]  #: fields of a group


def present(
    schema: Component,
    values: Values,
    context: Values,
    *,
    language: str,
    now: datetime,
) -> tuple[Field, ...]:
    """The visible fields of a form, in reading order.

    `values`: what the person typed, where a form is shown again; `context`: process variables,
    which are also what a field shows at first.
    """
    scope = form_schema.settle(schema, values, context, now)
    return tuple(_fields(schema, scope, values, language))


def fill(template: str, scope: Scope) -> str:
    """A text with every `{{expression}}` replaced by its value; null leaves nothing."""
    if template.startswith("="):
        return _words(scope.value(template))
    return TEMPLATE.sub(lambda match: _words(scope.value("=" + match[1].strip())), template)


def localised(component: Mapping[str, object], name: str, language: str) -> str:
    """A label in the reader's language, in English where there is no translation."""
    properties = component.get("properties")
    places = (component, properties if isinstance(properties, Mapping) else {})
    for place in places:
        found = place.get(f"{name}:{language}")
        if isinstance(found, str) and found:
            return found
    return str(component.get(name) or "")


def _fields(schema: Component, scope: Scope, typed: Values, language: str) -> Iterator[Field]:
    for component in form_schema.children(schema):
        if not scope.hides(component) and component.get("type") != "button":
            yield _field(component, scope, typed, language)


def _field(component: Component, scope: Scope, typed: Values, language: str) -> Field:
    kind = str(component["type"])
    key = str(component.get("key", "")) if kind in form_schema.INPUTS else ""
    value = _value(component, key, scope, typed)
    choices = tuple(_choices(component, value, scope, language))
    rules = component.get("validate")
    limits = {k: scope.value(v) for k, v in rules.items()} if isinstance(rules, Mapping) else {}
    text = fill(localised(component, "text", language), scope) if kind == "text" else ""
    return Field(
        type=kind,
        subtype=str(component.get("subtype", "datetime")) if kind == "datetime" else "",
        key=key,
        label=fill(localised(component, _label(component), language), scope),
        description=fill(localised(component, "description", language), scope),
        value=value,
        text=text or _shown(value, choices),
        locked=scope.locks(component),
        required=limits.get("required") is True,
        limits=limits,
        choices=choices,
        inside=tuple(_fields(component, scope, typed, language)) if kind == "group" else (),
    )


def _label(component: Component) -> str:
    return (
        "dateLabel"
        if component.get("type") == "datetime" and component.get("dateLabel")
        else "label"
    )


def _value(component: Component, key: str, scope: Scope, typed: Values) -> object:
    if not key:
        return None
    if key in typed and not scope.locks(component):
        return typed[key]
    found = scope.variables.get(key)
    return component.get("defaultValue") if found is None else found


def _choices(
    component: Component,
    value: object,
    scope: Scope,
    language: str,
) -> Iterator[Choice]:
    if component.get("type") not in form_schema.CHOICES | form_schema.LISTS:
        return
    held = value if isinstance(value, list) else [value]
    chosen = {as_text(item) for item in held if item is not None}
    for option in form_schema.options(component, scope):
        text = as_text(option["value"])
        label = localised(option, "label", language)
        yield Choice(value=text, label=label or text, chosen=text in chosen)


def _shown(value: object, choices: tuple[Choice, ...]) -> str:
    labels = [choice.label for choice in choices if choice.chosen]
    return ", ".join(labels) if labels else _words(value)


def _words(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(_words(item) for item in value)
    return as_text(value)
