"""What a form's expressions and choices may name: the variables, and lists from data."""

from __future__ import annotations

from collections.abc import Mapping

from engine.bpmn import form_schema
from engine.store.unit_of_work import Reader, UnitOfWork


def context(
    source: UnitOfWork | Reader, schema: Mapping[str, object], variables: Mapping[str, object]
) -> dict[str, object]:
    """The variables, and each list that a field's `valuesKey` names and the runtime knows."""
    sources = source.runtime.sources
    named = {str(field.get("valuesKey")) for field in form_schema.inputs(schema)}
    lists = {name: sources[name](source.connection) for name in named if name in sources}
    return {**lists, **variables}
