"""What may be relied on: nothing lost, nothing twice, everything on record."""

import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from engine.commands import instances, tasks
from engine.errors import (
    CommandKeyUsed,
    DiagramRejected,
    EndlessLoop,
    InstanceNotActive,
    NotYourTask,
    TaskAlreadyCompleted,
    TaskClaimedByOther,
    TaskNotFound,
)
from engine.store.unit_of_work import Actor, Once
from engine.topics import Outcome, Topics
from tests.conftest import both_databases
from tests.desk import Desk
from tests.drawing import diagram, end, exclusive, script, service, start, user

pytestmark = both_databases

ONE_TASK = diagram(start(), user("work"), end(), flows=[("begin", "work"), ("work", "done")])
BEN = Actor("ben", frozenset({"agent"}), frozenset({"desk"}), channel="test")
EVE = Actor("eve", frozenset({"agent"}), frozenset({"elsewhere"}), channel="test")


def drop(change: str, desk: Desk) -> str:
    table = "" if desk.runtime.database.is_sqlite else " ON events"
    return f"DROP TRIGGER events_no_{change}{table}"


def test_the_second_to_complete_a_task_learns_who_was_first(desk: Desk) -> None:
    desk.deploy(ONE_TASK)
    case = desk.start()
    [task] = case.open()
    case.complete("work", as_=BEN)
    before = len(case.trail())

    with pytest.raises(TaskAlreadyCompleted, match="already completed by ben"):
        desk.runtime.run(desk.actor, lambda work: tasks.complete(work, task.id, {}))

    assert len(case.trail()) == before


