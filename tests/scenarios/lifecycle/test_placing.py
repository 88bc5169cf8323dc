"""Tokens moved, skipped and reopened by hand, and where that is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.bpmn.errors import CannotPlace
from engine.commands import instances, placing
from engine.commands.errors import ReasonMissing
from engine.errors import CalledByAnother, InstanceNotActive
from engine.queries import instances as queries
from tests.conftest import both_databases
from tests.desk import Case, Desk
from tests.drawing import (
    catch,
    choice,
    diagram,
    end,
    message,
    messages,
    outputs,
    script,
    start,
    timer,
    user,
)
from tests.office import Office
from tests.scenarios.lifecycle.steps import (
    WHY,
    last,
    move,
    reopen,
    run,
    skip,
    suspend,
    two_steps,
)
from tests.scenarios.lifecycle.test_suspension import called


def timers(case: Case) -> list[str]:
    with case.desk.runtime.read() as reader:
        return [t.element for t in queries.pending_timers(reader, case.row)]


@both_databases
def test_a_token_moves_and_the_trail_says_from_where_to_where_and_why(desk: Desk) -> None:
    desk.deploy(two_steps())
    case = desk.start(key="A-1")

    move(case, "check", "approve")

    assert case.waits_at() == ["approve"]
    assert timers(case) == []
    event = last(case)
    assert (event.action, event.element) == ("token.moved", "check")
    assert {name: event.details[name] for name in ("from", "to", "reason")} == {
        "from": "check",
        "to": "approve",
        "reason": WHY,
    }
    assert event.details["before"] == ["check"]
    assert event.details["after"] == ["approve"]
    assert case.path().cancelled == ("check",)
    case.complete("approve")
    assert (case.status, case.chain().ok) == ("completed", True)


def test_a_token_that_moves_back_finds_its_events_armed_anew(desk: Desk) -> None:
    desk.deploy(two_steps())
    case = desk.start(key="A-1")
    case.complete("check")
    desk.clock.advance(timedelta(hours=5))

    move(case, "approve", "check")

    assert case.waits_at() == ["check"]
    assert desk.advance(minutes=59).fired == 0
    assert desk.advance(minutes=2).fired == 1


def test_a_skipped_task_is_left_as_if_it_were_done_with_the_values(desk: Desk) -> None:
    mapped = outputs(result="=score * 2")
    desk.deploy(
        diagram(
            start(),
            user("judge", more=mapped),
            script("double", "=result + 1", "final"),
            user("after"),
            end(),
            flows=[("begin", "judge"), ("judge", "double"), ("double", "after"), ("after", "done")],
        )
    )
    case = desk.start()

    skip(case, "judge", score=4)

    assert case.waits_at() == ["after"]
    assert case.variable("final") == 9
    assert last(case).action == "token.skipped"
    assert last(case).details["values"] == {"score": 4}
    assert case.path().completed["judge"] == 1


def test_an_event_that_is_skipped_counts_as_happened(desk: Desk) -> None:
    desk.deploy(
        diagram(
            start(),
            choice("which"),
            catch("answer", message("m")),
            catch("silence", timer("P1D")),
            user("go", "chase"),
            end(),
            end("o"),
            flows=[
                ("begin", "which"),
                ("which", "answer"),
                ("which", "silence"),
                ("answer", "go"),
                ("silence", "chase"),
                ("go", "done"),
                ("chase", "o"),
            ],
            top=messages("m"),
        )
    )
    case = desk.start(key="A-1")

    skip(case, "silence")

    assert case.waits_at() == ["chase"]
    assert desk.advance(days=2).fired == 0


def test_moving_away_from_an_event_based_gateway_takes_every_event_behind_it(desk: Desk) -> None:
    desk.deploy(
        diagram(
            start(),
            choice("which"),
            catch("answer", message("m")),
            catch("silence", timer("P1D")),
            user("go"),
            end(),
            end("o"),
            flows=[
                ("begin", "which"),
                ("which", "answer"),
                ("which", "silence"),
                ("answer", "go"),
                ("silence", "o"),
                ("go", "done"),
            ],
            top=messages("m"),
        )
    )
    case = desk.start(key="A-1")

    move(case, "answer", "go")
    assert (case.waits_at(), timers(case)) == (["go"], [])
    move(case, "go", "which")
    assert (case.waits_at(), timers(case)) == ([], ["silence"])


@both_databases
def test_a_completed_instance_is_reopened_at_an_element(desk: Desk) -> None:
    desk.deploy(two_steps())
    case = desk.start(key="A-1")
    case.complete("check")
    case.complete("approve")

    reopen(case, "approve")

    assert (case.status, case.waits_at(), case.row.ended_at) == ("active", ["approve"], None)
    assert last(case).details["was"] == "completed"
    case.complete("approve")
    assert (case.status, case.chain().ok) == ("completed", True)


def test_a_done_element_is_reopened_beside_what_goes_on(desk: Desk) -> None:
    desk.deploy(two_steps())
    case = desk.start()
    case.complete("check")

    reopen(case, "check")

    assert case.waits_at() == ["approve", "check"]
    case.complete("approve")
    assert case.status == "active"


def test_what_was_never_reached_or_was_cancelled_is_not_reopened(desk: Desk) -> None:
    desk.deploy(two_steps())
    case = desk.start()
    with pytest.raises(CannotPlace, match="nothing has been done there yet"):
        reopen(case, "approve")
    with pytest.raises(CannotPlace, match="has no such element"):
        reopen(case, "nowhere")

    run(desk, lambda work: instances.cancel(work, case.id, WHY))
    with pytest.raises(InstanceNotActive, match="cancelled"):
        reopen(case, "check")


def test_a_called_instance_is_not_reopened_once_its_caller_has_gone_on(desk: Desk) -> None:
    _, inner = called(desk)
    inner.complete("inside")
    with pytest.raises(CalledByAnother):
        reopen(inner, "inside")


def test_moving_away_from_a_call_cancels_what_was_called(desk: Desk) -> None:
    case, inner = called(desk)
    skip(case, "ask")
    assert (case.status, inner.status) == ("completed", "cancelled")


def test_the_last_token_moved_to_an_end_ends_the_instance(desk: Desk) -> None:
    desk.deploy(two_steps())
    case = desk.start()
    move(case, "check", "done")
    assert case.status == "completed"


def test_a_token_that_is_not_there_is_not_moved_and_a_reason_is_needed(desk: Desk) -> None:
    desk.deploy(two_steps())
    case = desk.start()
    with pytest.raises(CannotPlace, match="no token stands there"):
        move(case, "approve", "check")
    with pytest.raises(CannotPlace, match="no token stands there"):
        skip(case, "x" * 300)
    with pytest.raises(ReasonMissing):
        run(desk, lambda work: placing.move(work, case.id, "check", "approve", " "))
    suspend(case)
    with pytest.raises(Exception, match="suspended"):
        move(case, "check", "approve")


def test_a_closed_case_is_worked_on_again_when_its_instance_is_reopened(office: Office) -> None:
    incident = office.open_incident()
    incident.complete("classify", "ben", category="network", service="network", impact=3, urgency=3)
    move(incident, incident.waits_at()[0], "incident_closed")
    closed = incident.state

    reopen(incident, "classify")

    assert closed in ("closed", "resolved", "cancelled")
    assert incident.state not in ("closed", "cancelled")
    assert incident.record.closed_at is None
    assert incident.waits_at() == ["classify"]
