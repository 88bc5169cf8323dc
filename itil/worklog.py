"""Minutes that people spent on a case, by activity (INC-24)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy import Column, Index, Integer, String, Table, insert, select

from engine.errors import Rejected
from engine.store import audit
from engine.store.columns import Moment, metadata
from engine.store.unit_of_work import Reader, UnitOfWork
from itil import cases

ACTIVITIES = ("diagnosis", "repair", "travel", "call", "documentation", "other")
#: Minutes of one entry, at most: a day.
MOST = 24 * 60
#: Entries of a case, at most: all are read to add them up.
ENTRIES = 500

table = Table(
    "worklog",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", String(100), nullable=False),
    Column("person", String(100), nullable=False),
    Column("activity", String(30), nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("note", String(500), nullable=False),
    Column("at", Moment, nullable=False),
)
Index("ix_worklog_number", table.c.number, table.c.id)


class WorkInvalid(Rejected):
    """Work cannot be logged like this."""

    code: ClassVar[str] = "worklog.invalid"


@dataclass(frozen=True, slots=True)
class Logged:
    """Work that somebody did."""

    id: int
    number: str
    person: str
    activity: str
    minutes: int
    note: str
    at: datetime


def add(work: UnitOfWork, number: str, activity: str, minutes: int, note: str) -> None:
    """Log work on a case.

    Raises:
        CaseNotFound, CaseClosed: there is no such case, or it can only be read.
        WorkInvalid: there is no such activity, the minutes are not 1 to a day, or the case is full.
    """
    cases.at_work(work, number)
    if activity not in ACTIVITIES:
        raise WorkInvalid(f"There is no '{activity}'. Write one of {', '.join(ACTIVITIES)}.")
    if not 1 <= minutes <= MOST:
        raise WorkInvalid(f"Write 1 to {MOST} minutes.")
    if len(of(work, number)) >= ENTRIES:
        raise WorkInvalid(f"{number} has {ENTRIES} entries already. Log it on a case of its own.")
    row = {"number": number, "person": work.actor.name, "activity": activity, "at": work.now}
    row |= {"minutes": minutes, "note": note.strip()[:500]}
    work.connection.execute(insert(table), row)
    details = {"activity": activity, "minutes": minutes}
    work.record(audit.Draft("system", "work.logged", f"case:{number}", details))


def of(source: Reader | UnitOfWork, number: str) -> list[Logged]:
    """Work on a case, the newest first."""
    query = select(table).where(table.c.number == number).order_by(table.c.id.desc())
    return [Logged(*row) for row in source.connection.execute(query)]
