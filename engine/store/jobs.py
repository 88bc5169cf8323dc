"""Rows of jobs: kept in step with the tokens of their instances, taken by workers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from engine.bpmn.instance import Waiting
from engine.bpmn.tokens import Failure, Job
from engine.errors import NotFound
from engine.store import instances
from engine.store.instances import Loaded
from engine.store.tables import definitions, jobs
from engine.store.tables import instances as instance_rows

if TYPE_CHECKING:
    from engine.store.unit_of_work import UnitOfWork

READY, BACKOFF, STALLED = "ready", "backoff", "stalled"
#: No row has a larger number.
LARGEST = 2**31 - 1

_OF_TOKEN = (jobs.c.instance_id == bindparam("i"), jobs.c.token == bindparam("t"))
_DROP = delete(jobs).where(*_OF_TOKEN)
_FREE = (
    jobs.c.type == bindparam("type"),
    jobs.c.state == READY,
    instance_rows.c.status == instances.ACTIVE,
)
_ACTIVE = jobs.join(instance_rows, instance_rows.c.id == jobs.c.instance_id)
_NEXT = select(func.min(jobs.c.due_at)).select_from(_ACTIVE).where(*_FREE)
_TAKE = (
    select(
        *jobs.c,
        instance_rows.c.definition_id,
        instance_rows.c.variables,
        instance_rows.c.state.label("tokens"),
        definitions.c.version,
    )
    .select_from(_ACTIVE.join(definitions, definitions.c.id == instance_rows.c.definition_id))
    .where(*_FREE, jobs.c.due_at <= bindparam("now"))
    .order_by(jobs.c.due_at, jobs.c.id)
    .limit(bindparam("most"))
    .with_for_update(of=jobs, skip_locked=True)
)


class JobNotFound(NotFound):
    """A job does not exist: it was done, or its process went on without it."""

    code = "job.not-found"

    def __init__(self, job: int) -> None:
        super().__init__(
            f"There is no job {job}: it was done, or its process went on without it. "
            "Nothing was changed.",
        )


def replace(
    work: UnitOfWork,
    loaded: Loaded,
    before: Sequence[Waiting],
    after: Sequence[Waiting],
    failures: Sequence[Failure],
) -> None:
    """Make the rows of an instance those of the jobs in `after`; asks nothing where it has none."""
    old = {w.token: w for w in before if w.job}
    new = {w.token: w for w in after if w.job}
    if gone := [{"i": loaded.id, "t": token} for token in old.keys() - new.keys()]:
        work.connection.execute(_DROP, gone)
    noted = {failure.token: failure for failure in failures}
    for token, waiting in new.items():
        if waiting == old.get(token) and token not in noted:
            continue
        values = _values(work, waiting, old.get(token), noted.get(token))
        if token in old:
            row = {"i": loaded.id, "t": token}
            work.connection.execute(update(jobs).where(*_OF_TOKEN).values(values), row)
        else:
            work.connection.execute(insert(jobs), _row(work, loaded, waiting) | values)


def _values(
    work: UnitOfWork, waiting: Waiting, old: Waiting | None, failure: Failure | None
) -> dict[str, Any]:
    job = waiting.job or Job(0)
    state = _state(waiting)
    values: dict[str, Any] = {
        "element": waiting.element,
        "type": waiting.name,
        "retries": job.retries,
        "attempts": job.attempts,
        "state": state,
    }
    # Who holds it keeps it, unless something happened to it.
    if failure is not None or old is None or state != _state(old) or waiting.due != old.due:
        due = waiting.due or (failure and failure.due) or work.now
        values |= {"worker": None, "due_at": None if state == STALLED else due}
        work.rings = work.rings or state == READY
    if failure is not None and failure.reason:
        values |= {"error": failure.reason, "failed_at": work.now}
    return values


def _state(waiting: Waiting) -> str:
    if waiting.job is None or not waiting.job.retries:
        return STALLED
    return BACKOFF if waiting.due else READY


def _row(work: UnitOfWork, loaded: Loaded, waiting: Waiting) -> dict[str, Any]:
    return {
        "instance_id": loaded.id,
        "token": waiting.token,
        "process_id": loaded.process_id,
        "business_key": loaded.business_key,
        "lease": 0,
        "error": "",
        "created_at": work.now,
    }


# -- workers


def next_due(connection: Connection, kind: str) -> datetime | None:
    """When the next job of a type can be taken; None where there is none."""
    moment: datetime | None = connection.execute(_NEXT, {"type": kind}).scalar()
    return moment


def take(
    work: UnitOfWork, kind: str, worker: str, until: datetime, most: int
) -> Sequence[Row[Any]]:
    """Jobs of a type that nobody holds, held by a worker from now on, the oldest first.

    Each row is as it was before, with what its instance knows. What another transaction is just
    taking is passed over.
    """
    given = {"type": kind, "now": work.now, "most": most}
    rows: Sequence[Any] = work.connection.execute(_TAKE, given).all()
    if rows:
        held = update(jobs).where(jobs.c.id.in_([row.id for row in rows]))
        work.connection.execute(held.values(worker=worker, due_at=until, lease=jobs.c.lease + 1))
    return rows


# -- one job


def lock(work: UnitOfWork, job_id: int) -> tuple[Loaded, Row[Any]]:
    """A job's instance, locked first as everybody does, and its row.

    Raises:
        JobNotFound: it was done or withdrawn.
    """
    query = select(jobs.c.instance_id).where(jobs.c.id == job_id)
    found = work.connection.execute(query).scalar() if 0 < job_id <= LARGEST else None
    if found is None:
        raise JobNotFound(job_id)
    loaded = instances.lock(work, found)
    row = work.connection.execute(select(jobs).where(jobs.c.id == job_id).with_for_update()).first()
    if row is None:
        raise JobNotFound(job_id)
    return loaded, row


def change(work: UnitOfWork, job_id: int, values: Mapping[str, object]) -> None:
    """Set what only the row knows: who holds it until when, and what a worker answered."""
    work.connection.execute(update(jobs).where(jobs.c.id == job_id).values(values))
