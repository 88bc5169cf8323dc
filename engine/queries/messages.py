"""Messages that are kept for somebody who will wait for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from engine.store.tables import instances, messages
from engine.store.unit_of_work import Reader


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """A message that nobody has caught yet."""

    id: int
    name: str
    key: str  #: correlation key
    message_id: str | None  #: of its sender's
    variables: Mapping[str, Any]
    sender: str  #: who sent it, or whose action made a diagram throw it
    instance_id: int | None  #: the instance whose diagram threw it
    business_key: str | None  #: of that instance
    element: str | None  #: that threw it
    published_at: datetime
    expires_at: datetime


def kept(reader: Reader, before: int | None = None, limit: int = 50) -> list[KeptMessage]:
    """The newest kept messages first, those before a number."""
    columns = [messages.c[name] for name in KeptMessage.__dataclass_fields__ if name in messages.c]
    query = (
        select(*columns, instances.c.business_key)
        .outerjoin(instances, instances.c.id == messages.c.instance_id)
        .where(messages.c.caught_at.is_(None), messages.c.expires_at > reader.now)
    )
    if before is not None:
        query = query.where(messages.c.id < before)
    rows = reader.connection.execute(query.order_by(messages.c.id.desc()).limit(limit))
    return [KeptMessage(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name
