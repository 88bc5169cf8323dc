"""A drawing that was never meant to run is made one that people do."""

from __future__ import annotations

import json

import pytest
from lxml import etree

from engine.bpmn import lint, reader
from engine.bpmn.drawing import Drawing
from engine.bpmn.foreign import skeleton
from engine.bpmn.foreign.convert import Converted, convert
from engine.bpmn.foreign.shapes import Shapes
from engine.bpmn.foreign.sketch import Groups
from engine.topics import Topics
from tests.unit.bpmn.foreign.files import NAMESPACES, extended, file, flow

GROUPS = Groups("desk", {"Network": "network"})


def build(source: bytes) -> Converted:
    """Converted, made executable; nothing is left that an upload refuses."""
    found = convert(source, "a.bpmn")
    known = lint.Known(Topics(), frozenset(found.forms))
    made = skeleton.build(found.source, "a.bpmn", GROUPS, known, found.forms)
    drawing = reader.read(made.source, "a.bpmn")
    forms = frozenset(found.forms) | frozenset(made.forms)
    findings = lint.check(drawing, lint.Known(Topics(), forms))
    assert [str(one) for one in findings if one.severity == "error"] == []
    assert convert(made.source, "a.bpmn").source == made.source
    return made


def drawn(*body: str) -> tuple[Drawing, Converted]:
    made = build(file(*body))
    return reader.read(made.source, "a.bpmn"), made


def fields(made: Converted, form: str) -> list[dict[str, object]]:
    components: list[dict[str, object]] = json.loads(made.forms[form])["components"]
    return components


def test_a_task_without_a_type_becomes_a_task_of_the_group() -> None:
    found, made = drawn('<startEvent id="s"/><task id="x" name="Look"/>', flow("s", "x"))
    assert found.places["x"].kind == "userTask"
    assert found.places["x"].settings.candidate_groups == "desk"
    assert found.places["x"].name == "Look"
    told = [one for one in made.findings if one.element == "x"]
    assert [one.severity for one in told] == ["warning", "warning"]
    assert "task without a type" in told[0].message


def test_the_lane_says_which_group_does_it() -> None:
    lanes = '<laneSet><lane name="Network"><flowNodeRef>x</flowNodeRef></lane></laneSet>'
    found, _ = drawn(lanes, '<startEvent id="s"/><task id="x"/>', flow("s", "x"))
    assert found.places["x"].settings.candidate_groups == "network"


def test_who_was_named_stays() -> None:
    found, _ = drawn(
        '<startEvent id="s"/><userTask id="x" camunda:assignee="ann"/><endEvent id="e"/>',
        flow("s", "x") + flow("x", "e"),
    )
    settings = found.places["x"].settings
    assert (settings.assignee, settings.candidate_groups) == ("ann", "")


@pytest.mark.parametrize(
    "program",
    [
        '<serviceTask id="x"/>',
        '<serviceTask id="x" camunda:class="a.B"/>',
        '<sendTask id="x" messageRef="m"/>',
        '<scriptTask id="x" scriptFormat="groovy"><script>a = 1</script></scriptTask>',
        '<businessRuleTask id="x" camunda:decisionRef="d"/>',
        '<callActivity id="x" calledElement="elsewhere"/>',
    ],
)
def test_what_no_program_does_is_done_by_hand(program: str) -> None:
    found, _ = drawn('<startEvent id="s"/>', program, flow("s", "x"))
    place = found.places["x"]
    assert place.kind == "userTask"
    assert (place.settings.handler, place.settings.script, place.settings.called) == ("", "", "")


def test_what_a_program_would_have_set_is_asked_for() -> None:
    program = '<serviceTask id="x" camunda:class="a.B" camunda:resultVariable="price"/>'
    found, made = drawn('<startEvent id="s"/>', program, flow("s", "x"))
    assert found.places["x"].settings.form == "p/x"
    assert [one["key"] for one in fields(made, "p/x")] == ["price"]


def test_a_gateway_that_says_nothing_asks_in_the_task_before_it() -> None:
    found, made = drawn(
        '<startEvent id="s"/><task id="x"/><exclusiveGateway id="g" name="Approved?"/>',
        '<task id="a" name="Go"/><task id="b" name="Stop"/>',
        flow("s", "x") + flow("x", "g") + flow("g", "a") + flow("g", "b"),
    )
    (question,) = fields(made, "p/x")
    assert (question["type"], question["label"]) == ("select", "Approved?")
    assert question["values"] == [
        {"label": "Go", "value": "Go"},
        {"label": "Stop", "value": "Stop"},
    ]
    assert found.flows["g_a"].condition == f'={question["key"]} = "Go"'
    assert found.flows["g_b"].condition == f'={question["key"]} = "Stop"'
    assert [one.element for one in made.findings if "which way" in one.message] == ["g"]


