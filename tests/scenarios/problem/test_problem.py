"""Problems: from incidents to a known error, a change, a time of watching, and a review."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from engine.commands import messages, tasks
from engine.errors import FormRejected
from itil import cases, knowledge, links
from tests.office import Incident, Office

CATEGORISE = {
    "category": "network",
    "service": "network",
    "impact": 1,
    "frequency": 1,
    "cost_risk": 2,
    "group": "network",
}
CAUSE = {
    "investigation": "cause",
    "rca_method": "five_why",
    "evidence": "Logs of both concentrators",
    "root_cause": "The certificate expires every night",
    "workaround": "Sign in again",
}
CHANGE = {
    "solution_kind": "change",
    "solution_summary": "Renew certificates by themselves",
    "solution": "Install the renewal agent",
}
SEEN = {
    "group:servers": ("nora", "The host is fine"),
    "group:applications": ("carl", "The client is fine"),
}
REVIEW = {
    "review_note": "Watch expiry dates",
    "knowledge_update": "none",
    "knowledge_reason": "The known error says it",
    "resolution_code": "solved",
    "resolution": "Certificates renew themselves",
}


def open_problem(office: Office, **given: object) -> Incident:
    values = {"summary": "VPN drops", "requester": "nora", **given}
    opened = office.runtime.run(
        office.person("nora"), lambda work: cases.open_case(work, "problem", values)
    )
    return Incident(office, opened["instance"], number=opened["number"])


def known_error(office: Office, **given: object) -> Incident:
    """A problem whose cause is known and whose solution is to be proposed."""
    problem = open_problem(office, **given)
    problem.complete("categorise", "pia", **CATEGORISE)
    problem.complete("investigate", "nora", **CAUSE)
    return problem


def watched(office: Office, **given: object) -> Incident:
    problem = known_error(office, **given)
    action = {"solution_kind": "action", "solution_summary": "Renew", "solution": "Renew it"}
    problem.complete("propose", "nora", **action, watch_days=14)
    problem.complete("carry_out", "nora", carried_out="Renewed")
    return problem


def change_ends(office: Office, problem: Incident, close_code: str) -> None:
    office.runtime.run(
        office.person("pia"),
        lambda work: messages.correlate(
            work, "change-closed", problem.number, {"change": "CHG-1", "close_code": close_code}
        ),
    )


def test_prb_01_an_incident_raises_a_problem_that_keeps_it(office: Office) -> None:
    incident = office.open_incident(summary="VPN drops")
    office.runtime.run(
        office.person("nora"),
        lambda work: messages.send_offered(
            work, incident.id, "problem_wanted", {"problem_summary": "Certificates?"}
        ),
    )

    with office.runtime.read() as reader:
        problem = cases.get(reader, "PRB-1")
        related = links.others(reader, incident.number)
    assert (problem.summary, problem.requester) == ("Certificates?", "nora")
    assert related == ["PRB-1"]


@pytest.mark.parametrize(
    ("impact", "frequency", "cost_risk", "priority"),
    [
        (1, 1, 3, 1),
        (1, 3, 1, 1),
        (1, 3, 3, 2),
        (2, 1, 3, 2),
        (2, 3, 1, 2),
        (2, 2, 2, 3),
        (3, 1, 3, 3),
        (3, 3, 1, 3),
        (3, 3, 3, 4),
    ],
)
def test_prb_03_priority_follows_from_impact_frequency_and_cost(
    office: Office, impact: int, frequency: int, cost_risk: int, priority: int
) -> None:
    problem = open_problem(office)
    levels = {"impact": impact, "frequency": frequency, "cost_risk": cost_risk}

    problem.complete("categorise", "pia", **{**CATEGORISE, **levels})

    assert problem.record.priority == priority
    assert problem.state == "under_investigation"


def test_prb_04_without_cause_and_evidence_it_is_no_known_error(office: Office) -> None:
    problem = open_problem(office)
    problem.complete("categorise", "pia", **CATEGORISE)

    with pytest.raises(FormRejected):
        problem.complete("investigate", "nora", **{**CAUSE, "root_cause": ""})

    assert problem.state == "under_investigation"


def test_prb_05_a_known_error_has_cause_and_workaround_and_is_found(office: Office) -> None:
    problem = known_error(office)

    assert problem.state == "known_error"
    with office.runtime.read() as reader:
        found = knowledge.find(reader, office.person("ben"), "certificate expires")
        seen = knowledge.find(reader, office.person("rita"), "certificate expires")
    assert [article.key for article in found] == [f"KE-{problem.number}"]
    assert "Sign in again" in found[0].body
    assert seen == []  # internal: not for requesters


def test_prb_06_its_fix_is_a_change_that_it_waits_for(office: Office) -> None:
    problem = known_error(office)

    problem.complete("propose", "nora", **CHANGE)

    assert problem.state == "fix_in_progress"
    change = office.case("CHG-1")
    assert change.variable("problems") == [problem.number]
    assert change.record.requester == "nora"
    change_ends(office, problem, "successful")
    assert problem.state == "resolved_monitoring"


@pytest.mark.parametrize("close_code", ["failed", "backed-out"])
def test_prb_07_a_failed_change_brings_it_back_to_investigation(
    office: Office, close_code: str
) -> None:
    problem = known_error(office)
    problem.complete("propose", "nora", **CHANGE)

    change_ends(office, problem, close_code)

    assert problem.state == "under_investigation"


def test_prb_08_it_is_reviewed_only_after_a_time_without_recurrence(office: Office) -> None:
    problem = watched(office)
    office.advance(days=13)
    assert problem.state == "resolved_monitoring"

    office.advance(days=2)

    assert problem.waits_at() == ["review"]


def test_prb_08_a_recurrence_brings_it_back(office: Office) -> None:
    problem = watched(office)
    incident = office.open_incident()
    incident.complete("classify", "ben", category="network", service="network", impact=2, urgency=2)

    until = (office.clock.now() + timedelta(days=1)).isoformat()
    waiting = {"outcome": "wait_problem", "problem": problem.number, "pending_until": until}
    incident.complete("diagnose", "nora", **waiting, pending_reason="same cause")

    assert problem.state == "under_investigation"
    assert problem.variable("incidents") == [incident.number]


def test_prb_08_a_risk_is_accepted_until_a_date_and_then_looked_at_again(office: Office) -> None:
    problem = known_error(office)
    problem.complete("propose", "nora", solution_kind="risk", risk_reason="Replaced next year")
    until = (office.clock.now() + timedelta(days=90)).isoformat()

    problem.complete(
        "accept_risk", "mei", risk_accepted=True, risk_until=until, risk_comment="Agreed"
    )
    assert problem.state == "risk_accepted"
    office.advance(days=91)

    assert problem.state == "under_investigation"


def test_prb_09_it_closes_with_a_review_and_knowledge_or_a_reason_and_tells_its_incidents(
    office: Office,
) -> None:
    incident = office.open_incident()
    incident.complete("classify", "ben", category="network", service="network", impact=2, urgency=2)
    problem = watched(office, incidents=[incident.number])
    until = (office.clock.now() + timedelta(days=20)).isoformat()
    waiting = {"outcome": "wait_problem", "problem": problem.number, "pending_until": until}
    incident.complete("diagnose", "nora", **waiting, pending_reason="same cause")
    assert incident.state == "pending_problem"
    office.advance(days=15)

    with pytest.raises(FormRejected):
        problem.complete("review", "nora", **{**REVIEW, "knowledge_reason": ""})
    problem.complete("review", "nora", **REVIEW)
    problem.complete("approve_closure", "pia", closure_approved=True)

    assert problem.state == "closed"
    assert "diagnose" in incident.waits_at()
    assert incident.state == "assigned"


def test_prb_10_a_better_workaround_reaches_the_requesters_of_open_incidents(
    office: Office,
) -> None:
    incident = office.open_incident()
    problem = known_error(office, incidents=[incident.number])
    before = len(office.mailed())

    office.runtime.run(
        office.person("pia"),
        lambda work: messages.send_offered(
            work, problem.id, "workaround_changed", {"workaround": "Use the second gateway"}
        ),
    )

    assert office.mailed()[before:] == [f"{problem.number}: this helps for now"]
    with office.runtime.read() as reader:
        assert "second gateway" in knowledge.get(reader, f"KE-{problem.number}").body


def test_prb_13_several_experts_work_beside_each_other_until_a_date(office: Office) -> None:
    problem = open_problem(office)
    problem.complete("categorise", "pia", **CATEGORISE)
    until = (office.clock.now() + timedelta(days=2)).isoformat()
    asked = {"expert_groups": ["servers", "applications"], "experts_until": until}

    problem.complete("investigate", "nora", investigation="experts", **asked)
    assert problem.waits_at() == ["analyse", "analyse"]
    for task in problem.open():
        who, found = SEEN[task.candidates[0]]
        actor = office.person(who)
        said = {"finding": found}
        office.runtime.run(actor, partial(tasks.complete, task_id=task.id, values=said))

    assert problem.waits_at() == ["investigate"]
    findings = problem.variable("expert_findings")
    assert isinstance(findings, list)
    assert {one["group"]: one["finding"] for one in findings} == {
        "servers": "The host is fine",
        "applications": "The client is fine",
    }


def test_prb_14_a_supplier_has_it_under_its_own_reference(office: Office) -> None:
    problem = open_problem(office)
    problem.complete("categorise", "pia", **CATEGORISE)
    until = (office.clock.now() + timedelta(days=2)).isoformat()
    given = {"supplier": "Netz AG", "supplier_reference": "77", "supplier_until": until}

    problem.complete("investigate", "nora", investigation="supplier", **given)

    assert problem.state == "pending_vendor"
    problem.complete("await_supplier", "nora", supplier_answer="It is the certificate")
    assert problem.state == "under_investigation"
