"""How long closed cases are kept, by process: the law wants half a year at least (AUD-09).

What is purged leaves who did it, why, and where its chain of events ended; the trail itself stays.
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from sqlalchemy import select

from engine.commands import instances
from engine.errors import Rejected
from engine.store.tables import instances as instance_rows
from engine.store.unit_of_work import Actor, Runtime
from itil.case_record import CLOSED
from itil.case_record import table as cases

#: Days that the law wants at least.
LEAST = 180
BATCH = 100


class RetentionInvalid(Rejected):
    """Cases are not purged like this."""

    code: ClassVar[str] = "retention.invalid"


def purge(runtime: Runtime, actor: Actor, process: str, days: int) -> int:
    """Remove cases of a process that were closed longer ago than so many days.

    Raises:
        RetentionInvalid: that would be less than the law wants.
        AdminsOnly: the actor is no admin.
    """
    if days < LEAST:
        raise RetentionInvalid(f"{days} days are less than {LEAST}, which have to be kept.")
    gone = 0
    while True:
        with runtime.read() as reader:
            old = select(cases.c.instance_id).join(
                instance_rows, instance_rows.c.id == cases.c.instance_id
            )
            old = old.where(
                cases.c.process == process,
                cases.c.state.in_(CLOSED),
                cases.c.closed_at < reader.now - timedelta(days=days),
                instance_rows.c.status.in_(("completed", "cancelled")),
            )
            found = reader.connection.execute(old.limit(BATCH)).scalars().all()
        if not found:
            return gone
        for instance in found:
            reason = f"Kept for {days} days"
            runtime.run(actor, lambda work: instances.delete(work, instance, reason))  # noqa: B023
        gone += len(found)
