"""What was said to people, and whether it left the house."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from engine.store.tables import outbox
from engine.store.unit_of_work import Reader


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A letter in the outbox."""

    id: int
    key: str
    business_key: str | None
    channel: str
    recipient: str
    subject: str
    body: str
    state: str  #: pending, sent, held (no way out is configured), dead (given up)
    attempts: int
    next_attempt_at: datetime | None
    created_at: datetime
    sent_at: datetime | None
    error: str | None


def recent(
    reader: Reader, state: str | None = None, before: int | None = None, limit: int = 50
) -> list[OutboxRow]:
    """The newest letters first, those before an id."""
    query = select(outbox)
    if state is not None:
        query = query.where(outbox.c.state == state)
    if before is not None:
        query = query.where(outbox.c.id < before)
    rows = reader.connection.execute(query.order_by(outbox.c.id.desc()).limit(limit))
    return [OutboxRow(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name


def of_case(reader: Reader, business_key: str) -> list[OutboxRow]:
    """Everything said about a case, in order."""
    query = select(outbox).where(outbox.c.business_key == business_key).order_by(outbox.c.id)
    rows = reader.connection.execute(query)
    return [OutboxRow(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name
