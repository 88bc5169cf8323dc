"""Reads the executable process of a BPMN file into a `Drawing`; judges nothing."""

from __future__ import annotations

from dataclasses import replace

from lxml import etree

from engine.bpmn.dialect import zeebe
from engine.bpmn.drawing import NONE, Drawing, Flow, Place, Trigger
from engine.bpmn.xml import BPMN, line, local, parse
from engine.errors import DiagramRejected, Finding

#: Containers and annotations: not flow nodes, and without effect on execution.
_SILENT = frozenset(
    {
        "documentation",
        "extensionElements",
        "incoming",
        "outgoing",
        "laneSet",
        "textAnnotation",
        "association",
        "group",
        "dataObject",
        "dataObjectReference",
        "dataStoreReference",
        "ioSpecification",
        "property",
        "dataInputAssociation",
        "dataOutputAssociation",
    },
)
_SCOPES = frozenset({"subProcess", "transaction", "adHocSubProcess"})
_NODES = _SCOPES | {
    "startEvent",
    "endEvent",
    "intermediateCatchEvent",
    "intermediateThrowEvent",
    "boundaryEvent",
    "userTask",
    "serviceTask",
    "businessRuleTask",
    "scriptTask",
    "sendTask",
    "receiveTask",
    "manualTask",
    "task",
    "callActivity",
    "exclusiveGateway",
    "parallelGateway",
    "inclusiveGateway",
    "eventBasedGateway",
    "complexGateway",
}


def read(source: bytes, name: str) -> Drawing:
    """The one executable process in a file.

    Raises:
        DiagramRejected: not safe XML, not BPMN, or not exactly one executable process.
    """
    root = parse(source, name)
    if root.tag != BPMN + "definitions":
        raise _rejected(name, "bpmn.root", "", "This is not a BPMN file.", "Upload a .bpmn file.")
    processes = [p for p in root.iterfind(BPMN + "process") if p.get("isExecutable") == "true"]
    if len(processes) != 1:
        raise _rejected(
            name,
            "bpmn.process",
            "",
            f"There are {len(processes)} executable processes.",
            "Mark exactly one process as executable.",
        )
    return _Reading(root, processes[0], name).drawing


def _rejected(name: str, rule: str, element: str, message: str, advice: str) -> DiagramRejected:
    return DiagramRejected(name, [Finding(rule, "error", element, message, advice)])


