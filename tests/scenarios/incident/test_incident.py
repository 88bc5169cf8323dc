from __future__ import annotations

from datetime import timedelta

import pytest

from engine.errors import FormRejected, NotYourTask
from tests.office import Incident, Office

FIXED = {"outcome": "resolve", "resolution_code": "fixed", "resolution": "Exchanged the cable."}


def classified(office: Office, impact: int = 2, urgency: int = 2, **more: object) -> Incident:
    """An incident that the service desk has classified; it waits at Diagnose."""
    incident = office.open_incident()
    values = {"category": "network", "impact": impact, "urgency": urgency, **more}
    incident.complete("Classify", "ben", **values)
    return incident


def resolved(office: Office, **levels: int) -> Incident:
    incident = classified(office, **levels)
    incident.complete("Diagnose", "li", **FIXED)
    return incident


def until(office: Office, **by: int) -> str:
    return (office.clock.now() + timedelta(**by)).isoformat()


def subjects(incident: Incident, to: str) -> list[str]:
    address = f"{to}@example.org"
    return [subject for recipient, subject in incident.notices() if address in recipient]


def test_inc_01_a_report_is_recorded_and_the_requester_is_told(office: Office) -> None:
    incident = office.open_incident(summary="No mail")

    assert incident.waits_at() == ["classify"]
    assert incident.state == "new"
    assert subjects(incident, "rita") == [f"{incident.number} recorded: No mail"]
    assert subjects(incident, "ben") == []


def test_inc_22_a_chinese_requester_is_told_in_chinese(office: Office) -> None:
    incident = office.open_incident(as_="wang", summary="邮件收不到")

    assert subjects(incident, "wang") == [f"{incident.number} 已记录:邮件收不到"]


@pytest.mark.parametrize(
    ("impact", "urgency", "priority"),
    [
        (1, 1, 1),
        (1, 2, 2),
        (1, 3, 3),
        (2, 1, 2),
        (2, 2, 3),
        (2, 3, 4),
        (3, 1, 3),
        (3, 2, 4),
        (3, 3, 4),
    ],
)
def test_inc_05_priority_is_impact_times_urgency(
    office: Office,
    impact: int,
    urgency: int,
    priority: int,
) -> None:
    incident = classified(office, impact, urgency, service="printing")

    assert incident.record.priority == priority


def test_inc_03_an_incident_cannot_leave_new_without_category_impact_and_urgency(
    office: Office,
) -> None:
    incident = office.open_incident()

    with pytest.raises(FormRejected) as refused:
        incident.complete("Classify", "ben", subcategory="?")

    assert set(refused.value.errors) == {"category", "impact", "urgency"}
    assert incident.state == "new"


@pytest.mark.parametrize(
    ("said", "group"),
    [
        ({"category": "network"}, "network"),
        ({"category": "software", "service": "mail"}, "servers"),
        ({"category": "security", "service": "erp"}, "security"),
        ({"category": "hardware"}, "workplace"),
        ({"category": "other"}, "service-desk"),
        ({"category": "network", "chosen_group": "servers"}, "servers"),
    ],
)
def test_inc_09_the_table_assigns_and_a_default_group_catches_the_rest(
    office: Office,
    said: dict[str, object],
    group: str,
) -> None:
    incident = classified(office, **said)

    assert incident.record.group == group
    assert [task.candidates for task in incident.open()] == [[f"group:{group}"]]
    assert incident.state == "assigned"


def test_work_begins_when_somebody_of_the_group_takes_the_task(office: Office) -> None:
    incident = classified(office)

    incident.claim("Diagnose", "li")

    assert incident.state == "in_progress"
    assert incident.record.assignee == "li"


def test_another_group_cannot_diagnose(office: Office) -> None:
    incident = classified(office)

    with pytest.raises(NotYourTask):
        incident.complete("Diagnose", "carl", **FIXED)


def test_the_first_line_resolves_at_first_contact(office: Office) -> None:
    incident = office.open_incident()
    solution = {"resolution_code": "advice", "resolution": "Told to switch it on."}
    levels = {"category": "hardware", "impact": 3, "urgency": 3}

    incident.complete("Classify", "ben", **levels, first_contact=True, **solution)

    assert incident.waits_at() == ["confirm"]
    assert incident.state == "resolved"
    assert "restore_service" not in incident.path().completed


def test_what_the_first_line_resolved_comes_back_to_the_first_line(office: Office) -> None:
    incident = office.open_incident()
    solution = {"resolution_code": "advice", "resolution": "Told to switch it on."}
    levels = {"category": "network", "impact": 3, "urgency": 3}
    incident.complete("Classify", "ben", **levels, first_contact=True, **solution)

    incident.complete("Confirm the resolution", "rita", confirmed=False)

    assert [task.candidates for task in incident.open()] == [["group:service-desk"]]
    incident.complete("Diagnose", "ben", outcome="escalate")
    assert incident.record.group == "network"


def test_inc_19_resolving_needs_a_code_and_a_text(office: Office) -> None:
    incident = classified(office)

    with pytest.raises(FormRejected) as refused:
        incident.complete("Diagnose", "li", outcome="resolve")

    assert set(refused.value.errors) == {"resolution_code", "resolution"}


def test_inc_20_the_requester_is_told_and_confirms(office: Office) -> None:
    incident = resolved(office)

    incident.complete("Confirm the resolution", "rita", confirmed=True)

    assert incident.status == "completed"
    assert incident.state == "closed"
    assert subjects(incident, "rita")[-2:] == [
        f"{incident.number} is resolved: The printer is on fire",
        f"{incident.number} is closed: The printer is on fire",
    ]


