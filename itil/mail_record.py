"""The record of letters that came, and what became of each; and the secret of their references."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Index, Integer, String, Table, Text, insert, select, update

from engine.store import audit
from engine.store.columns import Moment, metadata
from engine.store.unit_of_work import SYSTEM, Reader, Runtime, UnitOfWork
from itil.mail import Received

table = Table(
    "received_mails",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("message_id", String(300), nullable=False, unique=True),
    Column("at", Moment, nullable=False),
    Column("sender", String(200), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("outcome", String(20), nullable=False),  # opened, commented, returned, refused
    Column("number", String(100)),
    Column("reason", Text, nullable=False),
)
Index("ix_received_mails_sender", table.c.sender, table.c.at)
#: What references are signed with; made once.
_secrets = Table(
    "mail_secrets",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("secret", String(64), nullable=False),
)
OUTCOMES = ("opened", "commented", "returned", "refused")


@dataclass(frozen=True, slots=True)
class Taken:
    """A letter that came, and what became of it."""

    id: int
    message_id: str
    at: datetime
    sender: str
    subject: str
    outcome: str  #: of OUTCOMES
    number: str | None
    reason: str


def secret(runtime: Runtime) -> bytes:
    """What references are signed with; made at the first call."""

    def made(work: UnitOfWork) -> str:
        known = work.connection.execute(select(_secrets.c.secret)).scalar()
        if known is None:
            known = secrets.token_hex(32)
            work.connection.execute(insert(_secrets), {"id": 1, "secret": known})
        return str(known)

    return bytes.fromhex(runtime.run(SYSTEM, made))


def known(reader: Reader, letter: Received) -> bool:
    """Whether a letter came before."""
    query = select(table.c.id).where(table.c.message_id == letter.id)
    return reader.connection.execute(query).first() is not None


def note(work: UnitOfWork, letter: Received, outcome: str, number: str | None, reason: str) -> None:
    """Put a letter on record, and in the audit trail."""
    row = {"message_id": letter.id, "at": work.now, "sender": letter.sender}
    row |= {"subject": letter.subject, "outcome": outcome, "number": number, "reason": reason[:500]}
    work.connection.execute(insert(table).values(row))
    # Without the address: the trail is for ever, and who somebody was has to go when it is erased.
    details = {"message_id": letter.id, "reason": reason[:500]}
    subject = f"case:{number}" if number else "mail"
    work.record(audit.Draft("system", f"mail.{outcome}", subject, details))


def of_sender(reader: Reader, address: str, limit: int) -> list[Taken]:
    """Letters that came from an address."""
    query = select(table).where(table.c.sender == address.lower()).limit(limit)
    return [Taken(*row) for row in reader.connection.execute(query)]


def forget_sender(work: UnitOfWork, address: str) -> None:
    """Take address and subject out of the letters that came from it; the rest of the row stays."""
    mine = update(table).where(table.c.sender == address.lower())
    work.connection.execute(mine.values(sender="", subject=""))


def latest(reader: Reader, limit: int = 100) -> list[Taken]:
    """Letters that came, the latest first."""
    query = select(table).order_by(table.c.id.desc()).limit(limit)
    return [Taken(*row) for row in reader.connection.execute(query)]
