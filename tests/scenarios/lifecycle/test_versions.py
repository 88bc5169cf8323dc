"""Versions that are rolled back, suspended, resumed and deleted."""

from __future__ import annotations

import pytest

from engine.commands import definitions, versions
from engine.commands.errors import DefinitionInUse, DefinitionSuspended, ReasonMissing
from engine.errors import Conflict, DefinitionNotFound, MessageNotExpected
from engine.jobs import sweep
from tests.conftest import both_databases
from tests.desk import Desk
from tests.drawing import begins, call, diagram, end, message, messages, start, timer, user
from tests.scenarios.lifecycle.steps import ADMIN, WHY, migrate, plan, run, system, two_steps


def suspend(desk: Desk, version: int, process: str = "p") -> None:
    run(desk, lambda work: versions.suspend(work, process, version, WHY))


def resume(desk: Desk, version: int) -> None:
    run(desk, lambda work: versions.resume(work, "p", version, WHY))


def remove(desk: Desk, version: int, process: str = "p") -> None:
    run(desk, lambda work: versions.remove(work, process, version, WHY))


def activate(desk: Desk, version: int) -> None:
    run(desk, lambda work: definitions.activate(work, "process", "p", version, WHY))


def renamed(name: str, pid: str = "p") -> bytes:
    """A process of one task, which differs by its name only."""
    task = user("work").replace('name="work"', f'name="{name}"')
    return diagram(start(), task, end(), flows=[("begin", "work"), ("work", "done")], pid=pid)


@both_databases
def test_nothing_starts_on_a_suspended_version_and_what_runs_goes_on(desk: Desk) -> None:
    desk.deploy(two_steps())
    case = desk.start()

    suspend(desk, 1)

    with pytest.raises(DefinitionSuspended, match="'p' is suspended"):
        desk.start()
    case.complete("check")
    assert case.waits_at() == ["approve"]
    resume(desk, 1)
    assert desk.start().waits_at() == ["check"]
    assert [row.action for row in system(desk)][-2:] == [
        "definition.suspended",
        "definition.resumed",
    ]


def test_another_server_notices_a_suspension_too(desk: Desk) -> None:
    """What is active is cached; the cache must not outlive a suspension."""
    desk.deploy(two_steps())
    desk.start()
    suspend(desk, 1)
    resume(desk, 1)
    desk.start()
    suspend(desk, 1)
    with pytest.raises(DefinitionSuspended):
        desk.start()


def test_a_message_starts_nothing_on_a_suspended_version(desk: Desk) -> None:
    desk.deploy(
        diagram(
            begins("begin", message("news")),
            user("work"),
            end(),
            flows=[("begin", "work"), ("work", "done")],
            top=messages("news"),
        )
    )
    suspend(desk, 1)

    with pytest.raises(MessageNotExpected):
        desk.send("news", "A-1")


def test_a_timer_starts_nothing_on_a_suspended_version_but_keeps_its_rhythm(desk: Desk) -> None:
    daily = begins("begin", timer("R/P1D", "timeCycle"))
    desk.deploy(diagram(daily, user("work"), end(), flows=[("begin", "work"), ("work", "done")]))
    suspend(desk, 1)
    desk.advance(days=1)
    assert [row.action for row in system(desk)][-1] == "start.failed"

    resume(desk, 1)
    assert desk.advance(days=1) == sweep.Swept(1, 0)


def test_a_process_does_not_start_while_one_that_it_calls_is_suspended(desk: Desk) -> None:
    desk.deploy(renamed("work", pid="inner"), file="inner.bpmn")
    desk.deploy(
        diagram(start(), call("ask", "inner"), end(), flows=[("begin", "ask"), ("ask", "done")])
    )
    running = desk.start()
    suspend(desk, 1, "inner")

    with pytest.raises(DefinitionSuspended, match="'inner'"):
        desk.start()
    assert running.status == "active"


def test_a_suspended_version_is_not_made_active(desk: Desk) -> None:
    desk.deploy(renamed("one"))
    desk.deploy(renamed("two"))
    suspend(desk, 1)
    with pytest.raises(DefinitionSuspended):
        activate(desk, 1)
    with pytest.raises(Conflict, match="is suspended"):
        suspend(desk, 1)


@both_databases
def test_a_version_that_was_never_used_is_deleted_with_a_reason(desk: Desk) -> None:
    desk.deploy(renamed("one"))
    desk.deploy(renamed("two"))

    with pytest.raises(DefinitionInUse, match="it is the active one"):
        remove(desk, 2)
    activate(desk, 1)
    remove(desk, 2)

    with pytest.raises(DefinitionNotFound):
        activate(desk, 2)
    row = system(desk)[-1]
    assert (row.action, row.details["version"]) == ("definition.deleted", 2)
    assert row.details["reason"] == WHY


def test_a_version_in_use_is_refused_with_the_count(desk: Desk) -> None:
    desk.deploy(renamed("one"))
    desk.start()
    desk.start().complete("work")
    desk.deploy(renamed("two"))

    with pytest.raises(DefinitionInUse, match="2 instances run or ran on it"):
        remove(desk, 1)


def test_a_version_that_instances_began_on_is_kept_for_their_trails(desk: Desk) -> None:
    desk.deploy(renamed("one"))
    case = desk.start()
    desk.deploy(renamed("two"))
    assert migrate(desk).moved == 1

    with pytest.raises(DefinitionInUse, match="1 instances began on it"):
        remove(desk, 1)
    case.complete("work")
    assert case.path().completed["begin"] == 1


def test_a_version_that_a_running_caller_may_still_call_is_kept(desk: Desk) -> None:
    desk.deploy(renamed("one", pid="inner"), file="inner.bpmn")
    desk.deploy(
        diagram(
            start(),
            user("first"),
            call("ask", "inner"),
            end(),
            flows=[("begin", "first"), ("first", "ask"), ("ask", "done")],
        )
    )
    desk.start()
    desk.deploy(renamed("two", pid="inner"), file="inner.bpmn")

    with pytest.raises(DefinitionInUse, match="1 running instances may still call it"):
        remove(desk, 1, "inner")


def test_a_version_that_a_migration_leads_to_is_kept(desk: Desk) -> None:
    desk.deploy(renamed("one"))
    desk.deploy(renamed("two"))
    plan(desk)
    activate(desk, 1)
    with pytest.raises(DefinitionInUse, match="migration to it is under way"):
        remove(desk, 2)


def test_a_change_of_versions_needs_a_reason(desk: Desk) -> None:
    desk.deploy(renamed("one"))
    for command in (versions.suspend, versions.resume, versions.remove):
        with pytest.raises(ReasonMissing):
            run(desk, lambda work, command=command: command(work, "p", 1, ""), ADMIN)
    with pytest.raises(ReasonMissing):
        run(desk, lambda work: definitions.activate(work, "process", "p", 1, " "))
