from __future__ import annotations

from tests.office import Office
from tests.scenarios.incident.test_incident import FIXED, classified, resolved, subjects

REVIEW = {
    "review_timeline": "09:00 down, 09:40 up.",
    "review_cause": "A broken switch.",
    "review_actions": "nora: second switch by Friday",
}


def test_inc_15_a_priority_1_incident_is_not_closed_without_a_review(office: Office) -> None:
    incident = resolved(office, impact=1, urgency=1)
    incident.complete("Confirm the resolution", "rita", confirmed=True)

    before = incident.state, incident.waits_at()
    incident.complete("Review the major incident", "max", **REVIEW)

    assert before == ("resolved", ["review_major"])
    assert incident.state == "closed"


def test_the_timer_does_not_close_a_priority_1_incident_either(office: Office) -> None:
    incident = resolved(office, impact=1, urgency=1)

    office.advance(hours=120)

    assert incident.waits_at() == ["review_major"]
    assert incident.state == "resolved"


def test_inc_03_an_amended_service_brings_another_group(office: Office) -> None:
    incident = classified(office, category="software", chosen_group="network")

    incident.amend("ben", service="erp")

    assert incident.record.group == "applications"


def test_an_amended_impact_leaves_the_chosen_group_alone(office: Office) -> None:
    incident = classified(office, category="software", chosen_group="network")

    incident.amend("ben", impact=3)

    assert incident.record.group == "network"
    assert incident.record.priority == 4


def test_inc_11_a_warning_tells_the_lead_and_a_breach_wants_a_review(office: Office) -> None:
    incident = classified(office, impact=1, urgency=2)

    office.advance(minutes=24)
    warned = subjects(incident, "nora")
    office.advance(minutes=8)

    assert warned[-1] == f"{incident.number} (P2): response clock at 75 %"
    assert f"{incident.number} (P2): response target missed" in subjects(incident, "max")
    assert incident.waits_at() == ["diagnose", "review_escalation"]
    assert incident.path().completed["escalate"] == 1


def test_an_incident_that_nobody_classifies_escalates_too(office: Office) -> None:
    incident = office.open_incident()

    office.advance(hours=20)

    assert subjects(incident, "sofia")[-1] == f"{incident.number} (P?): response target missed"
    assert subjects(incident, "max") == [f"{incident.number} (P?): response target missed"]
    assert incident.waits_at() == ["classify", "review_escalation"]


def test_an_escalation_is_reviewed_beside_the_work(office: Office) -> None:
    incident = classified(office, impact=1, urgency=2)
    office.advance(minutes=32)

    values = {"breach_cause": "workload", "breach_action": "Second shift called."}
    incident.complete("Review escalation", "max", **values)

    assert incident.waits_at() == ["diagnose"]


def test_closing_withdraws_what_is_still_open_beside_the_incident(office: Office) -> None:
    incident = classified(office, impact=1, urgency=2)
    office.advance(hours=5)
    incident.complete("Diagnose", "li", **FIXED)
    assert "review_escalation" in incident.waits_at()

    incident.complete("Confirm the resolution", "rita", confirmed=True)

    assert incident.status == "completed"
    assert incident.waits_at() == []
    assert "review_escalation" in incident.path().cancelled
