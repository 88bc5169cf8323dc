"""A process definition: a drawing that passed, compiled once, shared by all its instances."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.bpmn import activities, events, gateways
from engine.bpmn.drawing import Drawing, Place
from engine.bpmn.elements import Diagram, Element

_CLASSES: dict[str, Callable[[Diagram, Place], Element]] = {
    "startEvent": events.StartEvent,
    "endEvent": events.EndEvent,
    "intermediateCatchEvent": events.CatchEvent,
    "receiveTask": events.CatchEvent,
    "intermediateThrowEvent": Element,
    "boundaryEvent": events.BoundaryEvent,
    "userTask": activities.UserTask,
    "manualTask": Element,
    "task": Element,
    "serviceTask": activities.ServiceTask,
    "sendTask": activities.ServiceTask,
    "businessRuleTask": activities.DecisionTask,
    "scriptTask": activities.ScriptTask,
    "subProcess": activities.SubProcess,
    "exclusiveGateway": gateways.ExclusiveGateway,
    "parallelGateway": gateways.ParallelGateway,
    "inclusiveGateway": gateways.InclusiveGateway,
    "eventBasedGateway": gateways.EventBasedGateway,
}
#: Kinds of elements that run; lint refuses every other.
RUNS = frozenset(_CLASSES)


@dataclass(frozen=True, slots=True)
class ProcessDefinition:
    """What an instance runs on."""

    process_id: str
    name: str
    drawing: Drawing
    diagram: Diagram

    def place(self, element: str) -> Place:
        """An element of the drawing."""
        return self.drawing.places[element]


def compile_drawing(drawing: Drawing) -> ProcessDefinition:
    """The definition of a drawing in which lint found no error."""
    diagram = Diagram(drawing.process_id)
    for place in drawing.places.values():
        _CLASSES[place.kind](diagram, place)
    diagram.starts = [p.id for p in drawing.inside("") if p.kind == "startEvent"]
    for spec in diagram.task_specs.values():
        if isinstance(spec, gateways.InclusiveGateway):
            spec.upstream = {
                flow.id: frozenset(_reaching(drawing, flow.source, spec.name))
                for flow in spec.place.incoming
            }
    return ProcessDefinition(drawing.process_id, drawing.name, drawing, diagram)


def _reaching(drawing: Drawing, target: str, without: str) -> set[str]:
    """Elements from which a token can get to `target` without passing one element."""
    found: set[str] = set()
    waiting = [target]
    while waiting:
        current = waiting.pop()
        if current in found or current == without:
            continue
        found.add(current)
        place = drawing.places[current]
        waiting.extend(flow.source for flow in place.incoming)
        if place.attached_to:
            waiting.append(place.attached_to)
    return found