def test_of_many_at_once_exactly_one_completes(desk: Desk) -> None:
    desk.deploy(ONE_TASK)
    case = desk.start()
    [task] = case.open()
    outcomes: list[str] = []

    def complete(name: str) -> None:
        actor = Actor(name, frozenset(), frozenset({"desk"}))
        try:
            desk.runtime.run(actor, lambda work: tasks.complete(work, task.id, {}))
            outcomes.append("done")
        except TaskAlreadyCompleted:
            outcomes.append("late")

    threads = [threading.Thread(target=complete, args=(f"p{i}",)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["done"] + ["late"] * 7
    assert case.chain().ok


def test_the_same_command_key_works_once_and_answers_alike(desk: Desk) -> None:
    desk.deploy(ONE_TASK)

    def command() -> object:
        return desk.runtime.run(desk.actor, lambda w: instances.start(w, "p", {}, "C-1"), key="k1")

    first, second = command(), command()

    assert first == second
    with desk.runtime.read() as reader:
        count = reader.connection.execute(text("SELECT count(*) FROM instances")).scalar()
    assert count == 1


def test_a_command_key_is_not_taken_for_another_command(desk: Desk) -> None:
    desk.deploy(ONE_TASK)

    def command(name: str, digest: str) -> object:
        once = Once("k1", name, digest)
        return desk.runtime.run(desk.actor, lambda w: instances.start(w, "p", {}, "C-1"), once)

    first = command("POST /report", "aa")
    for other in (("POST /report", "bb"), ("POST /tasks/1", "aa")):
        with pytest.raises(CommandKeyUsed, match="used before, for 'POST /report', with other"):
            command(*other)
    assert command("POST /report", "aa") == first
    with desk.runtime.read() as reader:
        count = reader.connection.execute(text("SELECT count(*) FROM instances")).scalar()
    assert count == 1


def test_aud_17_a_task_is_for_its_candidates_and_the_refusal_is_on_record(desk: Desk) -> None:
    desk.deploy(ONE_TASK)
    case = desk.start()

    with pytest.raises(NotYourTask, match="It can be done by: group:desk"):
        case.complete("work", as_=EVE)

    with desk.runtime.read() as reader:
        row = reader.connection.execute(
            text("SELECT actor, action, details FROM events WHERE action = 'refused'")
        ).one()
    assert (row.actor, "not for eve" in row.details) == ("eve", True)


def test_a_claimed_task_is_not_completed_by_another(desk: Desk) -> None:
    desk.deploy(ONE_TASK)
    case = desk.start()
    [task] = case.open()
    desk.runtime.run(BEN, lambda work: tasks.claim(work, task.id))

    with pytest.raises(TaskClaimedByOther, match="claimed by ben"):
        case.complete("work")

    desk.runtime.run(BEN, lambda work: tasks.release(work, task.id))
    case.complete("work")
    assert case.status == "completed"


def test_an_unknown_task_is_said_to_be_unknown(desk: Desk) -> None:
    with pytest.raises(TaskNotFound, match="no user task 99"):
        desk.runtime.run(desk.actor, lambda work: tasks.complete(work, 99, {}))


def test_a_handler_that_breaks_takes_nothing_of_what_was_done(desk: Desk, topics: Topics) -> None:
    broken = [True]

    @topics.handles("fragile")
    def fragile() -> Outcome:
        if broken[0]:
            raise RuntimeError("the cable is out")
        return Outcome({"ok": True})

    desk.deploy(
        diagram(
            start(),
            user("work"),
            service("call", "fragile"),
            end(),
            flows=[("begin", "work"), ("work", "call"), ("call", "done")],
        ),
    )
    case = desk.start()

    case.complete("work", found="dust")
    [job] = case.jobs()
    assert (job.element, job.state, job.error) == (
        "call",
        "backoff",
        "RuntimeError: the cable is out",
    )
    assert (case.waits_at(), case.variable("found")) == ([], "dust")

    broken[0] = False
    desk.advance(minutes=1)
    assert (case.status, case.jobs()) == ("completed", [])


def test_a_circle_that_waits_only_for_data_is_stopped(desk: Desk) -> None:
    source = diagram(
        start(),
        user("t"),
        exclusive("m"),
        exclusive("g", default="g_m"),
        script("s", "=1", "x"),
        user("w"),
        end(),
        flows=[
            ("begin", "t"),
            ("t", "m"),
            ("m", "s"),
            ("s", "g"),
            ("g", "m"),
            ("g", "w", "=no"),
            ("w", "done"),
        ],
    )
    with pytest.raises(DiagramRejected, match="comes back here without waiting"):
        desk.deploy(source)


def test_an_endless_run_is_cut_off_by_name(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.bpmn.tokens.STEP_LIMIT", 5)
    desk.deploy(
        diagram(
            start(),
            *(script(f"s{i}", "=1", "x") for i in range(6)),
            end(),
            flows=[("begin", "s0"), *((f"s{i}", f"s{i + 1}") for i in range(5)), ("s5", "done")],
        ),
    )
    with pytest.raises(EndlessLoop, match="5 steps without waiting"):
        desk.start()


def test_aud_02_events_can_be_neither_changed_nor_deleted(desk: Desk) -> None:
    desk.deploy(ONE_TASK)
    desk.start()
    statements = ["UPDATE events SET actor = 'nobody'", "DELETE FROM events"]
    if desk.runtime.database.is_sqlite:
        statements.append("INSERT OR REPLACE INTO events SELECT * FROM events")
    else:
        statements.append("TRUNCATE events")
    for statement in statements:
        with (
            pytest.raises(DatabaseError, match="append-only"),
            desk.runtime.database.write() as connection,
        ):
            connection.execute(text(statement))


def test_aud_03_tampering_with_an_event_shows_in_the_chain(desk: Desk) -> None:
    desk.deploy(ONE_TASK)
    case = desk.start()
    case.complete("work")
    assert case.chain() == type(case.chain())(ok=True, length=2)

    with desk.runtime.database.write() as connection:
        connection.execute(text(drop("update", desk)))
        connection.execute(
            text("UPDATE events SET actor = 'eve' WHERE seq = 1 AND stream != 'system'")
        )
        connection.commit()

    verdict = case.chain()
    assert (verdict.ok, verdict.broken_at) == (False, 1)


def test_cutting_off_the_tail_of_a_chain_shows(desk: Desk) -> None:
    desk.deploy(ONE_TASK)
    case = desk.start()
    case.complete("work")
    with desk.runtime.database.write() as connection:
        connection.execute(text(drop("delete", desk)))
        connection.execute(text("DELETE FROM events WHERE seq = 2 AND stream != 'system'"))
        connection.commit()

    assert not case.chain().ok


def test_a_cancelled_instance_keeps_its_reason_and_takes_nothing_more(desk: Desk) -> None:
    desk.deploy(ONE_TASK)
    case = desk.start()
    [task] = case.open()
    desk.runtime.run(desk.actor, lambda work: instances.cancel(work, case.id, "raised twice"))

    assert (case.status, case.waits_at()) == ("cancelled", [])
    assert case.trail()[-1].details["reason"] == "raised twice"
    with pytest.raises(InstanceNotActive):
        desk.runtime.run(desk.actor, lambda work: instances.cancel(work, case.id, "again"))
    with pytest.raises(Exception, match="no longer open"):
        desk.runtime.run(desk.actor, lambda work: tasks.complete(work, task.id, {}))
