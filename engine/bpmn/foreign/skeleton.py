"""Makes a drawing that was never meant to run one that does: people do and decide everything.

Each change is a warning at its element. What is not understood stays, and the check of an upload
goes on saying what is wrong with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from lxml import etree

from engine.bpmn import lint, reader
from engine.bpmn.drawing import SCOPES, Place
from engine.bpmn.foreign import by_people, choices, forms
from engine.bpmn.foreign.conversion import Conversion, put, shown
from engine.bpmn.foreign.convert import Converted, convert, written
from engine.bpmn.foreign.normalise import prepared
from engine.bpmn.foreign.shapes import EVENT, GATEWAY
from engine.bpmn.foreign.sketch import Groups, Sketch
from engine.bpmn.xml import local, parse
from engine.errors import Finding

#: One change may call for another: a service task becomes a user task, which needs a group.
_ROUNDS = 8
_OPEN_FLOW = ("gateway.condition", "import.condition", "feel.syntax")
_PROGRAMS = ("serviceTask", "sendTask", "scriptTask", "businessRuleTask", "callActivity")
_WAITS = ("intermediateCatchEvent", "boundaryEvent", "receiveTask")


def build(
    source: bytes, name: str, groups: Groups, known: lint.Known, own: Mapping[str, bytes]
) -> Converted:
    """A converted file made executable as far as that goes, with what was changed.

    `own` are the forms that came with the file, by key; the answer holds those that were made.

    Raises:
        DiagramRejected: it cannot be read, no process in it is executable, or it grew too large.
    """
    root = prepared(parse(source, name))
    conversion = Conversion(root, name)
    sketch = Sketch(conversion, groups, reader.read(source, name), own)
    by_people.plain_tasks(sketch)
    for _ in range(_ROUNDS):
        before = len(conversion.findings)
        current = written(root)
        sketch.drawing = reader.read(current, name)
        found = [*convert(current, name).findings, *lint.check(sketch.drawing, known)]
        _remedy(sketch, found)
        if len(conversion.findings) == before:
            break
    _offers(sketch)
    choices.unknown_variables(sketch)
    sketch.drawing = reader.read(written(root), name)
    _groups_of_added(sketch)
    _forms(sketch)
    made = written(root)
    parse(made, name)  # what was added may have made it too large to be read
    return Converted(made, tuple(dict.fromkeys(conversion.findings)), conversion.forms)


def _remedy(sketch: Sketch, findings: Iterable[Finding]) -> None:
    open_flows = defaultdict(set)
    for finding in findings:
        flow = sketch.drawing.flows.get(finding.element)
        if flow is not None and finding.rule in _OPEN_FLOW:
            open_flows[flow.source].add(flow.id)
            continue
        element = sketch.node(finding.element)
        place = sketch.drawing.places.get(finding.element)
        remedy = _REMEDIES.get(finding.rule)
        if finding.rule == "start.one" and finding.element == sketch.drawing.process_id:
            _begin(sketch, "")
        elif remedy is not None and element is not None and place is not None:
            remedy(sketch, element, place)
    for source, flows in open_flows.items():
        choices.decide(sketch, sketch.drawing.places[source], flows)


def _by_hand(sketch: Sketch, element: etree._Element, _: Place) -> None:
    if local(element) in _PROGRAMS:
        by_people.by_hand(sketch, element)


def _start(sketch: Sketch, element: etree._Element, place: Place) -> None:
    if place.by_event or place.kind not in SCOPES:
        return
    if next(sketch.drawing.inside(place.id), None) is None:
        by_people.empty_scope(sketch, element)
    else:
        _begin(sketch, place.id)


def _begin(sketch: Sketch, scope: str) -> None:
    """Draw the start that BPMN lets one leave out: everything that no flow leads to begins."""
    inside = list(sketch.drawing.inside(scope))
    if any(place.kind == "startEvent" for place in inside):
        return
    undone = {place.undo for place in inside}
    first = [
        element
        for place in inside
        if not (place.incoming or place.attached_to or place.by_event or place.id in undone)
        and "isForCompensation" not in place.features
        and (element := sketch.node(place.id)) is not None
    ]
    if not first:
        return
    entry = first[0]
    if len(first) > 1:
        entry = sketch.add(first[0], "parallelGateway", GATEWAY, -1, 0)
        for element in first:
            sketch.join(entry, element)
    start = sketch.add(entry, "startEvent", EVENT, -1, 0)
    sketch.join(start, entry)
    sketch.told("start", start, elements=", ".join(repr(e.get("id")) for e in first))


def _end(sketch: Sketch, element: etree._Element, _: Place) -> None:
    end = sketch.add(element, "endEvent", EVENT, 1, 0)
    sketch.join(element, end)
    sketch.told("end", end, element=element.get("id") or "")


def _alone(sketch: Sketch, element: etree._Element, place: Place) -> None:
    """Leave out what no flow connects with anything; what is behind it can never be reached."""
    if place.boundary or place.attached_to or place.parent or place.kind in SCOPES:
        return
    # Asked anew, because a start event may just have been drawn before it.
    if sketch.leaving(place.id) or sketch.entering(place.id):
        return
    sketch.told("alone", element, kind=place.kind, name=shown(place.label()))
    sketch.remove(element)


def _assign(sketch: Sketch, element: etree._Element, _: Place) -> None:
    by_people.assign(sketch, element)


def _without_form(sketch: Sketch, element: etree._Element, _: Place) -> None:
    by_people.without_form(sketch, element)


_REMEDIES: Mapping[str, Callable[[Sketch, etree._Element, Place], None]] = {
    "task.nobody": _assign,
    "form.unknown": _without_form,
    "start.one": _start,
    "end.implicit": _end,
    "reach.none": _alone,
    **dict.fromkeys(
        (
            "handler.none",
            "handler.unknown",
            "script.feel",
            "script.result",
            "decision.unknown",
            "decision.result",
            "call.unknown",
            "call.fixed",
        ),
        _by_hand,
    ),
}


def _offers(sketch: Sketch) -> None:
    """Let people say that an awaited message has come, where nothing else sends it."""
    for place in sketch.drawing.places.values():
        element = sketch.node(place.id) if place.kind in _WAITS else None
        waits = place.trigger.kind == "message" and "offeredTo" not in place.settings.properties
        if element is not None and waits:
            by_people.offer(sketch, element)


def _groups_of_added(sketch: Sketch) -> None:
    """Give the tasks that were added at last to somebody."""
    for place in sketch.drawing.places.values():
        settings = place.settings
        named = settings.assignee or settings.candidate_groups or settings.candidate_users
        element = sketch.node(place.id) if place.kind == "userTask" and not named else None
        if element is not None:
            by_people.assign(sketch, element)


def _forms(sketch: Sketch) -> None:
    for identity, fields in sketch.asked.items():
        element = sketch.node(identity)
        if element is not None:
            once = {str(field["key"]): field for field in fields}
            form = forms.kept(sketch.conversion, element, list(once.values()))
            put(element, "formDefinition", formId=form)
