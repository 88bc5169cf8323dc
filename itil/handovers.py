"""Notes between shifts, with what is urgent and open when one ends (INC-26)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Column, Index, Integer, Row, String, Table, Text, insert, select, update

from engine.errors import Conflict, Forbidden, NotFound, Rejected
from engine.store import audit
from engine.store.columns import Json, Moment, metadata
from engine.store.unit_of_work import Reader, UnitOfWork
from itil.case_record import CLOSED, COLUMNS, Case
from itil.case_record import table as cases

#: Priorities that a shift does not leave without a word.
URGENT = (1, 2)
#: Urgent cases and notes that a page lists, at most.
MOST = 200
LONGEST = 10_000  #: characters of a note

table = Table(
    "handovers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("group", String(100), nullable=False),
    Column("person", String(100), nullable=False),
    Column("at", Moment, nullable=False),
    Column("note", Text, nullable=False),
    Column("urgent", Json, nullable=False),  # numbers of cases
    Column("taken_by", String(100)),
    Column("taken_at", Moment),
)
Index("ix_handovers_group", table.c.group, table.c.id)


class HandoverInvalid(Rejected):
    """A shift cannot be handed over like this."""

    code: ClassVar[str] = "handover.invalid"


class HandoverForbidden(Forbidden):
    """Only members hand their group over and take it."""

    code: ClassVar[str] = "handover.forbidden"

    def __init__(self, group: str, person: str) -> None:
        self.group, self.person = group, person
        super().__init__(f"'{person}' is not in '{group}'. Let one of the group do it.")


class HandoverNotFound(NotFound):
    """There is no such note."""

    code: ClassVar[str] = "handover.not-found"

    def __init__(self, handover: int) -> None:
        self.handover = handover
        super().__init__(f"There is no handover {handover}. Look at the list of your group.")


class HandoverTaken(Conflict):
    """Somebody has taken the shift over already."""

    code: ClassVar[str] = "handover.taken"

    def __init__(self, handover: int, person: str) -> None:
        self.handover, self.person = handover, person
        super().__init__(f"Handover {handover} was taken by {person} already. Reload the page.")


@dataclass(frozen=True, slots=True)
class Handover:
    """A note that one shift left to the next."""

    id: int
    group: str
    person: str
    at: datetime
    note: str
    urgent: tuple[str, ...]  #: numbers of the cases that were urgent and open
    taken_by: str | None
    taken_at: datetime | None


def urgent(source: Reader | UnitOfWork, group: str) -> list[Case]:
    """Open cases of a group with priority 1 or 2, those that nobody works on first."""
    query = (
        select(*COLUMNS)
        .where(cases.c.group == group, cases.c.priority.in_(URGENT))
        .where(cases.c.state.not_in(CLOSED))
        .order_by(cases.c.assignee.is_not(None), cases.c.priority, cases.c.recorded_at)
        .limit(MOST)
    )
    return [Case(*row) for row in source.connection.execute(query)]


def write(work: UnitOfWork, group: str, note: str) -> int:
    """Leave a note to the next shift with what is urgent now; answers its id.

    Raises:
        HandoverForbidden: the person is not in the group.
        HandoverInvalid: the note is empty or longer than 10,000 characters.
    """
    said = note.strip()
    if not said or len(said) > LONGEST or "\0" in said:
        raise HandoverInvalid("A handover needs 1 to 10,000 characters of text. Write it anew.")
    _member(work, group)
    numbers = [case.number for case in urgent(work, group)]
    row = {"group": group, "person": work.actor.name, "at": work.now, "note": said}
    row |= {"urgent": numbers}
    made = work.connection.execute(insert(table).values(row).returning(table.c.id)).scalar_one()
    details = {"group": group, "urgent": numbers}
    work.record(audit.Draft("system", "shift.handed-over", f"handover:{made}", details))
    return int(made)


def take(work: UnitOfWork, handover: int) -> None:
    """Take a shift over: the note was read by another of the group.

    Raises:
        HandoverNotFound: there is none.
        HandoverForbidden: the person is not in the group, or wrote the note.
        HandoverTaken: somebody was faster.
    """
    row = work.connection.execute(select(table).where(table.c.id == handover)).first()
    if row is None:
        raise HandoverNotFound(handover)
    _member(work, row.group)
    if row.person == work.actor.name:
        raise HandoverForbidden(row.group, work.actor.name)
    taken = {"taken_by": work.actor.name, "taken_at": work.now}
    mine = table.c.id == handover, table.c.taken_by.is_(None)
    if not work.connection.execute(update(table).where(*mine).values(taken)).rowcount:
        raise HandoverTaken(handover, str(row.taken_by))
    details = {"group": row.group}
    work.record(audit.Draft("system", "shift.taken-over", f"handover:{handover}", details))


def of(reader: Reader, groups: Iterable[str], limit: int = 20) -> list[Handover]:
    """Notes of groups, the newest first."""
    query = select(table).where(table.c.group.in_(list(groups))).order_by(table.c.id.desc())
    return [_handover(row) for row in reader.connection.execute(query.limit(limit))]


def _handover(row: Row[Any]) -> Handover:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    return Handover(**{**values, "urgent": tuple(values["urgent"])})


def _member(work: UnitOfWork, group: str) -> None:
    if group not in work.actor.groups:
        raise HandoverForbidden(group, work.actor.name)
