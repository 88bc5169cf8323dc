"""Rules on ids, flows and the shape of the diagram."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.bpmn.definition import RUNS
from engine.bpmn.drawing import SCOPES, Drawing, Place
from engine.bpmn.lint.rule import Known, Rule, error, warning
from engine.errors import Finding

#: What XML allows of an id and an address can carry.
_ID = re.compile(r"[^\W\d][\w.-]{0,99}")
#: Flows into inclusive joins times elements; about as many entries are kept for each process.
JOINED = 500_000
_INSTEAD = {
    "complexGateway": "Use exclusive, inclusive and parallel gateways.",
    "adHocSubProcess": "Draw the order of the tasks, or one user task with a checklist.",
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
        if "standardLoopCharacteristics" in place.features:
            yield error(
                "element.unsupported", place.id, "It has a loop marker.", "Draw it with a gateway."
            )
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
    """A process has one plain start event at most, a sub-process exactly one start event."""
    top = [p for p in drawing.inside("") if p.kind == "startEvent"]
    plain = [p for p in top if p.trigger.kind == "none"]
    if not top or len(plain) > 1:
        found = f"{len(plain)} start events without trigger" if top else "0 start events"
        yield error(
            "start.one",
            drawing.process_id,
            f"There are {found}.",
            "Draw exactly one; join several ways in with a gateway.",
        )
    for scope in drawing.places.values():
        if scope.kind in SCOPES and len(scope.starts) != 1:
            yield error(
                "start.one",
                scope.id,
                f"There are {len(scope.starts)} start events.",
                "Draw exactly one; join several ways in with a gateway.",
            )


def reachable(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Every node can be reached from the start."""
    reached = {p.id for p in drawing.places.values() if p.kind == "startEvent" or p.by_event}
    waiting = list(reached)
    while waiting:
        place = drawing.places[waiting.pop()]
        for target in (*(flow.target for flow in place.outgoing), *place.boundary, place.undo):
            if target and target not in reached:
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
        if not place.outgoing and not _ends_by_nature(place):
            yield warning(
                "end.implicit",
                place.id,
                f"The path stops at {_shown(place)}.",
                "Draw an end event, so that readers see it ends here.",
            )


def _ends_by_nature(place: Place) -> bool:
    if place.kind == "endEvent" or place.by_event or "isForCompensation" in place.features:
        return True
    return place.kind == "boundaryEvent" and place.trigger.kind == "compensate"


def loops(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """A cycle contains something that waits."""
    waits = {"userTask", "receiveTask", "intermediateCatchEvent", "eventBasedGateway"}
    busy = {
        p.id
        for p in drawing.places.values()
        if p.kind not in waits | {*SCOPES} or p.trigger.kind == "link"
    }
    start = min(_circle(drawing, busy), default=None)
    if start is not None:
        yield error(
            "loop.endless",
            start,
            "The path comes back here without waiting for anything.",
            "Put a user task, a timer or a message into the loop.",
        )


def _circle(drawing: Drawing, within: set[str]) -> list[str]:
    """The elements of one circle of flows among some elements; none where there is no circle."""
    after = {
        element: [f.target for f in drawing.places[element].outgoing if f.target in within]
        for element in within
    }
    # What leads nowhere is on no circle; taken away, what leads there may lead nowhere either.
    waiting = [element for element, targets in after.items() if not targets]
    left = {element: len(targets) for element, targets in after.items()}
    while waiting:
        for flow in drawing.places[waiting.pop()].incoming:
            if flow.source in within:
                left[flow.source] -= 1
                if left[flow.source] == 0:
                    waiting.append(flow.source)
    path: dict[str, None] = {}
    element = min((e for e, count in left.items() if count), default=None)
    while element is not None and element not in path:
        path[element] = None
        element = next(target for target in after[element] if left[target])
    passed = list(path)
    return passed[passed.index(element) :] if element is not None else []


def _shown(place: Place) -> str:
    return f'{place.kind} "{place.name}"' if place.name else f"this {place.kind}"


def joins(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Inclusive joins do not ask for more than an engine can keep in its head.

    What can still arrive at one is worked out for each of its flows over the whole diagram.
    """
    inclusive = [p for p in drawing.places.values() if p.kind == "inclusiveGateway"]
    flows = sum(len(p.incoming) for p in inclusive if len(p.incoming) > 1)
    if flows * len(drawing.places) > JOINED:
        yield error(
            "gateway.joins",
            max(inclusive, key=lambda place: len(place.incoming)).id,
            f"{flows} flows lead into inclusive joins among {len(drawing.places)} elements.",
            "Split the process by call activities, or join with parallel or exclusive gateways.",
        )


RULES: tuple[Rule, ...] = (ids, supported, flows, starts, reachable, ends, loops, joins)