class _Reading:
    """The state of reading one process: definitions to refer to, drawing to fill."""

    def __init__(self, root: etree._Element, process: etree._Element, file: str) -> None:
        self.messages = {m.get("id"): m for m in root.iterfind(BPMN + "message")}
        self.errors = {e.get("id"): e for e in root.iterfind(BPMN + "error")}
        process_id = process.get("id") or ""
        if not process_id:
            raise _rejected(file, "bpmn.id", "", "The process has no id.", "Give it one.")
        self.lanes = _lanes(process)
        self.drawing = Drawing(
            process_id=process_id,
            name=process.get("name") or process_id,
            settings=zeebe.read(process),
            documentation=_documentation(process),
        )
        self._flows: list[Flow] = []
        self._ids: set[str] = set()
        self._walk(process)
        self._connect()

    def _walk(self, process: etree._Element) -> None:
        waiting = [(process, "")]
        while waiting:
            scope, parent = waiting.pop(0)
            for element in scope:
                if not isinstance(element.tag, str) or not element.tag.startswith(BPMN):
                    continue
                tag = local(element)
                if tag == "sequenceFlow":
                    self._flow(element)
                elif tag in _NODES:
                    self._node(element, tag, parent)
                    if tag in _SCOPES:
                        waiting.append((element, element.get("id") or ""))
                elif tag not in _SILENT and not tag.endswith("LoopCharacteristics"):
                    self.drawing.strangers.append((tag, element.get("id") or "", line(element)))

    def _known(self, element: etree._Element, tag: str) -> str:
        """The id of an element that must have one of its own; empty when it has none."""
        identity = element.get("id") or ""
        if not identity:
            self.drawing.nameless.append((tag, line(element)))
        elif identity in self._ids:
            self.drawing.duplicates.append((identity, line(element)))
        self._ids.add(identity)
        return identity

    def _flow(self, element: etree._Element) -> None:
        identity = self._known(element, "sequenceFlow")
        condition = element.find(BPMN + "conditionExpression")
        self._flows.append(
            Flow(
                id=identity,
                source=element.get("sourceRef") or "",
                target=element.get("targetRef") or "",
                condition="" if condition is None else (condition.text or "").strip(),
            ),
        )

    def _node(self, element: etree._Element, tag: str, parent: str) -> None:
        identity = self._known(element, tag)
        if not identity:
            return
        attribute = "isInterrupting" if tag == "startEvent" else "cancelActivity"
        self.drawing.places[identity] = Place(
            id=identity,
            kind=tag,
            name=(element.get("name") or "").strip(),
            line=line(element),
            settings=zeebe.read(element),
            trigger=self._trigger(element),
            lane=self.lanes.get(identity, ""),
            parent=parent,
            documentation=_documentation(element),
            attached_to=element.get("attachedToRef") or "",
            interrupting=element.get(attribute, "true") == "true",
            default=element.get("default") or "",
            features=_features(element),
        )

    def _trigger(self, element: etree._Element) -> Trigger:
        found = [e for e in element if local(e).endswith("EventDefinition")]
        if not found:
            return self._message(element, element) if element.get("messageRef") else NONE
        if len(found) > 1:
            return Trigger("multiple")
        definition = found[0]
        kind = local(definition).removesuffix("EventDefinition")
        if kind == "message":
            return self._message(definition, element)
        if kind == "error":
            error = self.errors.get(definition.get("errorRef"))
            return Trigger("error", code="" if error is None else error.get("errorCode") or "")
        if kind == "timer":
            for timer in ("timeDuration", "timeDate", "timeCycle"):
                text = definition.find(BPMN + timer)
                if text is not None:
                    return Trigger("timer", timer=timer, text=(text.text or "").strip())
        return Trigger(kind)

    def _message(self, definition: etree._Element, element: etree._Element) -> Trigger:
        message = self.messages.get(definition.get("messageRef"))
        if message is None:
            return Trigger("message")
        key = zeebe.read(message).correlation_key or zeebe.read(element).correlation_key
        return Trigger("message", name=message.get("name") or "", key=key)

    def _connect(self) -> None:
        places = self.drawing.places
        for flow in self._flows:
            source, target = places.get(flow.source), places.get(flow.target)
            if source is None or target is None:
                self.drawing.unconnected.append(flow)
                continue
            connected = replace(flow, default=bool(flow.id) and source.default == flow.id)
            self.drawing.flows[flow.id] = connected
            source.outgoing.append(connected)
            target.incoming.append(connected)
        for place in places.values():
            if place.kind == "boundaryEvent" and place.attached_to in places:
                places[place.attached_to].boundary.append(place.id)
            if place.kind == "startEvent" and place.parent:
                places[place.parent].starts.append(place.id)
            if place.parent and not place.lane:
                place.lane = places[place.parent].lane


def _lanes(process: etree._Element) -> dict[str, str]:
    lanes = {}
    for lane in process.iter(BPMN + "lane"):
        for reference in lane.iterfind(BPMN + "flowNodeRef"):
            lanes[(reference.text or "").strip()] = lane.get("name") or ""
    return lanes


def _documentation(element: etree._Element) -> str:
    found = element.find(BPMN + "documentation")
    return "" if found is None else (found.text or "").strip()


def _features(element: etree._Element) -> frozenset[str]:
    marks = {local(e) for e in element if local(e).endswith("LoopCharacteristics")}
    for attribute in ("triggeredByEvent", "isForCompensation"):
        if element.get(attribute) == "true":
            marks.add(attribute)
    return frozenset(marks)
