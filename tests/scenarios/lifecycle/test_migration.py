"""Running instances that go on on another version of their process."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from engine.commands import migrations as commands
from engine.commands import tasks
from engine.commands.errors import ReasonMissing
from engine.errors import DefinitionNotFound
from engine.jobs import migrations as job
from engine.jobs import sweep
from engine.store import tables
from tests.conftest import MONDAY, both_databases
from tests.desk import Case, Desk
from tests.drawing import (
    boundary,
    call,
    catch,
    choice,
    compensating,
    conditional,
    diagram,
    end,
    event_sub,
    message,
    messages,
    repeated,
    signal,
    signals,
    start,
    sub,
    timer,
    user,
)
from tests.scenarios.lifecycle.steps import (
    WHY,
    beside,
    last,
    migrate,
    outlook,
    plan,
    reasons,
    report,
    resume,
    run,
    suspend,
    system,
    two_steps,
)
from tests.scenarios.lifecycle.test_placing import timers

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
    found = tables.metadata.tables[table]
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
    assert (row.element, row.candidates) == ("look", ("group:second", "group:desk"))
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
    state = _state(case)

    migrate(desk)

    assert [waiting(case, name) for name in ("user_tasks", "timers", "subscriptions")] == before
    assert _state(case) == state
    assert case.row.version == 2


def _state(case: Case) -> bytes:
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


# Events on active elements


def task_with(*events: str) -> bytes:
    """A task with boundary events; each leads to an end of its own."""
    names = [event.partition('id="')[2].partition('"')[0] for event in events]
    return diagram(
        start(),
        user("work"),
        end(),
        *events,
        *[end(f"{name}_end") for name in names],
        flows=[("begin", "work"), ("work", "done"), *[(n, f"{n}_end") for n in names]],
        top=TOP,
    )


def test_events_are_armed_and_disarmed_as_the_version_says(desk: Desk) -> None:
    desk.deploy(
        task_with(boundary("one", "work", timer("PT1H")), boundary("m", "work", message("m")))
    )
    case = desk.start(key="A-1")
    desk.deploy(
        task_with(
            boundary("n", "work", message("n")),
            boundary("two", "work", timer("PT2H"), interrupting=False),
        )
    )
    desk.clock.advance(timedelta(minutes=30))

    migrate(desk)

    assert timers(case) == ["two"]
    assert waiting(case, "timers")[0][3] == str(MONDAY + timedelta(hours=2, minutes=30))
    assert [row[4] for row in waiting(case, "subscriptions")] == ["n"]


@pytest.mark.parametrize(
    ("text", "hours"),
    [("PT1H", 1), ("PT3H", 3.5)],
    ids=["unchanged: kept", "changed: counted anew"],
)
def test_a_timer_keeps_its_moment_unless_it_is_drawn_otherwise(
    desk: Desk, text: str, hours: float
) -> None:
    desk.deploy(task_with(boundary("late", "work", timer("PT1H"), interrupting=False)))
    case = desk.start()
    desk.deploy(task_with(boundary("late", "work", timer(text))))
    desk.clock.advance(timedelta(minutes=30))

    migrate(desk)

    assert waiting(case, "timers")[0][3] == str(MONDAY + timedelta(hours=hours))
    desk.advance(hours=6)
    assert case.status == "completed", "it interrupts now"


def test_a_reminder_that_has_fired_is_not_armed_again(desk: Desk) -> None:
    late = boundary("late", "work", timer("PT1H"), interrupting=False)
    desk.deploy(task_with(late))
    case = desk.start()
    assert desk.advance(hours=2).fired == 1
    desk.deploy(task_with(late) + b"\n")

    migrate(desk)

    assert timers(case) == []


def test_a_cycle_keeps_its_rhythm_and_what_is_left_of_it(desk: Desk) -> None:
    nag = boundary("nag", "work", timer("R3/PT1H", "timeCycle"), interrupting=False)
    desk.deploy(task_with(nag))
    desk.start()
    assert desk.advance(hours=1).fired == 1
    desk.deploy(task_with(nag) + b"\n")
    migrate(desk)
    assert [desk.advance(hours=1).fired for _ in range(4)] == [1, 1, 0, 0]


def test_event_sub_processes_come_and_go_with_the_version(desk: Desk) -> None:
    def drawn(*subs: str) -> bytes:
        return straight(user("work"), more=("work",), extra="".join(subs))

    desk.deploy(drawn(event_sub("old", message("m"))))
    case = desk.start(key="A-1")
    desk.deploy(drawn(event_sub("new", message("n"), interrupting=False)))

    migrate(desk)

    assert [row[2] for row in waiting(case, "subscriptions")] == ["new_begin"]
    desk.send("n", "A-1")
    assert case.waits_at() == ["new_work", "work"]


def test_within_an_event_sub_process_an_instance_moves_too(desk: Desk) -> None:
    desk.deploy(straight(user("work"), more=("work",), extra=event_sub("news", message("m"))))
    case = desk.start(key="A-1")
    desk.send("m", "A-1")
    again = event_sub("news", message("m")) + event_sub("other", message("n"))
    desk.deploy(straight(user("work"), more=("work",), extra=again))

    migrate(desk)

    assert case.waits_at() == ["news_work"]
    assert waiting(case, "subscriptions") == [], "the scope was taken over"
    case.complete("news_work")
    assert case.status == "completed"


def test_events_behind_an_event_based_gateway_follow_the_version(desk: Desk) -> None:
    def drawn(*events: str) -> bytes:
        names = [event.partition('id="')[2].partition('"')[0] for event in events]
        return diagram(
            start(),
            choice("which"),
            *events,
            *[end(f"{name}_end") for name in names],
            flows=[
                ("begin", "which"),
                *[("which", name) for name in names],
                *[(name, f"{name}_end") for name in names],
            ],
            top=TOP,
        )

    day, answer = catch("day", timer("P1D")), catch("answer", message("m"))
    desk.deploy(drawn(day, answer))
    case = desk.start(key="A-1")
    desk.deploy(drawn(day, catch("cry", signal("s"))))
    desk.clock.advance(timedelta(hours=3))

    migrate(desk)

    assert waiting(case, "timers")[0][3] == str(MONDAY + timedelta(days=1))
    assert [row[2] for row in waiting(case, "subscriptions")] == ["cry"]
    desk.advance(days=1)
    assert (case.status, waiting(case, "subscriptions")) == ("completed", [])


def test_a_condition_that_holds_in_the_new_version_is_acted_on_at_once(desk: Desk) -> None:
    desk.deploy(task_with())
    case = desk.start(amount=5)
    desk.deploy(task_with(boundary("large", "work", conditional("=amount > 3"))))
    migrate(desk)
    assert case.status == "completed"


def test_a_suspended_instance_moves_and_stays_suspended(desk: Desk) -> None:
    desk.deploy(task_with())
    case = desk.start(amount=5)
    suspend(case)
    desk.deploy(task_with(boundary("large", "work", conditional("=amount > 3"))))

    migrate(desk)

    assert (case.status, case.row.version, case.waits_at()) == ("suspended", 2, ["work"])
    resume(case)
    assert case.status == "completed"


# Why not


def gone() -> tuple[bytes, bytes]:
    return straight(user("a"), more=("a",)), straight(user("b"), more=("b",))


def kind() -> tuple[bytes, bytes]:
    return straight(user("a"), more=("a",)), straight(catch("a", message("m")), more=("a",))


def scope() -> tuple[bytes, bytes]:
    inside = sub("s", start("x"), user("a"), end("y"), flows=[("x", "a"), ("a", "y")])
    return straight(user("a"), more=("a",)), straight(inside, more=("s",))


def loop() -> tuple[bytes, bytes]:
    def each(item: str) -> bytes:
        return straight(repeated(user("a"), "=[1,2]", item), more=("a",))

    return each("one"), each("other")


def waits() -> tuple[bytes, bytes]:
    def until(name: str) -> bytes:
        return straight(catch("a", message(name)), more=("a",))

    return until("m"), until("n")


def gate() -> tuple[bytes, bytes]:
    def drawn(behind: str) -> bytes:
        return diagram(
            start(),
            choice("a") if behind else user("a"),
            catch("x", message("m")),
            catch("y", message("n")),
            end("e"),
            end("f"),
            user("z") if not behind else "",
            flows=[
                ("begin", "a"),
                *([("a", "x"), ("a", "y")] if behind else [("a", "x"), ("z", "y"), ("x", "z")]),
                *([("x", "e")] if behind else []),
                ("y", "f"),
            ],
            top=TOP,
        )

    return drawn("gate"), drawn("").replace(b'<bpmn:endEvent id="e"></bpmn:endEvent>', b"")


def undo() -> tuple[bytes, bytes]:
    def drawn(extra: str) -> bytes:
        return straight(user("a", "b"), more=("a", "b"), extra=extra)

    return drawn(compensating("a", user("revert"))), drawn("")


def test_each_obstacle_is_named_with_its_element(desk: Desk) -> None:
    for draw, done in (
        (gone, ()),
        (kind, ()),
        (scope, ()),
        (loop, ()),
        (waits, ()),
        (gate, ()),
        (undo, ("a",)),
    ):
        old, new = draw()
        name = draw.__name__
        process = f"p_{name}"
        desk.deploy(
            old.replace(b'process id="p"', f'process id="{process}"'.encode()), f"{name}.bpmn"
        )
        case = desk.start(process, key=name)
        for element in done:
            case.complete(element)
        state = _state(case)
        desk.deploy(
            new.replace(b'process id="p"', f'process id="{process}"'.encode()), f"{name}.bpmn"
        )

        number = plan(desk, process=process)
        job.run(desk.runtime, number)

        found = report(desk, number)
        assert (found.moved, found.kept) == (0, 1), name
        assert reasons(found) == [(name, "a", 1)]
        assert str(found.reasons[0].obstacle)
        assert (case.row.version, _state(case)) == (1, state)


def test_a_call_of_another_process_and_a_join_that_would_wait_are_obstacles(desk: Desk) -> None:
    for name in ("one", "two"):
        desk.deploy(
            diagram(start(), user("w"), end(), flows=[("begin", "w"), ("w", "done")], pid=name),
            f"{name}.bpmn",
        )
    desk.deploy(straight(call("a", "one"), more=("a",)))
    desk.start()
    desk.deploy(straight(call("a", "two"), more=("a",)))
    found = report(desk, _run(desk, [1]))
    assert reasons(found) == [("call", "a", 1)]


def _run(desk: Desk, versions: list[int], to: int = 2) -> int:
    begun = run(desk, lambda work: commands.begin(work, "p", (versions, to), {}, WHY))
    job.run(desk.runtime, begun["plan"])
    return int(begun["plan"])


def test_a_join_that_gains_a_branch_is_an_obstacle_once_it_is_under_way(desk: Desk) -> None:
    desk.deploy(beside())
    early, late, waits = desk.start(key="1"), desk.start(key="2"), desk.start(key="3")
    late.complete("before")
    waits.complete("before")
    waits.complete("left")
    third = user("third") + '<bpmn:sequenceFlow id="x" sourceRef="fork" targetRef="third"/>'
    third += '<bpmn:sequenceFlow id="y" sourceRef="third" targetRef="join"/>'
    desk.deploy(beside().replace(b"</bpmn:process>", third.encode() + b"</bpmn:process>"))

    found = migrate(desk)

    assert (found.moved, reasons(found)) == (1, [("join", "join", 2)])
    early.complete("before")
    assert early.waits_at() == ["left", "right", "third"]


def test_a_token_at_a_join_keeps_the_flow_it_came_by(desk: Desk) -> None:
    desk.deploy(beside())
    case = desk.start()
    case.complete("before")
    case.complete("left")
    desk.deploy(beside().replace(b'"left_join"', b'"renamed_flow"'))

    assert migrate(desk).moved == 1

    case.complete("right")
    assert case.waits_at() == ["after"]


def test_what_the_new_version_cannot_evaluate_keeps_an_instance_back(desk: Desk) -> None:
    desk.deploy(task_with())
    good, bad = desk.start(day="P1D"), desk.start(day="tomorrow")
    desk.deploy(task_with(boundary("late", "work", timer("=day"))))

    found = migrate(desk)

    assert (found.moved, found.kept) == (1, 1)
    assert "tomorrow" in str(found.reasons[0].obstacle)
    assert (good.row.version, bad.row.version) == (2, 1)


# Plans


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
