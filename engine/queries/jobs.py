"""Jobs that wait, and instances that are stalled: what operators look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Row, and_, func, or_, select

from engine.bpmn import codec
from engine.store.jobs import BACKOFF, LARGEST, READY, STALLED, JobNotFound
from engine.store.tables import definitions, events, instances, jobs
from engine.store.unit_of_work import Reader

#: Where counting stops.
MANY = 100


@dataclass(frozen=True, slots=True)
class JobRow:
    """Work of a service task that is not done yet."""

    id: int
    instance_id: int
    token: int
    element: str
    type: str
    process_id: str
    business_key: str | None
    state: str  #: ready (for a worker), backoff (its handler is tried again), stalled
    retries: int  #: tries left
    attempts: int  #: tries that failed
    due_at: datetime | None  #: end of the back-off or of a worker's lock; None: stalled
    worker: str | None  #: who holds it until then
    lease: int
    error: str  #: of the latest try that failed
    failed_at: datetime | None
    result: Mapping[str, Any] | None  #: a worker's answer that the process could not go on with
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """A job with what is to be known to help it."""

    job: JobRow
    definition_id: int
    version: int
    status: str  #: of its instance
    revision: int  #: of its instance
    variables: Mapping[str, Any]  #: as the job sees them


@dataclass(frozen=True, slots=True)
class Filter:
    """Which jobs to list."""

    waits: str = STALLED  #: stalled; backoff: to be tried later; ready: for a worker
    type: str = ""
    process: str = ""


@dataclass(frozen=True, slots=True)
class StalledInstance:
    """An instance whose timers failed too often."""

    id: int
    process_id: str
    business_key: str | None
    attempts: int
    started_at: datetime
    reason: str  #: why the last attempt failed


def page(
    reader: Reader, wanted: Filter, after: int = 0, limit: int = 50
) -> tuple[list[JobRow], int | None]:
    """Jobs after one, the oldest first, and the last of them where there are more."""
    query = select(jobs).where(_waits(reader, wanted.waits), jobs.c.id > after)
    if wanted.type:
        query = query.where(jobs.c.type == wanted.type)
    if wanted.process:
        query = query.where(jobs.c.process_id == wanted.process)
    rows = reader.connection.execute(query.order_by(jobs.c.id).limit(limit + 1)).all()
    more = rows[limit - 1].id if len(rows) > limit else None
    return [_job(row) for row in rows[:limit]], more


def _waits(reader: Reader, kind: str) -> ColumnElement[bool]:
    later = and_(jobs.c.state == READY, jobs.c.worker.is_(None), jobs.c.due_at > reader.now)
    if kind == BACKOFF:
        return or_(jobs.c.state == BACKOFF, later)
    return and_(jobs.c.state == READY, ~later) if kind == READY else jobs.c.state == STALLED


def of_instance(reader: Reader, instance_id: int) -> list[JobRow]:
    """Every job of an instance."""
    query = select(jobs).where(jobs.c.instance_id == instance_id).order_by(jobs.c.id)
    return [_job(row) for row in reader.connection.execute(query)]


def seen(reader: Reader, job_id: int) -> Seen:
    """One job with the variables that it sees.

    Raises:
        JobNotFound: it was done or withdrawn.
    """
    query = (
        select(jobs, instances.c.definition_id, instances.c.variables, instances.c.status)
        .add_columns(instances.c.state.label("tokens"), instances.c.revision)
        .add_columns(definitions.c.version)
        .join(instances, instances.c.id == jobs.c.instance_id)
        .join(definitions, definitions.c.id == instances.c.definition_id)
        .where(jobs.c.id == job_id)
    )
    row = reader.connection.execute(query).first() if 0 < job_id <= LARGEST else None
    if row is None:
        raise JobNotFound(job_id)
    variables = {**row.variables, **codec.visible(row.tokens, row.token)}
    return Seen(_job(row), row.definition_id, row.version, row.status, row.revision, variables)


def types(reader: Reader) -> list[str]:
    """Types of which there are jobs."""
    query = select(jobs.c.type).distinct().order_by(jobs.c.type).limit(MANY)
    return list(reader.connection.execute(query).scalars())


def stalled(reader: Reader) -> int:
    """How many jobs and instances are stalled; counting stops at MANY of each."""
    some = select(jobs.c.id).where(jobs.c.state == STALLED).limit(MANY).subquery()
    others = select(instances.c.id).where(instances.c.status == STALLED).limit(MANY).subquery()
    both = select(
        select(func.count()).select_from(some).scalar_subquery()
        + select(func.count()).select_from(others).scalar_subquery()
    )
    return int(reader.connection.execute(both).scalar_one())


def stalled_instances(
    reader: Reader, process: str = "", after: int = 0, limit: int = 50
) -> tuple[list[StalledInstance], int | None]:
    """Stalled instances after one, the oldest first, and the last of them where there are more."""
    query = select(instances).where(instances.c.status == STALLED, instances.c.id > after)
    if process:
        query = query.where(instances.c.process_id == process)
    rows = reader.connection.execute(query.order_by(instances.c.id).limit(limit + 1)).all()
    reasons = _reasons(reader, [row.id for row in rows[:limit]])
    more = rows[limit - 1].id if len(rows) > limit else None
    return [_stalled(row, reasons.get(row.id, "")) for row in rows[:limit]], more


def why_stalled(reader: Reader, instance_id: int) -> str:
    """Why the last attempt on an instance failed; empty where none did."""
    return _reasons(reader, [instance_id]).get(instance_id, "")


def _reasons(reader: Reader, ids: list[int]) -> dict[int, str]:
    latest = (
        select(events.c.stream, func.max(events.c.seq).label("seq"))
        .where(
            events.c.stream.in_([f"instance:{number}" for number in ids]),
            events.c.action == "timer.failed",
        )
        .group_by(events.c.stream)
        .subquery()
    )
    query = select(events.c.stream, events.c.details).join(
        latest, and_(events.c.stream == latest.c.stream, events.c.seq == latest.c.seq)
    )
    return {
        int(row.stream.partition(":")[2]): str(orjson.loads(row.details).get("reason", ""))
        for row in reader.connection.execute(query)
    }


def _job(row: Row[Any]) -> JobRow:
    return JobRow(**{name: getattr(row, name) for name in JobRow.__dataclass_fields__})


def _stalled(row: Row[Any], reason: str) -> StalledInstance:
    return StalledInstance(
        row.id, row.process_id, row.business_key, row.attempts, row.started_at, reason
    )
