"""Rules on repeated activities, event sub-processes, transactions and compensation."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.bpmn.drawing import Drawing, Place
from engine.bpmn.lint.rule import Known, Rule, error
from engine.errors import Finding

_VARIABLE = re.compile(r"[^\W\d]\w*")


def repeats(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """A repeated activity says for which list, and where its results go."""
    for place in drawing.places.values():
        loop = place.loop
        if loop is None:
            continue
        if not place.activity:
            yield error("loop.activity", place.id, "Only activities repeat.", "Remove the marker.")
        if loop.cardinality or not loop.items.startswith("="):
            yield error(
                "loop.list",
                place.id,
                "It does not say for which list it repeats.",
                "Set its input collection: '=approvers', or '=for i in 1..3 return i'.",
            )
        if bool(loop.results) != bool(loop.result):
            yield error(
                "loop.results",
                place.id,
                "Of output collection and output element only one is set.",
                "Set both, or none.",
            )
        for name in (loop.item, loop.results):
            if name and not _VARIABLE.fullmatch(name):
                yield error(
                    "loop.name", place.id, f"'{name}' is no name of a variable.", "Write a name."
                )


def event_sub_processes(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """An event sub-process begins by its event alone."""
    for place in drawing.places.values():
        if place.by_event and (place.incoming or place.outgoing or place.boundary):
            yield error(
                "scope.event",
                place.id,
                "An event sub-process has flows or boundary events.",
                "Remove them: its start event begins it, and it ends by itself.",
            )
        if place.by_event and place.kind != "subProcess":
            yield error(
                "scope.event",
                place.id,
                f"A {place.kind} begins by no event.",
                "Draw a sub-process.",
            )


def transactions(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Cancel events are those of a transaction, and a cancelled one goes on somewhere."""
    for place in drawing.places.values():
        if place.trigger.kind != "cancel":
            continue
        scope = place.attached_to if place.kind == "boundaryEvent" else place.parent
        if scope not in drawing.places or drawing.places[scope].kind != "transaction":
            yield error(
                "cancel.transaction",
                place.id,
                "It is no event of a transaction.",
                "Draw it directly in, or on, a transaction; elsewhere use an error event.",
            )
        elif not _cancel_events(drawing, drawing.places[scope]):
            yield error(
                "cancel.boundary",
                place.id,
                f"Nothing goes on from transaction '{scope}' when it is cancelled.",
                "Attach a cancel boundary event to it.",
            )


def _cancel_events(drawing: Drawing, place: Place) -> list[str]:
    return [b for b in place.boundary if drawing.places[b].trigger.kind == "cancel"]


def compensation(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """A compensation event is joined to what undoes its activity, and to nothing else."""
    undoing = {place.undo for place in drawing.places.values()}
    for place in drawing.places.values():
        compensates = place.trigger.kind == "compensate"
        if compensates and place.kind == "boundaryEvent" and (not place.undo or place.outgoing):
            yield error(
                "compensation.activity",
                place.id,
                "It is not joined to one activity marked for compensation, and to nothing else.",
                "Draw an association from it to that activity, and no flow.",
            )
        if "isForCompensation" in place.features:
            yield from _undoes(place, undoing)
        named = place.trigger.activity
        if compensates and named and named not in drawing.places:
            yield error(
                "compensation.unknown", place.id, f"There is no '{named}'.", "Choose an activity."
            )


def _undoes(place: Place, undoing: set[str]) -> Iterator[Finding]:
    if place.incoming or place.outgoing or place.boundary or not place.activity:
        yield error(
            "compensation.flow",
            place.id,
            "An activity for compensation has flows or boundary events.",
            "Only the association from its compensation event leads to it.",
        )
    if place.id not in undoing:
        yield error(
            "compensation.unused",
            place.id,
            "No compensation event leads to it.",
            "Join a compensation boundary event to it by an association.",
        )


RULES: tuple[Rule, ...] = (repeats, event_sub_processes, transactions, compensation)
