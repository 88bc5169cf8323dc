from __future__ import annotations

import pytest

from engine.bpmn import reader
from engine.bpmn.foreign.convert import convert
from engine.errors import DiagramRejected
from tests.unit.bpmn.foreign.files import converted, drawing, extended, file, flow, rules, xpath

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"


@pytest.mark.parametrize("prefix", ["", "bpmn:", "bpmn2:", "semantic:", "ns0:"])
def test_bpmn_is_known_by_its_namespace_whatever_the_prefix(prefix: str) -> None:
    declared = f"xmlns{':' + prefix[:-1] if prefix else ''}"
    body = f'<{prefix}process id="p"><{prefix}startEvent id="s"/></{prefix}process>'
    source = f'<{prefix}definitions {declared}="{BPMN}">{body}</{prefix}definitions>'
    found = convert(source.encode(), "a.bpmn")
    assert reader.read(found.source, "a.bpmn").places.keys() == {"s"}


def test_flows_and_nodes_without_an_id_get_one_that_is_free() -> None:
    found = drawing(
        '<startEvent id="sequenceFlow_1"/><task/><task id="x"/>',
        '<sequenceFlow sourceRef="sequenceFlow_1" targetRef="x"/>',
    )
    assert found.flows.keys() == {"sequenceFlow_2"}
    assert found.places.keys() == {"sequenceFlow_1", "task_1", "x"}
    assert not found.nameless


@pytest.mark.parametrize("kind", ["exclusiveGateway", "inclusiveGateway"])
def test_the_only_flow_without_a_condition_becomes_the_default(kind: str) -> None:
    found = drawing(
        f'<{kind} id="g"/><task id="a"/><task id="b"/>',
        flow("g", "a", "${a == 1}") + flow("g", "b"),
    )
    assert found.flows["g_b"].default
    assert not found.flows["g_a"].default


@pytest.mark.parametrize(
    "flows",
    [
        flow("g", "a") + flow("g", "b"),
        flow("g", "a", "${x == 1}") + flow("g", "b", "${x == 2}"),
        flow("g", "a"),
    ],
)
def test_nothing_becomes_the_default_where_that_would_be_a_guess(flows: str) -> None:
    found = drawing('<exclusiveGateway id="g"/><task id="a"/><task id="b"/>', flows)
    assert not any(each.default for each in found.flows.values())


def test_flows_out_of_a_task_and_open_ends_stay_as_they_are() -> None:
    found = drawing('<task id="a"/><task id="b"/><task id="c"/>', flow("a", "b") + flow("a", "c"))
    assert found.places.keys() == {"a", "b", "c"}
    assert found.flows.keys() == {"a_b", "a_c"}


def pools(*marks: str) -> bytes:
    drawn = "".join(
        f'<process id="p{n}" name="Pool {n}" {mark}>{"<task/>" * (n + 1)}</process>'
        for n, mark in enumerate(marks)
    )
    return f'<definitions xmlns="{BPMN}">{drawn}</definitions>'.encode()


@pytest.mark.parametrize(
    ("source", "name", "chosen", "severity"),
    [
        (pools(""), "a.bpmn", "p0", None),
        (pools('isExecutable="false"'), "a.bpmn", "p0", None),
        (pools("", 'isExecutable="true"', ""), "a.bpmn", "p1", None),
        (pools("", ""), "Pool_0.bpmn20.xml", "p0", "warning"),
        (pools("", ""), "p0.bpmn", "p0", "warning"),
        (pools("", ""), "a.bpmn", "p1", "error"),
        (pools('isExecutable="true"', 'isExecutable="true"', ""), "a.bpmn", "p1", "error"),
    ],
)
def test_one_process_is_chosen_and_a_choice_is_reported(
    source: bytes, name: str, chosen: str, severity: str | None
) -> None:
    found = convert(source, name)
    assert reader.read(found.source, name).process_id == chosen
    assert rules(found) == ([("process", severity, chosen)] if severity else [])


def test_a_file_without_any_step_is_reported_and_not_read() -> None:
    source = f'<definitions xmlns="{BPMN}"><process id="p"/></definitions>'.encode()
    found = convert(source, "a.bpmn")
    assert rules(found) == [("process", "error", "")]
    with pytest.raises(DiagramRejected):
        reader.read(found.source, "a.bpmn")


