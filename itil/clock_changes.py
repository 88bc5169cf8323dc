"""What people change on clocks: why a target was missed, and other definitions or calendars.

Running clocks keep the definition and calendar that they began with; to measure them by the active
ones is a decision, previewed and on record (SLM-02, SLM-28).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Row, select, update

from engine.errors import NotFound, Rejected
from engine.store import audit, instances
from engine.store.tables import instances as instance_rows
from engine.store.unit_of_work import Actor, Reader, Runtime, UnitOfWork
from itil import clocks, timekeeping
from itil.clocks import Phase
from itil.timekeeping import table

#: Why a target was missed; the last two excuse it (SLM-16).
CAUSES = ("capacity", "knowledge", "hand-over", "supplier", "change", "customer", "force-majeure")
EXCUSES = ("customer", "force-majeure")
#: Clocks that are measured anew in one transaction.
BATCH = 500


class ClockNotFound(NotFound):
    """A case has no such clock."""

    code: ClassVar[str] = "clock.not-found"

    def __init__(self, number: str, name: str) -> None:
        self.number, self.name = number, name
        super().__init__(f"Case '{number}' has no clock '{name}'. Look at its page.")


class CauseInvalid(Rejected):
    """A cause cannot be kept for a clock."""

    code: ClassVar[str] = "clock.cause"


def explain_breach(work: UnitOfWork, number: str, name: str, cause: str, note: str) -> None:
    """Say why a target was missed; some causes excuse it, and it is shown apart (SLM-16).

    Raises:
        ClockNotFound: the case has no such clock.
        CauseInvalid: there is no such cause, or the target was not missed.
    """
    row = work.connection.execute(
        select(table).where(table.c.number == number, table.c.name == name)
    ).first()
    if row is None:
        raise ClockNotFound(number, name)
    if cause not in CAUSES:
        raise CauseInvalid(f"There is no cause '{cause}'. Write one of {', '.join(CAUSES)}.")
    if not _missed(work, row):
        raise CauseInvalid(f"Clock '{name}' of {number} has not missed its target.")
    values = {"cause": cause, "excused": cause in EXCUSES, "cause_note": note.strip()[:2000]}
    work.connection.execute(update(table).where(table.c.id == row.id).values(values))
    loaded = instances.lock(work, row.instance_id)
    details = {**values, "was": row.cause}
    work.record(audit.Draft(loaded.stream, "sla.explained", f"clock:{name}", details))


def _missed(source: UnitOfWork | Reader, row: Row[Any]) -> bool:
    reading = clocks.fold(clocks.from_json(row.events), timekeeping.Shelf(source))
    return reading.breached_at(source.now) is not None


# -- other definitions and calendars


@dataclass(frozen=True, slots=True)
class Rebased:
    """What measuring by the active definition and calendars does to a clock."""

    number: str
    name: str
    before: datetime | None
    after: datetime | None


def preview(reader: Reader, process: str, limit: int = 200) -> list[Rebased]:
    """Which due moments would move, of the open clocks of a process; nothing is changed."""
    found: list[Rebased] = []
    after = 0
    while len(found) < limit:
        rows = _open(reader, process, after)
        if not rows:
            break
        after = rows[-1].id
        found += [one for row in rows if (one := _measured(reader, row)) is not None]
    return found[:limit]


def rebase(runtime: Runtime, actor: Actor, process: str, reason: str) -> int:
    """Measure every open clock of a process by the active definition and calendars.

    In batches of a transaction each; what an interruption left is done by calling it again, and
    what was done stays. Answers how many clocks changed.

    Raises:
        CauseInvalid: there is no reason.
    """
    if not reason.strip():
        raise CauseInvalid("Say why running clocks are measured anew; it stays on record.")
    changed, after = 0, 0
    while after >= 0:
        done = runtime.run(actor, lambda work: _batch(work, process, after, reason))  # noqa: B023
        changed, after = changed + done["changed"], done["after"]
    return changed


def _batch(work: UnitOfWork, process: str, after: int, reason: str) -> dict[str, int]:
    rows = _open(work, process, after)
    changes = [(row, one) for row in rows if (one := _measured(work, row)) is not None]
    saved = [{"b_id": row.id, **timekeeping.rebased(work, row)} for row, _ in changes]
    if saved:
        timekeeping.save(work, saved)
        details = {
            "process": process,
            "reason": reason,
            "clocks": [
                [one.number, one.name, str(one.before), str(one.after)] for _, one in changes
            ],
        }
        work.record(audit.Draft("system", "sla.rebased", f"process:{process}", details))
    return {"changed": len(saved), "after": rows[-1].id if rows else -1}


def _open(source: UnitOfWork | Reader, process: str, after: int) -> list[Row[Any]]:
    states = (Phase.RUNNING.value, Phase.PAUSED.value, "breached_running")
    query = (
        select(table)
        .join(instance_rows, instance_rows.c.id == table.c.instance_id)
        .where(
            instance_rows.c.process_id == process,
            table.c.state.in_(states),
            table.c.id > after,
        )
        .order_by(table.c.id)
        .limit(BATCH)
    )
    return list(source.connection.execute(query))


def _measured(source: UnitOfWork | Reader, row: Row[Any]) -> Rebased | None:
    """How the due moment moves; None where the clock is measured by the active ones already."""
    values = timekeeping.rebased(source, row)
    if values["events"] == row.events and values["definition_id"] == row.definition_id:
        return None
    return Rebased(row.number, row.name, row.due_at, values["due_at"])
