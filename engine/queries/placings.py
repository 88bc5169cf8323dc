"""Where the tokens of an instance stand, and where somebody could put them."""

from __future__ import annotations

from dataclasses import dataclass

from engine.bpmn import placing
from engine.bpmn.drawing import Drawing
from engine.queries import instances
from engine.queries.instances import InstanceRow, Path
from engine.store.unit_of_work import Reader


@dataclass(frozen=True, slots=True)
class Places:
    """Elements of a diagram as somebody sees them who moves tokens, in drawing order."""

    standing: tuple[str, ...]  #: with a token now
    targets: tuple[str, ...]  #: where one could be put; the engine judges again
    done: tuple[str, ...]  #: where one could be put again


def places(reader: Reader, instance: InstanceRow, path: Path) -> Places:
    """What can be moved, skipped and reopened in an instance."""
    drawing = instances.definition(reader, instance).drawing
    targets = [element for element in drawing.places if _open_to_all(drawing, element)]
    # Within a round or an event sub-process a token may move to what is in there too.
    around = {scope for element in path.active for scope in drawing.around(element)}
    inside = [
        place.id
        for place in drawing.places.values()
        if place.parent in around and not placing.refusal(drawing, place.id)
    ]
    done = [e for e in targets if e in path.completed or e in path.cancelled]
    return Places(
        tuple(dict.fromkeys(path.active)), tuple(dict.fromkeys([*targets, *inside])), tuple(done)
    )


def _open_to_all(drawing: Drawing, element: str) -> bool:
    around = [drawing.places[scope] for scope in drawing.around(element)]
    closed = any(scope.by_event or scope.loop for scope in around)
    return not closed and not placing.refusal(drawing, element)