def test_conditions_for_readers_are_asked_for_by_the_names_of_the_flows() -> None:
    yes = '<sequenceFlow id="y" name="Yes" sourceRef="g" targetRef="a"><conditionExpression>Yes</conditionExpression></sequenceFlow>'  # noqa: E501
    no = '<sequenceFlow id="n" name="No" sourceRef="g" targetRef="a"><conditionExpression>No</conditionExpression></sequenceFlow>'  # noqa: E501
    found, made = drawn(
        '<startEvent id="s"/><task id="x"/><exclusiveGateway id="g"/><task id="a"/>',
        flow("s", "x") + flow("x", "g") + yes + no,
    )
    (question,) = fields(made, "p/x")
    assert found.flows["y"].condition == f'={question["key"]} = "Yes"'
    assert found.flows["n"].condition == f'={question["key"]} = "No"'


def test_an_inclusive_gateway_lets_several_ways_be_chosen() -> None:
    found, made = drawn(
        '<startEvent id="s"/><task id="x"/><inclusiveGateway id="g"/><task id="a"/><task id="b"/>',
        flow("s", "x") + flow("x", "g") + flow("g", "a") + flow("g", "b"),
    )
    (question,) = fields(made, "p/x")
    assert question["type"] == "checklist"
    assert found.flows["g_a"].condition == f'=list contains({question["key"]}, "a")'


def test_ways_of_the_same_name_can_be_told_apart() -> None:
    _, made = drawn(
        '<startEvent id="s"/><task id="x"/><exclusiveGateway id="g"/>',
        '<task id="a" name="Go"/><task id="b" name="Go"/>',
        flow("s", "x") + flow("x", "g") + flow("g", "a") + flow("g", "b"),
    )
    (question,) = fields(made, "p/x")
    assert [one["value"] for one in question["values"]] == ["Go (1)", "Go (2)"]  # type: ignore[attr-defined]


def test_a_default_flow_stays_the_default_and_can_be_chosen_too() -> None:
    found, made = drawn(
        '<startEvent id="s"/><task id="x"/><exclusiveGateway id="g" default="g_c"/>',
        '<task id="a"/><task id="b"/><task id="c"/>',
        flow("s", "x") + flow("x", "g") + flow("g", "a") + flow("g", "b") + flow("g", "c"),
    )
    (question,) = fields(made, "p/x")
    assert [one["value"] for one in question["values"]] == ["a", "b", "c"]  # type: ignore[attr-defined]
    assert (found.flows["g_c"].default, found.flows["g_c"].condition) == (True, "")


def test_where_no_task_comes_before_the_gateway_one_is_added() -> None:
    found, made = drawn(
        '<startEvent id="s"/><exclusiveGateway id="g" name="Which?"/><task id="a"/><task id="b"/>',
        flow("s", "g") + flow("g", "a") + flow("g", "b") + flow("b", "g"),
    )
    added = found.places["userTask_1"]
    assert (added.kind, added.name, added.settings.candidate_groups) == (
        "userTask",
        "Which?",
        "desk",
    )
    assert {one.source for one in added.incoming} == {"s", "b"}
    assert [one.target for one in added.outgoing] == ["g"]
    assert [one["type"] for one in fields(made, "p/userTask_1")] == ["select"]


def test_a_form_of_somebody_else_is_never_written_over() -> None:
    data = '<camunda:formData><camunda:formField id="note" type="string"/></camunda:formData>'
    found, made = drawn(
        f'<startEvent id="s"/><userTask id="x">{extended(data)}</userTask>',
        '<exclusiveGateway id="g"/><task id="a"/><task id="b"/>',
        flow("s", "x") + flow("x", "g") + flow("g", "a") + flow("g", "b"),
    )
    assert found.places["x"].settings.form == "p/x"
    assert list(made.forms) == ["p/userTask_1"]


@pytest.mark.parametrize(
    ("one", "other", "type_"),
    [
        ("${ok == true}", "${ok != true}", "checkbox"),
        ("${level == 'high'}", "${level == 'low'}", "select"),
        ("${level == 'high'}", "${level != 'high'}", "select"),
        ("${amount &gt; 1000}", "${amount &lt;= 1000}", "number"),
    ],
)
def test_a_variable_that_conditions_compare_and_nothing_sets_is_asked_for(
    one: str, other: str, type_: str
) -> None:
    _, made = drawn(
        '<startEvent id="s"/><task id="x"/><exclusiveGateway id="g"/><task id="a"/><task id="b"/>',
        flow("s", "x") + flow("x", "g") + flow("g", "a", one) + flow("g", "b", other),
    )
    assert [field["type"] for field in fields(made, "p/x")] == [type_]
    assert any("Nothing sets" in finding.message for finding in made.findings)


def test_a_variable_that_is_set_is_not_asked_for() -> None:
    script = (
        '<scriptTask id="t" camunda:resultVariable="ok"><script>${a == 1}</script></scriptTask>'
    )
    _, made = drawn(
        f'<startEvent id="s"/><task id="x"/>{script}<exclusiveGateway id="g"/><task id="a"/>',
        flow("s", "x") + flow("x", "t") + flow("t", "g"),
        flow("g", "a", "${ok == true}") + flow("g", "x"),
    )
    assert not made.forms


