"""kill -9 in the middle of a bulk migration: taken up again, every instance is dealt with once."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter

import orjson
import pytest
from sqlalchemy import select

from engine.jobs import migrations as job
from engine.queries import audit
from engine.store import tables
from tests.conftest import both_databases
from tests.crash.test_kill import ROOT, url_of
from tests.desk import Desk
from tests.drawing import diagram, end, start, user
from tests.scenarios.lifecycle.steps import plan, report


def process(*, longer: bool) -> bytes:
    tasks = ("work", "check", "more") if longer else ("work", "check", "gone")
    flows = [("begin", "work"), ("work", "check"), ("check", tasks[2]), (tasks[2], "done")]
    return diagram(start(), user(*tasks), end(), flows=flows)


def migrate_and_die(url: str, plan_id: int, lines: int) -> None:
    """Let a migrator say so many lines, then kill it in the middle of what follows."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.crash.migrator", url, str(plan_id)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as migrator:
        assert migrator.stdout is not None
        for _ in range(lines):
            migrator.stdout.readline()
        migrator.kill()
        migrator.stdout.read()


def kills(count: int, size: int, desk: Desk) -> None:
    desk.deploy(process(longer=False))
    for number in range(size):
        case = desk.start(key=str(number))
        if number % 5 == 0:
            case.complete("work")
            case.complete("check")
    desk.deploy(process(longer=True))
    number = plan(desk)
    chance = random.Random(3)
    for _ in range(count):
        migrate_and_die(url_of(desk.runtime.database), number, chance.randint(1, 4))

    assert report(desk, number).plan.state == "running"
    job.run(desk.runtime, number)

    found = report(desk, number)
    stays = len(range(0, size, 5))
    assert (found.moved, found.kept, found.left) == (size - stays, stays, 0)
    with desk.runtime.read() as reader:
        rows = reader.connection.execute(select(tables.instances)).all()
        tasks = reader.connection.execute(select(tables.user_tasks)).all()
        assert Counter(row.definition_id for row in rows) == {1: stays, 2: size - stays}
        for row in rows:
            stream = f"instance:{row.id}"
            assert audit.verify(reader, stream).ok
            moves = [e for e in audit.trail(reader, stream) if e.action == "instance.migrated"]
            assert len(moves) == (row.definition_id == 2), "moved twice, or half"
            waiting = {t[0] for t in orjson.loads(row.state)["t"]}
            mine = [t for t in tasks if t.instance_id == row.id and t.state == "open"]
            assert {task.token for task in mine} == waiting, "state and tasks disagree"


@both_databases
def test_a_migration_that_was_killed_is_taken_up_again(desk: Desk) -> None:
    kills(3, 60, desk)


@pytest.mark.slow
@both_databases
def test_a_large_migration_survives_many_kills(desk: Desk) -> None:
    kills(40, 2_000, desk)
