"""Reads the executable process of a BPMN file into a `Drawing`; judges nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from lxml import etree

from engine.bpmn.dialect import zeebe
from engine.bpmn.drawing import SCOPES, Drawing, Flow, Loop, Place
from engine.bpmn.triggers import Triggers
from engine.bpmn.xml import BPMN, DI, ZEEBE, line, local, parse
from engine.errors import DiagramRejected
from engine.findings import error

NO_BPMN = error(
    "bpmn.root",
    ("This is not a BPMN file.", "这不是 BPMN 文件。"),
    why=("There is no process in it to run.", "其中没有可以运行的流程。"),
    do=("Upload a .bpmn file.", "请上传 .bpmn 文件。"),
)
ONE_PROCESS = error(
    "bpmn.process",
    ("There are {count} executable processes.", "有 {count} 个可执行流程。"),
    why=("A file is one process with versions of its own.", "一个文件就是一个有自己版本的流程。"),
    do=("Mark exactly one process as executable.", "请只将一个流程标记为可执行。"),
)
NO_ID = error(
    "bpmn.id",
    ("The process has no id.", "该流程没有 id。"),
    why=("Its versions and cases are found by it.", "它的版本和案例都通过 id 找到。"),
    do=("Give it one.", "请为它设置 id。"),
)

#: Flow nodes of one process; nobody can read more, and checking it would hold up the server.
MAX_NODES = 3_000
TOO_MANY = error(
    "bpmn.nodes",
    (
        f"There are over {MAX_NODES:,} elements in the process.",
        f"流程中的元素超过 {MAX_NODES:,} 个。",
    ),
    why=("Nobody could read it.", "没有人能读懂它。"),
    do=("Split it by call activities.", "请用调用活动拆分它。"),
)

#: Containers and annotations: not flow nodes, and without effect on execution.
_SILENT = frozenset(
    {
        "documentation",
        "extensionElements",
        "incoming",
        "outgoing",
        "laneSet",
        "textAnnotation",
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
_NODES = frozenset(SCOPES) | {
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
        raise DiagramRejected(name, [NO_BPMN.at("")])
    processes = [p for p in root.iterfind(BPMN + "process") if p.get("isExecutable") == "true"]
    if len(processes) != 1:
        raise DiagramRejected(name, [ONE_PROCESS.at("", count=len(processes))])
    return _Reading(root, processes[0], name).drawing


class _Reading:
    """The state of reading one process: definitions to refer to, drawing to fill."""

    def __init__(self, root: etree._Element, process: etree._Element, file: str) -> None:
        self.triggers = Triggers(root)
        process_id = process.get("id") or ""
        if not process_id:
            raise DiagramRejected(file, [NO_ID.at("")])
        self.lanes = _lanes(process)
        self.drawing = Drawing(
            process_id=process_id,
            name=process.get("name") or process_id,
            settings=zeebe.read(process),
            documentation=_documentation(process),
            shown=_shown(root),
        )
        self._file = file
        self._flows: list[Flow] = []
        self._associations: list[tuple[str, str]] = []
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
                elif tag == "association":
                    ends = element.get("sourceRef") or "", element.get("targetRef") or ""
                    self._associations.append(ends)
                elif tag in _NODES:
                    self._node(element, tag, parent)
                    if tag in SCOPES:
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
        # The first one stays, so that no sub-process can come to lie inside itself.
        if not identity or identity in self.drawing.places:
            return
        if len(self.drawing.places) >= MAX_NODES:
            raise DiagramRejected(self._file, [TOO_MANY.at(identity)])
        attribute = "isInterrupting" if tag == "startEvent" else "cancelActivity"
        self.drawing.places[identity] = Place(
            id=identity,
            kind=tag,
            name=(element.get("name") or "").strip(),
            line=line(element),
            settings=zeebe.read(element),
            trigger=self.triggers.read(element),
            lane=self.lanes.get(identity, ""),
            parent=parent,
            documentation=_documentation(element),
            attached_to=element.get("attachedToRef") or "",
            interrupting=element.get(attribute, "true") == "true",
            default=element.get("default") or "",
            features=_features(element),
            loop=_loop(element),
        )

    def _connect(self) -> None:
        places = self.drawing.places
        for flow in (*self._flows, *self._links()):
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
                self._begins(place, places[place.parent])
            if place.parent and not place.lane:
                place.lane = places[place.parent].lane
        for source_id, target_id in self._associations:
            if source_id in places and "isForCompensation" in _marks(places, target_id):
                places[source_id].undo = target_id

    def _links(self) -> Iterator[Flow]:
        """A pair of link events is a sequence flow that is drawn as two."""
        links = [p for p in self.drawing.places.values() if p.trigger.kind == "link"]
        targets = {
            (p.parent, p.trigger.name): p for p in links if p.kind == "intermediateCatchEvent"
        }
        for link in links:
            target = targets.get((link.parent, link.trigger.name))
            if target is not None and target is not link:
                yield Flow(f"{link.id}.link", link.id, target.id, link=True)

    def _begins(self, start: Place, inside: Place) -> None:
        inside.starts.append(start.id)
        if inside.by_event:
            around = self.drawing.places.get(inside.parent)
            (self.drawing if around is None else around).listens.append(start.id)


def _marks(places: Mapping[str, Place], identity: str) -> frozenset[str]:
    return places[identity].features if identity in places else frozenset()


def _lanes(process: etree._Element) -> dict[str, str]:
    lanes = {}
    for lane in process.iter(BPMN + "lane"):
        for reference in lane.iterfind(BPMN + "flowNodeRef"):
            lanes[(reference.text or "").strip()] = lane.get("name") or ""
    return lanes


def _shown(root: etree._Element) -> frozenset[str]:
    drawn = root.iter(DI + "BPMNShape", DI + "BPMNEdge")
    return frozenset(shape.get("bpmnElement") or "" for shape in drawn)


def _documentation(element: etree._Element) -> str:
    found = element.find(BPMN + "documentation")
    return "" if found is None else (found.text or "").strip()


def _features(element: etree._Element) -> frozenset[str]:
    marks = {local(e) for e in element if local(e) == "standardLoopCharacteristics"}
    for attribute in ("triggeredByEvent", "isForCompensation"):
        if element.get(attribute) == "true":
            marks.add(attribute)
    return frozenset(marks)


def _loop(element: etree._Element) -> Loop | None:
    found = element.find(BPMN + "multiInstanceLoopCharacteristics")
    if found is None:
        return None

    def text(tag: str) -> str:
        child = found.find(BPMN + tag)
        return "" if child is None else (child.text or "").strip()

    settings = found.find(f"{{*}}extensionElements/{ZEEBE}loopCharacteristics")
    get = (lambda _: None) if settings is None else settings.get
    return Loop(
        sequential=found.get("isSequential") == "true",
        items=get("inputCollection") or "",
        item=get("inputElement") or "",
        results=get("outputCollection") or "",
        result=get("outputElement") or "",
        until=text("completionCondition"),
        cardinality=text("loopCardinality"),
    )
