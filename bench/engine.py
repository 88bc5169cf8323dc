"""CPU per start, completion and list page, rows and bytes per incident, cost by age.

python -m bench.engine [sqlite|postgresql]: everything durable (fsync on), no pages around it.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import func, insert, select

import wiring
from engine.commands import definitions, tasks
from engine.queries import tasks as queries
from engine.store import columns, tables
from engine.store.database import Database
from engine.store.unit_of_work import Actor, Runtime
from itil import cases, demo
from settings import Settings

T = TypeVar("T")
RITA = Actor("rita", frozenset({"requester"}))
BEN = Actor("ben", frozenset({"agent"}), frozenset({"service-desk", "network", "workplace"}))
OPEN_TASKS = 100_000
REPORT = {"summary": "VPN drops every hour", "description": "x" * 400, "requester": "rita"}
CLASSIFIED = {
    "category": "network",
    "subcategory": "vpn",
    "service": "network",
    "impact": 2,
    "urgency": 2,
}
RESOLVED = {
    "outcome": "resolve",
    "resolution_code": "fixed",
    "resolution": "The tunnel was set up anew.",
}


def measure(label: str, items: Sequence[T], act: Callable[[T], Any]) -> float:
    """Run `act` on each item; print and return CPU milliseconds per item."""
    cpu, wall = time.process_time(), time.perf_counter()
    for item in items:
        act(item)
    cpu = (time.process_time() - cpu) * 1000 / len(items)
    wall = (time.perf_counter() - wall) * 1000 / len(items)
    print(f"{label:44} {cpu:8.2f} ms CPU {wall:8.2f} ms wall   n={len(items)}")
    return cpu


def open_task(runtime: Runtime, instance: int) -> int:
    """The only open task of an instance."""
    with runtime.read() as reader:
        return queries.open_for_instance(reader, instance)[0].id


def incidents(runtime: Runtime, number: int) -> None:
    """Whole incidents: raise, classify, diagnose, confirm."""
    started: list[int] = []

    def raise_one(key: int) -> None:
        answer = runtime.run(
            RITA, lambda work: cases.open_case(work, "incident", REPORT), key=f"bench-{key}"
        )
        started.append(answer["instance"])

    def complete(actor: Actor, values: dict[str, Any]) -> Callable[[int], Any]:
        return lambda task: runtime.run(actor, lambda work: tasks.complete(work, task, values))

    raise_one(-1)
    measure("incident: start", range(number), raise_one)
    for label, actor, values in (
        ("incident: complete Classify (4 decisions)", BEN, CLASSIFIED),
        ("incident: complete Diagnose", BEN, RESOLVED),
        ("incident: complete Confirm (ends)", RITA, {"confirmed": True}),
    ):
        waiting = [open_task(runtime, instance) for instance in started[1:]]
        measure(label, waiting, complete(actor, values))


def chosen(runtime: Runtime, number: int) -> None:
    """Classifying where a member of the group is chosen, by load among those of two."""
    classified = {**CLASSIFIED, "category": "software", "service": "mail"}
    started = [
        runtime.run(RITA, lambda work: cases.open_case(work, "incident", REPORT))["instance"]
        for _ in range(number)
    ]
    waiting = [open_task(runtime, instance) for instance in started]
    measure(
        "incident: complete Classify, a member chosen",
        waiting,
        lambda task: runtime.run(BEN, lambda work: tasks.complete(work, task, classified)),
    )


def finished(runtime: Runtime) -> None:
    """One whole incident that nobody measures."""
    opened = runtime.run(RITA, lambda work: cases.open_case(work, "incident", REPORT))
    for actor, values in ((BEN, CLASSIFIED), (BEN, RESOLVED), (RITA, {"confirmed": True})):
        task = open_task(runtime, opened["instance"])
        runtime.run(
            actor, lambda work, task=task, values=values: tasks.complete(work, task, values)
        )


def footprint(runtime: Runtime, number: int) -> None:
    """Rows and bytes that a finished incident leaves behind."""
    with runtime.read() as reader:
        rows = {
            table.name: reader.connection.execute(select(func.count()).select_from(table)).scalar()
            for table in columns.metadata.sorted_tables
        }
    of_case = "instances cases user_tasks worklist timers subscriptions clocks outbox events"
    each = {name: (rows[name] or 0) / number for name in of_case.split()}
    print(f"rows per finished incident: {sum(each.values()):.1f}", end="  ")
    print({name: round(count, 1) for name, count in each.items() if count})


def ageing(runtime: Runtime) -> None:
    """The cost of one more hand-over after 1,000 of them, against that of a young incident."""
    young, old = (
        runtime.run(RITA, lambda work: cases.open_case(work, "incident", REPORT))["instance"]
        for _ in range(2)
    )
    for instance in (young, old):
        task = open_task(runtime, instance)
        runtime.run(BEN, lambda work, task=task: tasks.complete(work, task, CLASSIFIED))
    spent = {young: 0.0, old: 0.0}

    def hand_over(instance: int, number: int) -> None:
        task = open_task(runtime, instance)
        values = {"outcome": "reassign", "reassign_to": ("workplace", "network")[number % 2]}
        begun = time.process_time()
        runtime.run(BEN, lambda work: tasks.complete(work, task, values))
        spent[instance] += time.process_time() - begun

    measure("hand over 1,000 times", range(1000), lambda number: hand_over(old, number))
    spent[old] = 0.0
    # Turn by turn, so that a busy machine disturbs both alike.
    measure(
        "hand over in turn, young and old",
        range(200),
        lambda number: (hand_over(young, number), hand_over(old, number)),
    )
    print(f"one more hand-over after 1,000, against a young one: {spent[old] / spent[young]:.2f}")


def fill_worklist(runtime: Runtime, groups: Sequence[str]) -> None:
    """100,000 open tasks for some groups, copied from one that is there."""
    with runtime.database.write() as connection:
        template = connection.execute(select(tables.user_tasks).limit(1)).mappings().one()
        first = (connection.execute(select(func.max(tables.user_tasks.c.id))).scalar() or 0) + 1
        now = runtime.clock.now()
        rows = [
            {
                **template,
                "id": first + i,
                "state": "open",
                "created_at": now,
                "priority": i % 5 * 20,
            }
            for i in range(OPEN_TASKS)
        ]
        listed = [
            {
                "owner": f"group:{groups[i % 7 % len(groups)]}",
                "claimed": False,
                "priority": row["priority"],
                "due_at": now,
                "task_id": row["id"],
            }
            for i, row in enumerate(rows)
        ]
        connection.execute(insert(tables.user_tasks), rows)
        connection.execute(insert(tables.worklist), listed)
        connection.commit()


def lists(runtime: Runtime) -> None:
    """A page of 50 out of 100,000 open tasks in five groups."""
    groups = [f"g{number}" for number in range(5)]
    fill_worklist(runtime, groups)
    tidy(runtime.database)
    owners = ["person:ben", *(f"group:{group}" for group in groups)]

    def page(_: int) -> None:
        with runtime.read() as reader:
            queries.worklist_page(reader, owners)

    measure(f"list: 50 of {OPEN_TASKS:,} open tasks, six owners", range(200), page)


def tidy(database: Database) -> None:
    """What autovacuum does by and by on a real PostgreSQL: free space and statistics."""
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as direct:
            direct.exec_driver_sql("VACUUM ANALYZE")


def size(database: Database) -> int:
    """Bytes of the whole database."""
    tidy(database)
    with database.engine.connect() as connection:
        if not database.is_sqlite:
            query = "SELECT pg_database_size(current_database())"
            return int(connection.exec_driver_sql(query).scalar_one())
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql("BEGIN")
        return int(pages) * 4096


def main(url: str) -> None:
    """Measure on one database."""
    database = Database(url)
    wiring.migrate_database(database)
    runtime = wiring.build_runtime(Settings(), database)
    runtime.run(BEN, lambda work: definitions.ship(work, wiring.shipped_files()))
    runtime.run(BEN, demo.populate)
    wiring.settle_memory()  # as the server does
    number = 300
    incidents(runtime, number)
    footprint(runtime, number + 1)
    before = size(database)
    for count in range(number + 1):
        finished(runtime)
        if count % 50 == 0:  # about when autovacuum would: a fifth of a table has changed
            tidy(database)
    each = (size(database) - before) / (number + 1)
    print(f"bytes per finished incident, indexes and all: {each:,.0f}")
    ageing(runtime)
    chosen(runtime, number)
    lists(runtime)
    database.close()


if __name__ == "__main__":
    if sys.argv[1:] == ["postgresql"]:
        from tests.postgres import cluster

        with cluster() as server:
            main(server.url(server.create()))
    else:
        with tempfile.TemporaryDirectory() as folder:
            main(f"sqlite:///{folder}/bench.sqlite")
