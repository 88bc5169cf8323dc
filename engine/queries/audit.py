"""The audit trail, and the proof that a stream of it is whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Row, select

from engine.store.audit import GENESIS, chained, head
from engine.store.tables import events
from engine.store.unit_of_work import Reader, UnitOfWork


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An event of the audit trail."""

    stream: str
    seq: int
    at: datetime
    actor: str
    on_behalf_of: str | None
    channel: str
    address: str | None
    action: str
    subject: str
    element: str | None
    definition_id: int | None
    details: Mapping[str, Any]
    hash: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a stream is whole."""

    ok: bool
    length: int
    broken_at: int | None = None  #: sequence number of the first event that does not fit


def trail(reader: Reader, stream: str, after: int = 0, limit: int = 200) -> list[AuditRow]:
    """Events of a stream in order, those after a sequence number."""
    query = (
        select(events)
        .where(events.c.stream == stream, events.c.seq > after)
        .order_by(events.c.seq)
        .limit(limit)
    )
    return [_row(row) for row in reader.connection.execute(query)]


def latest(
    reader: Reader,
    stream: str,
    before: int | None = None,
    limit: int = 50,
    action: str | None = None,
) -> list[AuditRow]:
    """The newest events of a stream first; of one action, where it is named."""
    query = select(events).where(events.c.stream == stream)
    if action is not None:
        query = query.where(events.c.action == action)
    if before is not None:
        query = query.where(events.c.seq < before)
    return [
        _row(r) for r in reader.connection.execute(query.order_by(events.c.seq.desc()).limit(limit))
    ]


def took_part(reader: Reader, stream: str, actor: str) -> bool:
    """Whether somebody has done something in a stream."""
    query = select(events.c.seq).where(events.c.stream == stream, events.c.actor == actor)
    return reader.connection.execute(query.limit(1)).first() is not None


def _row(row: Row[Any]) -> AuditRow:
    return AuditRow(
        stream=row.stream,
        seq=row.seq,
        at=row.at,
        actor=row.actor,
        on_behalf_of=row.on_behalf_of,
        channel=row.channel,
        address=row.address,
        action=row.action,
        subject=row.subject,
        element=row.element,
        definition_id=row.definition_id,
        details=orjson.loads(row.details),
        hash=row.hash,
    )


def verify(reader: Reader | UnitOfWork, stream: str) -> Verdict:
    """Recompute the chain: any altered, missing or inserted event shows, and a cut-off tail too."""
    previous, expected = GENESIS, 1
    query = select(events).where(events.c.stream == stream).order_by(events.c.seq)
    for row in reader.connection.execute(query):
        if row.seq != expected or chained(previous, dict(row._mapping)) != row.hash:  # noqa: SLF001
            return Verdict(ok=False, length=expected - 1, broken_at=expected)
        previous, expected = row.hash, expected + 1
    length = expected - 1
    if _end(reader, stream) != (length, previous):
        return Verdict(ok=False, length=length, broken_at=expected)
    return Verdict(ok=True, length=length)


def _end(reader: Reader | UnitOfWork, stream: str) -> tuple[int, str]:
    """Where a chain ends: at its head, or where the one who deleted its instance left it."""
    found = head(reader.connection, stream)
    return found if found[0] else _left_behind(reader, stream) or found


def _left_behind(reader: Reader | UnitOfWork, stream: str) -> tuple[int, str] | None:
    """Where the chain of a deleted instance ended, as the one who deleted it left it."""
    query = select(events.c.details).where(
        events.c.stream == "system",
        events.c.action == "instance.deleted",
        events.c.subject == stream,
    )
    details = reader.connection.execute(query).scalar()
    if details is None:
        return None
    found = orjson.loads(details)
    return found["events"], found["head"]
