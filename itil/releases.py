"""What is known of every release beside its case: version, digest, dates, result (REL-02, REL-11).

The process says it by variables; a subscriber keeps the row, so that changes, deployments and
calendars find it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Index, Integer, String, Table, delete, func, insert, select, update

from engine.commands.advance import Progress
from engine.store.columns import Json, Moment, metadata
from engine.store.unit_of_work import Reader, UnitOfWork
from itil.case_record import table as cases
from itil.changes import moment, texts

PROCESS = "release"
TYPES = ("major", "minor", "emergency")
RESULTS = ("success", "partial", "failed")

table = Table(
    "releases",
    metadata,
    Column("number", String(100), primary_key=True),
    Column("version", String(100)),
    Column("release_type", String(20)),
    Column("service", String(200)),
    Column("digest", String(64)),
    Column("changes", Json),
    Column("planned_at", Moment),
    Column("deployed_at", Moment),
    Column("rolled_back_at", Moment),
    Column("release_result", String(20)),
    Column("incidents_after", Integer),
)
Index("ix_releases_digest", table.c.digest)

_TEXTS = ("version", "release_type", "service", "digest", "release_result")
_MOMENTS = ("planned_at", "deployed_at", "rolled_back_at")
_READ: Mapping[str, Any] = {
    **dict.fromkeys(_TEXTS, lambda v: v[:100] if isinstance(v, str) and v else None),
    **dict.fromkeys(_MOMENTS, moment),
    "changes": texts,
    "incidents_after": lambda v: v if isinstance(v, int) else None,
}


@dataclass(frozen=True, slots=True)
class Release:
    """A release as lists see it."""

    number: str
    summary: str
    state: str
    version: str | None
    release_type: str | None
    service: str | None
    digest: str | None
    planned_at: datetime | None
    deployed_at: datetime | None
    rolled_back_at: datetime | None
    release_result: str | None
    incidents_after: int | None


_NAMES = tuple(n for n in Release.__dataclass_fields__ if n not in ("number", "summary", "state"))


def follow(work: UnitOfWork, progress: Progress) -> None:
    """Keep the row of a release as its process goes on; a subscriber."""
    instance = progress.instance
    number = instance.business_key
    if instance.process_id != PROCESS or number is None or instance.parent_id is not None:
        return
    mine = table.c.number == number
    if progress.move.action == "instance.deleted":
        work.connection.execute(delete(table).where(mine))
    elif progress.move.action == "instance.started":
        values = {name: read(instance.variables.get(name)) for name, read in _READ.items()}
        work.connection.execute(insert(table), {"number": number, **values})
    else:
        changed = {n: _READ[n](after) for n, (_, after) in progress.changes.items() if n in _READ}
        if changed:
            work.connection.execute(update(table).where(mine).values(changed))


def every(reader: Reader, limit: int = 100) -> list[Release]:
    """Releases, the latest plan first."""
    query = select(cases.c.number, cases.c.summary, cases.c.state, *(table.c[n] for n in _NAMES))
    query = query.join(table, table.c.number == cases.c.number)
    query = query.order_by(table.c.planned_at.desc(), cases.c.number.desc()).limit(limit)
    return [Release(*row) for row in reader.connection.execute(query)]


def with_digest(source: Reader | UnitOfWork, digest: str) -> str | None:
    """The release under way that carries an artefact."""
    query = select(table.c.number).join(cases, cases.c.number == table.c.number)
    query = query.where(table.c.digest == digest, cases.c.state.in_(("deploying", "early_life")))
    return source.connection.execute(query.limit(1)).scalar()


def digest_of(source: Reader | UnitOfWork, change: str) -> str | None:
    """The digest that was approved with the release of a change, where it is in one."""
    query = select(table.c.changes, table.c.digest).where(table.c.digest.is_not(None))
    rows = source.connection.execute(query.order_by(table.c.number.desc()).limit(500))
    return next((row.digest for row in rows if change in (row.changes or ())), None)


def incidents_since(
    source: Reader | UnitOfWork, since: datetime, cis: Iterable[str], service: str | None
) -> int:
    """Incidents on these items or this service since a moment (REL-10)."""
    same = cases.c.ci.in_(sorted(set(cis)))
    if service:
        same = same | (cases.c.service == service)  # type: ignore[assignment]
    query = select(func.count()).where(cases.c.process == "incident", same)
    found: int = source.connection.execute(query.where(cases.c.recorded_at >= since)).scalar_one()
    return found


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a service is delivered over a span: the four measures of DORA (REL-16)."""

    deployments: int
    failed: int  #: deployments that were rolled back, failed, or only partly successful
    lead_time: timedelta | None  #: median from the record of a change to its deployment


def delivery(reader: Reader, since: datetime, service: str | None = None) -> Delivery:
    """What was deployed since a moment, and how it went."""
    query = select(table, cases.c.recorded_at).join(cases, cases.c.number == table.c.number)
    query = query.where(table.c.deployed_at >= since)
    if service:
        query = query.where(table.c.service == service)
    rows = list(reader.connection.execute(query))
    waits = sorted(row.deployed_at - row.recorded_at for row in rows)
    failed = sum(bool(row.rolled_back_at) or row.release_result == "failed" for row in rows)
    return Delivery(len(rows), failed, waits[len(waits) // 2] if waits else None)
