"""kill -9 in the middle of work: nothing acknowledged is lost, nothing happens twice."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from sqlalchemy import select

from engine.jobs import sweep
from engine.queries import audit
from engine.store import tables
from engine.store.database import Database
from tests.conftest import both_databases
from tests.desk import Desk
from tests.drawing import boundary, diagram, end, start, timer, user

ROOT = Path(__file__).parents[2]
PROCESS = diagram(
    start(),
    user("work", "check"),
    user("reminded"),
    end(),
    end("told"),
    boundary("late", "work", timer("PT1H"), interrupting=False),
    flows=[
        ("begin", "work"),
        ("work", "check"),
        ("check", "done"),
        ("late", "reminded"),
        ("reminded", "told"),
    ],
)


@dataclass
class Heard:
    """What a worker said before it died."""

    started: set[str] = field(default_factory=set)
    completed: Counter[int] = field(default_factory=Counter)
    lines: int = 0

    def take(self, line: str) -> None:
        self.lines += 1
        kind, _, what = line.strip().partition(" ")
        if kind == "started":
            self.started.add(what)
        elif kind == "completed":
            self.completed[int(what)] += 1


def work_and_die(url: str, seed: int, lines: int, heard: Heard) -> None:
    """Let a worker say so many lines, then kill it in the middle of the next command."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.crash.worker", url, str(seed)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as worker:
        assert worker.stdout is not None
        for _ in range(lines):
            heard.take(worker.stdout.readline())
        worker.kill()
        for line in worker.stdout.read().splitlines(keepends=True):
            if line.endswith("\n"):
                heard.take(line)


def url_of(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)


def kills(count: int, desk: Desk) -> None:
    desk.deploy(PROCESS)
    heard = Heard()
    chance = random.Random(7)
    for seed in range(count):
        work_and_die(url_of(desk.runtime.database), seed, chance.randint(5, 60), heard)

    desk.clock.advance(timedelta(days=1))
    assert sweep.run_due(desk.runtime).failed == 0

    with desk.runtime.read() as reader:
        rows = reader.connection.execute(select(tables.instances)).all()
        tasks = reader.connection.execute(select(tables.user_tasks)).all()
        assert heard.started <= {row.business_key for row in rows}
        assert len({row.business_key for row in rows}) == len(rows)
        closed = {task.id for task in tasks if task.state == "completed"}
        assert set(heard.completed) <= closed
        assert max(heard.completed.values(), default=1) == 1
        for row in rows:
            stream = f"instance:{row.id}"
            assert audit.verify(reader, stream).ok
            fired = [e for e in audit.trail(reader, stream) if e.action == "timer.fired"]
            assert len(fired) <= 1, "a timer fired twice"
            agree(row, [task for task in tasks if task.instance_id == row.id])


def agree(row: object, tasks: list[object]) -> None:
    """State, task rows and status tell the same story."""
    state = row.state  # type: ignore[attr-defined]
    open_tokens = {task.token for task in tasks if task.state == "open"}  # type: ignore[attr-defined]
    if state is None:
        assert (row.status, open_tokens) == ("completed", set())  # type: ignore[attr-defined]
        return
    waiting = {t[0] for t in orjson.loads(state)["t"] if t[1] in ("work", "check", "reminded")}
    assert waiting == open_tokens


@both_databases
def test_a_few_kills(desk: Desk) -> None:
    kills(4, desk)


@pytest.mark.slow
@both_databases
def test_a_hundred_kills(desk: Desk) -> None:
    kills(100, desk)
