"""The outbox: what leaves the house is written with the command that causes it, sent afterwards.

At least once, with a stable key, so that a receiver can tell a repetition.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, insert, select, update

from engine.store.tables import outbox

if TYPE_CHECKING:
    from engine.store.unit_of_work import UnitOfWork

PENDING, SENT, HELD, DEAD, DROPPED = "pending", "sent", "held", "dead", "dropped"
_INSERT = insert(outbox)


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice worded and addressed."""

    key: str  #: stable over repetitions
    channel: str  #: `mail` or the name of an Apprise target
    recipient: str  #: addresses, comma separated
    subject: str
    body: str
    business_key: str | None = None
    not_before: datetime | None = None


def add(work: UnitOfWork, letter: Letter) -> None:
    """Write a letter to be sent after the commit."""
    work.connection.execute(
        _INSERT,
        {
            "key": letter.key,
            "business_key": letter.business_key,
            "channel": letter.channel,
            "recipient": letter.recipient,
            "subject": letter.subject,
            "body": letter.body,
            "state": PENDING,
            "attempts": 0,
            "next_attempt_at": letter.not_before or work.now,
            "created_at": work.now,
        },
    )


def pending(work: UnitOfWork, now: datetime, limit: int) -> Sequence[Row[Any]]:
    """Letters whose time has come, oldest first."""
    query = (
        select(outbox)
        .where(outbox.c.state == PENDING, outbox.c.next_attempt_at <= now)
        .order_by(outbox.c.next_attempt_at, outbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return work.connection.execute(query).all()


def settle(work: UnitOfWork, letter_id: int, state: str, **values: object) -> None:
    """Note how an attempt went."""
    statement = update(outbox).where(outbox.c.id == letter_id).values(state=state, **values)
    work.connection.execute(statement)


def release(work: UnitOfWork, since: datetime) -> None:
    """Let letters go that were held while there was no way out, if written after a moment.

    What is older would surprise its reader; an admin looks at it first.
    """
    held = update(outbox).where(outbox.c.state == HELD, outbox.c.created_at >= since)
    work.connection.execute(held.values(state=PENDING, next_attempt_at=work.now, attempts=0))


def lock(work: UnitOfWork, letter_id: int) -> Row[Any] | None:
    """A letter, locked until the transaction ends."""
    query = select(outbox).where(outbox.c.id == letter_id)
    return work.connection.execute(query.with_for_update()).first()
