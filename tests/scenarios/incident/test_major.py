"""Major incidents: a called process leads them while the incident goes its way."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.commands import instances
from engine.errors import MessageNotExpected
from tests.office import ADMIN, Incident, Office
from tests.scenarios.incident.test_escalation import REVIEW
from tests.scenarios.incident.test_incident import FIXED, classified, subjects


def major(office: Office, **more: object) -> tuple[Incident, Incident]:
    """A major incident at Diagnose, and the process that leads it."""
    given = {"impact": 1, "urgency": 1, "service": "network", "affected_users": 300, **more}
    incident = classified(office, **given)
    return incident, incident.called("major_incident")


def confirmed(office: Office) -> Incident:
    """A major incident that waits for its review."""
    incident, _ = major(office)
    incident.complete("Diagnose", "li", **FIXED)
    incident.complete("Confirm the resolution", "rita", confirmed=True)
    return incident


def tell(office: Office, led: Incident, **values: object) -> list[str]:
    return office.send("major-update-given", led.number, **values)


def test_inc_14_what_meets_the_criteria_is_led_while_the_group_works(office: Office) -> None:
    incident, led = major(office)

    assert (incident.waits_at(), led.waits_at()) == (["diagnose"], ["lead_major"])
    assert incident.record.major is True
    assert [task.candidates for task in led.open()] == [["group:incident-manager"]]
    assert subjects(incident, "mei") == [
        f"Major incident {incident.number}: The printer is on fire"
    ]


def test_inc_14_communication_is_due_every_half_hour_until_the_team_is_stood_down(
    office: Office,
) -> None:
    incident, led = major(office)
    due = f"{incident.number}: communication is due"

    for _ in range(3):
        office.advance(minutes=30)
    reminders = subjects(incident, "max").count(due)
    led.complete("Lead the major incident", "max", major_status="All up", stood_down=True)
    office.advance(hours=2)

    assert reminders == 3
    assert subjects(incident, "max").count(due) == 3
    assert subjects(incident, "mei")[-1].endswith("the team is stood down")
    assert (led.status, incident.waits_at()[0]) == ("completed", "diagnose")
    assert incident.variable("led_by") == "max"
    assert incident.variable("major_status") == "All up"


@pytest.mark.parametrize(
    ("service", "levels", "minutes"),
    [("erp", (1, 1), 20), ("network", (1, 1), 30), ("mail", (2, 2), 60)],
)
def test_inc_14_how_often_it_is_communicated_is_a_table(
    office: Office, service: str, levels: tuple[int, int], minutes: int
) -> None:
    impact, urgency = levels
    incident = classified(
        office, impact=impact, urgency=urgency, service=service, affected_users=600
    )
    due = f"{incident.number}: communication is due"

    office.advance(minutes=minutes - 1)
    before = due in subjects(incident, "max")
    office.advance(minutes=1)

    assert before is False
    assert due in subjects(incident, "max")


def test_inc_14_the_lead_tells_where_it_stands_and_goes_on_leading(office: Office) -> None:
    incident, led = major(office)

    tell(office, led, major_status="Half of the floors are back.")

    assert subjects(incident, "mei")[-1] == f"Major incident {incident.number}: where it stands"
    assert led.waits_at() == ["lead_major"]


def test_inc_14_a_manager_declares_what_the_criteria_miss(office: Office) -> None:
    incident = classified(office)

    office.send("major-declared", incident.number)

    assert incident.called("major_incident").waits_at() == ["lead_major"]
    assert incident.record.major is True


def test_an_amendment_that_makes_it_major_brings_in_the_manager(office: Office) -> None:
    incident = classified(office, service="network")

    incident.amend("ben", impact=1, urgency=1)

    assert incident.record.priority == 1
    assert incident.called("major_incident").waits_at() == ["lead_major"]


def test_an_amendment_of_a_major_incident_brings_no_second_manager(office: Office) -> None:
    incident, led = major(office)

    incident.amend("ben", urgency=2)

    assert incident.record.priority == 2
    assert incident.called("major_incident").id == led.id


def test_inc_14_leading_ends_when_the_service_is_back(office: Office) -> None:
    incident, led = major(office)

    incident.complete("Diagnose", "li", **FIXED)

    assert (led.status, led.waits_at()) == ("completed", [])
    assert "stood_down" in incident.path().completed
    assert subjects(incident, "mei")[-1] == (
        f"Major incident {incident.number}: the service is back"
    )
    office.advance(hours=3)
    assert f"{incident.number}: communication is due" not in subjects(incident, "max")


def test_inc_14_an_incident_cleared_elsewhere_needs_no_lead_either(office: Office) -> None:
    incident, led = major(office)

    office.send(
        "incident-cleared", incident.number, resolution_code="fixed", resolution="Power is back."
    )

    assert (led.status, incident.state) == ("completed", "resolved")


def test_inc_14_what_is_reopened_is_led_again(office: Office) -> None:
    incident, led = major(office)
    incident.complete("Diagnose", "li", **FIXED)

    incident.complete("Confirm the resolution", "rita", confirmed=False, reopen_reason="Down again")

    again = incident.called("major_incident")
    assert again.id != led.id
    assert (again.waits_at(), incident.waits_at()) == (["lead_major"], ["diagnose"])


def test_inc_14_nobody_has_to_lead_after_the_team_was_stood_down(office: Office) -> None:
    incident, led = major(office)
    led.complete("Lead the major incident", "max", major_status="Two users left", stood_down=True)

    incident.complete("Diagnose", "li", **FIXED)

    assert incident.waits_at() == ["confirm"]
    assert not any("service is back" in subject for subject in subjects(incident, "mei"))
    with pytest.raises(MessageNotExpected):
        tell(office, led, major_status="Too late")


def test_inc_14_a_withdrawn_incident_is_not_led_any_more(office: Office) -> None:
    incident, led = major(office)

    office.runtime.run(ADMIN, lambda work: instances.cancel(work, incident.id, "was a drill"))

    assert (led.status, led.waits_at()) == ("cancelled", [])
    assert office.inbox("max", "lead_major") == []


def test_inc_15_the_review_is_due_in_five_working_days(office: Office) -> None:
    office.advance(days=3)  # a Thursday
    incident = confirmed(office)

    [review] = incident.open()

    assert review.element == "review_major"
    assert review.due_at == office.clock.now() + timedelta(days=7)


def test_inc_15_what_a_review_finds_goes_on_as_improvement_and_problem(office: Office) -> None:
    incident = confirmed(office)

    incident.complete(
        "Review the major incident",
        "max",
        **REVIEW,
        review_improvement=True,
        improvement_summary="A second switch",
        review_problem=True,
        problem_summary="Why switches break",
    )

    assert incident.state == "closed"
    improvement, problem = office.case("IMP-1"), office.case("PRB-1")
    assert (improvement.record.summary, problem.record.summary) == (
        "A second switch",
        "Why switches break",
    )
    assert improvement.record.requester == problem.record.requester == "max"
    assert problem.variable("incidents") == [incident.number]


def test_inc_15_a_review_that_finds_nothing_opens_nothing(office: Office) -> None:
    incident = confirmed(office)

    incident.complete("Review the major incident", "max", **REVIEW)

    assert incident.state == "closed"
    assert not {"raise_improvement", "raise_cause"} & set(incident.path().completed)
