"""Jobs taken, done, failed, lost and withdrawn in any order, beside a model of a few lines."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from engine.clock import ManualClock
from engine.commands import instances, jobs
from engine.commands import workers as commands
from engine.commands.workers import HOLDS, Request
from engine.errors import EngineError
from engine.jobs import sweep, workers
from engine.store import columns, tables
from engine.store.catalogue import Catalogue
from engine.store.database import Database
from engine.store.unit_of_work import Actor, Runtime
from engine.topics import Topics
from tests.conftest import MONDAY
from tests.desk import Desk
from tests.store.test_workers import ORDER, ROBOT, TYPES

OLGA = Actor("olga", frozenset({"process-owner"}), channel="test")
#: When the timer on the task takes the job away.
LATE = timedelta(hours=1)


@dataclass
class Model:
    """What a job should be."""

    instance: int
    born: datetime
    due: datetime
    retries: int = 3
    lease: int = 0
    held: bool = False
    gone: bool = False

    @property
    def stalled(self) -> bool:
        return self.retries == 0

    def refusal(self, lease: int) -> str:
        """The code of what a worker with this hold is told, or empty."""
        if self.gone:
            return "job.not-found"
        if self.stalled:
            return "job.stalled"
        return "" if self.held and self.lease == lease else "job.lost"


def with_job(state: bytes) -> list[int]:
    """Tokens in a stored state that have a job: it is the last value of their rows."""
    return [row[0] for row in orjson.loads(state)["t"] if len(row) == 13]


class Workers(RuleBasedStateMachine):
    """The engine with its database, and the model."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        database = Database(f"sqlite:///{Path(self.folder.name) / 'jobs.sqlite'}", safe=False)
        columns.metadata.create_all(database.engine)
        self.clock = ManualClock(MONDAY)
        self.desk = Desk(Runtime(database, self.clock, Topics(), Catalogue()), self.clock)
        self.desk.deploy(ORDER)
        self.jobs: dict[int, Model] = {}
        self.keys: list[int] = []

    def teardown(self) -> None:
        self.desk.runtime.database.close()
        self.folder.cleanup()

    def waiting(self) -> dict[int, Model]:
        return {number: job for number, job in self.jobs.items() if not job.gone}

    def told(self, act: Callable[[], object]) -> str:
        try:
            act()
        except EngineError as refusal:
            return refusal.code
        return ""

    @rule()
    def order(self) -> None:
        case = self.desk.start()
        [row] = case.jobs()
        assert row.id not in self.jobs, "a number was used again"
        self.jobs[row.id] = Model(case.id, self.clock.now(), self.clock.now())

    @rule(most=st.integers(1, 3), seconds=st.sampled_from([1, 60, 7_200]))
    def take(self, most: int, seconds: int) -> None:
        now = self.clock.now()
        free = [(j.due, n) for n, j in self.waiting().items() if not j.stalled and j.due <= now]
        expected = [number for _, number in sorted(free)[:most]]

        asked = Request("ship", "w", timedelta(seconds=seconds), most)
        taken = workers.take(self.desk.runtime, ROBOT, asked, TYPES)

        assert [job.visit for job in taken] == expected
        for job in taken:
            model = self.jobs[job.visit]
            model.lease, model.held = model.lease + 1, True
            model.due = now + timedelta(seconds=seconds)
            assert job.key == job.visit * HOLDS + model.lease
            self.keys.append(job.key)

    @precondition(lambda self: self.keys)
    @rule(data=st.data())
    def complete(self, data: st.DataObject) -> None:
        key, job, refusal = self.chosen(data)
        told = self.told(lambda: workers.complete(self.desk.runtime, ROBOT, key, TYPES, {}))
        assert told == refusal
        job.gone = job.gone or not refusal

    @precondition(lambda self: self.keys)
    @rule(data=st.data(), retries=st.integers(0, 2), wait=st.sampled_from([0, 30]))
    def fail(self, data: st.DataObject, retries: int, wait: int) -> None:
        key, job, refusal = self.chosen(data)
        how = (retries, "no", timedelta(seconds=wait))
        told = self.told(
            lambda: self.desk.runtime.run(
                ROBOT, lambda work: commands.fail(work, key, TYPES, how, {})
            )
        )
        assert told == refusal
        if not refusal:
            job.retries, job.held = retries, False
            job.due = self.clock.now() + timedelta(seconds=wait)

    @precondition(lambda self: self.keys)
    @rule(data=st.data())
    def throw(self, data: st.DataObject) -> None:
        key, job, refusal = self.chosen(data)
        told = self.told(lambda: workers.throw(self.desk.runtime, ROBOT, key, TYPES, ("x", ""), {}))
        assert told == refusal
        if not refusal:
            job.retries, job.held = 0, False

    @precondition(lambda self: self.keys)
    @rule(data=st.data())
    def hold_longer(self, data: st.DataObject) -> None:
        key, job, refusal = self.chosen(data)
        hold = timedelta(seconds=90)
        told = self.told(
            lambda: self.desk.runtime.run(
                ROBOT, lambda work: commands.change(work, key, TYPES, hold, None)
            )
        )
        assert told == refusal
        if not refusal:
            job.due = self.clock.now() + hold

    @precondition(lambda self: self.waiting())
    @rule(data=st.data())
    def help_on(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.waiting())))
        self.desk.runtime.run(OLGA, lambda work: jobs.retry(work, number))
        job = self.jobs[number]
        job.retries, job.held, job.due = max(1, job.retries), False, self.clock.now()

    @precondition(lambda self: self.waiting())
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        job = self.jobs[data.draw(st.sampled_from(sorted(self.waiting())))]
        self.desk.runtime.run(OLGA, lambda work: instances.cancel(work, job.instance, "why"))
        job.gone = True

    @rule(seconds=st.sampled_from([1, 30, 61, 1_800]))
    def later(self, seconds: int) -> None:
        self.clock.advance(timedelta(seconds=seconds))
        assert sweep.run_due(self.desk.runtime).failed == 0
        for job in self.jobs.values():
            job.gone = job.gone or job.born + LATE <= self.clock.now()

    def chosen(self, data: st.DataObject) -> tuple[int, Model, str]:
        key = data.draw(st.sampled_from(self.keys))
        job = self.jobs[key // HOLDS]
        return key, job, job.refusal(key % HOLDS)

    @invariant()
    def rows_are_what_the_model_says(self) -> None:
        with self.desk.runtime.read() as reader:
            rows = reader.connection.execute(select(tables.jobs)).all()
        assert {
            row.id: (row.retries, row.state == "stalled", row.worker is not None) for row in rows
        } == {n: (j.retries, j.stalled, j.held) for n, j in self.waiting().items()}

    @invariant()
    def every_row_is_a_token_with_a_job_and_the_other_way_round(self) -> None:
        query = select(tables.instances.c.id, tables.instances.c.state)
        with self.desk.runtime.read() as reader:
            states = reader.connection.execute(query.where(tables.instances.c.state.isnot(None)))
            tokens = {(row.id, token) for row in states for token in with_job(bytes(row.state))}
            rows = reader.connection.execute(select(tables.jobs)).all()
        assert tokens == {(row.instance_id, row.token) for row in rows}


RUN = settings(
    deadline=None,
    stateful_step_count=30,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def test_jobs_do_what_the_model_says() -> None:
    run_state_machine_as_test(Workers, settings=settings(RUN, max_examples=25))


@pytest.mark.slow
def test_jobs_do_what_the_model_says_for_long() -> None:
    run_state_machine_as_test(Workers, settings=settings(RUN, max_examples=500))
