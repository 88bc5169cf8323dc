from __future__ import annotations

import pytest

from engine.bpmn.dialect.zeebe import Mapping
from engine.bpmn.foreign.camunda import suggested
from tests.unit.bpmn.foreign.files import converted, extended, place, rules, xpath


def test_the_topic_of_an_external_task_is_its_handler() -> None:
    body = '<serviceTask id="x" camunda:type="external" camunda:topic="scan"/>'
    assert place(body).settings.handler == "scan"
    assert rules(converted(body)) == [("handler", "warning", "x")]


@pytest.mark.parametrize(
    ("attribute", "handler"),
    [
        ('camunda:class="com.acme.SendMailDelegate"', "send_mail"),
        ('activiti:delegateExpression="${ticketBean}"', "ticket"),
        ('flowable:expression="#{mailer.sendTo(user, execution)}"', "send_to"),
        ('flowable:type="http"', "http"),
        ('drools:taskName="Email"', "Email"),
    ],
)
def test_what_was_java_needs_a_handler_whose_name_is_suggested(
    attribute: str, handler: str
) -> None:
    body = f'<serviceTask id="x" {attribute}/>'
    assert place(body).settings.handler == handler
    [finding] = converted(body).findings
    assert (finding.rule, finding.severity) == ("import.handler", "error")
    assert f"'{handler}'" in finding.advice


@pytest.mark.parametrize(
    ("text", "handler"),
    [
        ("a.b.HTTPCallDelegate", "http_call"),
        ("${}", "handler"),
        ("Delegate", "delegate"),
        ("${svc.do_it(" + "(" * 10_000, "do_it"),
    ],
)
def test_a_suggestion_says_what_is_done(text: str, handler: str) -> None:
    assert suggested(text) == handler


def test_a_work_item_of_jbpm_becomes_a_service_task() -> None:
    assert place('<task id="x" drools:taskName="Email"/>').kind == "serviceTask"


def test_a_decision_is_asked_with_its_result() -> None:
    body = (
        '<businessRuleTask id="x" camunda:decisionRef="risk" camunda:resultVariable="level" '
        'camunda:mapDecisionResult="singleEntry" camunda:decisionRefBinding="latest"/>'
    )
    found = place(body)
    assert (found.settings.decision, found.settings.result) == ("risk", "level")
    assert rules(converted(body)) == []


def test_a_decision_that_gave_rows_or_had_a_version_is_reported() -> None:
    body = (
        '<businessRuleTask id="x" camunda:decisionRef="risk" camunda:resultVariable="level" '
        'camunda:decisionRefBinding="version" camunda:decisionRefVersion="3"/>'
    )
    assert rules(converted(body)) == [("binding", "warning", "x"), ("decision", "warning", "x")]


def test_a_business_rule_task_done_by_a_program_is_a_service_task() -> None:
    assert place('<businessRuleTask id="x" camunda:class="a.Rules"/>').kind == "serviceTask"


@pytest.mark.parametrize("language", ["", 'scriptFormat="juel"'])
def test_a_script_that_is_an_expression_runs(language: str) -> None:
    body = (
        f'<scriptTask id="x" {language} camunda:resultVariable="sum">'
        "<script>${a + b}</script></scriptTask>"
    )
    found = place(body)
    assert (found.settings.script, found.settings.result) == ("=a + b", "sum")
    assert xpath(converted(body), "//b:script") == []


def test_a_script_in_feel_stays_one() -> None:
    body = '<scriptTask id="x" scriptFormat="feel"><script>a + b</script></scriptTask>'
    assert place(body).settings.script == "=a + b"


@pytest.mark.parametrize(
    "script",
    [
        'scriptFormat="groovy"><script>${a}</script>',
        'scriptFormat="juel"><script>noop</script>',
        'scriptFormat="feel">',
        'camunda:resource="a.groovy">',
        ">",
    ],
)
def test_any_other_script_is_reported(script: str) -> None:
    assert rules(converted(f'<scriptTask id="x" {script}</scriptTask>')) == [
        ("script", "error", "x")
    ]


def test_parameters_become_mappings() -> None:
    body = extended(
        "<camunda:inputOutput>"
        '<camunda:inputParameter name="a">text</camunda:inputParameter>'
        '<camunda:inputParameter name="b">${x.y}</camunda:inputParameter>'
        '<camunda:inputParameter name="c"><camunda:list><camunda:value>1</camunda:value>'
        "<camunda:value>${z}</camunda:value></camunda:list></camunda:inputParameter>"
        '<camunda:inputParameter name="d"><camunda:map><camunda:entry key="k">${v}</camunda:entry>'
        "</camunda:map></camunda:inputParameter>"
        '<camunda:outputParameter name="e">${f}</camunda:outputParameter>'
        "</camunda:inputOutput>"
    )
    found = place(f'<serviceTask id="x">{body}</serviceTask>').settings
    assert found.inputs == (
        Mapping("text", "a"),
        Mapping("=x.y", "b"),
        Mapping('=["1", z]', "c"),
        Mapping('={"k": v}', "d"),
    )
    assert found.outputs == (Mapping("=f", "e"),)


