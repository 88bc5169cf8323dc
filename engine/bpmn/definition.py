"""A process definition: a drawing that passed, compiled once, shared by all its instances."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.bpmn import activities, calls, events, gateways, undo
from engine.bpmn.drawing import Drawing, Place
from engine.bpmn.elements import Diagram, Element
from engine.bpmn.repeated import Repeated, one_round

_CLASSES: dict[str, Callable[[Diagram, Place], Element]] = {
    "startEvent": events.StartEvent,
    "endEvent": events.EndEvent,
    "intermediateCatchEvent": events.CatchEvent,
    "receiveTask": events.CatchEvent,
    "intermediateThrowEvent": events.ThrowEvent,
    "boundaryEvent": events.BoundaryEvent,
    "userTask": activities.UserTask,
    "manualTask": Element,
    "task": Element,
    "serviceTask": activities.ServiceTask,
    "sendTask": activities.ServiceTask,
    "businessRuleTask": activities.DecisionTask,
    "scriptTask": activities.ScriptTask,
    "subProcess": activities.SubProcess,
    "transaction": activities.SubProcess,
    "callActivity": calls.CallActivity,
    "exclusiveGateway": gateways.ExclusiveGateway,
    "parallelGateway": gateways.ParallelGateway,
    "inclusiveGateway": gateways.InclusiveGateway,
    "eventBasedGateway": gateways.EventBasedGateway,
}
#: Kinds of elements that run; lint refuses every other.
RUNS = frozenset(_CLASSES)
#: Throw and end events that are more than a moment.
_SCOPED_THROWS: dict[str, Callable[[Diagram, Place], Element]] = {
    "compensate": undo.UndoEvent,
    "cancel": undo.CancelEvent,
}


@dataclass(frozen=True, slots=True)
class ProcessDefinition:
    """What an instance runs on."""

    process_id: str
    name: str
    drawing: Drawing
    diagram: Diagram

    @property
    def starts(self) -> list[Place]:
        """The start events at the top."""
        return [p for p in self.drawing.inside("") if p.kind == "startEvent"]

    @property
    def calls(self) -> set[str]:
        """The processes that its call activities call."""
        return {p.settings.called for p in self.drawing.places.values() if p.settings.called}

    def place(self, element: str) -> Place:
        """An element of the drawing."""
        return self.drawing.places[element]


def compile_drawing(drawing: Drawing) -> ProcessDefinition:
    """The definition of a drawing in which lint found no error."""
    diagram = Diagram(drawing.process_id)
    for place in drawing.places.values():
        _element(diagram, place, drawing)
    diagram.listens = drawing.listens
    diagram.undoes = any(place.undo for place in drawing.places.values())
    for spec in diagram.task_specs.values():
        if isinstance(spec, gateways.InclusiveGateway) and len(spec.place.incoming) > 1:
            spec.upstream = {
                flow.id: frozenset(drawing.reaching(flow.source, spec.name))
                for flow in spec.place.incoming
            }
    return ProcessDefinition(drawing.process_id, drawing.name, drawing, diagram)


def _element(diagram: Diagram, place: Place, drawing: Drawing) -> Element:
    if place.loop is not None:
        # A diagram of its own, because within one a name means one element.
        body = _element(Diagram(place.id), one_round(place), drawing)
        return Repeated(diagram, place, place.loop, body)
    if place.trigger.kind == "link":
        return Element(diagram, place)
    if place.kind == "startEvent" and place.parent and drawing.places[place.parent].by_event:
        return events.EventStart(diagram, place)
    if place.kind in ("endEvent", "intermediateThrowEvent"):
        found = _SCOPED_THROWS.get(place.trigger.kind, _CLASSES[place.kind])
        return found(diagram, place)
    return _CLASSES[place.kind](diagram, place)
