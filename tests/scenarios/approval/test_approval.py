"""Approval as a called process: who votes, when it is decided, what silence does."""

from __future__ import annotations

import pytest

from engine.commands import tasks
from engine.errors import FormRejected
from tests.desk import Case
from tests.office import ADMIN, Office

BOTH = ["person:mei", "group:cab"]


def ask(office: Office, approvers: list[str], needed: int) -> Case:
    office.actor = ADMIN
    return office.start(
        "approval",
        approvers=approvers,
        approvals_needed=needed,
        approval_subject="Replace the mail server",
        approval_due="P2D",
        approval_escalate_to="person:max",
        summary="Mail server",
    )


def vote(case: Case, person: str, choice: str, **more: object) -> None:
    office = case.desk
    assert isinstance(office, Office)
    actor = office.person(person)
    mine = [f"person:{person}", *(f"group:{group}" for group in actor.groups)]
    task = next(t for t in case.open() if set(t.candidates) & set(mine))
    office.runtime.run(actor, lambda work: tasks.complete(work, task.id, {"vote": choice, **more}))


def test_req_03_each_approver_votes_once_and_enough_of_them_decide(office: Office) -> None:
    case = ask(office, [*BOTH, "person:olga"], 2)
    assert case.waits_at() == ["vote"] * 3

    vote(case, "mei", "approve", conditions="only at night")
    assert case.status == "active"
    vote(case, "chen", "approve")

    assert case.status == "completed"
    assert case.variable("approved") is True
    votes = case.variable("approval_votes")
    assert isinstance(votes, list)
    assert [(v["by"], v["vote"], v["conditions"]) for v in votes] == [
        ("mei", "approve", "only at night"),
        ("chen", "approve", None),
    ]


def test_req_03_it_is_rejected_as_soon_as_too_few_can_approve_any_more(office: Office) -> None:
    case = ask(office, BOTH, 2)

    vote(case, "chen", "reject", reject_reason="no back-out plan")

    assert case.status == "completed"
    assert case.variable("approved") is False
    assert case.variable("approval_reason") == "no back-out plan"


def test_an_abstention_approves_nothing(office: Office) -> None:
    case = ask(office, BOTH, 1)

    vote(case, "mei", "abstain")
    vote(case, "chen", "abstain")

    assert case.variable("approved") is False


def test_a_rejection_needs_a_reason(office: Office) -> None:
    case = ask(office, BOTH, 2)

    with pytest.raises(FormRejected):
        vote(case, "mei", "reject")


def test_req_03_silence_reminds_and_escalates_and_never_approves(office: Office) -> None:
    case = ask(office, BOTH, 1)

    office.advance(days=2, minutes=1)
    assert case.waits_at() == ["look_after", "vote", "vote"]
    office.advance(days=30)

    assert case.status == "active"
    assert case.variable("approved") is None
    assert any("approval waits" in subject for subject in office.mailed())


def test_an_overdue_approval_may_be_rejected_by_whom_it_escalates_to(office: Office) -> None:
    case = ask(office, BOTH, 1)
    office.advance(days=2, minutes=1)

    case.complete(
        "look_after", office.person("max"), overdue_action="reject", overdue_reason="too late"
    )

    assert case.status == "completed"
    assert (case.variable("approved"), case.variable("approval_reason")) == (False, "too late")


def test_waiting_on_leaves_the_vote_open(office: Office) -> None:
    case = ask(office, BOTH, 1)
    office.advance(days=2, minutes=1)

    case.complete("look_after", office.person("max"), overdue_action="wait", overdue_reason="soon")
    vote(case, "mei", "approve")

    assert case.variable("approved") is True


def test_without_anybody_to_ask_nothing_is_approved(office: Office) -> None:
    case = ask(office, [], 1)

    assert case.status == "completed"
    assert case.variable("approved") is False
