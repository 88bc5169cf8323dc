"""What the scenarios of the life cycle do and draw."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.commands import instances, placing
from engine.commands import migrations as commands
from engine.jobs import migrations as job
from engine.queries import audit
from engine.queries import migrations as queries
from engine.queries.migrations import Outlook, Report
from engine.store.migrations import Plan
from engine.store.unit_of_work import Actor, UnitOfWork
from tests.desk import Case, Desk
from tests.drawing import boundary, diagram, end, message, messages, parallel, start, timer, user

ADMIN = Actor("adam", frozenset({"admin"}), channel="test")
WHY = "the supplier asked for it"


def run(desk: Desk, command: Callable[[UnitOfWork], Any], as_: Actor | None = None) -> Any:
    return desk.runtime.run(as_ or desk.actor, command)


def suspend(case: Case) -> None:
    run(case.desk, lambda work: instances.suspend(work, case.id, WHY))


def resume(case: Case) -> None:
    run(case.desk, lambda work: instances.resume(work, case.id, WHY))


def move(case: Case, source: str, target: str) -> None:
    run(case.desk, lambda work: placing.move(work, case.id, source, target, WHY))


def skip(case: Case, element: str, **values: object) -> None:
    run(case.desk, lambda work: placing.skip(work, case.id, element, values, WHY))


def reopen(case: Case, element: str) -> None:
    run(case.desk, lambda work: placing.reopen(work, case.id, element, WHY))


def plan(
    desk: Desk, to: int = 2, names: Mapping[str, str] | None = None, process: str = "p"
) -> int:
    """Begin a migration from version 1."""
    versions = ([1], to)
    begun = run(desk, lambda work: commands.begin(work, process, versions, names or {}, WHY))
    return int(begun["plan"])


def migrate(desk: Desk, to: int = 2, names: Mapping[str, str] | None = None) -> Report:
    """Move every instance that can, from version 1; answers what became of them."""
    number = plan(desk, to, names)
    job.run(desk.runtime, number)
    return report(desk, number)


def report(desk: Desk, number: int) -> Report:
    with desk.runtime.read() as reader:
        return queries.report(reader, number)


def outlook(desk: Desk, names: Mapping[str, str] | None = None) -> Outlook:
    """What a migration from version 1 to version 2 would do; the first two definitions deployed."""
    with desk.runtime.read() as reader:
        return queries.outlook(reader, Plan("p", (1,), 2, names or {}))


def reasons(report: Report | Outlook) -> list[tuple[str, str, int]]:
    return [(r.obstacle.code, r.obstacle.element, r.count) for r in report.reasons]


def system(desk: Desk) -> list[audit.AuditRow]:
    with desk.runtime.read() as reader:
        return audit.trail(reader, "system", limit=1_000)


def last(case: Case) -> audit.AuditRow:
    return case.trail()[-1]


def two_steps(*more: str, flows: tuple[tuple[str, ...], ...] = ()) -> bytes:
    """One task after the other; the first has a reminder after an hour and can be cancelled."""
    return diagram(
        start(),
        user("check", "approve"),
        user("reminded", "called_off"),
        end(),
        end("told"),
        end("off"),
        boundary("late", "check", timer("PT1H"), interrupting=False),
        boundary("stop", "check", message("stop")),
        *more,
        flows=[
            ("begin", "check"),
            ("check", "approve"),
            ("approve", "done"),
            ("late", "reminded"),
            ("reminded", "told"),
            ("stop", "called_off"),
            ("called_off", "off"),
            *flows,
        ],
        top=messages("stop"),
    )


def beside() -> bytes:
    """Two tasks beside each other, joined before a third."""
    return diagram(
        start(),
        user("before", "left", "right", "after"),
        parallel("fork", "join"),
        end(),
        flows=[
            ("begin", "before"),
            ("before", "fork"),
            ("fork", "left"),
            ("fork", "right"),
            ("left", "join"),
            ("right", "join"),
            ("join", "after"),
            ("after", "done"),
        ],
    )
