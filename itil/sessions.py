"""Sessions and sign-in: tokens are stored as SHA-256 of random 256 bits."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import (
    Column,
    Index,
    Integer,
    String,
    Table,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from engine.store import audit
from engine.store.columns import Moment, metadata
from engine.store.unit_of_work import Actor, Reader, UnitOfWork
from itil import people, second_factor
from itil.people import Person

#: Failed sign-ins for one login from one address in a quarter of an hour before it has to wait.
FAILURES, WINDOW = 5, timedelta(minutes=15)
#: A session that was not used for this long has ended.
IDLE = timedelta(hours=8)
#: The last use of a session is written at most this often.
TOUCH = timedelta(minutes=5)
sessions = Table(
    "sessions",
    metadata,
    Column("token", String(64), primary_key=True),  # SHA-256 of what the browser holds
    Column("login", String(100), nullable=False),
    Column("address", String(60), nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("used_at", Moment, nullable=False),
)
failed_sign_ins = Table(
    "failed_sign_ins",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("login", String(100), nullable=False),
    Column("address", String(60), nullable=False),
    Column("at", Moment, nullable=False),
)
Index("ix_failed_sign_ins_at", failed_sign_ins.c.at)

#: A row for each role and group of the person, at least one: every request asks this.
_SESSION = (
    select(
        sessions.c.used_at,
        second_factor.table.c.confirmed_at,
        people.people,
        people.memberships.c.kind,
        people.memberships.c.key,
    )
    .join(people.people, people.people.c.login == sessions.c.login)
    .outerjoin(people.memberships, people.memberships.c.login == sessions.c.login)
    .outerjoin(second_factor.table, second_factor.table.c.login == sessions.c.login)
    .where(sessions.c.token == bindparam("token"), people.people.c.active)
)


@dataclass(frozen=True, slots=True)
class Session:
    """An open session: who, with which rights."""

    person: Person
    actor: Actor
    stale: bool  #: its last use should be written again
    factor: bool  #: the person has a second factor


def find(reader: Reader, token: str, address: str | None = None) -> Session | None:
    """The session of a browser's token; None when it is unknown, ended or its person inactive."""
    rows = reader.connection.execute(_SESSION, {"token": _digest(token)}).all()
    if not rows or rows[0].used_at + IDLE < reader.now:
        return None
    person = people.person_of(rows[0])
    held = [(row.kind, row.key) for row in rows if row.kind]
    actor = people.holding(person.login, held, "web", address)
    stale = rows[0].used_at + TOUCH < reader.now
    return Session(person, actor, stale, factor=rows[0].confirmed_at is not None)


def verify_password(person: Person | None, password: str) -> bool:
    """Whether the password is right; takes as long for nobody as for somebody."""
    hasher = PasswordHasher()
    try:
        hasher.verify(person.password if person else _NOBODY, password)
    except VerifyMismatchError:
        return False
    return person is not None and person.active


#: A hash of nothing in particular, so that an unknown login takes as long as a wrong password.
_NOBODY = PasswordHasher().hash(secrets.token_hex(16))


def begin(work: UnitOfWork, login: str, address: str) -> str:
    """Open a session and answer the token for the browser; forgets failed sign-ins."""
    token = secrets.token_urlsafe(32)
    work.connection.execute(
        insert(sessions),
        {
            "token": _digest(token),
            "login": login,
            "address": address,
            "opened_at": work.now,
            "used_at": work.now,
        },
    )
    work.connection.execute(delete(failed_sign_ins).where(failed_sign_ins.c.login == login))
    work.connection.execute(delete(sessions).where(sessions.c.used_at < work.now - IDLE))
    _record(work, "signed-in", login, {"address": address})
    return token


def touch(work: UnitOfWork, token: str) -> None:
    """Note that a session is in use."""
    used = update(sessions).where(sessions.c.token == _digest(token)).values(used_at=work.now)
    work.connection.execute(used)


def close(work: UnitOfWork, token: str) -> None:
    """End a session."""
    work.connection.execute(delete(sessions).where(sessions.c.token == _digest(token)))
    _record(work, "signed-out", work.actor.name, {})


def close_all(work: UnitOfWork, login: str) -> None:
    """End every session of a person."""
    work.connection.execute(delete(sessions).where(sessions.c.login == login))
    _record(work, "sessions-closed", login, {})


def note_failure(work: UnitOfWork, login: str, address: str) -> None:
    """Count a failed sign-in against the login and the address."""
    row = {"login": login[:100], "address": address, "at": work.now}
    work.connection.execute(insert(failed_sign_ins), row)
    work.connection.execute(delete(failed_sign_ins).where(failed_sign_ins.c.at < work.now - WINDOW))
    _record(work, "sign-in-failed", login[:100], {"address": address})


def locked_until(reader: Reader, login: str, address: str) -> datetime | None:
    """Until when somebody at an address has to wait; None where they may try."""
    since = reader.now - WINDOW
    both = (failed_sign_ins.c.login == login) & (failed_sign_ins.c.address == address)
    until = []
    # A login is locked for the address that tried, so that nobody can lock others out from afar;
    # an address that tries many logins has to wait for all of them.
    for those, most in ((both, FAILURES), (failed_sign_ins.c.address == address, FAILURES * 10)):
        query = (
            select(failed_sign_ins.c.at)
            .where(those, failed_sign_ins.c.at > since)
            .order_by(failed_sign_ins.c.at.desc())
            .limit(most)
        )
        moments = reader.connection.execute(query).scalars().all()
        if len(moments) == most:
            until.append(moments[-1] + WINDOW)
    return max(until, default=None)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _record(work: UnitOfWork, action: str, subject: str, details: Mapping[str, object]) -> None:
    work.record(audit.Draft("system", action, f"person:{subject}", details))
