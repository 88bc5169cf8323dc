"""Forms for pages: what to show, which kind of value each field sends, what steers what.

Pages reach form rules through here, because they must not know how diagrams and forms are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from engine.bpmn import form_schema
from engine.bpmn.expressions import compiled, is_feel
from engine.bpmn.form_values import as_text
from engine.bpmn.form_view import Choice, Field, localised, present
from engine.bpmn.forms import validate
from engine.errors import DefinitionNotFound, FormRejected
from engine.store.form_context import context
from engine.store.unit_of_work import Reader, UnitOfWork

__all__ = [
    "Asked",
    "Choice",
    "Field",
    "accept",
    "asked",
    "context",
    "get",
    "kinds",
    "labels",
    "present",
    "steering",
    "title",
]


def get(reader: Reader, form_id: str) -> dict[str, object]:
    """The active schema of a form such as `incident/report`.

    Raises:
        DefinitionNotFound: none is deployed.
    """
    return reader.runtime.catalogue.document(reader.connection, "form", form_id)


def accept(reader: Reader, form_id: str, values: Mapping[str, object]) -> dict[str, object]:
    """The clean variables of a form that belongs to no task, such as a report.

    Raises:
        FormRejected: a field is wrong.
    """
    schema = get(reader, form_id)
    clean, errors = validate(schema, values, context(reader, schema, {}), reader.now)
    if errors:
        raise FormRejected(form_id, errors)
    return clean


def labels(
    reader: Reader | UnitOfWork, form_id: str, language: str
) -> Mapping[str, Mapping[str, str]]:
    """Field key -> value -> what the form calls it; empty where the form is not deployed.

    Only options written into the form itself are known here.
    """
    catalogue, connection = reader.runtime.catalogue, reader.connection
    try:
        definition_id = catalogue.id_of(connection, "form", form_id)
    except DefinitionNotFound:
        return {}
    return catalogue.compiled(connection, definition_id, _Labels).of(language)


class _Labels:
    """What a form calls the values of its fields; worked out once for each language."""

    def __init__(self, source: bytes) -> None:
        self._schema = orjson.loads(source)
        self._known: dict[str, Mapping[str, Mapping[str, str]]] = {}

    def of(self, language: str) -> Mapping[str, Mapping[str, str]]:
        """Field key -> value -> word in a language."""
        if language not in self._known:
            self._known[language] = {
                str(field["key"]): {
                    as_text(option["value"]): localised(option, "label", language)
                    for option in form_schema.written_options(field)
                }
                for field in form_schema.inputs(self._schema)
            }
        return self._known[language]


@dataclass(frozen=True, slots=True)
class Asked:
    """A field that some form of a process asks for."""

    key: str
    label: str
    words: Mapping[str, str]  #: value as text -> what the form calls it


def asked(reader: Reader, definition_id: int, language: str) -> list[Asked]:
    """Every field that the forms of a process ask for, each key once, in drawing order."""
    catalogue, connection = reader.runtime.catalogue, reader.connection
    drawing = catalogue.process(connection, definition_id).drawing
    named = (p.settings.form or p.settings.properties.get("form") for p in drawing.places.values())
    found: dict[str, Asked] = {}
    for form_id in dict.fromkeys(name for name in named if name):
        words = labels(reader, form_id, language)
        for field in form_schema.inputs(get(reader, form_id)) if words else ():
            key = str(field["key"])
            label = localised(field, "label", language) or key
            found.setdefault(key, Asked(key, label, words.get(key, {})))
    return list(found.values())


def title(schema: Mapping[str, object], language: str) -> str:
    """What the form calls itself in a language; empty where it has no name."""
    properties = schema.get("properties")
    named = properties if isinstance(properties, Mapping) else {}
    return str(named.get(f"name:{language}") or named.get("name") or "")


def kinds(schema: Mapping[str, object]) -> dict[str, str]:
    """Field key -> component type, or `date`, `time`, `datetime` for a datetime field."""
    return {str(c["key"]): _kind(c) for c in form_schema.inputs(schema)}


def steering(schema: Mapping[str, object]) -> frozenset[str]:
    """Keys of the fields whose value decides what other fields show."""
    named = {name for text in _expressions(schema) for name in compiled(text[1:]).names}
    return frozenset(named.intersection(kinds(schema)))


def _kind(component: form_schema.Component) -> str:
    kind = str(component["type"])
    return str(component.get("subtype", "datetime")) if kind == "datetime" else kind


def _expressions(component: form_schema.Component) -> list[str]:
    found = []
    for inside in form_schema.children(component):
        condition = inside.get("conditional")
        places = [inside.get("readonly"), inside.get("valuesExpression")]
        places += [condition.get("hide")] if isinstance(condition, Mapping) else []
        found += [text for text in places if isinstance(text, str) and is_feel(text)]
        found += _expressions(inside)
    return found
