"""Findings of controls: what a monitor, a scan or a comparison found, who answers, until when.

A finding about the same thing is kept once (AUD-19).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import (
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    insert,
    select,
    update,
)

from engine.errors import NotFound, Rejected
from engine.store import audit
from engine.store.columns import Moment, metadata
from engine.store.unit_of_work import Reader, UnitOfWork

#: Working time to answer a finding.
ANSWER = timedelta(days=7)
STATES = ("open", "closed")

table = Table(
    "control_findings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("control", String(60), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("about", Text, nullable=False),
    Column("owner", String(100), nullable=False),  # group
    Column("state", String(20), nullable=False),
    Column("found_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("closed_by", String(100)),
    Column("answer", Text),
    UniqueConstraint("control", "subject"),
)
Index("ix_control_findings_state", table.c.state, table.c.due_at)


class FindingNotFound(NotFound):
    """There is no such finding."""

    code: ClassVar[str] = "finding.not-found"

    def __init__(self, finding: int) -> None:
        self.finding = finding
        super().__init__(f"There is no finding {finding}. Look at the list of findings.")


class FindingInvalid(Rejected):
    """A finding is not answered like this."""

    code: ClassVar[str] = "finding.invalid"


@dataclass(frozen=True, slots=True)
class ControlFinding:
    """Something that a control found."""

    id: int
    control: str
    subject: str
    about: str
    owner: str
    state: str
    found_at: datetime
    due_at: datetime
    closed_at: datetime | None
    closed_by: str | None
    answer: str | None


def add(work: UnitOfWork, control: str, subject: str, about: str, owner: str) -> bool:
    """Keep a finding, once for each control and subject; answers whether it is new."""
    same = table.c.control == control, table.c.subject == subject
    if work.connection.execute(select(table.c.id).where(*same)).first():
        return False
    row: Mapping[str, Any] = {
        "control": control,
        "subject": subject[:200],
        "about": about,
        "owner": owner,
        "state": "open",
        "found_at": work.now,
        "due_at": work.now + ANSWER,
    }
    work.connection.execute(insert(table), row)
    work.record(audit.Draft("system", "finding.added", f"{control}:{subject}", {"about": about}))
    return True


def close(work: UnitOfWork, finding: int, answer: str) -> None:
    """Answer a finding; it stays on record.

    Raises:
        FindingNotFound: there is none.
        FindingInvalid: there is no answer, or it is closed.
    """
    row = work.connection.execute(select(table).where(table.c.id == finding)).first()
    if row is None:
        raise FindingNotFound(finding)
    if row.state != "open" or not answer.strip():
        raise FindingInvalid("An open finding is closed with an answer. Say what was done.")
    values = {"state": "closed", "closed_at": work.now, "closed_by": work.actor.name}
    values["answer"] = answer.strip()[:4000]
    work.connection.execute(update(table).where(table.c.id == finding).values(values))
    subject = f"{row.control}:{row.subject}"
    work.record(audit.Draft("system", "finding.closed", subject, {"answer": values["answer"]}))


def every(reader: Reader, state: str | None = "open", limit: int = 200) -> list[ControlFinding]:
    """Findings, those due first."""
    query = select(table).order_by(table.c.due_at, table.c.id).limit(limit)
    if state:
        query = query.where(table.c.state == state)
    return [ControlFinding(*row) for row in reader.connection.execute(query)]