def test_what_has_no_beginning_or_end_gets_one() -> None:
    found, made = drawn('<task id="x"/><task id="y"/>', flow("x", "y"))
    assert {place.kind for place in found.places.values()} == {"startEvent", "userTask", "endEvent"}
    (start,) = [place for place in found.places.values() if place.kind == "startEvent"]
    (end,) = [place for place in found.places.values() if place.kind == "endEvent"]
    assert [one.target for one in start.outgoing] == ["x"]
    assert [one.source for one in end.incoming] == ["y"]
    assert {start.id, end.id} <= {finding.element for finding in made.findings}


def test_what_nothing_leads_to_begins_together() -> None:
    found, _ = drawn('<task id="x"/><task id="y"/>')
    (start,) = [place for place in found.places.values() if place.kind == "startEvent"]
    (split,) = [found.places[one.target] for one in start.outgoing]
    assert split.kind == "parallelGateway"
    assert {one.target for one in split.outgoing} == {"x", "y"}


def test_a_collapsed_sub_process_is_one_task_and_an_open_one_gets_its_start() -> None:
    found, _ = drawn(
        '<startEvent id="s"/><subProcess id="x"/><subProcess id="y"><task id="t"/></subProcess>',
        flow("s", "x") + flow("x", "y"),
    )
    assert found.places["x"].kind == "userTask"
    assert found.places["y"].kind == "subProcess"
    assert [found.places[one].parent for one in found.places["y"].starts] == ["y"]


def test_what_stands_alone_is_left_out_with_its_shape_and_its_lines() -> None:
    body = (
        '<startEvent id="s"/><task id="t"/><businessRuleTask id="x"/><endEvent id="e"/>'
        '<textAnnotation id="n"/><association id="l" sourceRef="x" targetRef="n"/>'
    )
    found, made = drawn(body, flow("s", "t") + flow("t", "e"))
    assert "x" not in found.places
    assert b'"l"' not in made.source
    assert any("was left out" in finding.message for finding in made.findings)


def test_an_awaited_message_may_be_sent_by_the_group() -> None:
    found, _ = drawn(
        '<startEvent id="s"/><intermediateCatchEvent id="x" name="Answer">'
        '<messageEventDefinition/></intermediateCatchEvent><endEvent id="e"/>',
        flow("s", "x") + flow("x", "e"),
    )
    assert found.places["x"].settings.properties["offeredTo"] == "group:desk"


def test_doing_it_twice_is_doing_it_once() -> None:
    source = file(
        '<startEvent id="s"/><exclusiveGateway id="g"/><task id="a"/><serviceTask id="b"/>',
        flow("s", "g") + flow("g", "a") + flow("g", "b"),
    )
    once = build(source)
    forms = frozenset(once.forms)
    again = skeleton.build(once.source, "a.bpmn", GROUPS, lint.Known(Topics(), forms), once.forms)
    assert again.source == once.source
    assert again.findings == ()


def test_what_is_added_stands_where_there_is_room() -> None:
    shapes = "".join(
        f'<di:BPMNShape id="{i}_di" bpmnElement="{i}"><dc:Bounds x="{x}" y="{y}" width="{w}" '
        f'height="{h}"/></di:BPMNShape>'
        for i, x, y, w, h in (
            ("s", 100, 200, 36, 36),
            ("g", 300, 200, 50, 50),
            ("above", 275, 80, 100, 80),
            ("b", 500, 190, 100, 80),
        )
    )
    edge = (
        '<di:BPMNEdge id="s_g_di" bpmnElement="s_g"><d:waypoint x="136" y="218"/>'
        '<d:waypoint x="300" y="225"/></di:BPMNEdge>'
    )
    layout = (
        '<di:BPMNDiagram xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI" '
        'xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" '
        'xmlns:d="http://www.omg.org/spec/DD/20100524/DI">'
        f'<di:BPMNPlane bpmnElement="p">{shapes}{edge}</di:BPMNPlane></di:BPMNDiagram>'
    )
    body = (
        '<startEvent id="s"/><exclusiveGateway id="g"/><task id="above"/><task id="b"/>'
        + flow("s", "g")
        + flow("g", "above")
        + flow("g", "b")
    )
    source = f'<definitions {NAMESPACES}><process id="p">{body}</process>{layout}</definitions>'
    made = build(source.encode())
    drawn_now = Shapes(etree.XML(made.source))
    added = drawn_now.box("userTask_1")
    assert added is not None
    others = [drawn_now.box(name) for name in ("s", "g", "above", "b", "endEvent_1", "endEvent_2")]
    assert all(box is not None for box in others)
    assert not any(added.overlaps(box) for box in others if box)
    last = etree.XML(made.source).xpath("//*[@bpmnElement='s_g']/*[last()]/@x")
    assert last == [f"{added.x:g}"]
