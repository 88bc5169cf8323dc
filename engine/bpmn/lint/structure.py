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
    busy = {p.id for p in drawing.places.values() if p.kind not in waits | {*SCOPES}}
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
