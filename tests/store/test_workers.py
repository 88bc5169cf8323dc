"""Workers at the same database: nobody gets a job that another one has."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from engine.commands import workers as commands
from engine.commands.workers import HOLDS, JobLost, NotYourType, Request, Taken
from engine.jobs import workers
from engine.store import tables
from engine.store.jobs import JobNotFound
from engine.store.unit_of_work import Actor, UnitOfWork
from tests.conftest import both_databases
from tests.desk import Case, Desk
from tests.drawing import boundary, diagram, end, service, start, timer, user

pytestmark = both_databases
ROOT = Path(__file__).parents[2]
ROBOT = Actor("token:robot", channel="api")
TYPES = frozenset({"ship"})
ORDER = diagram(
    start(),
    service("send", "ship"),
    end(),
    boundary("late", "send", timer("PT1H")),
    user("hurry"),
    flows=[("begin", "send"), ("send", "done"), ("late", "hurry")],
)


def take(desk: Desk, most: int = 1, worker: str = "w", seconds: int = 60) -> list[Taken]:
    asked = Request("ship", worker, timedelta(seconds=seconds), most)
    return workers.take(desk.runtime, ROBOT, asked, TYPES)


def orders(desk: Desk, count: int) -> list[Case]:
    desk.deploy(ORDER)
    return [desk.start() for _ in range(count)]


def all_at_once(acts: list[Any]) -> None:
    """Run each in a thread of its own, all let go at the same moment."""
    gate = threading.Barrier(len(acts))
    failures: list[BaseException] = []

    def run(act: Any) -> None:
        gate.wait(20)
        try:
            act()
        except BaseException as failure:  # noqa: BLE001 - the test raises it
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if failures:
        raise failures[0]


def test_workers_at_once_never_get_the_same_job(desk: Desk) -> None:
    orders(desk, 40)
    got: Counter[int] = Counter()

    def work(name: str) -> None:
        while found := take(desk, most=3, worker=name):
            got.update(job.visit for job in found)

    all_at_once([lambda n=n: work(f"w{n}") for n in range(8)])

    assert len(got) == 40
    assert set(got.values()) == {1}


def test_workers_at_once_complete_every_job_once(desk: Desk) -> None:
    cases = orders(desk, 24)

    def work() -> None:
        while found := take(desk, most=2):
            for job in found:
                workers.complete(desk.runtime, ROBOT, job.key, TYPES, {"by": job.key})

    all_at_once([work for _ in range(6)])

    assert [case.status for case in cases] == ["completed"] * 24
    for case in cases:
        assert [event.action for event in case.trail()] == ["instance.started", "job.completed"]
        assert case.chain().ok


def test_of_many_who_complete_one_job_at_once_one_does(desk: Desk) -> None:
    [case] = orders(desk, 1)
    [job] = take(desk)
    refused: list[Exception] = []

    def complete() -> None:
        try:
            workers.complete(desk.runtime, ROBOT, job.key, TYPES, {})
        except JobNotFound as gone:
            refused.append(gone)

    all_at_once([complete for _ in range(6)])
    assert (len(refused), case.status) == (5, "completed")


def test_a_timer_and_a_worker_at_once_take_the_token_once(desk: Desk) -> None:
    from engine.jobs import sweep  # noqa: PLC0415

    cases = orders(desk, 10)
    taken = take(desk, most=10, seconds=7_200)
    desk.clock.advance(timedelta(hours=1))
    lost: list[Exception] = []

    def complete() -> None:
        for job in reversed(taken):
            try:
                workers.complete(desk.runtime, ROBOT, job.key, TYPES, {})
            except JobNotFound as gone:
                lost.append(gone)

    all_at_once([complete, lambda: sweep.run_due(desk.runtime)])

    late = [case for case in cases if case.waits_at() == ["hurry"]]
    done = [case for case in cases if case.status == "completed"]
    assert (len(late) + len(done), len(lost)) == (10, len(late))
    assert all(case.jobs() == [] for case in cases)


def test_processes_at_once_never_get_the_same_job(desk: Desk) -> None:
    orders(desk, 30)
    url = desk.runtime.database.engine.url.render_as_string(hide_password=False)
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.store.taker", url, f"w{number}"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(3)
    ]
    got = Counter(line for one in started for line in one.communicate(timeout=120)[0].split())
    assert [one.returncode for one in started] == [0, 0, 0]
    assert (len(got), set(got.values())) == (30, {1})


def test_a_job_that_another_transaction_is_taking_is_passed_over(desk: Desk) -> None:
    orders(desk, 2)
    asked = Request("ship", "w", timedelta(minutes=1), 1)

    def both(work: UnitOfWork) -> tuple[int, list[Taken]]:
        [mine] = commands.take(work, asked, TYPES)
        # SQLite lets no second writer in at all.
        theirs = [] if desk.runtime.database.is_sqlite else take(desk, most=5)
        return mine.visit, theirs

    mine, theirs = desk.runtime.run(ROBOT, both)
    assert mine not in {job.visit for job in theirs}
    assert len(theirs) == (0 if desk.runtime.database.is_sqlite else 1)


def test_the_oldest_come_first_and_no_more_than_asked_for(desk: Desk) -> None:
    cases = orders(desk, 3)
    assert [job.instance for job in take(desk, most=2)] == [cases[0].id, cases[1].id]
    assert [job.instance for job in take(desk, most=2)] == [cases[2].id]
    assert take(desk, most=2) == []


def test_a_hold_that_was_lost_cannot_be_used_in_any_way(desk: Desk) -> None:
    orders(desk, 1)
    [first] = take(desk, worker="first", seconds=5)
    desk.clock.advance(timedelta(seconds=5))
    [second] = take(desk, worker="second")
    assert second.key == first.key + 1

    for command in (
        lambda work: commands.complete(work, first.key, TYPES, {}),
        lambda work: commands.fail(work, first.key, TYPES, (1, "", timedelta()), {}),
        lambda work: commands.throw(work, first.key, TYPES, "x", "", {}),
        lambda work: commands.change(work, first.key, TYPES, timedelta(hours=1), 5),
    ):
        with pytest.raises(JobLost, match="worker 'second' has it"):
            desk.runtime.run(ROBOT, command)
    workers.complete(desk.runtime, ROBOT, second.key, TYPES, {})


def test_nobody_takes_what_the_token_is_not_for(desk: Desk) -> None:
    orders(desk, 1)
    asked = Request("ship", "w", timedelta(minutes=1), 1)
    with pytest.raises(NotYourType, match="Your token is for: other"):
        workers.take(desk.runtime, ROBOT, asked, frozenset({"other"}))


def test_a_job_that_nobody_took_is_nobodys_to_complete(desk: Desk) -> None:
    orders(desk, 1)
    with desk.runtime.read() as reader:
        [row] = reader.connection.execute(select(tables.jobs)).all()
    with pytest.raises(JobLost, match="no worker has it"):
        workers.complete(desk.runtime, ROBOT, row.id * HOLDS, TYPES, {})