def test_inc_20_without_an_answer_it_closes_after_five_days(office: Office) -> None:
    incident = resolved(office)

    office.advance(hours=119)
    still = incident.state
    office.advance(hours=1)

    assert still == "resolved"
    assert incident.state == "closed"
    assert incident.variable("closed_by") == "timer"


def test_inc_20_a_refused_resolution_goes_back_to_the_last_group(office: Office) -> None:
    incident = classified(office)
    incident.complete("Diagnose", "li", outcome="reassign", reassign_to="servers")
    incident.complete("Diagnose", "carl", **FIXED)

    incident.complete("Confirm the resolution", "rita", confirmed=False, comment="No.")

    assert incident.waits_at() == ["diagnose"]
    assert incident.record.group == "servers"
    assert incident.record.reopened == 1
    assert incident.variable("outcome") is None


def test_a_second_announcement_asks_afresh(office: Office) -> None:
    incident = resolved(office)
    incident.complete("Confirm the resolution", "rita", confirmed=False)

    incident.complete("Diagnose", "li", **FIXED)

    assert incident.waits_at() == ["confirm"]
    assert incident.variable("confirmed") is None


def test_a_second_question_does_not_come_with_the_first_answer(office: Office) -> None:
    incident = classified(office)
    ask = {"outcome": "wait_user", "question": "Which floor?"}
    for _ in range(2):
        incident.complete("Diagnose", "li", **ask, pending_until=until(office, days=1))
        assert incident.variable("answer") is None
        incident.complete("Await the user's answer", "rita", answer="The third.")

    assert incident.variable("answer") == "The third."


def test_slm_14_a_question_stops_the_resolution_clock_until_the_answer(office: Office) -> None:
    incident = classified(office)
    ask = {"outcome": "wait_user", "question": "Which floor?"}
    incident.complete("Diagnose", "li", **ask, pending_until=until(office, days=1))

    waiting = incident.state, incident.clocks()["resolution"].state.value
    incident.complete("Await the user's answer", "rita", answer="The third.")

    assert waiting == ("pending_user", "paused")
    assert f"{incident.number}: we have a question" in subjects(incident, "rita")
    assert incident.waits_at() == ["diagnose"]
    assert incident.variable("answer") == "The third."
    assert incident.clocks()["resolution"].state.value == "running"


def test_who_does_not_answer_is_reminded_once(office: Office) -> None:
    incident = classified(office)
    ask = {"outcome": "wait_user", "question": "Which floor?"}
    incident.complete("Diagnose", "li", **ask, pending_until=until(office, days=1))

    office.advance(days=3)

    reminder = f"{incident.number}: we still wait for your answer"
    assert subjects(incident, "rita").count(reminder) == 1
    assert incident.waits_at() == ["await_user"]


def test_an_answer_by_phone_can_resolve_at_once(office: Office) -> None:
    incident = classified(office)
    ask = {"outcome": "wait_user", "question": "Which floor?"}
    incident.complete("Diagnose", "li", **ask, pending_until=until(office, days=1))

    office.send("work-resumed", incident.number, **FIXED)

    assert incident.waits_at() == ["confirm"]
    assert "await_user" in incident.path().cancelled


def test_a_wait_may_follow_a_wait_and_end_in_a_resolution(office: Office) -> None:
    incident = classified(office)
    wait = {"pending_reason": "Line is down", "pending_until": until(office, days=2)}
    seen = []
    incident.complete("Diagnose", "li", outcome="wait_vendor", **wait)
    seen.append(incident.state)
    incident.complete("Await the vendor", "li", outcome="wait_problem", **wait)
    seen.append(incident.state)
    incident.complete("Await the problem's solution", "li", outcome="wait_change", **wait)
    seen.append(incident.state)

    incident.complete("Await the change", "li", **FIXED)

    assert seen == ["pending_vendor", "pending_problem", "pending_change"]
    assert incident.waits_at() == ["confirm"]


def test_inc_18_the_group_is_reminded_when_a_wait_is_over(office: Office) -> None:
    incident = classified(office)
    wait = {"pending_reason": "Line is down", "pending_until": until(office, days=2)}
    incident.complete("Diagnose", "li", outcome="wait_vendor", **wait)

    office.advance(days=2)

    assert f"{incident.number}:预计等待时间已到" in subjects(incident, "li")
    assert "await_vendor" in incident.waits_at()


def test_inc_18_a_wait_needs_a_reason_and_an_expected_end(office: Office) -> None:
    incident = classified(office)

    with pytest.raises(FormRejected) as refused:
        incident.complete("Diagnose", "li", outcome="wait_vendor")

    assert set(refused.value.errors) == {"pending_reason", "pending_until"}


def test_inc_10_functional_escalation_goes_one_tier_up_and_the_desk_keeps_watching(
    office: Office,
) -> None:
    incident = classified(office, category="other")

    incident.complete("Diagnose", "ben", outcome="escalate")

    assert incident.record.group == "applications"
    assert incident.variable("tier") == 2
    assert incident.variable("watchers") == ["service-desk"]
    assert subjects(incident, "carl")[-1].startswith(f"{incident.number} (P3) was handed to")


def test_the_highest_tier_cannot_escalate_further(office: Office) -> None:
    incident = classified(office)

    incident.complete("Diagnose", "li", outcome="escalate")

    assert incident.record.group == "network"
    assert incident.record.reassigned == 0
    assert incident.waits_at() == ["diagnose"]


def test_a_lead_moves_an_open_task_to_another_group(office: Office) -> None:
    incident = classified(office)
    incident.claim("Diagnose", "li")

    office.send("incident-reassigned", incident.number, reassign_to="applications")

    assert [task.candidates for task in incident.open()] == [["group:applications"]]
    assert incident.record.reassigned == 1
    assert incident.state == "assigned"
