"""A form on a page: its visible fields, what is wrong with them, and how it was sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from flask import request

from engine.errors import FieldError
from engine.queries import forms
from engine.queries.forms import Field
from engine.store.unit_of_work import Reader
from web import posted
from web.visit import visit

#: A form that asks for nothing.
EMPTY: Mapping[str, object] = MappingProxyType({"components": []})


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as the page shows it."""

    fields: tuple[Field, ...]
    errors: Mapping[str, list[FieldError]] = field(default_factory=dict)
    steering: frozenset[str] = frozenset()
    title: str = ""  #: what the form calls itself, for whoever does not know the diagram

    def flat(self) -> Iterator[Field]:
        """All fields in reading order, those of groups too."""
        return _flat(self.fields)

    def must(self) -> bool:
        """Whether any field has to be filled in."""
        return any(item.required and not item.locked for item in self.flat())


def show(
    reader: Reader,
    schema: Mapping[str, object],
    variables: Mapping[str, object],
    typed: Mapping[str, object] | None = None,
    errors: Mapping[str, list[FieldError]] | None = None,
) -> Filled:
    """A form with the variables of its process, or with what a person typed and its errors."""
    fields = forms.present(
        schema,
        typed or {},
        forms.context(reader, schema, variables),
        language=visit().language,
        now=reader.now,
    )
    title = forms.title(schema, visit().language)
    return Filled(fields, errors or {}, forms.steering(schema), title)


def locked(form: Filled) -> Filled:
    """The same form, only to be read."""
    return Filled(tuple(_locked(item) for item in form.fields))


def answers(form: Filled) -> str:
    """What was typed, a line a field, as whoever carries it out reads it."""
    lines = []
    for item in form.flat():
        words = {choice.value: choice.label for choice in item.choices}
        values = item.value if isinstance(item.value, list) else [item.value]
        said = ", ".join(words.get(str(v), str(v)) for v in values if v not in (None, "", False))
        if said and item.label:
            lines.append(f"{item.label}: {said}")
    return "\n\n".join(lines)


def sent(schema: Mapping[str, object]) -> dict[str, object]:
    """The values that the present request sends for a form."""
    return posted.values(forms.kinds(schema), request.form, visit().zone)


def wants_refresh() -> bool:
    """Whether only the visible fields are to be worked out again."""
    return "refresh" in request.form


def _locked(item: Field) -> Field:
    return replace(item, locked=True, inside=tuple(_locked(inner) for inner in item.inside))


def _flat(fields: tuple[Field, ...]) -> Iterator[Field]:
    for item in fields:
        yield item
        yield from _flat(item.inside)
