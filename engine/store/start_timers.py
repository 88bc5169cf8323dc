"""When processes start by timer: a row for each timer start event of an active version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from engine.bpmn import timers
from engine.bpmn.drawing import Place
from engine.bpmn.expressions import Expressions
from engine.store.tables import definitions, start_timers

if TYPE_CHECKING:
    from engine.store.unit_of_work import UnitOfWork

_DUE = (
    select(start_timers)
    .where(start_timers.c.due_at <= bindparam("now"))
    .order_by(start_timers.c.due_at)
)


def replace(work: UnitOfWork, process_id: str, definition_id: int) -> None:
    """Let only this version of a process start by timer, beginning now."""
    versions = select(definitions.c.id).where(
        definitions.c.kind == "process", definitions.c.key == process_id
    )
    work.connection.execute(
        delete(start_timers).where(start_timers.c.definition_id.in_(versions.scalar_subquery()))
    )
    definition = work.runtime.catalogue.process(work.connection, definition_id)
    for start in definition.starts:
        if start.trigger.kind != "timer":
            continue
        due, times, since = timers.first(
            start.trigger.timer, text(start, work.now), work.now, work.runtime.zone
        )
        # A date that has passed started its instance under the version before.
        if due > work.now or start.trigger.timer == "timeCycle":
            row = {"definition_id": definition_id, "element": start.id}
            work.connection.execute(
                insert(start_timers), {**row, "due_at": due, "times": times, "since": since}
            )


def text(start: Place, now: datetime) -> str:
    """What the timer of a start event says now."""
    return str(Expressions({}, now).value(start.trigger.text, start.id))


def due(connection: Connection, now: datetime) -> Sequence[Row[Any]]:
    """Rows that are due, the earliest first."""
    return connection.execute(_DUE, {"now": now}).all()


def take(work: UnitOfWork, definition_id: int, element: str) -> Row[Any] | None:
    """A row that is still due, moved on to its next moment or gone; None: somebody was faster."""
    of_start = (start_timers.c.definition_id == definition_id) & (start_timers.c.element == element)
    query = select(start_timers).where(of_start, start_timers.c.due_at <= work.now)
    row = work.connection.execute(query.with_for_update()).first()
    if row is None:
        return None
    if row.times == 1:
        work.connection.execute(delete(start_timers).where(of_start))
        return row
    start = work.runtime.catalogue.process(work.connection, definition_id).place(element)
    fired = timers.Alarm(row.due_at, row.times, row.since)
    due, times, _ = timers.following(text(start, work.now), fired, work.now, work.runtime.zone)
    work.connection.execute(update(start_timers).where(of_start).values(due_at=due, times=times))
    return row
