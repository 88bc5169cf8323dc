"""A whole installation for scenarios: shipped processes, demo people, SLA clocks, outbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

import wiring
from engine.clock import ManualClock
from engine.commands import definitions, tasks
from engine.jobs import sweep
from engine.queries import outbox
from engine.queries import tasks as task_queries
from engine.store.database import Database
from engine.store.tables import instances
from engine.store.unit_of_work import Actor
from itil import cases, demo, level_sweep, people, timekeeping
from settings import Settings
from tests.desk import Case, Desk

ADMIN = Actor("adam", frozenset({"admin"}), channel="test")
#: What *Classify* says of an incident that is solved at first contact; impact and urgency beside.
SOLVED = {
    "category": "network",
    "service": "network",
    "first_contact": True,
    "resolution_code": "fixed",
    "resolution": "It was restarted",
}


@dataclass
class Office(Desk):
    """A desk with ITIL on top of the engine."""

    seen: list[str] = field(default_factory=list)

    def person(self, login: str) -> Actor:
        with self.runtime.read() as reader:
            return people.actor(reader, login, channel="test")

    def open_case(self, process: str, as_: str, **fields: object) -> Incident:
        """Open a case by hand."""
        given = {"requester": as_, **fields}
        opened = self.runtime.run(
            self.person(as_), lambda work: cases.open_case(work, process, given)
        )
        return Incident(self, opened["instance"], number=opened["number"])

    def case(self, number: str) -> Incident:
        """A case that began by a message or timer."""
        with self.runtime.read() as reader:
            return Incident(self, cases.get(reader, number).instance_id, number=number)

    def inbox(self, login: str, element: str) -> list[task_queries.TaskRow]:
        """Tasks on an element in somebody's work list, of whatever case."""
        who = self.person(login)
        owners = [f"person:{login}", *(f"group:{key}" for key in who.groups)]
        with self.runtime.read() as reader:
            rows = task_queries.worklist_page(reader, owners, limit=200).rows
        return [row for row in rows if row.element == element]

    def does(self, login: str, element: str, **values: object) -> None:
        """Complete the first task on an element in somebody's work list, of whatever case."""
        task = self.inbox(login, element)[0]
        who = self.person(login)
        self.runtime.run(who, lambda work: tasks.complete(work, task.id, values))

    def open_incident(self, as_: str = "rita", **fields: object) -> Incident:
        """Raise an incident as a requester does in the portal."""
        given = {"summary": "The printer is on fire", "requester": as_, **fields}
        opened = self.runtime.run(
            self.person(as_), lambda work: cases.open_case(work, "incident", given)
        )
        return Incident(self, opened["instance"], number=opened["number"])

    def advance(self, **by: float) -> sweep.Swept:
        """Move the clock and let everything that fell due happen, in order of time."""
        return self.move_to(self.clock.now() + timedelta(**by))

    def move_to(self, moment: datetime) -> sweep.Swept:
        self.clock.move_to(moment)
        level_sweep.run_due(self.runtime)
        return sweep.run_due(self.runtime)


@dataclass
class Incident(Case):
    """A case as a scenario speaks of it."""

    number: str = ""

    @property
    def office(self) -> Office:
        assert isinstance(self.desk, Office)
        return self.desk

    @property
    def record(self) -> cases.Case:
        with self.desk.runtime.read() as reader:
            return cases.get(reader, self.number)

    @property
    def state(self) -> str:
        return self.record.state

    def complete(self, element: str, as_: Actor | str | None = None, **values: object) -> None:
        """Complete an open task, by element id or name, as a person of the demo."""
        who = self.office.person(as_) if isinstance(as_, str) else as_
        super().complete(element, who, **values)

    def claim(self, element: str, as_: str) -> None:
        task = next(t for t in self.open() if element in (t.element, t.name))
        actor = self.office.person(as_)
        self.desk.runtime.run(actor, lambda work: tasks.claim(work, task.id))

    def called(self, process: str) -> Incident:
        """The newest instance of a process that runs, or ran, for it because it was called."""
        query = select(instances.c.id).where(
            instances.c.business_key == self.number, instances.c.process_id == process
        )
        with self.desk.runtime.read() as reader:
            newest = reader.connection.execute(query.order_by(instances.c.id.desc())).scalars()
            return Incident(self.office, newest.first() or 0, number=self.number)

    def comment(self, text: str, as_: str, *, public: bool = True) -> None:
        self.desk.runtime.run(
            self.office.person(as_),
            lambda work: cases.comment(work, self.number, text, public=public),
        )

    def amend(self, as_: str, reason: str = "looked again", **changes: object) -> None:
        self.desk.runtime.run(
            self.office.person(as_), lambda work: cases.amend(work, self.number, changes, reason)
        )

    def notices(self) -> list[tuple[str, str]]:
        """Recipient and subject of everything said about it, in order."""
        with self.desk.runtime.read() as reader:
            return [(row.recipient, row.subject) for row in outbox.of_case(reader, self.number)]

    def clocks(self) -> dict[str, timekeeping.Kept]:
        with self.desk.runtime.read() as reader:
            return {clock.name: clock for clock in cases.clocks(reader, self.number)}


@contextmanager
def opened(
    folder: Path, clock: ManualClock, url: str | None = None, *, ready: bool = False
) -> Iterator[Office]:
    """An installation in a folder: migrated, shipped processes deployed, demo people added."""
    database = Database(url or f"sqlite:///{folder / 'office.sqlite'}", safe=False)
    if not ready:
        wiring.migrate_database(database)
    runtime = replace(wiring.build_runtime(Settings(), database), clock=clock)
    if not ready:
        runtime.run(ADMIN, lambda work: definitions.ship(work, wiring.shipped_files()))
        runtime.run(ADMIN, demo.populate)
    try:
        yield Office(runtime, clock)
    finally:
        database.close()
