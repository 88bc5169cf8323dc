"""People, their groups and roles, and their sessions.

Passwords are stored as Argon2id hashes, session tokens as SHA-256 of random 256 bits.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    Row,
    String,
    Table,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from engine.errors import NotFound, Rejected
from engine.store import audit
from engine.store.tables import Moment, metadata
from engine.store.unit_of_work import Actor, Reader, UnitOfWork

ROLES = frozenset(
    {
        "requester",
        "agent",
        "team-lead",
        "incident-manager",
        "process-owner",
        "auditor",
        "admin",
    },
)
#: Failed sign-ins for one login or address in a quarter of an hour before it has to wait.
FAILURES, WINDOW = 5, timedelta(minutes=15)
#: A session that was not used for this long has ended.
IDLE = timedelta(hours=8)
#: The last use of a session is written at most this often.
TOUCH = timedelta(minutes=5)

people = Table(
    "people",
    metadata,
    Column("login", String(100), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("email", String(200), nullable=False),
    Column("language", String(10), nullable=False),
    Column("zone", String(60), nullable=False),
    Column("password", String(200), nullable=False),
    Column("active", Boolean, nullable=False),
)
groups = Table(
    "groups",
    metadata,
    Column("key", String(100), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("name_zh", String(200), nullable=False),
    Column("lead", String(100)),
)
memberships = Table(
    "memberships",
    metadata,
    Column("login", String(100), primary_key=True),
    Column("kind", String(10), primary_key=True),  # group or role
    Column("key", String(100), primary_key=True),
)
Index("ix_memberships_key", memberships.c.kind, memberships.c.key)
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

_SESSION = (
    select(sessions.c.used_at, people)
    .join(people, people.c.login == sessions.c.login)
    .where(sessions.c.token == bindparam("token"), people.c.active)
)
_MEMBER = select(memberships.c.kind, memberships.c.key).where(
    memberships.c.login == bindparam("login")
)


class PersonNotFound(NotFound):
    """There is nobody with this login."""

    code = "person.not-found"

    def __init__(self, login: str) -> None:
        super().__init__(f"There is nobody with the login '{login}'. Check the spelling.")


class PersonInvalid(Rejected):
    """What was said about a person cannot be."""

    code = "person.invalid"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in."""

    login: str
    name: str
    email: str
    language: str  #: `en` or `zh`
    zone: str  #: IANA time zone
    active: bool
    password: str = field(repr=False)  #: Argon2id hash


@dataclass(frozen=True, slots=True)
class Group:
    """A support group."""

    key: str
    name: str
    name_zh: str
    lead: str | None
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Session:
    """An open session: who, with which rights."""

    person: Person
    actor: Actor
    stale: bool  #: its last use should be written again


# -- reading


def by_login(reader: Reader, login: str) -> Person:
    """A person.

    Raises:
        PersonNotFound: there is none.
    """
    row = reader.connection.execute(select(people).where(people.c.login == login)).first()
    if row is None:
        raise PersonNotFound(login)
    return _person(row)


def _person(row: Row[Any]) -> Person:
    return Person(row.login, row.name, row.email, row.language, row.zone, row.active, row.password)


def actor(
    reader: Reader | UnitOfWork, login: str, channel: str = "web", address: str | None = None
) -> Actor:
    """A person as an actor, with the roles and groups held now."""
    roles: set[str] = set()
    teams: set[str] = set()
    for kind, key in reader.connection.execute(_MEMBER, {"login": login}):
        (roles if kind == "role" else teams).add(key)
    return Actor(login, frozenset(roles), frozenset(teams), channel, address=address)


def session(reader: Reader, token: str, address: str | None = None) -> Session | None:
    """The session of a browser's token; None when it is unknown, ended or its person inactive."""
    row = reader.connection.execute(_SESSION, {"token": _digest(token)}).first()
    if row is None or row.used_at + IDLE < reader.now:
        return None
    stale = row.used_at + TOUCH < reader.now
    return Session(_person(row), actor(reader, row.login, address=address), stale)


def everybody(reader: Reader) -> list[Person]:
    """All people by login."""
    return [_person(row) for row in reader.connection.execute(select(people).order_by("login"))]


def directory(reader: Reader) -> list[Group]:
    """All groups with their members."""
    members: dict[str, list[str]] = {}
    query = select(memberships.c.key, memberships.c.login).where(memberships.c.kind == "group")
    for key, login in reader.connection.execute(query.order_by("login")):
        members.setdefault(key, []).append(login)
    return [
        Group(row.key, row.name, row.name_zh, row.lead, tuple(members.get(row.key, ())))
        for row in reader.connection.execute(select(groups).order_by(groups.c.key))
    ]


def group_choices(connection: Connection) -> list[dict[str, Any]]:
    """All groups as a form offers them to choose from."""
    query = select(groups.c.key, groups.c.name, groups.c.name_zh).order_by(groups.c.name)
    return [
        {"value": row.key, "label": row.name, "label:zh": row.name_zh}
        for row in connection.execute(query)
    ]


