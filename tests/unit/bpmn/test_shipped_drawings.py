"""Every shipped diagram as a drawing: complete, in two languages, nothing lying over anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations, pairwise
from xml.etree import ElementTree as ET

import pytest

import wiring
from engine.bpmn import reader
from engine.bpmn.drawing import Drawing

NS = {
    "bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "di": "http://www.omg.org/spec/BPMN/20100524/DI",
    "dc": "http://www.omg.org/spec/DD/20100524/DC",
    "way": "http://www.omg.org/spec/DD/20100524/DI",
    "zeebe": "http://camunda.org/schema/zeebe/1.0",
}
FILES = sorted((wiring.ROOT / "workflows").rglob("*.bpmn"))
#: A label touches what it names; so much of it may lie over a border by how letters are measured.
SLACK = 1.0

Box = tuple[float, float, float, float]  #: left, top, right, bottom
Point = tuple[float, float]


@dataclass(frozen=True)
class Picture:
    """A diagram with the places of everything on it."""

    tree: ET.Element
    drawing: Drawing
    shapes: dict[str, Box]
    labels: dict[str, Box]
    ways: dict[str, list[Point]]

    def around(self) -> set[str]:
        """Shapes that others lie in: the pool, lanes, sub-processes."""
        lanes = {str(e.get("id")) for e in self.tree.iterfind(".//bpmn:lane", NS)}
        pools = {str(e.get("id")) for e in self.tree.iterfind(".//bpmn:participant", NS)}
        parts = ("subProcess", "transaction")
        inner = {e.id for e in self.drawing.places.values() if e.kind in parts}
        return lanes | pools | inner


@cache
def picture(name: str) -> Picture:
    source = (wiring.ROOT / "workflows" / name).read_bytes()
    tree = ET.fromstring(source)
    shapes = {
        str(one.get("bpmnElement")): box(one.find("dc:Bounds", NS))
        for one in tree.iterfind(".//di:BPMNShape", NS)
    }
    labels = {
        str(one.get("bpmnElement")): box(one.find("di:BPMNLabel/dc:Bounds", NS))
        for kind in ("BPMNShape", "BPMNEdge")
        for one in tree.iterfind(f".//di:{kind}", NS)
        if one.find("di:BPMNLabel/dc:Bounds", NS) is not None
    }
    ways = {
        str(one.get("bpmnElement")): [
            (float(p.attrib["x"]), float(p.attrib["y"])) for p in one.iterfind("way:waypoint", NS)
        ]
        for one in tree.iterfind(".//di:BPMNEdge", NS)
    }
    return Picture(tree, reader.read(source, name), shapes, labels, ways)


def box(bounds: ET.Element | None) -> Box:
    assert bounds is not None
    x, y, width, height = (float(bounds.attrib[k]) for k in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


def overlap(one: Box, other: Box, slack: float = 0.0) -> bool:
    return (
        one[0] < other[2] - slack
        and other[0] < one[2] - slack
        and one[1] < other[3] - slack
        and other[1] < one[3] - slack
    )


def inside(one: Box, other: Box) -> bool:
    return one[0] >= other[0] and one[1] >= other[1] and one[2] <= other[2] and one[3] <= other[3]


def covers(seen: Picture, shape: str, at: Box) -> bool:
    """Whether a shape lies under a box; a gateway is a diamond in its own box."""
    left, top, right, bottom = seen.shapes[shape]
    if not seen.drawing.places[shape].kind.endswith("Gateway"):
        return overlap(seen.shapes[shape], at, SLACK)
    x, y = (left + right) / 2, (top + bottom) / 2
    across = max(at[0] - x, 0, x - at[2])
    down = max(at[1] - y, 0, y - at[3])
    return across + down < (right - left) / 2 - SLACK


def on_border(at: Box, point: Point) -> bool:
    left, top, right, bottom = at
    x, y = point
    return left <= x <= right and top <= y <= bottom and (x in (left, right) or y in (top, bottom))


def named(tree: ET.Element) -> Iterator[ET.Element]:
    for element in tree.iter():
        ours = element.tag.startswith(f"{{{NS['bpmn']}}}")
        kind = element.tag.rpartition("}")[2]
        # What is sent has a name for machines; people read the name of the event.
        if (
            element.get("name")
            and ours
            and kind not in ("message", "signal", "error", "escalation")
        ):
            yield element


drawn = pytest.mark.parametrize(
    "name", [str(file.relative_to(wiring.ROOT / "workflows")) for file in FILES]
)


@drawn
def test_every_name_is_there_in_chinese(name: str) -> None:
    path = "bpmn:extensionElements/zeebe:properties/zeebe:property[@name='name:zh']"

    assert [e.get("id") for e in named(picture(name).tree) if e.find(path, NS) is None] == []


@drawn
def test_every_element_says_what_it_is_for(name: str) -> None:
    seen = picture(name)
    silent = [e.get("id") for e in named(seen.tree) if e.find("bpmn:documentation", NS) is None]

    assert [one for one in silent if one not in seen.drawing.flows] == []


@drawn
def test_everything_is_drawn(name: str) -> None:
    seen = picture(name)

    assert set(seen.drawing.places) - set(seen.shapes) == set()
    assert set(seen.drawing.flows) - set(seen.ways) == set()


@drawn
def test_no_shape_lies_over_another(name: str) -> None:
    """Boundary events lie on the border of their host, and what is in a sub-process lies in it."""
    seen = picture(name)
    places = seen.drawing.places
    plain = sorted(set(places) - seen.around())
    over = [
        (one, other)
        for one, other in combinations(plain, 2)
        if overlap(seen.shapes[one], seen.shapes[other])
        and places[one].attached_to != other
        and places[other].attached_to != one
    ]

    assert over == []


@drawn
def test_every_shape_lies_whole_in_its_lane(name: str) -> None:
    seen = picture(name)
    astray = [
        (lane.get("id"), ref.text)
        for lane in seen.tree.iterfind(".//bpmn:lane", NS)
        for ref in lane.iterfind("bpmn:flowNodeRef", NS)
        if not inside(seen.shapes[str(ref.text)], seen.shapes[str(lane.get("id"))])
    ]

    assert astray == []


@drawn
def test_every_label_lies_in_the_pool(name: str) -> None:
    seen = picture(name)
    pools = [seen.shapes[str(e.get("id"))] for e in seen.tree.iterfind(".//bpmn:participant", NS)]
    outside = [
        of for of, at in seen.labels.items() if pools and not any(inside(at, p) for p in pools)
    ]

    assert outside == []


@drawn
def test_no_label_lies_over_a_shape_or_another_label(name: str) -> None:
    seen = picture(name)
    plain = seen.shapes.keys() & seen.drawing.places.keys() - seen.around()
    over_shapes = [
        (label, shape)
        for label, at in seen.labels.items()
        for shape in sorted(plain)
        if covers(seen, shape, at)
    ]
    over_labels = [
        (one, other)
        for one, other in combinations(seen.labels, 2)
        if overlap(seen.labels[one], seen.labels[other], SLACK)
    ]

    assert (over_shapes, over_labels) == ([], [])


@drawn
def test_flows_run_straight_from_border_to_border(name: str) -> None:
    seen = picture(name)
    wrong = []
    for flow in seen.drawing.flows.values():
        points = seen.ways.get(flow.id, [])
        straight = all(x == u or y == v for (x, y), (u, v) in pairwise(points))
        ends = points and (
            on_border(seen.shapes[flow.source], points[0])
            and on_border(seen.shapes[flow.target], points[-1])
        )
        if not (straight and ends):
            wrong.append(flow.id)

    assert wrong == []


@drawn
def test_no_flow_runs_through_a_shape(name: str) -> None:
    seen = picture(name)
    plain = sorted(seen.drawing.places.keys() - seen.around())
    through = [
        (flow.id, shape)
        for flow in seen.drawing.flows.values()
        for start, end in pairwise(seen.ways.get(flow.id, []))
        for shape in plain
        if overlap(
            (
                min(start[0], end[0]),
                min(start[1], end[1]),
                max(start[0], end[0]),
                max(start[1], end[1]),
            ),
            seen.shapes[shape],
        )
    ]

    assert through == []
