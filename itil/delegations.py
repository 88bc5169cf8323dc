"""Who stands in for whom while somebody is away (REQ-03, CHG-13)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy import Column, Index, Integer, String, Table, delete, insert, select

from engine.errors import Forbidden, Rejected
from engine.store import audit
from engine.store.columns import Moment, metadata
from engine.store.unit_of_work import Reader, UnitOfWork
from itil.people import people

table = Table(
    "delegations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person", String(100), nullable=False),
    Column("delegate", String(100), nullable=False),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
)
Index("ix_delegations_person", table.c.person, table.c.ends_at)


class DelegationInvalid(Rejected):
    """Somebody cannot stand in like this."""

    code: ClassVar[str] = "delegation.invalid"


class DelegationNotYours(Forbidden):
    """Only whom it is about, or an admin, ends a delegation."""

    code: ClassVar[str] = "delegation.not-yours"

    def __init__(self) -> None:
        super().__init__("Only who is away, or an admin, ends a delegation.")


@dataclass(frozen=True, slots=True)
class Delegation:
    """Somebody stands in for somebody for a time."""

    id: int
    person: str
    delegate: str
    starts_at: datetime
    ends_at: datetime


def add(work: UnitOfWork, person: str, delegate: str, start: datetime, end: datetime) -> int:
    """Let somebody stand in for a person; answers the id.

    Raises:
        DelegationInvalid: it is nobody, the person alone, a circle, or no time.
        DelegationNotYours: somebody else's, by no admin.
    """
    if work.actor.name != person and "admin" not in work.actor.roles:
        raise DelegationNotYours
    known = select(people.c.login).where(people.c.login == delegate, people.c.active)
    if person == delegate or work.connection.execute(known).scalar() is None:
        raise DelegationInvalid(f"'{delegate}' cannot stand in for '{person}'. Name a colleague.")
    if start >= end:
        raise DelegationInvalid("The delegation has to end after it starts. Correct the times.")
    back = select(table.c.id).where(
        table.c.person == delegate,
        table.c.delegate == person,
        table.c.starts_at < end,
        table.c.ends_at > start,
    )
    if work.connection.execute(back).first():
        raise DelegationInvalid(
            f"'{delegate}' is away then and has named '{person}'. Name another."
        )
    row = {"person": person, "delegate": delegate, "starts_at": start, "ends_at": end}
    made = work.connection.execute(insert(table).values(row).returning(table.c.id)).scalar_one()
    details = {"delegate": delegate, "from": start.isoformat(), "to": end.isoformat()}
    work.record(audit.Draft("system", "delegation.added", f"person:{person}", details))
    return int(made)


def end(work: UnitOfWork, delegation: int) -> None:
    """End a delegation before its time.

    Raises:
        DelegationNotYours: it is somebody else's, and the actor is no admin.
    """
    row = work.connection.execute(select(table).where(table.c.id == delegation)).first()
    if row is None:
        return
    if work.actor.name != row.person and "admin" not in work.actor.roles:
        raise DelegationNotYours
    work.connection.execute(delete(table).where(table.c.id == delegation))
    details = {"delegate": row.delegate}
    work.record(audit.Draft("system", "delegation.ended", f"person:{row.person}", details))


def of(reader: Reader, person: str | None = None) -> list[Delegation]:
    """Delegations that have not ended: of one person, or all."""
    query = select(table).where(table.c.ends_at > reader.now)
    if person is not None:
        query = query.where(table.c.person == person)
    query = query.order_by(table.c.starts_at).limit(500)
    return [Delegation(*row) for row in reader.connection.execute(query)]


def stand_ins(source: Reader | UnitOfWork, logins: Iterable[str]) -> dict[str, str]:
    """Who stands in now for each of these who is away."""
    query = select(table).where(
        table.c.person.in_(sorted(set(logins))),
        table.c.starts_at <= source.now,
        table.c.ends_at > source.now,
    )
    return {r.person: r.delegate for r in source.connection.execute(query.order_by(table.c.id))}


def represented(source: Reader | UnitOfWork, logins: Iterable[str]) -> set[str]:
    """These, and everybody who stands in for one of them now."""
    given = set(logins)
    return given | set(stand_ins(source, given).values())
