"""CPU per command and page with 1,000 to 1,000,000 instances open, and by age of one instance.

python -m bench.growth [most]: through the real commands on SQLite, every commit on disk.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from time import process_time
from typing import TypeVar

from sqlalchemy import Connection, Table, func, select, text

import wiring
from engine.clock import ManualClock
from engine.commands import definitions, instances, messages, tasks
from engine.jobs import sweep
from engine.queries import tasks as queries
from engine.store import tables
from engine.store.catalogue import Catalogue
from engine.store.database import Database
from engine.store.unit_of_work import Actor, Runtime
from engine.topics import Topics
from tests import drawing
from tests.drawing import boundary, diagram, end, exclusive, message, start, timer, user

ANN = Actor("ann", frozenset({"agent"}), frozenset({"desk"}), channel="bench")
SIZES = (1_000, 10_000, 100_000, 1_000_000)
AGES = (1, 10, 100, 1_000)
OPERATIONS = 200
PROCESS = diagram(
    start(),
    user("work"),
    boundary("remind", "work", timer("PT1H"), interrupting=False),
    boundary("poke", "work", message("poke"), interrupting=False),
    end("done"),
    end("reminded"),
    end("poked"),
    flows=[("begin", "work"), ("work", "done"), ("remind", "reminded"), ("poke", "poked")],
    top=drawing.messages("poke"),
)
LOOP = diagram(
    start(),
    user("work"),
    exclusive("again", default="again_done"),
    end(),
    flows=[("begin", "work"), ("work", "again"), ("again", "work", "=more"), ("again", "done")],
    pid="loop",
)


class Bench:
    """A database with many open instances, and the commands that are measured on it."""

    def __init__(self, database: Database) -> None:
        self.clock = ManualClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
        self.runtime = Runtime(database, self.clock, Topics(), Catalogue())
        wiring.migrate_database(database)
        files = {"p.bpmn": PROCESS, "loop.bpmn": LOOP}
        self.runtime.run(ANN, lambda work: definitions.deploy(work, files, "bench"))
        self.keys = iter(range(10**9))
        self.template = self.start()
        wiring.settle_memory()

    def start(self, process: str = "p") -> int:
        """A new instance with a key of its own; answers its id."""
        key = f"k{next(self.keys)}"
        answer = self.runtime.run(ANN, lambda work: instances.start(work, process, {}, key))
        return int(answer["instance"])

    def task_of(self, instance: int) -> int:
        """The open task of an instance."""
        with self.runtime.read() as reader:
            return queries.open_for_instance(reader, instance)[0].id

    def complete(self, task: int) -> None:
        """Complete a task; in the loop it comes again."""
        self.runtime.run(ANN, lambda work: tasks.complete(work, task, {"more": True}))

    def poke(self, key: str) -> None:
        """Deliver a message by its key."""
        self.runtime.run(ANN, lambda work: messages.correlate(work, "poke", key, {}))

    def page(self, _: int) -> None:
        """A page of 50 of the work list."""
        with self.runtime.read() as reader:
            queries.worklist_page(reader, ["person:ann", "group:desk"])

    def fill(self, until: int) -> None:
        """Copy the first instance with all its rows until so many are there."""
        with self.runtime.database.write() as connection:
            there = connection.execute(select(func.count()).select_from(tables.instances)).scalar()
            for table in (
                tables.instances,
                tables.user_tasks,
                tables.worklist,
                tables.timers,
                tables.subscriptions,
            ):
                _multiply(connection, table, self.template, range(there or 0, until))
            connection.commit()

    def measure(self) -> list[float]:
        """Milliseconds of CPU for start, correlate, timer, complete and list page."""
        made: list[int] = []
        spent = [per_one(range(OPERATIONS), lambda _: made.append(self.start()))]
        with self.runtime.read() as reader:
            of = select(tables.instances.c.business_key).where(tables.instances.c.id.in_(made))
            keys = list(reader.connection.execute(of).scalars())
        spent.append(per_one(keys, self.poke))
        self.clock.advance(timedelta(hours=2))
        begun = process_time()
        fired = sweep.run_due(self.runtime).fired
        spent.append((process_time() - begun) * 1000 / fired)
        waiting = [self.task_of(instance) for instance in made]
        spent.append(per_one(waiting, self.complete))
        spent.append(per_one(range(OPERATIONS), self.page))
        return spent


def _multiply(connection: Connection, table: Table, template: int, numbers: range) -> None:
    """Copies of the rows of one instance, each with numbers of its own."""
    step = 10_000_000  # far above every id that a command gives
    changed = {
        tables.instances.c.id: f"{step} + n",
        tables.instances.c.business_key: "'copy' || n",
        tables.instances.c.next_due_at: "datetime(next_due_at, '+3650 days')",
        tables.user_tasks.c.id: f"{step} + n",
        tables.worklist.c.task_id: f"{step} + n",
        tables.worklist.c.priority: "n % 101",
        tables.timers.c.due_at: "datetime(due_at, '+3650 days')",
        tables.subscriptions.c.key: "'copy' || n",
    }
    names = [f'"{column.name}"' for column in table.c]
    values = [
        f"{step} + n" if column.name == "instance_id" else changed.get(column, f'"{column.name}"')
        for column in table.c
    ]
    own = {"instances": "id", "worklist": "task_id"}.get(table.name, "instance_id")
    statement = (
        f"INSERT INTO {table.name} ({', '.join(names)}) "  # noqa: S608 - names of our own tables
        "WITH RECURSIVE counted(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM counted "
        f"WHERE n + 1 < :last) SELECT {', '.join(values)} FROM {table.name}, counted "
        f"WHERE {own} = :template"
    )
    given = {"first": numbers.start, "last": numbers.stop, "template": template}
    connection.execute(text(statement), given)


T = TypeVar("T")


def per_one(items: Iterable[T], act: Callable[[T], object]) -> float:
    """Milliseconds of CPU for each item."""
    listed = list(items)
    begun = process_time()
    for item in listed:
        act(item)
    return (process_time() - begun) * 1000 / len(listed)


def ages(bench: Bench) -> None:
    """One more round of a loop, young and old in turn, through the real commands."""
    for age in AGES:
        old, spent = bench.start("loop"), {}
        for _ in range(age):
            bench.complete(bench.task_of(old))
        young = bench.start("loop")
        for _ in range(OPERATIONS):
            for name, instance in (("old", old), ("young", young)):
                task = bench.task_of(instance)
                begun = process_time()
                bench.complete(task)
                spent[name] = spent.get(name, 0.0) + process_time() - begun
        each, ratio = spent["old"] * 1000 / OPERATIONS, spent["old"] / spent["young"]
        print(f"one more round after {age:5,}: {each:.2f} ms, against a young one {ratio:.2f}")


def main(most: int) -> None:
    """Print a line for each number of open instances, then for each age."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Database(f"sqlite:///{folder}/bench.sqlite"))
        print("open instances      start  correlate  timer  complete  list page   (ms CPU each)")
        for size in (size for size in SIZES if size <= most):
            bench.fill(size)
            found = "  ".join(f"{each:7.2f}" for each in bench.measure())
            print(f"{size:14,}  {found}", flush=True)
        ages(bench)
        bench.runtime.database.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else SIZES[-1])
