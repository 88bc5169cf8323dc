"""The layout of a diagram: where its shapes stand, and room for what is added to it."""

from __future__ import annotations

from typing import NamedTuple

from lxml import etree

from engine.bpmn.xml import DI

DC = "{http://www.omg.org/spec/DD/20100524/DC}"
DD = "{http://www.omg.org/spec/DD/20100524/DI}"
TASK, EVENT, GATEWAY = (100.0, 80.0), (36.0, 36.0), (50.0, 50.0)
_GAP = 40.0


class Box(NamedTuple):
    """Where a shape stands."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        """Its centre."""
        return self.x + self.width / 2, self.y + self.height / 2

    def overlaps(self, other: Box) -> bool:
        """Whether two shapes cover each other."""
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )

    def holds(self, point: tuple[float, float]) -> bool:
        """Whether a point lies inside."""
        return (
            self.x <= point[0] <= self.x + self.width and self.y <= point[1] <= self.y + self.height
        )

    def towards(self, other: Box) -> tuple[float, float]:
        """The middle of the side that faces another shape."""
        (x, y), (there_x, there_y) = self.middle, other.middle
        if abs(there_x - x) >= abs(there_y - y):
            return (self.x + self.width if there_x > x else self.x), y
        return x, (self.y + self.height if there_y > y else self.y)


class Shapes:
    """The shapes of a file by the element that each shows; without a layout nothing happens."""

    def __init__(self, root: etree._Element) -> None:
        self._all = {e.get("bpmnElement"): e for e in root.iter(DI + "BPMNShape", DI + "BPMNEdge")}
        self._boxes: dict[str, Box | None] = {}

    def drawn(self, element: str) -> bool:
        """Whether an element or flow is in the picture."""
        return element in self._all

    def box(self, element: str) -> Box | None:
        """Where the shape of an element stands; None where it has none or it cannot be read."""
        if element not in self._boxes:
            shape = self._all.get(element)
            bounds = None if shape is None else shape.find(DC + "Bounds")
            self._boxes[element] = None if bounds is None else _read(bounds)
        return self._boxes[element]

    def beside(self, host: str, new: str, size: tuple[float, float], dx: int, dy: int) -> None:
        """Draw a new element next to another: in a direction, or where there is room nearby."""
        here = self.box(host)
        if here is None:
            return
        sides = ((dx, dy), (0, -1), (0, 1), (1, 0), (-1, 0))
        near = [_next_to(here, size, x, y, far) for far in (1.0, 2.5) for x, y in sides]
        others = [box for box in map(self.box, self._all) if box and not box.holds(here.middle)]
        free = (box for box in near if not any(box.overlaps(other) for other in others))
        self.draw(new, next(free, near[0]), self._all[host].getparent())

    def draw(self, element: str, box: Box, plane: etree._Element) -> None:
        """Add a shape."""
        shape = etree.SubElement(plane, DI + "BPMNShape", id=f"{element}_di", bpmnElement=element)
        numbers = {name: f"{number:g}" for name, number in box._asdict().items()}
        etree.SubElement(shape, DC + "Bounds", numbers)
        self._all[element] = shape
        self._boxes[element] = box

    def join(self, flow: str, source: str, target: str) -> None:
        """Draw a flow as a straight line."""
        one, other = self.box(source), self.box(target)
        if one is None or other is None:
            return
        plane = self._all[source].getparent()
        edge = etree.SubElement(plane, DI + "BPMNEdge", id=f"{flow}_di", bpmnElement=flow)
        for x, y in (one.towards(other), other.towards(one)):
            etree.SubElement(edge, DD + "waypoint", x=f"{x:g}", y=f"{y:g}")
        self._all[flow] = edge

    def redirect(self, flow: str, target: str) -> None:
        """Let the line of a flow end at another shape."""
        edge, box = self._all.get(flow), self.box(target)
        points = [] if edge is None else edge.findall(DD + "waypoint")
        if not points or box is None:
            return
        points[-1].set("x", f"{box.x:g}")
        points[-1].set("y", f"{box.middle[1]:g}")

    def remove(self, element: str) -> None:
        """Take a shape out of the layout."""
        self._boxes.pop(element, None)
        shape = self._all.pop(element, None)
        if shape is not None:
            shape.getparent().remove(shape)


def _read(bounds: etree._Element) -> Box | None:
    try:
        return Box(*(float(bounds.get(name) or 0) for name in Box._fields))
    except ValueError:
        return None


def _next_to(here: Box, size: tuple[float, float], dx: int, dy: int, far: float) -> Box:
    width, height = size
    x, y = here.middle
    away_x = dx * (here.width / 2 + width / 2 + _GAP * far)
    away_y = dy * (here.height / 2 + height / 2 + _GAP * far)
    return Box(x + away_x - width / 2, y + away_y - height / 2, width, height)


def has_layout(root: etree._Element) -> bool:
    """Whether any node of a file is drawn somewhere."""
    return next(root.iter(DI + "BPMNShape"), None) is not None
