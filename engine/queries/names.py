"""What people call the elements of a diagram, in their language."""

from __future__ import annotations

from engine.errors import DefinitionNotFound
from engine.store.unit_of_work import Reader


def elements(reader: Reader, definition_id: int, language: str) -> dict[str, str]:
    """Element id -> its name; the English name where the diagram has no translation."""
    places = reader.runtime.catalogue.process(reader.connection, definition_id).drawing.places
    return {place.id: place.label(language) for place in places.values()}


def element(reader: Reader, process_id: str, element_id: str, name: str, language: str) -> str:
    """The name of one element by the active version; `name` where that has no translation."""
    try:
        found = reader.runtime.catalogue.id_of(reader.connection, "process", process_id)
    except DefinitionNotFound:
        return name
    drawing = reader.runtime.catalogue.process(reader.connection, found).drawing
    place = drawing.places.get(element_id)
    return place.label(language) if place else name
