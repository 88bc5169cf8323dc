from __future__ import annotations

import pytest

from tests.unit.bpmn.foreign.files import converted, extended, place, rules


@pytest.mark.parametrize("vendor", ["camunda", "operaton", "activiti", "flowable"])
def test_the_family_is_one_vocabulary_in_several_namespaces(vendor: str) -> None:
    found = place(f'<userTask id="x" {vendor}:assignee="ann" {vendor}:candidateGroups="a,b"/>')
    assert found.settings.assignee == "ann"
    assert found.settings.candidate_groups == "a,b"


def test_expressions_name_people_too() -> None:
    found = place(
        '<userTask id="x" camunda:assignee="${owner.login}" '
        'camunda:candidateUsers="ann,${second}"/>'
    )
    assert found.settings.assignee == "=owner.login"
    assert found.settings.candidate_users == '=string join(["ann,", string(second)])'


def test_a_call_that_finds_people_is_reported_and_refuses_the_upload_until_it_is_rewritten() -> (
    None
):
    found = converted('<userTask id="x" camunda:assignee="${staff.onDuty()}"/>')
    assert rules(found) == [("expression", "error", "x")]
    assert "the call of 'onDuty'" in found.findings[0].message
    assert found.findings[0].message.startswith("Line 1: ")
    assert b'assignee="=${staff.onDuty()}"' in found.source


@pytest.mark.parametrize(
    ("performer", "assignee", "users", "groups"),
    [
        ("<humanPerformer>{}kermit{}</humanPerformer>", "kermit", "", ""),
        ("<potentialOwner>{}management{}</potentialOwner>", "", "", "management"),
        ("<potentialOwner>{}user(ann), group(desk), group( net ){}</potentialOwner>",
         "", "ann", "desk,net"),
        ("<potentialOwner/>", "", "", ""),
    ],
)  # fmt: skip
def test_bpmn_s_own_performers_are_people(
    performer: str, assignee: str, users: str, groups: str
) -> None:
    before = "<resourceAssignmentExpression><formalExpression>"
    after = "</formalExpression></resourceAssignmentExpression>"
    found = place(f'<userTask id="x">{performer.format(before, after)}</userTask>').settings
    assert (found.assignee, found.candidate_users, found.candidate_groups) == (
        assignee,
        users,
        groups,
    )


def test_the_group_that_jbpm_assigns_is_the_candidate() -> None:
    found = place(
        '<userTask id="x"><ioSpecification><dataInput id="i" name="GroupId"/></ioSpecification>'
        "<dataInputAssociation><targetRef>i</targetRef><assignment><from>HR</from></assignment>"
        "</dataInputAssociation></userTask>"
    )
    assert found.settings.candidate_groups == "HR"


@pytest.mark.parametrize(
    ("written", "due"),
    [
        ("2026-11-23T09:00:00Z", "2026-11-23T09:00:00Z"),
        ("${deadline}", "=deadline"),
        ("PT4H", '=now() + duration("PT4H")'),
    ],
)
def test_due_dates_are_kept(written: str, due: str) -> None:
    found = place(
        f'<userTask id="x" camunda:dueDate="{written}" camunda:followUpDate="{written}"/>'
    )
    assert found.settings.due == due
    assert found.settings.follow_up == due


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("100", "0"), ("50", "50"), ("0", "100"), ("250", "0"), ("²", "²"), ("${p}", "=100 - (p)")],
)
def test_priorities_are_turned_round_because_here_the_smallest_comes_first(
    theirs: str, ours: str
) -> None:
    assert place(f'<userTask id="x" camunda:priority="{theirs}"/>').settings.priority == ours


@pytest.mark.parametrize(
    ("attribute", "form", "severity"),
    [
        ('formKey="approve"', "approve", None),
        ('formRef="approve" camunda:formRefBinding="latest"', "approve", None),
        ('formRef="approve" camunda:formRefBinding="deployment"', "approve", "warning"),
        ('formKey="camunda-forms:/forms/ask/why.form"', "ask/why", "warning"),
        ('formKey="embedded:app:forms/ask.html"', "ask", "warning"),
        ('formKey="${which}"', "", "error"),
    ],
)
def test_forms_are_named(attribute: str, form: str, severity: str | None) -> None:
    body = f'<userTask id="x" camunda:{attribute}/>'
    assert place(body).settings.form == form
    assert [found[1] for found in rules(converted(body))] == ([severity] if severity else [])


def test_what_zeebe_elements_say_already_wins() -> None:
    own = '<z:assignmentDefinition xmlns:z="http://camunda.org/schema/zeebe/1.0" assignee="bob"/>'
    found = place(f'<userTask id="x" camunda:assignee="ann">{extended(own)}</userTask>')
    assert found.settings.assignee == "bob"


def test_the_variable_for_the_starter_is_reported() -> None:
    assert rules(converted('<startEvent id="x" activiti:initiator="who"/>')) == [
        ("initiator", "warning", "x")
    ]
