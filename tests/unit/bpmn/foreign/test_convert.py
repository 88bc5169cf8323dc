from __future__ import annotations

import random
from pathlib import Path

import pytest
from lxml import etree

from engine.bpmn import lint, reader
from engine.bpmn.foreign.convert import convert
from engine.errors import DiagramRejected
from engine.topics import Topics
from tests.unit.bpmn.foreign.files import extended, file, flow

ROOT = Path(__file__).resolve().parents[4]

RICH = file(
    '<startEvent id="s" activiti:initiator="who" camunda:formKey="begin"/>',
    '<userTask id="u" camunda:assignee="${a.b()}" camunda:dueDate="${due}" camunda:priority="70">',
    extended(
        '<camunda:formData><camunda:formField id="f" type="enum"><camunda:value id="v"/>'
        "<camunda:validation><camunda:constraint name='required' config='true'/>"
        "</camunda:validation></camunda:formField></camunda:formData>",
        '<camunda:taskListener event="create" class="a.B"/>',
        '<camunda:inputOutput><camunda:inputParameter name="i"><camunda:map><camunda:entry key="k">'
        "${v}</camunda:entry></camunda:map></camunda:inputParameter></camunda:inputOutput>",
    ),
    '<multiInstanceLoopCharacteristics camunda:collection="l" camunda:elementVariable="e">'
    "<completionCondition>${nrOfInstances == 1}</completionCondition>"
    "</multiInstanceLoopCharacteristics></userTask>",
    '<serviceTask id="c" camunda:class="a.B"/>',
    '<scriptTask id="t"><script>${x}</script></scriptTask>',
    '<callActivity id="k" calledElement="q">',
    extended('<camunda:in source="a" target="b"/>'),
    "</callActivity>",
    '<exclusiveGateway id="g"/><endEvent id="d"><errorEventDefinition errorRef="E1"/></endEvent>',
    '<boundaryEvent id="w" attachedToRef="u"><timerEventDefinition>'
    "<timeCycle>0 0 * * * ?</timeCycle></timerEventDefinition></boundaryEvent>",
    flow("s", "u") + flow("u", "g") + flow("g", "c", "${ok}") + flow("g", "d"),
)


def test_a_file_of_ours_comes_back_byte_for_byte() -> None:
    for path in sorted((ROOT / "workflows").rglob("*.bpmn")):
        found = convert(path.read_bytes(), path.name)
        assert found.source == path.read_bytes()
        assert found.findings == ()
        assert not found.forms


def test_a_diagram_of_camunda_7_is_accepted_after_its_conversion() -> None:
    found = convert(
        file(
            '<startEvent id="s"/><userTask id="u" camunda:candidateGroups="desk"/>',
            '<exclusiveGateway id="g"/><userTask id="v" camunda:assignee="${lead}"/>',
            '<endEvent id="d"/>',
            flow("s", "u") + flow("u", "g") + flow("g", "v", "${!ok}"),
            flow("g", "d") + flow("v", "d"),
        ),
        "a.bpmn",
    )
    assert found.findings == ()
    assert found.runs
    drawing = reader.read(found.source, "a.bpmn")
    assert [f for f in lint.check(drawing, lint.Known(Topics())) if f.refuses] == []


def test_the_result_is_marked_for_the_platform_and_names_no_other_product() -> None:
    found = convert(file('<userTask id="x" camunda:assignee="ann"/>'), "a.bpmn")
    assert b'modeler:executionPlatform="Camunda Cloud"' in found.source
    assert b"<zeebe:assignmentDefinition" in found.source
    for foreign in (b"camunda.org/schema/1.0", b"activiti.org", b"ns0:"):
        assert foreign not in found.source


def test_the_same_file_is_always_converted_the_same_way() -> None:
    assert convert(RICH, "a.bpmn") == convert(RICH, "a.bpmn")


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "xml.doctype"),
        (b"<a" * 3, "xml.syntax"),
        (b"<a>" * 200 + b"</a>" * 200, "xml.depth"),
        (b" " * 4_000_001, "xml.size"),
        (b"<a/>", "import.root"),
        (b'<definitions xmlns="http://schema.omg.org/spec/BPMN/2.0"/>', "import.root"),
    ],
)
def test_what_is_unsafe_or_no_bpmn_is_refused(source: bytes, rule: str) -> None:
    with pytest.raises(DiagramRejected) as refused:
        convert(source, "a.bpmn")
    assert [finding.rule for finding in refused.value.findings] == [rule]


def damaged(source: bytes, chance: random.Random) -> bytes:
    """The file without an element, or with an attribute or text that is gone or odd."""
    root = etree.XML(source)
    element = chance.choice(list(root.iter())[2:] or [root])
    odd = chance.choice(
        ["", "²", "--5", "${", "${a.b()}", "${1 > 2}", "=", "a:b", "P1D", "x" * 200]
    )
    what = chance.randrange(4)
    if what == 0 and element is not root:
        element.getparent().remove(element)
    elif what == 1:
        element.text = odd
    elif element.attrib:
        name = chance.choice(sorted(element.attrib))
        element.attrib.pop(name) if what == 2 else element.set(name, odd)
    return bytes(etree.tostring(root))


@pytest.mark.parametrize("seeds", [range(n, n + 100) for n in range(0, 400, 100)])
def test_a_damaged_file_is_converted_too_and_twice_is_once(seeds: range) -> None:
    for seed in seeds:
        chance = random.Random(seed)
        source = RICH
        for _ in range(chance.randint(1, 8)):
            source = damaged(source, chance)
        once = convert(source, "a.bpmn")
        assert convert(once.source, "a.bpmn").source == once.source, seed


def test_a_timer_outside_of_any_event_is_harmless() -> None:
    top = "<timeDuration>${a.b()}</timeDuration>"
    assert [found.element for found in convert(file(top=top), "a.bpmn").findings] == [""]


def test_more_expressions_than_any_diagram_has_are_not_all_converted() -> None:
    long = "a + " * 900 + "a"
    found = convert(
        file(*(f'<userTask id="u{n}" camunda:assignee="${{{long}}}"/>' for n in range(40))),
        "a.bpmn",
    )
    assert {finding.element for finding in found.findings} == {f"u{n}" for n in range(27, 40)}
    assert all("100,000 characters" in finding.message for finding in found.findings)
