from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from itil.replay import moves
from itil.replay.drive import Event, login, segments
from itil.replay.log import Row
from itil.replay.moves import Change

NOW = datetime(2016, 3, 1, 9, 0, tzinfo=UTC)
ROW = Row(
    line=2,
    number="INC0000045",
    state="Active",
    opened_at=NOW,
    updated_at=NOW,
    caller="Caller 2403",
    channel="phone",
    category="Category 55 / Subcategory 170",
    symptom="Symptom 72",
    ci=None,
    impact=2,
    urgency=2,
    priority=3,
    group="Group 56",
    problem=None,
    change=None,
    made_sla=True,
)


def row(state: str, **more: object) -> Row:
    return replace(ROW, state=state, **more)


@pytest.mark.parametrize(
    ("state", "place"),
    [
        ("New", "diagnose"),
        ("Active", "diagnose"),
        ("Awaiting User Info", "await_user"),
        ("Awaiting Evidence", "await_user"),
        ("Awaiting Vendor", "await_vendor"),
        ("Awaiting Problem", "await_problem"),
        ("Resolved", "confirm"),
        ("Closed", "ended"),
    ],
)
def test_every_state_of_the_log_has_a_place_on_the_diagram(state: str, place: str) -> None:
    assert moves.stands(row(state)) == place


def test_a_problem_that_has_become_a_change_waits_for_the_change() -> None:
    assert moves.stands(row("Awaiting Problem", change="CHG0000132")) == "await_change"


@pytest.mark.parametrize(
    ("position", "state", "command", "said"),
    [
        (
            "classify",
            "Active",
            moves.COMPLETE,
            {"first_contact": False, "chosen_group": "Group 56"},
        ),
        ("classify", "Resolved", moves.COMPLETE, {"first_contact": True}),
        ("diagnose", "Awaiting Vendor", moves.COMPLETE, {"outcome": "wait_vendor"}),
        ("diagnose", "Resolved", moves.COMPLETE, {"outcome": "resolve"}),
        ("await_user", "Active", "work-resumed", {"outcome": "continue"}),
        ("await_user", "Resolved", "work-resumed", {"outcome": "resolve"}),
        ("await_vendor", "Awaiting User Info", moves.COMPLETE, {"outcome": "wait_user"}),
        ("confirm", "Active", moves.COMPLETE, {"confirmed": False}),
        ("confirm", "Closed", moves.COMPLETE, {"confirmed": True}),
    ],
)
def test_a_step_leads_towards_the_state(
    position: str,
    state: str,
    command: str,
    said: dict[str, object],
) -> None:
    step = moves.step(position, row(state), NOW)

    assert step is not None
    assert step.command == command
    assert said.items() <= step.values.items()


@pytest.mark.parametrize(
    ("position", "state"),
    [
        ("classify", "Closed"),
        ("diagnose", "Closed"),
        ("await_user", "Closed"),
        ("ended", "Active"),
        ("review_major", "Active"),
    ],
)
def test_where_the_diagram_has_no_way_there_is_no_step(position: str, state: str) -> None:
    assert moves.step(position, row(state), NOW) is None
    assert not moves.reached(position, row(state))


@pytest.mark.parametrize("position", ["confirm", "review_major", "ended"])
def test_what_the_log_still_calls_resolved_may_be_closed_by_the_timer(position: str) -> None:
    assert moves.reached(position, row("Resolved"))


def test_a_wait_says_how_long_without_knowing_the_future() -> None:
    step = moves.step("diagnose", row("Awaiting User Info"), NOW)

    assert step is not None
    assert step.values["pending_until"] == "2016-03-04T09:00:00+00:00"


@pytest.mark.parametrize(
    ("position", "command"),
    [("diagnose", moves.COMPLETE), ("await_vendor", "incident-amended")],
)
def test_a_new_group_is_a_reassignment_where_somebody_works_and_an_amendment_in_a_wait(
    position: str,
    command: str,
) -> None:
    change = Change(row("Active", group="Group 70"), ROW)

    (step,) = moves.amendments(position, change)

    assert step.command == command
    assert "Group 70" in step.values.values()


def test_changed_levels_are_an_amendment_and_come_before_the_new_group() -> None:
    change = Change(row("Active", group="Group 70", impact=1), ROW)

    first, second = moves.amendments("diagnose", change)

    assert first.values == {"impact": 1, "urgency": 2, "amended": ["impact", "urgency"]}
    assert second.values["reassign_to"] == "Group 70"


@pytest.mark.parametrize("position", ["classify", "confirm", "review_major", "ended"])
def test_nothing_is_amended_before_classification_or_after_resolution(position: str) -> None:
    change = Change(row("Resolved", group="Group 70", impact=1), ROW)

    assert moves.amendments(position, change) == []


def test_a_row_that_changes_nothing_is_silent() -> None:
    assert Change(replace(ROW, line=3), ROW).silent
    assert not Change(row("Resolved"), ROW).silent
    assert not Change(row("Active", urgency=1), ROW).silent
    assert not Change(ROW, None).silent


def test_a_lost_group_is_no_reassignment() -> None:
    assert not Change(row("Active", group=None), ROW).regrouped


def test_only_the_requester_answers_for_a_resolution_and_does_it_alone() -> None:
    resolved = row("Resolved")
    agents = [Event(ROW), Event(ROW, Change(ROW, None))]
    confirmation = Event(row("Closed"), Change(row("Closed"), resolved))
    refusal = Event(ROW, Change(ROW, resolved))

    cut = list(segments([*agents, confirmation, refusal, *agents]))

    assert [len(segment) for segment in cut] == [2, 1, 1, 2]
    assert [event.personal for segment in cut for event in segment].count(True) == 2


@pytest.mark.parametrize(
    ("caller", "name"),
    [("Caller 2403", "caller-2403"), ("Caller  7", "caller-7"), ("?", "unknown")],
)
def test_a_caller_has_a_login(caller: str, name: str) -> None:
    assert login(caller) == name
