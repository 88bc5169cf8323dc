"""Running instances that go on on another version: what they keep, plans, dry runs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from engine.commands import migrations as commands
from engine.commands import tasks, versions
from engine.commands.errors import ReasonMissing
from engine.errors import DefinitionNotFound
from engine.jobs import migrations as job
from engine.jobs import sweep
from engine.store import columns, tables
from tests.conftest import MONDAY, both_databases
from tests.desk import Case, Desk
from tests.drawing import (
    call,
    diagram,
    end,
    messages,
    repeated,
    signals,
    start,
    user,
)
from tests.scenarios.lifecycle.steps import (
    WHY,
    last,
    migrate,
    outlook,
    plan,
    reasons,
    report,
    run,
    system,
    two_steps,
)

TOP = messages("m", "n", "stop") + signals("s")
RENAMED = {"check": "look", "late": "late2", "stop": "halt"}


def straight(*elements: str, more: tuple[str, ...] = (), extra: str = "") -> bytes:
    """Drawn elements one after the other; `more` are the ids in their order."""
    flows = list(zip(("begin", *more), (*more, "done"), strict=True))
    return diagram(start(), *elements, end(), extra, flows=flows, top=TOP)


def renamed() -> bytes:
    """`two_steps` under other names, with another form and another group."""
    text = two_steps().decode()
    for old, new in RENAMED.items():
        text = text.replace(f'"{old}"', f'"{new}"').replace(f'"{old}_', f'"{new}_')
        text = text.replace(f'_{old}"', f'_{new}"')
    text = text.replace('name="halt"', 'name="stop"')
    return text.replace('candidateGroups="desk"', 'candidateGroups="second, desk"').encode()


def waiting(case: Case, table: str) -> list[tuple[str, ...]]:
    found = columns.metadata.tables[table]
    with case.desk.runtime.read() as reader:
        rows = reader.connection.execute(select(found).where(found.c.instance_id == case.id))
        return sorted(tuple(str(value) for value in row) for row in rows)


@both_databases
def test_a_task_keeps_who_has_it_and_since_when_and_gets_what_the_version_says(desk: Desk) -> None:
    desk.deploy(two_steps())
    case = desk.start(key="A-1")
    task = case.open()[0]
    run(desk, lambda work: tasks.claim(work, task.id))
    desk.deploy(renamed())
    desk.clock.advance(timedelta(minutes=20))

    found = migrate(desk, names=RENAMED)

    assert (found.moved, found.kept, found.plan.state) == (1, 0, "done")
    [row] = case.open()
    assert (row.id, row.assignee, row.created_at) == (task.id, "ann", task.created_at)
    assert (row.element, row.candidates) == ("look", ["group:second", "group:desk"])
    assert case.row.version == 2
    assert waiting(case, "timers")[0][2:] == ("late2", str(MONDAY + timedelta(hours=1)))
    assert waiting(case, "subscriptions")[0][2:] == ("halt", "message", "stop", "A-1")
    assert desk.advance(minutes=41).fired == 1
    assert case.waits_at() == ["look", "reminded"]
    case.complete("look")
    case.complete("approve")
    case.complete("reminded")
    assert (case.status, case.chain().ok) == ("completed", True)


def test_every_move_is_on_record_in_the_instance_and_in_the_system(desk: Desk) -> None:
    desk.deploy(two_steps())
    case = desk.start(key="A-1")
    desk.deploy(renamed())

    migrate(desk, names=RENAMED)

    event = last(case)
    assert (event.action, event.actor, event.channel) == ("instance.migrated", "ann", "job")
    assert {name: event.details[name] for name in ("from", "to", "reason", "plan")} == {
        "from": 1,
        "to": 2,
        "reason": WHY,
        "plan": 1,
    }
    begun, finished = [row for row in system(desk) if row.action.startswith("migration")]
    assert (begun.action, begun.details["names"]) == ("migration.begun", RENAMED)
    assert finished.details == {"plan": 1, "moved": 1, "kept": 0}


def test_the_way_it_went_is_told_in_the_names_of_the_new_version(desk: Desk) -> None:
    desk.deploy(two_steps())
    case = desk.start()
    case.complete("check")
    desk.deploy(renamed())

    migrate(desk, names=RENAMED)

    assert case.path().completed == {"begin": 1, "look": 1}
    assert case.path().active == ("approve",)


def test_to_the_same_drawing_nothing_observable_changes(desk: Desk) -> None:
    desk.deploy(two_steps())
    case = desk.start(key="A-1")
    desk.deploy(two_steps() + b"\n")
    before = [waiting(case, name) for name in ("user_tasks", "timers", "subscriptions")]
    state = state_of(case)

    migrate(desk)

    assert [waiting(case, name) for name in ("user_tasks", "timers", "subscriptions")] == before
    assert state_of(case) == state
    assert case.row.version == 2


def state_of(case: Case) -> bytes:
    with case.desk.runtime.read() as reader:
        query = select(tables.instances.c.state).where(tables.instances.c.id == case.id)
        return bytes(reader.connection.execute(query).scalar_one())


def test_an_instance_stored_by_the_first_codec_still_moves(desk: Desk) -> None:
    """Rows of version 1 may lack the last values, and the state pins and depth."""
    desk.deploy(two_steps())
    case = desk.start(key="A-1")
    old = (
        b'{"v":1,"n":4,"t":[[2,"check",16,null,"begin_check"],'
        b'[3,"late",8,null,null,2,"2026-03-02T10:00:00+00:00",1],[4,"stop",8,null,null,2]]}'
    )
    change = update(tables.instances).values(state=old)
    run(desk, lambda work: work.connection.execute(change) and None)
    desk.deploy(renamed())

    assert migrate(desk, names=RENAMED).moved == 1
    assert desk.advance(hours=2).fired == 1
    case.complete("look")
    assert case.waits_at() == ["approve", "reminded"]


@both_databases
def test_a_dry_run_says_for_every_instance_and_changes_nothing(desk: Desk) -> None:
    desk.deploy(two_steps())
    cases = [desk.start(key=str(n)) for n in range(3)]
    cases[0].complete("check")
    desk.deploy(renamed())

    found = outlook(desk)
    mapped = outlook(desk, RENAMED)

    assert (found.can, found.cannot, reasons(found)) == (1, 2, [("gone", "check", 2)])
    assert found.reasons[0].examples == [(2, "1"), (3, "2")]
    assert (mapped.can, mapped.cannot) == (3, 0)
    assert [case.row.version for case in cases] == [1, 1, 1]


@pytest.mark.parametrize(
    ("versions", "names", "reason"),
    [
        (([1], 1), {}, "another one to go on with"),
        (([], 2), {}, "Choose the versions"),
        (([1], 2), {"nowhere": "approve"}, "has an element 'nowhere'"),
        (([1], 2), {"check": "nowhere"}, "not in that version"),
        (([1], 2), {"check": "done"}, "of another kind"),
    ],
)
def test_a_plan_that_fits_nothing_is_refused(
    desk: Desk, versions: tuple[list[int], int], names: dict[str, str], reason: str
) -> None:
    desk.deploy(two_steps())
    desk.deploy(renamed())
    with pytest.raises(commands.PlanInvalid, match=reason):
        run(desk, lambda work: commands.begin(work, "p", versions, names, WHY))
    with pytest.raises(DefinitionNotFound):
        run(desk, lambda work: commands.begin(work, "p", ([1], 9), {}, WHY))
    with pytest.raises(ReasonMissing):
        run(desk, lambda work: commands.begin(work, "p", ([1], 2), RENAMED, ""))


def test_a_plan_is_stopped_and_goes_on_where_it_stood(desk: Desk) -> None:
    desk.deploy(two_steps())
    cases = [desk.start(key=str(n)) for n in range(5)]
    desk.deploy(two_steps() + b"\n")
    number = plan(desk)
    with desk.runtime.read() as reader:
        kept = job.migrations.get(reader.connection, number)
    run(desk, lambda work: commands.step(work, kept, cases[0].id))
    run(desk, lambda work: commands.stop(work, number, WHY))

    assert job.run(desk.runtime, number).moved == 0
    assert (report(desk, number).left, report(desk, number).plan.state) == (4, "stopped")
    run(desk, lambda work: commands.go_on(work, number, WHY))
    assert job.run_due(desk.runtime) == 4

    found = report(desk, number)
    assert (found.moved, found.left, found.plan.state) == (5, 0, "done")
    with pytest.raises(commands.PlanState, match="is done"):
        run(desk, lambda work: commands.stop(work, number, WHY))


def test_an_instance_that_changed_meanwhile_is_judged_again(desk: Desk) -> None:
    desk.deploy(two_steps())
    case, done = desk.start(key="1"), desk.start(key="2")
    desk.deploy(renamed())
    assert outlook(desk).cannot == 2
    number = plan(desk)
    case.complete("check")
    done.complete("check")
    done.complete("approve")

    job.run(desk.runtime, number)

    found = report(desk, number)
    assert (found.moved, found.kept) == (1, 0)
    assert (case.row.version, done.row.version) == (2, 1)


def test_pinned_calls_keep_their_version_and_new_ones_are_pinned_now(desk: Desk) -> None:
    def inner(pid: str, task: str) -> bytes:
        return diagram(start(), user(task), end(), flows=[("begin", task), (task, "done")], pid=pid)

    desk.deploy(inner("one", "first"), "one.bpmn")
    desk.deploy(straight(user("a"), call("b", "one"), more=("a", "b")))
    case = desk.start()
    desk.deploy(inner("one", "changed"), "one.bpmn")
    desk.deploy(inner("two", "second"), "two.bpmn")
    desk.deploy(straight(user("a"), call("b", "one"), call("c", "two"), more=("a", "b", "c")))

    assert migrate(desk).moved == 1

    case.complete("a")
    called = Case(desk, case.id + 1)
    assert called.waits_at() == ["first"]
    called.complete("first")
    assert Case(desk, case.id + 2).waits_at() == ["second"]


def test_a_called_instance_moves_by_itself_and_still_returns(desk: Desk) -> None:
    inner = diagram(start(), user("w"), end(), flows=[("begin", "w"), ("w", "done")], pid="inner")
    desk.deploy(inner, "inner.bpmn")
    desk.deploy(straight(call("a", "inner"), more=("a",)))
    case = desk.start()
    desk.deploy(inner + b"\n", "inner.bpmn")

    job.run(desk.runtime, plan(desk, process="inner"))

    called = Case(desk, case.id + 1)
    assert called.row.version == 2
    called.complete("w")
    assert case.status == "completed"


def test_parallel_rounds_of_a_list_move_while_they_go_on(desk: Desk) -> None:
    each = repeated(user("a"), "=[1,2,3]", "item", results=("all", "=item"))
    desk.deploy(straight(each, more=("a",)))
    case = desk.start()
    case.complete("a")
    desk.deploy(straight(each, user("b"), more=("a", "b")))

    assert migrate(desk).moved == 1

    case.complete("a")
    case.complete("a")
    assert (case.waits_at(), case.variable("all")) == (["b"], [1, 2, 3])


def test_a_swept_timer_and_a_migration_do_not_disturb_each_other(desk: Desk) -> None:
    desk.deploy(two_steps())
    case = desk.start()
    desk.clock.advance(timedelta(hours=2))
    desk.deploy(renamed())
    migrate(desk, names=RENAMED)
    assert sweep.run_due(desk.runtime) == sweep.Swept(1, 0)
    assert case.waits_at() == ["look", "reminded"]


def test_instances_move_to_a_suspended_version_because_none_starts_there(desk: Desk) -> None:
    desk.deploy(two_steps())
    case = desk.start()
    desk.deploy(renamed())
    run(desk, lambda work: versions.suspend(work, "p", 2, WHY))

    assert migrate(desk, names=RENAMED).moved == 1
    assert case.waits_at() == ["look"]
