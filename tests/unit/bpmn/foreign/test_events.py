from __future__ import annotations

import pytest

from tests.unit.bpmn.foreign.files import converted, drawing, extended, flow, place, rules, xpath


def choice(condition: str) -> tuple[str, str]:
    return '<exclusiveGateway id="g"/><task id="a"/>', flow("g", "a", condition)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("${approved}", "=approved"),
        ("<![CDATA[ ${level < 3} ]]>", "=level < 3"),
        ("=level = 3", "=level = 3"),
        ("level = 3", "level = 3"),
        ("true", "true"),
        (" ", ""),
    ],
)
def test_conditions_are_feel_afterwards(theirs: str, ours: str) -> None:
    assert drawing(*choice(theirs)).flows["g_a"].condition == ours
    assert converted(*choice(theirs)).findings == ()


@pytest.mark.parametrize(
    ("theirs", "rule"),
    [("${a.isDone()}", "expression"), ("Yes", "condition"), ("the customer agrees", "condition")],
)
def test_a_condition_that_cannot_be_converted_stays_and_is_reported_each_time(
    theirs: str, rule: str
) -> None:
    found = converted(*choice(theirs))
    assert rules(found) == [(rule, "error", "g_a")]
    assert drawing(*choice(theirs)).flows["g_a"].condition == theirs


def test_a_condition_in_a_script_language_is_reported() -> None:
    condition = (
        '<conditionExpression language="http://www.java.com/java">return x;</conditionExpression>'
    )
    drawn = f'<sequenceFlow id="f" sourceRef="a" targetRef="b">{condition}</sequenceFlow>'
    found = converted('<task id="a"/><task id="b"/>', drawn)
    assert rules(found) == [("condition", "error", "f")]


def event(trigger: str, kind: str = "intermediateCatchEvent") -> str:
    return f'<{kind} id="x">{trigger}</{kind}>'


def timer(kind: str, text: str) -> str:
    return event(f"<timerEventDefinition><{kind}>{text}</{kind}></timerEventDefinition>")


@pytest.mark.parametrize(
    ("kind", "theirs", "ours"),
    [
        ("timeDuration", "PT5M", "PT5M"),
        ("timeDuration", "${wait}", "=wait"),
        ("timeDate", "${case.due}", "=case.due"),
        ("timeCycle", "R3/PT10M", "R3/PT10M"),
    ],
)
def test_timers_are_kept(kind: str, theirs: str, ours: str) -> None:
    assert place(timer(kind, theirs)).trigger.text == ours
    assert converted(timer(kind, theirs)).findings == ()


@pytest.mark.parametrize(
    ("cron", "period"), [("0 0/5 * * * ?", "R/PT5M"), ("0 0 */2 * * ?", "R/PT2H")]
)
def test_a_cron_expression_that_says_how_often_becomes_a_repetition(cron: str, period: str) -> None:
    found = converted(timer("timeCycle", cron))
    assert rules(found) == [("cron", "warning", "x")]
    assert xpath(found, "//b:timeCycle/text()") == [period]


def test_a_cron_expression_that_names_times_of_day_is_reported() -> None:
    found = converted(timer("timeCycle", "0 15 10 ? * MON-FRI"))
    assert rules(found) == [("cron", "error", "x")]
    assert "R/PT1H" in found.findings[0].advice


@pytest.mark.parametrize("kind", ["error", "escalation", "signal", "message"])
def test_what_an_event_refers_to_is_defined_where_it_was_not(kind: str) -> None:
    found = drawing(event(f'<{kind}EventDefinition {kind}Ref="gone wrong"/>', "endEvent"))
    trigger = found.places["x"].trigger
    assert trigger.name == "gone wrong"
    assert trigger.code == ("gone wrong" if kind in ("error", "escalation") else "")


def test_a_definition_without_a_name_or_code_is_known_by_its_id() -> None:
    error = event('<errorEventDefinition errorRef="e"/>', "endEvent")
    assert place(error, top='<error id="e"/>').trigger.code == "e"
    message = '<receiveTask id="x" messageRef="m"/>'
    assert place(message, top='<message id="m"/>').trigger.name == "m"


def test_a_computed_name_is_reported() -> None:
    found = converted('<receiveTask id="x" messageRef="m"/>', top='<message id="m" name="a-${b}"/>')
    assert rules(found) == [("name", "error", "m")]


def test_variables_for_a_caught_error_are_reported() -> None:
    found = converted(event('<errorEventDefinition camunda:errorCodeVariable="code"/>', "endEvent"))
    assert rules(found) == [("error", "warning", "x")]


def test_a_message_that_a_program_sent_is_sent_by_the_event() -> None:
    sent = '<messageEventDefinition camunda:type="external" camunda:topic="mail" messageRef="m"/>'
    found = converted(event(sent, "endEvent"), top='<message id="m" name="Mail"/>')
    assert rules(found) == [("handler", "warning", "x")]


def test_listeners_are_reported_and_left_out() -> None:
    body = extended(
        '<camunda:taskListener event="create" class="a.Notify"/>',
        '<camunda:executionListener event="start"><camunda:script>x</camunda:script>'
        "</camunda:executionListener>",
    )
    found = converted(f'<userTask id="x" camunda:assignee="ann">{body}</userTask>')
    assert rules(found) == [("listener", "warning", "x")] * 2
    assert "`a.Notify`" in found.findings[0].message
    assert xpath(found, "//b:extensionElements/*[not(self::z:*)]") == []


def test_a_condition_is_read_where_an_exporter_put_it_into_a_body() -> None:
    found = drawing(
        '<exclusiveGateway id="a"/><task id="b"/><task id="c"/>',
        flow("a", "b", "<body>${x == true}</body>") + flow("a", "c"),
    )
    assert found.flows["a_b"].condition == "=x = true"
