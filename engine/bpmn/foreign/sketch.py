"""A drawing on its way to something that runs: nodes are added, shown and reported."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import TypeAlias

from lxml import etree

from engine.bpmn.drawing import Drawing
from engine.bpmn.foreign.changes import CHANGES
from engine.bpmn.foreign.conversion import Conversion, zeebe
from engine.bpmn.foreign.shapes import Shapes
from engine.bpmn.xml import BPMN, ZEEBE, local

Field: TypeAlias = dict[str, object]
_BEFORE = ("documentation", "extensionElements", "incoming")


@dataclass(frozen=True, slots=True)
class Groups:
    """Which group does the tasks of which lane."""

    otherwise: str  #: key of the group for everything that stands in no lane
    lanes: Mapping[str, str] = field(default_factory=dict)  #: name of the lane -> key

    def of(self, lane: str) -> str:
        """The group of a lane."""
        return self.lanes.get(lane) or self.otherwise


class Sketch:
    """The tree under change, what was asked in which task, and the drawing as last read."""

    def __init__(
        self,
        conversion: Conversion,
        groups: Groups,
        drawing: Drawing,
        forms: Mapping[str, bytes],
    ) -> None:
        self.conversion = conversion
        self.groups = groups
        self.drawing = drawing
        self.forms = forms
        self.shapes = Shapes(conversion.root)
        self.asked: dict[str, list[Field]] = {}  #: user task -> fields of its form
        self._taken = {e.get("id") for e in conversion.root.iter() if e.get("id")}
        self._numbers: dict[str, count[int]] = {}
        self._nodes = {e.get("id"): e for e in conversion.model() if e.get("id")}
        self._leaving: dict[str, list[etree._Element]] = defaultdict(list)
        self._entering: dict[str, list[etree._Element]] = defaultdict(list)
        for flow in conversion.each("sequenceFlow"):
            self._leaving[flow.get("sourceRef") or ""].append(flow)
            self._entering[flow.get("targetRef") or ""].append(flow)
        self._lanes = {(e.text or "").strip(): e for e in conversion.each("flowNodeRef")}

    def node(self, identity: str) -> etree._Element | None:
        """The element with an id; None where there is none by now."""
        return self._nodes.get(identity)

    def group_of(self, identity: str) -> str:
        """The group that does what is drawn here."""
        place = self.drawing.places.get(identity)
        return self.groups.of(place.lane if place else "")

    def told(self, change: str, element: etree._Element, /, **values: str) -> None:
        """Report a change of a kind, with the values that its sentence names."""
        message, advice = CHANGES[change]
        self.conversion.warning(f"made.{change}", element, message.format(**values), advice)

    def free(self, prefix: str) -> str:
        """An id that nothing has yet."""
        numbers = self._numbers.setdefault(prefix, count(1))
        found = next(f"{prefix}_{n}" for n in numbers if f"{prefix}_{n}" not in self._taken)
        self._taken.add(found)
        return found

    def add(
        self, host: etree._Element, tag: str, size: tuple[float, float], dx: int, dy: int
    ) -> etree._Element:
        """A new node beside another one, in its scope and lane."""
        made = etree.Element(BPMN + tag, id=self.free(tag))
        host.addnext(made)
        self._nodes[made.get("id")] = made
        host_id = host.get("id") or ""
        if host_id in self._lanes:
            beside = etree.Element(BPMN + "flowNodeRef")
            beside.text = made.get("id")
            self._lanes[host_id].addnext(beside)
            self._lanes[made.get("id") or ""] = beside
        self.shapes.beside(host_id, made.get("id") or "", size, dx, dy)
        return made

    def join(self, source: etree._Element, target: etree._Element) -> None:
        """A new flow from one node to another."""
        ends = (source.get("id") or "", target.get("id") or "")
        flow = etree.Element(
            BPMN + "sequenceFlow", id=self.free("flow"), sourceRef=ends[0], targetRef=ends[1]
        )
        after = target if source.getparent() is target.getparent() else source
        after.addnext(flow)
        self._leaving[ends[0]].append(flow)
        self._entering[ends[1]].append(flow)
        _port(source, "outgoing", flow.get("id") or "")
        _port(target, "incoming", flow.get("id") or "")
        self.shapes.join(flow.get("id") or "", *ends)

    def lead_to(self, flow: etree._Element, target: etree._Element) -> None:
        """Let a flow end at another node."""
        before = self.node(flow.get("targetRef") or "")
        for port in [] if before is None else before.findall(BPMN + "incoming"):
            if (port.text or "").strip() == flow.get("id"):
                port.getparent().remove(port)
        self._entering[flow.get("targetRef") or ""].remove(flow)
        self._entering[target.get("id") or ""].append(flow)
        flow.set("targetRef", target.get("id") or "")
        _port(target, "incoming", flow.get("id") or "")
        self.shapes.redirect(flow.get("id") or "", target.get("id") or "")

    def leaving(self, identity: str) -> list[etree._Element]:
        """The flows out of a node, in the order of the file."""
        return list(self._leaving[identity])

    def entering(self, identity: str) -> list[etree._Element]:
        """The flows into a node."""
        return list(self._entering[identity])

    def remove(self, element: etree._Element) -> None:
        """Take a node out of the file, its shape and its place in a lane too."""
        identity = element.get("id") or ""
        if identity in self._lanes:
            reference = self._lanes.pop(identity)
            reference.getparent().remove(reference)
        lines = self.conversion.each("association", "messageFlow")
        gone = [e for e in lines if identity in (e.get("sourceRef"), e.get("targetRef"))]
        for each in [*gone, element]:
            self.shapes.remove(each.get("id") or "")
            each.getparent().remove(each)
        self._nodes.pop(identity, None)


def _port(node: etree._Element, kind: str, flow: str) -> None:
    """Name a flow at one of its ends, where BPMN's order of children wants it."""
    before = _BEFORE if kind == "incoming" else (*_BEFORE, "outgoing")
    at = sum(local(child) in before for child in node if isinstance(child.tag, str))
    port = etree.Element(BPMN + kind)
    port.text = flow
    node.insert(at, port)


def forget(element: etree._Element, *tags: str) -> None:
    """Remove zeebe's elements of these tags."""
    extension = element.find(BPMN + "extensionElements")
    for tag in () if extension is None else tags:
        for found in extension.findall(ZEEBE + tag):
            extension.remove(found)


def user_task(element: etree._Element) -> None:
    """Mark an element as a user task of our dialect."""
    element.tag = BPMN + "userTask"
    zeebe(element, "userTask")