def names(reader: Reader, logins: Iterable[str]) -> dict[str, str]:
    """Names by login; who is unknown is left out."""
    query = select(people.c.login, people.c.name).where(people.c.login.in_(set(logins)))
    return {row.login: row.name for row in reader.connection.execute(query)}


def addressed(work: UnitOfWork, to: str) -> list[Person]:
    """Active people behind `person:ann`, `group:network`, `lead:network` or `role:auditor`."""
    kind, _, key = to.partition(":")
    query = select(people).where(people.c.active).order_by(people.c.login)
    if kind == "person":
        query = query.where(people.c.login == key)
    elif kind == "lead":
        query = query.join(groups, groups.c.lead == people.c.login).where(groups.c.key == key)
    else:
        query = query.join(memberships, memberships.c.login == people.c.login).where(
            memberships.c.kind == kind, memberships.c.key == key
        )
    return [_person(row) for row in work.connection.execute(query)]


# -- sign-in


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


def open_session(work: UnitOfWork, login: str, address: str) -> str:
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


def touch_session(work: UnitOfWork, token: str) -> None:
    """Note that a session is in use."""
    used = update(sessions).where(sessions.c.token == _digest(token)).values(used_at=work.now)
    work.connection.execute(used)


def close_session(work: UnitOfWork, token: str) -> None:
    """End a session."""
    work.connection.execute(delete(sessions).where(sessions.c.token == _digest(token)))
    _record(work, "signed-out", work.actor.name, {})


def close_sessions_of(work: UnitOfWork, login: str) -> None:
    """End every session of a person."""
    work.connection.execute(delete(sessions).where(sessions.c.login == login))
    _record(work, "sessions-closed", login, {})


def note_failed_sign_in(work: UnitOfWork, login: str, address: str) -> None:
    """Count a failed sign-in against the login and the address."""
    row = {"login": login[:100], "address": address, "at": work.now}
    work.connection.execute(insert(failed_sign_ins), row)
    work.connection.execute(delete(failed_sign_ins).where(failed_sign_ins.c.at < work.now - WINDOW))
    _record(work, "sign-in-failed", login[:100], {"address": address})


def locked_until(reader: Reader, login: str, address: str) -> datetime | None:
    """Until when a login or address has to wait; None where it may try."""
    since = reader.now - WINDOW
    until = []
    for column, value in ((failed_sign_ins.c.login, login), (failed_sign_ins.c.address, address)):
        query = (
            select(failed_sign_ins.c.at)
            .where(column == value, failed_sign_ins.c.at > since)
            .order_by(failed_sign_ins.c.at.desc())
            .limit(FAILURES)
        )
        moments = reader.connection.execute(query).scalars().all()
        if len(moments) == FAILURES:
            until.append(moments[-1] + WINDOW)
    return max(until, default=None)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


# -- changing


def add_person(
    work: UnitOfWork,
    person: Mapping[str, str],
    password: str,
    roles: Sequence[str],
    teams: Sequence[str] = (),
) -> None:
    """Add or replace a person (login, name, email, language, zone) with roles and groups.

    Raises:
        PersonInvalid: an unknown role, or an empty login or password.
    """
    unknown = sorted(set(roles) - ROLES)
    if unknown:
        raise PersonInvalid(
            f"Unknown roles: {', '.join(unknown)}. Known: {', '.join(sorted(ROLES))}."
        )
    if not person.get("login") or not password:
        raise PersonInvalid("A person needs a login and a password. Give both.")
    row = {
        "login": person["login"],
        "name": person.get("name") or person["login"],
        "email": person.get("email") or "",
        "language": person.get("language") or "en",
        "zone": person.get("zone") or "UTC",
        "password": PasswordHasher().hash(password),
        "active": True,
    }
    work.connection.execute(delete(people).where(people.c.login == row["login"]))
    work.connection.execute(delete(memberships).where(memberships.c.login == row["login"]))
    work.connection.execute(insert(people), row)
    held = [("role", r) for r in roles] + [("group", g) for g in teams]
    rows = [{"login": row["login"], "kind": kind, "key": key} for kind, key in held]
    if rows:
        work.connection.execute(insert(memberships), rows)
    _record(work, "person.saved", str(row["login"]), {"roles": list(roles), "groups": list(teams)})


def add_group(
    work: UnitOfWork, key: str, name: str, name_zh: str = "", lead: str | None = None
) -> None:
    """Add or replace a group."""
    work.connection.execute(delete(groups).where(groups.c.key == key))
    row = {"key": key, "name": name, "name_zh": name_zh or name, "lead": lead}
    work.connection.execute(insert(groups), row)
    _record(work, "group.saved", key, {"name": name, "lead": lead})


def set_language(work: UnitOfWork, login: str, language: str) -> None:
    """Change the language a person reads."""
    changed = update(people).where(people.c.login == login).values(language=language)
    work.connection.execute(changed)


def deactivate(work: UnitOfWork, login: str) -> None:
    """Lock a person out at once; what the person did stays in the audit trail."""
    work.connection.execute(update(people).where(people.c.login == login).values(active=False))
    close_sessions_of(work, login)


def _record(work: UnitOfWork, action: str, subject: str, details: Mapping[str, object]) -> None:
    work.record(audit.Draft("system", action, f"person:{subject}", details))
