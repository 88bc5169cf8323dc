"""kill -9 between taking a job and completing it: no job is lost and none is done twice."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from sqlalchemy import select

from engine.commands.workers import Request
from engine.jobs import workers
from engine.queries import audit
from engine.store import tables
from tests.conftest import both_databases
from tests.crash.robot import ROBOT, TYPES
from tests.crash.test_kill import url_of
from tests.desk import Desk
from tests.drawing import diagram, end, service, start

ROOT = Path(__file__).parents[2]
PROCESS = diagram(
    start(), service("send", "ship"), end(), flows=[("begin", "send"), ("send", "done")]
)


def work_and_die(url: str, name: int, lines: int) -> list[tuple[str, int]]:
    """Let a worker say so many lines and kill it in the middle of whatever comes next."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.crash.robot", url, str(name)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as worker:
        assert worker.stdout is not None
        heard = [worker.stdout.readline() for _ in range(lines)]
        worker.kill()
        heard += worker.stdout.read().splitlines(keepends=True)
    whole = [line.split() for line in heard if line.endswith("\n")]
    return [(word, int(number)) for word, number in whole]


def kills(count: int, desk: Desk) -> None:
    desk.deploy(PROCESS)
    chance = random.Random(11)
    said: list[tuple[str, int]] = []
    for name in range(count):
        said += work_and_die(url_of(desk.runtime.database), name, chance.randint(4, 40))
    started = {number for word, number in said if word == "started"}
    completed = Counter(number for word, number in said if word == "completed")

    # Whoever is left finishes what the dead ones held.
    desk.clock.advance(timedelta(days=1))
    asked = Request("ship", "last", timedelta(minutes=5), 100)
    while left := workers.take(desk.runtime, ROBOT, asked, TYPES):
        assert not {job.visit for job in left} & completed.keys(), "done, and given out again"
        for job in left:
            workers.complete(desk.runtime, ROBOT, job.key, TYPES, {})

    assert max(completed.values(), default=1) == 1
    with desk.runtime.read() as reader:
        rows = reader.connection.execute(select(tables.instances)).all()
        assert reader.connection.execute(select(tables.jobs)).all() == []
        assert started <= {row.id for row in rows}
        assert {row.status for row in rows} == {"completed"}
        for row in rows:
            trail = audit.trail(reader, f"instance:{row.id}")
            assert [event.action for event in trail] == ["instance.started", "job.completed"]
            assert audit.verify(reader, f"instance:{row.id}").ok


@both_databases
def test_a_few_dead_workers(desk: Desk) -> None:
    kills(4, desk)


@pytest.mark.slow
@both_databases
def test_a_hundred_dead_workers(desk: Desk) -> None:
    kills(100, desk)


@both_databases
def test_a_dead_worker_holds_its_job_no_longer_than_its_time(desk: Desk) -> None:
    desk.deploy(PROCESS)
    desk.start()
    asked = Request("ship", "dead", timedelta(minutes=5), 1)
    [held] = workers.take(desk.runtime, ROBOT, asked, TYPES)
    with desk.runtime.read() as reader:
        [row] = reader.connection.execute(select(tables.jobs)).all()
        [state] = reader.connection.execute(select(tables.instances.c.state)).scalars()
    assert (row.worker, row.due_at) == ("dead", desk.clock.now() + timedelta(minutes=5))
    assert [t[0] for t in orjson.loads(state)["t"]] == [row.token]

    desk.clock.advance(timedelta(minutes=5))
    [again] = workers.take(desk.runtime, ROBOT, asked, TYPES)
    assert again.visit == held.visit
