"""A file without a layout gets one that can be looked at."""

from __future__ import annotations

from itertools import combinations

from lxml import etree

from engine.bpmn.foreign.layout import with_layout
from engine.bpmn.foreign.shapes import Shapes
from engine.bpmn.xml import MAX_BYTES
from tests.unit.bpmn.foreign.files import file, flow

BODY = (
    '<startEvent id="s"/><userTask id="u"/><exclusiveGateway id="g"/><task id="a"/><task id="b"/>'
    '<subProcess id="p1"><task id="inner"/></subProcess><endEvent id="e"/>'
    '<boundaryEvent id="late" attachedToRef="u"/><boundaryEvent id="stop" attachedToRef="u"/>'
    + flow("s", "u")
    + flow("u", "g")
    + flow("g", "a")
    + flow("g", "b")
    + flow("b", "u")
    + flow("a", "p1")
    + flow("p1", "e")
    + flow("late", "b")
)


def test_every_node_gets_a_place_of_its_own_and_every_flow_a_line() -> None:
    drawn = etree.XML(with_layout(file(BODY), "a.bpmn"))
    shapes = Shapes(drawn)
    boxes = {name: shapes.box(name) for name in ("s", "u", "g", "a", "b", "p1", "e")}
    assert all(boxes.values())
    for one, other in combinations([box for box in boxes.values() if box], 2):
        assert not one.overlaps(other)
    edges = drawn.xpath("//*[local-name()='BPMNEdge']/@bpmnElement")
    assert edges == drawn.xpath("//*[local-name()='sequenceFlow']/@id")


def test_what_comes_later_stands_further_right_and_events_stand_on_their_host() -> None:
    shapes = Shapes(etree.XML(with_layout(file(BODY), "a.bpmn")))
    across = [box.x for name in ("s", "u", "g", "a", "p1", "e") if (box := shapes.box(name))]
    assert across == sorted(across)
    host = shapes.box("u")
    assert host is not None
    events = [shapes.box(name) for name in ("late", "stop")]
    assert all(event and event.overlaps(host) for event in events)
    assert events[0]
    assert events[1]
    assert not events[0].overlaps(events[1])


def test_lines_that_are_missing_between_shapes_are_drawn() -> None:
    whole = with_layout(file(BODY), "a.bpmn")
    root = etree.XML(whole)
    for edge in list(root.iter("{*}BPMNEdge")):
        edge.getparent().remove(edge)

    mended = etree.XML(with_layout(etree.tostring(root), "a.bpmn"))

    lines = [edge.get("bpmnElement") for edge in etree.XML(whole).iter("{*}BPMNEdge")]
    assert [edge.get("bpmnElement") for edge in mended.iter("{*}BPMNEdge")] == lines
    assert lines


def test_a_layout_that_is_there_stays_byte_for_byte() -> None:
    once = with_layout(file(BODY), "a.bpmn")
    assert with_layout(once, "a.bpmn") == once


def test_a_file_without_steps_and_one_that_would_grow_too_large_stay_as_they_are() -> None:
    assert with_layout(file(), "a.bpmn") == file()
    nodes = "".join(f'<task id="t{n}"/>' for n in range(20_000))
    large = file(nodes)
    assert len(large) < MAX_BYTES
    assert with_layout(large, "a.bpmn") == large
