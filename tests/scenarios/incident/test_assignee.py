"""Who works on a case, by its record: an agent, until the case goes to a group again."""

from __future__ import annotations

import pytest

from tests.office import Incident, Office
from tests.scenarios.incident.test_incident import FIXED, classified, until


@pytest.fixture
def taken(office: Office) -> Incident:
    """An incident that li diagnoses."""
    incident = classified(office, impact=1, urgency=2)
    incident.claim("Diagnose", "li")
    return incident


def test_the_agent_keeps_the_case_while_the_requester_is_asked(
    taken: Incident, office: Office
) -> None:
    question = {"outcome": "wait_user", "question": "Which floor?"}

    taken.complete("Diagnose", "li", **question, pending_until=until(office, days=1))

    assert taken.waits_at() == ["await_user"]
    assert taken.record.assignee == "li"


def test_the_agent_keeps_the_case_that_awaits_confirmation_and_that_is_closed(
    taken: Incident,
) -> None:
    taken.complete("Diagnose", "li", **FIXED)
    resolved = taken.waits_at(), taken.record.assignee
    taken.complete("Confirm the resolution", "rita", confirmed=True)

    assert resolved == (["confirm"], "li")
    assert (taken.state, taken.record.assignee) == ("closed", "li")


def test_what_is_reopened_waits_for_somebody_to_take_it(taken: Incident) -> None:
    taken.complete("Diagnose", "li", **FIXED)
    taken.complete("Confirm the resolution", "rita", confirmed=False)
    reopened = taken.record.assignee

    taken.claim("Diagnose", "nora")

    assert reopened is None
    assert taken.record.assignee == "nora"


def test_a_review_beside_the_work_takes_the_case_from_nobody(
    taken: Incident, office: Office
) -> None:
    office.advance(minutes=32)

    taken.claim("Review escalation", "max")

    assert taken.waits_at() == ["diagnose", "review_escalation"]
    assert taken.record.assignee == "li"
