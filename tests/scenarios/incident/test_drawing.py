"""The diagram as a drawing: complete, in two languages, with nothing lying over anything."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import handlers
from engine.bpmn import form_check, lint, reader
from engine.feel import dmn
from handlers import incident
from itil import demo

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "workflows/incident"
SOURCE = (FOLDER / "incident.bpmn").read_bytes()
TREE = ET.fromstring(SOURCE)
NS = {
    "bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "di": "http://www.omg.org/spec/BPMN/20100524/DI",
    "dc": "http://www.omg.org/spec/DD/20100524/DC",
    "way": "http://www.omg.org/spec/DD/20100524/DI",
    "zeebe": "http://camunda.org/schema/zeebe/1.0",
    "modeler": "http://camunda.org/schema/modeler/1.0",
}
FORMS = {path.stem: json.loads(path.read_text("utf-8")) for path in ROOT.glob("forms/incident/*")}
DECISIONS = sorted(path.stem for path in FOLDER.glob("*.dmn"))
DRAWING = reader.read(SOURCE, "incident.bpmn")

Box = tuple[float, float, float, float]  #: left, top, right, bottom


def named() -> Iterator[ET.Element]:
    yield from (element for element in TREE.iter() if element.get("name") and is_bpmn(element))


def is_bpmn(element: ET.Element) -> bool:
    return element.tag.startswith(f"{{{NS['bpmn']}}}") and not element.tag.endswith("message")


def box(bounds: ET.Element | None) -> Box:
    assert bounds is not None
    x, y, width, height = (float(bounds.attrib[k]) for k in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


SHAPES = {
    str(shape.get("bpmnElement")): box(shape.find("dc:Bounds", NS))
    for shape in TREE.iterfind(".//di:BPMNShape", NS)
}


def covers(shape: str, at: Box) -> bool:
    """Whether a shape lies under a box; a gateway is a diamond in its own box."""
    left, top, right, bottom = SHAPES[shape]
    if not DRAWING.places[shape].kind.endswith("Gateway"):
        return overlap(SHAPES[shape], at)
    x, y = (left + right) / 2, (top + bottom) / 2
    across = max(at[0] - x, 0, x - at[2])
    down = max(at[1] - y, 0, y - at[3])
    return across + down < (right - left) / 2


def on_border(shape: str, point: tuple[float, float]) -> bool:
    left, top, right, bottom = SHAPES[shape]
    x, y = point
    return left <= x <= right and top <= y <= bottom and (x in (left, right) or y in (top, bottom))


def overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def test_the_header_is_what_the_modeler_writes() -> None:
    modeler = f"{{{NS['modeler']}}}"

    assert TREE.get(f"{modeler}executionPlatform") == "Camunda Cloud"
    assert TREE.get(f"{modeler}executionPlatformVersion") == "8.9.0"


def test_lint_finds_nothing_to_say_about_it() -> None:
    inputs = dict.fromkeys(DECISIONS, ())
    known = lint.Known(handlers.load(), frozenset(f"incident/{name}" for name in FORMS), inputs)

    found = lint.check(DRAWING, known)
    # Who sends to whom is known only with the other diagrams, which are not here.
    alone = [f for f in found if not f.rule.startswith("message.")]
    assert [str(finding) for finding in alone] == []


def test_every_element_that_has_a_name_has_it_in_chinese() -> None:
    path = "bpmn:extensionElements/zeebe:properties/zeebe:property[@name='name:zh']"

    assert [e.get("id") for e in named() if e.find(path, NS) is None] == []


def test_every_element_says_what_it_is_for() -> None:
    flows = set(DRAWING.flows)
    silent = [e.get("id") for e in named() if e.find("bpmn:documentation", NS) is None]

    assert [name for name in silent if name not in flows] == []


def test_everything_is_drawn() -> None:
    drawn = {element.get("bpmnElement") for element in TREE.iter() if element.get("bpmnElement")}

    assert drawn >= set(DRAWING.places) | set(DRAWING.flows)
    assert len(TREE.findall(".//di:BPMNEdge", NS)) == len(DRAWING.flows)


def test_every_element_outside_the_subprocess_lies_in_a_lane() -> None:
    assert [p.id for p in DRAWING.places.values() if not p.lane] == []
    assert {p.lane for p in DRAWING.places.values()} == {
        "Requester",
        "Service desk",
        "Resolver groups",
        "Incident manager",
    }


def test_no_label_lies_over_a_shape_or_another_label() -> None:
    around = {
        "pool_incident",
        *(i for i in SHAPES if i.startswith("lane_")),
        *(place.id for place in DRAWING.places.values() if place.kind == "subProcess"),
    }
    labels = {
        str(owner.get("bpmnElement")): box(owner.find("di:BPMNLabel/dc:Bounds", NS))
        for kind in ("BPMNShape", "BPMNEdge")
        for owner in TREE.iterfind(f".//di:{kind}", NS)
        if owner.find("di:BPMNLabel", NS) is not None
    }
    over_shapes = [
        (label, shape)
        for label, at in labels.items()
        for shape in SHAPES.keys() - around
        if covers(shape, at)
    ]
    over_labels = [
        (one, other)
        for one, other in combinations(labels, 2)
        if overlap(labels[one], labels[other])
    ]

    assert over_shapes == []
    assert over_labels == []


def test_flows_run_straight_from_border_to_border() -> None:
    wrong = []
    for edge in TREE.iterfind(".//di:BPMNEdge", NS):
        flow = DRAWING.flows[str(edge.get("bpmnElement"))]
        points = [
            (float(p.attrib["x"]), float(p.attrib["y"])) for p in edge.iterfind("way:waypoint", NS)
        ]
        straight = all(x == u or y == v for (x, y), (u, v) in pairwise(points))
        if not (
            straight and on_border(flow.source, points[0]) and on_border(flow.target, points[-1])
        ):
            wrong.append(flow.id)

    assert wrong == []


@pytest.mark.parametrize("name", sorted(FORMS))
def test_a_form_can_be_used_and_is_in_two_languages(name: str) -> None:
    schema = FORMS[name]
    told = [
        component
        for component in schema["components"]
        if not any(key.endswith(":zh") for key in component["properties"])
    ]

    assert schema["id"] == f"incident/{name}"
    assert [str(finding) for finding in form_check.check(schema)] == []
    assert told == []


@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_compiles_and_annotates_every_rule_in_chinese(name: str) -> None:
    source = (FOLDER / f"{name}.dmn").read_bytes()
    notes = [
        rule.findtext("{*}description") or ""
        for rule in ET.fromstring(source).findall(".//{*}rule")
    ]

    assert dmn.load(source).inputs(name) != ()
    assert len(notes) > 3
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in note) for note in notes)


def test_every_notice_that_is_sent_has_a_text_and_every_text_is_sent() -> None:
    texts = json.loads((FOLDER / "notices.json").read_text("utf-8"))["texts"]
    drawn = {place.settings.headers.get("template") for place in DRAWING.places.values()}
    handled = re.findall(r'Notice\([^)]*?"(incident\.[a-z-]+)"', inspect.getsource(incident))

    assert (drawn - {None}) | set(handled) == set(texts)


@pytest.mark.parametrize("name", ["assignment", "tiers"])
def test_a_table_sends_work_only_to_groups_that_a_demo_has(name: str) -> None:
    rules = ET.parse(FOLDER / f"{name}.dmn").findall(".//{*}outputEntry")
    groups = {
        text.strip('"') for rule in rules if (text := rule.findtext("{*}text") or "")[0] == '"'
    }

    assert len(groups) > 3
    assert groups <= {key for key, *_ in demo.GROUPS}
