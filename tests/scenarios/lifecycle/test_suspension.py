"""Instances that rest: nothing moves them, and what fell due is due when they are resumed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.commands import instances, tasks
from engine.commands.errors import InstanceSuspended, ReasonMissing
from engine.errors import CalledByAnother, InstanceNotActive
from engine.jobs import sweep
from engine.store import instances as rows
from engine.store.unit_of_work import UnitOfWork
from tests.conftest import both_databases
from tests.desk import Case, Desk
from tests.drawing import call, catch, conditional, diagram, end, start, user
from tests.office import Office
from tests.scenarios.lifecycle.steps import WHY, last, resume, run, skip, suspend, two_steps


@both_databases
def test_a_suspended_instance_lets_nobody_do_its_tasks(desk: Desk) -> None:
    desk.deploy(two_steps())
    case = desk.start(key="A-1")

    suspend(case)

    task = case.open()[0].id
    for act in (
        lambda work: tasks.claim(work, task),
        lambda work: tasks.complete(work, task, {}),
    ):
        with pytest.raises(InstanceSuspended, match="is suspended"):
            run(desk, act)
    assert case.status == "suspended"
    assert (last(case).action, last(case).details) == ("instance.suspended", {"reason": WHY})
    resume(case)
    case.complete("check")
    assert case.waits_at() == ["approve"]


def test_timers_rest_with_it_and_are_due_at_once_afterwards(desk: Desk) -> None:
    desk.deploy(two_steps())
    case = desk.start()
    suspend(case)

    assert desk.advance(hours=5).fired == 0
    assert case.waits_at() == ["check"]

    resume(case)
    assert sweep.run_due(desk.runtime).fired == 1
    assert case.waits_at() == ["check", "reminded"]


def test_conditions_are_asked_again_when_it_is_resumed(desk: Desk) -> None:
    desk.deploy(
        diagram(
            start(),
            catch("until", conditional("=ready")),
            end(),
            flows=[("begin", "until"), ("until", "done")],
        )
    )
    case = desk.start(ready=False)
    suspend(case)
    resume(case)
    assert case.status == "active"


def called(desk: Desk) -> tuple[Case, Case]:
    desk.deploy(
        diagram(
            start(),
            user("inside"),
            end(),
            flows=[("begin", "inside"), ("inside", "done")],
            pid="inner",
        ),
        file="inner.bpmn",
    )
    desk.deploy(
        diagram(start(), call("ask", "inner"), end(), flows=[("begin", "ask"), ("ask", "done")])
    )
    case = desk.start()
    return case, Case(desk, case.id + 1)


@both_databases
def test_what_it_has_called_rests_and_goes_on_with_it(desk: Desk) -> None:
    case, inner = called(desk)

    suspend(case)
    assert (case.status, inner.status) == ("suspended", "suspended")
    with pytest.raises(CalledByAnother, match="follows it"):
        resume(inner)

    resume(case)
    inner.complete("inside")
    assert (case.status, inner.status) == ("completed", "completed")


def test_a_suspended_instance_can_be_cancelled_with_what_it_has_called(desk: Desk) -> None:
    case, inner = called(desk)
    suspend(case)

    run(desk, lambda work: instances.cancel(work, case.id, WHY))

    assert (case.status, inner.status) == ("cancelled", "cancelled")
    assert case.waits_at() == inner.waits_at() == []


def test_it_needs_a_reason_and_something_to_suspend(desk: Desk) -> None:
    desk.deploy(two_steps())
    case = desk.start()
    with pytest.raises(ReasonMissing):
        run(desk, lambda work: instances.suspend(work, case.id, " "))
    with pytest.raises(InstanceNotActive):
        resume(case)
    suspend(case)
    with pytest.raises(InstanceNotActive):
        suspend(case)
    with pytest.raises(InstanceSuspended):
        skip(case, "check")


def test_a_stalled_instance_goes_on_once_it_is_resumed(desk: Desk) -> None:
    desk.deploy(two_steps())
    case = desk.start()
    run(desk, lambda work: _stall(work, case.id))
    desk.advance(hours=2)
    assert case.waits_at() == ["check"]

    resume(case)
    sweep.run_due(desk.runtime)

    assert case.waits_at() == ["check", "reminded"]


def _stall(work: UnitOfWork, instance_id: int) -> None:
    loaded = rows.lock(work, instance_id)
    loaded.status, loaded.next_due_at = "stalled", None


def test_a_service_level_is_breached_while_its_case_rests_and_heard_afterwards(
    office: Office,
) -> None:
    incident = office.open_incident()
    incident.complete("classify", "ben", category="network", service="network", impact=1, urgency=1)
    suspend(incident)

    office.advance(hours=8)

    levels = [row for row in incident.trail() if row.action == "sla.level"]
    assert {row.details["level"] for row in levels} >= {100}
    assert incident.clocks()["resolution"].reading.breached_at(office.clock.now()) is not None
    before = len([row for row in incident.trail() if row.action == "message.caught"])
    resume(incident)
    office.advance(seconds=1)
    heard = [row for row in incident.trail() if row.action == "message.caught"]
    assert len(heard) > before
    assert incident.chain().ok


def test_a_clock_that_fired_before_the_suspension_does_not_fire_again(office: Office) -> None:
    incident = office.open_incident()
    incident.complete("classify", "ben", category="network", service="network", impact=1, urgency=1)
    office.advance(hours=8)
    fired = {name: clock.fired for name, clock in incident.clocks().items()}
    suspend(incident)
    office.clock.advance(timedelta(minutes=1))
    resume(incident)

    assert {name: clock.fired for name, clock in incident.clocks().items()} == fired