def test_what_only_the_exporter_understands_stays_where_it_is_and_is_said_once() -> None:
    found = converted(
        '<startEvent id="s" signavio:at="1">',
        extended("<signavio:meta/>", "<signavio:meta><signavio:in/></signavio:meta>"),
        "</startEvent>",
    )
    assert rules(found) == [("vendor", "warning", "")]
    assert "3 settings of 'http://www.signavio.com'" in found.findings[0].message
    assert len(xpath(found, "//*[local-name()='meta']")) == 2
    assert xpath(found, "//@*[local-name()='at']") == ["1"]


def test_what_stands_in_bpmns_own_namespace_without_being_bpmn_stays_too() -> None:
    found = converted(f'<startEvent id="s">{extended("<metaData>x</metaData>")}</startEvent>')
    assert rules(found) == [("vendor", "warning", "")]
    assert xpath(found, "//b:metaData/text()") == ["x"]


def test_documentation_with_markup_keeps_its_text() -> None:
    text = '<documentation><i xmlns="http://www.w3.org/1999/xhtml">careful</i></documentation>'
    found = converted(f'<startEvent id="s">{text}</startEvent>')
    assert b"careful" in found.source
    assert found.findings == ()


def test_what_the_family_has_without_counterpart_is_named_at_its_element() -> None:
    found = converted('<task id="x" camunda:asyncBefore="true" camunda:exclusive="false"/>')
    assert rules(found) == []
    found = converted('<task id="x" flowable:skipExpression="${a}"/>')
    assert rules(found) == [("attribute", "warning", "x")]
    assert "gateway around it" in found.findings[0].advice
    found = converted('<startEvent id="x" camunda:candidateStarterGroups="sales"/>')
    assert rules(found) == [("attribute", "warning", "x")]


def test_a_reference_loses_the_prefix_that_its_target_does_not_have() -> None:
    found = drawing(
        '<receiveTask id="x" messageRef="signavio:m"/>', top='<message id="m" name="Answer"/>'
    )
    assert found.places["x"].trigger.name == "Answer"


def test_the_layout_stays() -> None:
    layout = (
        '<di:BPMNDiagram xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI">'
        '<di:BPMNPlane bpmnElement="p"><di:BPMNShape bpmnElement="x" signavio:odd="1">'
        '<dc:Bounds xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" x="1.5" y="2"/>'
        "</di:BPMNShape></di:BPMNPlane></di:BPMNDiagram></definitions>"
    )
    source = file('<userTask id="x" camunda:assignee="ann"/>')
    found = convert(source.replace(b"</definitions>", layout.encode()), "a.bpmn")
    assert xpath(found, "//@x") == ["1.5"]
    assert xpath(found, "//@bpmnElement") == ["p", "x"]
    assert rules(found) == []


@pytest.mark.parametrize("kind", ["message", "signal"])
def test_an_event_that_names_nothing_gets_its_own_name_as_that_of_what_it_waits_for(
    kind: str,
) -> None:
    event = f"<{kind}EventDefinition/>"
    found = converted(
        f'<intermediateCatchEvent id="x" name="The answer">{event}</intermediateCatchEvent>'
    )
    assert rules(found) == [("name", "warning", "x")]
    assert reader.read(found.source, "a.bpmn").places["x"].trigger.name == "The answer"


def test_what_cannot_be_converted_in_a_pool_that_is_only_shown_stands_in_nobodys_way() -> None:
    other = '<process id="q"><task id="t"/><userTask id="y" camunda:assignee="${a.b()}"/></process>'
    found = converted('<startEvent id="s"/>', top=other)
    assert rules(found) == [("expression", "warning", "y")]


def test_message_flows_between_pools_are_named_where_a_task_seems_to_send() -> None:
    ends = 'sourceRef="x" targetRef="elsewhere"'
    flow = f'<collaboration id="c"><messageFlow id="f" name="Order" {ends}/></collaboration>'
    found = converted('<userTask id="x" camunda:assignee="ann"/>', top=flow)
    assert rules(found) == [("message-flow", "warning", "x")]
    assert "'Order'" in found.findings[0].message
    assert rules(converted('<sendTask id="x" camunda:topic="mail"/>', top=flow)) == [
        ("handler", "warning", "x")
    ]