@pytest.mark.parametrize("around", ["{}", "<camunda:list>{}</camunda:list>"])
def test_a_parameter_computed_by_a_script_is_reported(around: str) -> None:
    script = around.format('<camunda:script scriptFormat="groovy">1 + 1</camunda:script>')
    body = extended(
        f'<camunda:inputOutput><camunda:inputParameter name="a">{script}</camunda:inputParameter>'
        "</camunda:inputOutput>"
    )
    found = converted(f'<serviceTask id="x">{body}</serviceTask>')
    assert rules(found) == [("script", "error", "x")]
    assert xpath(found, "//z:input/@source") == ["=${1 + 1}"]


def test_a_connector_is_a_handler_with_its_own_parameters() -> None:
    body = extended(
        "<camunda:connector><camunda:connectorId>http-connector</camunda:connectorId>"
        '<camunda:inputOutput><camunda:inputParameter name="url">http://a</camunda:inputParameter>'
        "</camunda:inputOutput></camunda:connector>"
    )
    found = place(f'<sendTask id="x">{body}</sendTask>').settings
    assert found.handler == "http-connector"
    assert found.inputs == (Mapping("http://a", "url"),)


def test_injected_fields_are_inputs() -> None:
    body = extended(
        '<activiti:field name="to" stringValue="ann"/>',
        '<activiti:field name="text"><activiti:expression>Hi ${who}</activiti:expression>'
        "</activiti:field>",
    )
    found = place(f'<serviceTask id="x" activiti:type="mail">{body}</serviceTask>').settings
    assert found.inputs == (
        Mapping("ann", "to"),
        Mapping('=string join(["Hi ", string(who)])', "text"),
    )


def test_retries_are_kept() -> None:
    cycle = extended("<camunda:failedJobRetryTimeCycle>R5/PT10M</camunda:failedJobRetryTimeCycle>")
    body = f'<serviceTask id="x" camunda:type="external" camunda:topic="a">{cycle}</serviceTask>'
    assert place(body).settings.retries == 5


def test_properties_are_kept() -> None:
    body = extended(
        '<camunda:properties><camunda:property name="a" value="b"/></camunda:properties>'
    )
    assert place(f'<task id="x">{body}</task>').settings.properties == {"a": "b"}


def test_a_called_process_gets_what_was_passed_and_nothing_else() -> None:
    parameters = extended(
        '<camunda:in source="a" target="b"/>',
        '<camunda:in sourceExpression="${a + 1}" target="c"/>',
        '<camunda:out variables="all"/>',
    )
    found = converted(f'<callActivity id="x" calledElement="sub">{parameters}</callActivity>')
    assert xpath(found, "//z:calledElement/@*") == ["sub", "false", "true"]
    assert xpath(found, "//z:input/@source | //z:input/@target") == ["=a", "b", "=a + 1", "c"]
    assert rules(found) == []


def test_a_call_by_version_and_with_the_business_key_is_reported() -> None:
    key = extended('<camunda:in businessKey="#{execution.processBusinessKey}"/>')
    found = converted(
        '<callActivity id="x" calledElement="${sub}" camunda:calledElementBinding="deployment">',
        key,
        "</callActivity>",
    )
    assert rules(found) == [("call", "warning", "x"), ("binding", "warning", "x")]
    assert xpath(found, "//z:calledElement/@processId") == ["=sub"]


def loop(attributes: str, inside: str = "") -> str:
    return (
        f'<userTask id="x" camunda:assignee="=one"><multiInstanceLoopCharacteristics {attributes}>'
        f"{inside}</multiInstanceLoopCharacteristics></userTask>"
    )


@pytest.mark.parametrize(
    ("body", "items", "item"),
    [
        (loop('camunda:collection="users" camunda:elementVariable="one"'), "=users", "one"),
        (loop('camunda:collection="${a.users}" camunda:elementVariable="one"'), "=a.users", "one"),
        (loop("", '<loopDataInputRef>users</loopDataInputRef><inputDataItem name="one"/>'),
         "=users", "one"),
        (loop("", "<loopCardinality>3</loopCardinality>"), "=for i in 1..3 return i", ""),
        (loop("", "<loopCardinality>${n}</loopCardinality>"),
         "=if (n) > 0 then for i in 1..(n) return i else []", ""),
    ],
)  # fmt: skip
def test_what_an_activity_is_repeated_over_is_kept(body: str, items: str, item: str) -> None:
    found = converted(body)
    assert xpath(found, "//z:loopCharacteristics/@inputCollection") == [items]
    assert xpath(found, "//z:loopCharacteristics/@inputElement") == ([item] if item else [])
    assert rules(found) == []


def test_when_enough_rounds_are_done_is_kept() -> None:
    body = loop(
        'camunda:collection="users"',
        "<completionCondition>${nrOfCompletedInstances >= 2}</completionCondition>",
    )
    text = xpath(converted(body), "//b:completionCondition/text()")
    assert text == ["=numberOfCompletedInstances >= 2"]


def test_a_task_that_only_computes_a_variable_becomes_a_script_task() -> None:
    body = '<serviceTask id="x" camunda:expression="${a + 1}" camunda:resultVariable="b"/>'
    found = place(body)
    assert (found.kind, found.settings.script, found.settings.result) == (
        "scriptTask",
        "=a + 1",
        "b",
    )
    assert rules(converted(body)) == []


@pytest.mark.parametrize(
    "how", ['expression="${a + 1}"', 'expression="${a.run()}" camunda:resultVariable="b"']
)
def test_a_task_whose_expression_has_an_effect_needs_a_handler(how: str) -> None:
    found = converted(f'<serviceTask id="x" camunda:{how}/>')
    assert rules(found) == [("handler", "error", "x")]
