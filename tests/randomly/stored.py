"""The engine by its commands on a database, with a crash in the middle of every third of them.

A crash is thrown out of some SQL statement, or out of the commit, of a command. Then the command is
sent again with the same idempotency key, and once more after it was answered: what is on record
must be as if it had been sent once.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import event, func, select

from engine.bpmn import codec
from engine.clock import ManualClock
from engine.commands import definitions, instances, messages, tasks
from engine.jobs import sweep
from engine.queries import audit
from engine.store.catalogue import Catalogue
from engine.store.database import Database
from engine.store.tables import events as events_table
from engine.store.tables import instances as instances_table
from engine.store.tables import metadata, subscriptions, timers, user_tasks
from engine.store.unit_of_work import Reader, Runtime, UnitOfWork
from tests.conftest import MONDAY
from tests.desk import ANYBODY
from tests.randomly.engines import TABLE, topics
from tests.randomly.sight import KEY, Seen, Sight, Task, Wait
from tests.randomly.walk import Course, Side

_RULES = "".join(
    f'<rule id="r{n}"><inputEntry id="i{n}"><text>{n}</text></inputEntry>'
    f'<outputEntry id="o{n}"><text>{answer}</text></outputEntry></rule>'
    for n, answer in TABLE.items()
)
TENS = (
    '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" '
    'namespace="n"><decision id="tens" name="tens"><decisionTable id="t" hitPolicy="FIRST">'
    '<input id="i"><inputExpression id="e"><text>c0</text></inputExpression></input>'
    f'<output id="o" name="tens"/>{_RULES}</decisionTable></decision></definitions>'
).encode()


class Crash(BaseException):
    """The process is gone; nobody catches this."""


class Crashes:
    """Throws out of the statement that it is set to, counted from now."""

    def __init__(self, database: Database) -> None:
        self.after: int | None = None
        self.happened = 0
        event.listen(database.engine, "before_cursor_execute", self._statement)
        event.listen(database.engine, "commit", self._statement)

    def _statement(self, *_: object) -> None:
        if self.after is None:
            return
        self.after -= 1
        if self.after < 0:
            self.after = None
            self.happened += 1
            raise Crash


class Stored:
    """One walk on an SQLite file of its own."""

    def __init__(self, given: Course, database: Database) -> None:
        metadata.create_all(database.engine)
        self.clock = ManualClock(MONDAY)
        self.runtime = Runtime(database, self.clock, topics(), Catalogue())
        self.crashes = Crashes(database)
        self._chance = random.Random(str(given.chance.made))
        self._sent = 0
        files = {f"{name}.bpmn": source for name, source in given.files.items()}
        files["tens.dmn"] = TENS
        self.runtime.run(ANYBODY, lambda work: definitions.deploy(work, files, "walk"))
        self._run(lambda work: instances.start(work, "p", given.variables, KEY))

    # -- steps

    def complete(self, instance: str, element: str, values: Mapping[str, object]) -> None:
        with self.runtime.read() as reader:
            [found] = [i for i, name in self._names(reader).items() if name == instance]
            query = select(user_tasks.c.id).where(
                user_tasks.c.instance_id == found,
                user_tasks.c.element == element,
                user_tasks.c.state == "open",
            )
            order = query.order_by(user_tasks.c.token)
            task = reader.connection.execute(order).scalars().first()
        assert task is not None, f"no open task {element}"
        self._run(lambda work: tasks.complete(work, task, values))

    def send(self, name: str, key: str | None, values: Mapping[str, object]) -> None:
        self._run(lambda work: messages.correlate(work, name, key or KEY, values))

    def signal(self, name: str, values: Mapping[str, object]) -> None:
        self._run(lambda work: messages.signal(work, name, values))

    def move_to(self, moment: datetime) -> None:
        self.clock.move_to(moment)
        self._crash_in(lambda: sweep.run_due(self.runtime))
        swept = sweep.run_due(self.runtime)
        assert swept.failed == 0
        assert sweep.run_due(self.runtime) == sweep.Swept(0, 0)

    def _run(self, command: Callable[[UnitOfWork], object]) -> None:
        self._sent += 1
        key = f"command-{self._sent}"
        self._crash_in(lambda: self.runtime.run(ANYBODY, command, key))
        first = self.runtime.run(ANYBODY, command, key)
        assert self.runtime.run(ANYBODY, command, key) == first

    def _crash_in(self, act: Callable[[], object]) -> None:
        if self._chance.random() > 0.35:
            return
        self.crashes.after = self._chance.randrange(25)
        try:
            act()
        except Crash:
            pass
        finally:
            self.crashes.after = None

    # -- what can be seen

    def look(self) -> Sight:
        with self.runtime.read() as reader:
            names = self._names(reader)
            rows = {row.id: row for row in reader.connection.execute(select(instances_table))}
            found = {}
            for instance_id, name in names.items():
                row = rows[instance_id]
                tasks_, waits = self._tasks(reader, row), self._waits(reader, row)
                if row.status != "active":
                    assert not tasks_, f"{name} has ended with open tasks {tasks_}"
                    assert not waits, f"{name} has ended and waits for {waits}"
                found[name] = Seen(row.status, tasks_, waits, row.variables)
            return found

    def check(self) -> None:
        """Every chain is whole, every command is on record once."""
        with self.runtime.read() as reader:
            for instance_id in self._names(reader):
                assert audit.verify(reader, f"instance:{instance_id}").ok
            keyed = select(func.count()).where(events_table.c.command_key.is_not(None))
            assert reader.connection.execute(keyed).scalar() == self._sent

    def _names(self, reader: Reader) -> dict[int, str]:
        table = instances_table
        query = select(table.c.id, table.c.process_id, table.c.parent_id).order_by(table.c.id)
        names: dict[int, str] = {}
        called: dict[str, int] = {}
        for row in reader.connection.execute(query):
            if row.parent_id is None:
                names[row.id] = row.process_id
                continue
            same = called[row.process_id] = called.get(row.process_id, -1) + 1
            names[row.id] = f"{names[row.parent_id]}/{row.process_id}#{same}"
        return names

    def _tasks(self, reader: Reader, row: Any) -> list[Task]:
        query = select(user_tasks.c.element, user_tasks.c.token).where(
            user_tasks.c.instance_id == row.id, user_tasks.c.state == "open"
        )
        return [
            (task.element, tuple(sorted(codec.visible(row.state, task.token).items(), key=str)))
            for task in reader.connection.execute(query)
        ]

    def _waits(self, reader: Reader, row: Any) -> list[Wait]:
        due = select(timers.c.element, timers.c.due_at).where(timers.c.instance_id == row.id)
        heard = select(subscriptions).where(subscriptions.c.instance_id == row.id)
        waits: list[Wait] = [
            ("timer", timer.element, "", None, timer.due_at)
            for timer in reader.connection.execute(due)
        ]
        assert row.next_due_at == min((wait[4] for wait in waits if wait[4]), default=None)
        for one in reader.connection.execute(heard):
            key = None if one.key in ("", KEY) else one.key
            waits.append((one.kind, one.element, one.message, key, None))
        return waits


@contextmanager
def stored(given: Course) -> Iterator[Sequence[tuple[str, Side]]]:
    """The commands on SQLite, with crashes."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'walk.sqlite'}", safe=False)
        try:
            side = Stored(given, database)
            yield [("stored", side)]
            side.check()
        finally:
            database.close()
