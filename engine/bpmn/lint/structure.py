"""Rules on ids, flows and the shape of the diagram."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.bpmn.definition import RUNS
from engine.bpmn.drawing import Drawing, Place
from engine.bpmn.lint.rule import Known, Rule, error, warning
from engine.errors import Finding

#: What XML allows of an id and an address can carry.
_ID = re.compile(r"[^\W\d][\w.-]{0,99}")
_INSTEAD = {
    "callActivity": "Draw the called steps as an embedded sub-process.",
    "complexGateway": "Use exclusive, inclusive and parallel gateways.",
    "adHocSubProcess": "Draw the order of the tasks, or one user task with a checklist.",
    "transaction": "Use an embedded sub-process with error boundary events.",
}
_MARKERS = {
    "multiInstanceLoopCharacteristics": ("repeats for several items", "Draw a loop instead."),
    "standardLoopCharacteristics": ("has a loop marker", "Draw the loop with a gateway."),
    "triggeredByEvent": (
        "is an event sub-process",
        "Attach boundary events to a sub-process around the steps.",
    ),
    "isForCompensation": ("is for compensation", "Draw the undoing steps as a path."),
}


def ids(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Every node and flow has an id of its own."""
    for identity, line in drawing.duplicates:
        yield error(
            "id.duplicate", identity, f"The id is used again in line {line}.", "Rename one."
        )
    for identity in (drawing.process_id, *drawing.places, *drawing.flows):
        if not _ID.fullmatch(identity):
            yield error(
                "id.form",
                identity[:60],
                "The id cannot be part of an address.",
                "Begin with a letter, and use up to 100 letters, digits, '_', '-' and '.'.",
            )
    for tag, line in drawing.nameless:
        yield error("id.missing", f"line {line}", f"A {tag} has no id.", "Give it one.")


def supported(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Only elements that run faithfully are taken."""
    for place in drawing.places.values():
        if place.kind not in RUNS:
            advice = _INSTEAD.get(place.kind, "Draw it with the supported elements.")
            yield error("element.unsupported", place.id, f"A {place.kind} does not run.", advice)
        for feature in sorted(place.features):
            what, advice = _MARKERS.get(feature, (f"has a {feature}", "Remove it."))
            yield error("element.unsupported", place.id, f"It {what}.", advice)
    for tag, identity, line in drawing.strangers:
        where = identity or f"line {line}"
        yield error("element.unsupported", where, f"A {tag} does not run.", "Remove it.")


def flows(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Sequence flows join two nodes of the same scope."""
    for flow in drawing.unconnected:
        yield error(
            "flow.unconnected",
            flow.id,
            f"The flow leads from '{flow.source}' to '{flow.target}', not both of which exist.",
            "Connect it, or remove it.",
        )
    for flow in drawing.flows.values():
        if drawing.places[flow.source].parent != drawing.places[flow.target].parent:
            yield error(
                "flow.scope",
                flow.id,
                "The flow crosses the border of a sub-process.",
                "End inside, and continue from the sub-process.",
            )


def starts(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """A process, and each sub-process, begins at exactly one start event."""
    scopes = {"": drawing.process_id}
    scopes |= {p.id: p.id for p in drawing.places.values() if p.kind == "subProcess"}
    for parent, shown in scopes.items():
        found = [p for p in drawing.inside(parent) if p.kind == "startEvent"]
        if len(found) != 1:
            yield error(
                "start.one",
                shown,
                f"There are {len(found)} start events.",
                "Draw exactly one; join several ways in with a gateway.",
            )


def reachable(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Every node can be reached from the start."""
    reached = {p.id for p in drawing.places.values() if p.kind == "startEvent"}
    waiting = list(reached)
    while waiting:
        place = drawing.places[waiting.pop()]
        for target in (*(flow.target for flow in place.outgoing), *place.boundary):
            if target not in reached:
                reached.add(target)
                waiting.append(target)
    for place in drawing.places.values():
        if place.id not in reached:
            yield error(
                "reach.none",
                place.id,
                f"No path leads to {_shown(place)}.",
                "Connect it, or remove it.",
            )


def ends(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Paths end at end events, and nothing follows an end event."""
    for place in drawing.places.values():
        if place.kind == "endEvent" and place.outgoing:
            yield error("end.outgoing", place.id, "A flow leaves an end event.", "Remove it.")
        if place.kind != "endEvent" and not place.outgoing:
            yield warning(
                "end.implicit",
                place.id,
                f"The path stops at {_shown(place)}.",
                "Draw an end event, so that readers see it ends here.",
            )


def loops(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """A cycle contains something that waits."""
    waits = {"userTask", "receiveTask", "intermediateCatchEvent", "eventBasedGateway"}
    busy = {p.id for p in drawing.places.values() if p.kind not in waits | {"subProcess"}}
    for start in sorted(busy):
        if start in _after(drawing, start, busy):
            yield error(
                "loop.endless",
                start,
                "The path comes back here without waiting for anything.",
                "Put a user task, a timer or a message into the loop.",
            )
            return


def _after(drawing: Drawing, start: str, within: set[str]) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for flow in drawing.places[waiting.pop()].outgoing:
            if flow.target in within and flow.target not in found:
                found.add(flow.target)
                waiting.append(flow.target)
    return found


def _shown(place: Place) -> str:
    return f'{place.kind} "{place.name}"' if place.name else f"this {place.kind}"


RULES: tuple[Rule, ...] = (ids, supported, flows, starts, reachable, ends, loops)
