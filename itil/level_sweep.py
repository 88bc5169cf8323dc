"""Levels of SLA clocks whose moment has come: each fires once, in order, as a BPMN message."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, select, update

from engine.commands import messages
from engine.commands.errors import InstanceSuspended
from engine.errors import MessageNotExpected
from engine.store import audit, instances
from engine.store.unit_of_work import SYSTEM, Runtime, UnitOfWork
from itil import clocks, service_levels, timekeeping
from itil.service_levels import Level
from itil.timekeeping import table

log = logging.getLogger("signalbox.clocks")

BATCH = 200
#: A level whose process failed is tried again after this.
RETRY = timedelta(minutes=30)
_DUE = (
    select(table.c.id)
    .where(table.c.next_at.is_not(None), table.c.next_at <= bindparam("now"))
    .order_by(table.c.next_at, table.c.id)
    .limit(BATCH)
)
_WHOSE = select(table.c.instance_id).where(table.c.id == bindparam("clock"))
_ONE = select(table).where(table.c.id == bindparam("clock")).with_for_update()


def run_due(runtime: Runtime) -> int:
    """Fire every level whose moment has come, in order, each once; answers how many."""
    fired = 0
    while True:
        with runtime.read() as reader:
            due = reader.connection.execute(_DUE, {"now": reader.now}).scalars().all()
        if not due:
            return fired
        fired += sum(_fire(runtime, clock) for clock in due)


def _fire(runtime: Runtime, clock: int) -> int:
    try:
        return runtime.run(SYSTEM, lambda work: fire(work, clock))
    except Exception as error:  # noqa: BLE001 - one clock that fails must not stop the others
        reason = f"{type(error).__name__}: {error}"
        log.warning("SLA level of clock %s failed: %s", clock, reason)
        runtime.run(SYSTEM, lambda work: _put_off(work, clock, reason))
        return 0


def fire(work: UnitOfWork, clock: int) -> int:
    """Fire the next level of one clock if its moment has come; answers 1 or 0."""
    # Commands lock the instance before its clocks; the other way round, two would block each other.
    instances.lock(work, work.connection.execute(_WHOSE, {"clock": clock}).scalar_one())
    row = work.connection.execute(_ONE, {"clock": clock}).one()
    if row.next_at is None or row.next_at > work.now:
        return 0
    definition = timekeeping.definition_of(work, row.definition_id)
    current = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    events = clocks.from_json(row.events)
    reading = clocks.fold(events, timekeeping.Shelf(work))
    levels = definition.levels(row.name, row.priority)
    following = service_levels.next_level(reading, levels, row.fired)
    if following is None:
        timekeeping.save_one(work, row, {**current, "next_at": None})
        return 0
    level, at = following
    current["fired"] = [*row.fired, level.key]
    timekeeping.save_one(
        work, row, {**current, **timekeeping.cached(work, definition, row.name, current, events)}
    )
    _announce(work, row, level, at)
    return 1


def _announce(work: UnitOfWork, row: Row[Any], level: Level, at: datetime) -> None:
    values = {"clock": row.name, "level": level.percent, "level_at": at.isoformat()}
    try:
        messages.correlate(work, level.message, row.number, values)
    except (MessageNotExpected, InstanceSuspended):
        # The process does not listen at this point, for example before classification; it counts
        # as fired all the same, and the trail says so. A suspended one hears it when resumed.
        loaded = instances.lock(work, row.instance_id)
        details = {**values, "message": level.message, "caught": False}
        work.record(audit.Draft(loaded.stream, "sla.level", f"clock:{row.name}", details))


def _put_off(work: UnitOfWork, clock: int, reason: str) -> None:
    """Try a level again later: it has not fired, and the trail says why."""
    loaded = instances.lock(work, work.connection.execute(_WHOSE, {"clock": clock}).scalar_one())
    later = work.now + RETRY
    work.connection.execute(update(table).where(table.c.id == clock).values(next_at=later))
    details = {"reason": reason, "again": later.isoformat()}
    work.record(audit.Draft(loaded.stream, "sla.failed", f"clock:{clock}", details))
