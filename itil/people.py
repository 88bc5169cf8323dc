"""People, their groups and roles; passwords are stored as Argon2id hashes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from argon2 import PasswordHasher
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
    func,
    insert,
    select,
    update,
)

from engine.errors import NotFound, Rejected
from engine.store import audit
from engine.store.columns import metadata
from engine.store.unit_of_work import Actor, Reader, UnitOfWork
from itil import roles as known_roles
from itil.roles import ROLES

people = Table(
    "people",
    metadata,
    Column("login", String(100), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("email", String(200), nullable=False),
    Column("language", String(10), nullable=False),
    Column("zone", String(60), nullable=False),
    Column("manager", String(100)),  # login
    Column("calendar", String(100)),  # notices come in its working time; None: at once
    Column("cost_centre", String(100)),  # key of the group whose lead answers for the money
    Column("password", String(200), nullable=False),
    Column("active", Boolean, nullable=False),
    # words with commas, such as `routing, voip`
    Column("skills", String(400), nullable=False, default="", server_default=""),
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
    # of a group: the higher, the later a task was given last; 0: never
    Column("turn", Integer, nullable=False, default=0, server_default="0"),
)
Index("ix_memberships_key", memberships.c.kind, memberships.c.key)
_MEMBER = select(memberships.c.kind, memberships.c.key).where(
    memberships.c.login == bindparam("login")
)
_CHOICES = select(groups.c.key, groups.c.name, groups.c.name_zh).order_by(groups.c.name)
_NAMES = select(people.c.login, people.c.name).where(
    people.c.login.in_(bindparam("logins", expanding=True))
)
_ACTIVE = select(people).where(people.c.active).order_by(people.c.login)
_PERSON = _ACTIVE.where(people.c.login == bindparam("key"))
_LEAD = _ACTIVE.join(groups, groups.c.lead == people.c.login).where(
    groups.c.key == bindparam("key")
)
_HOLDERS = _ACTIVE.join(memberships, memberships.c.login == people.c.login).where(
    memberships.c.kind == bindparam("kind"), memberships.c.key == bindparam("key")
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
    manager: str | None = None
    cost_centre: str | None = None
    calendar: str | None = None  #: in whose working time notices come; None: at once
    skills: str = ""  #: words with commas


_FIELDS = tuple(one.name for one in fields(Person))


@dataclass(frozen=True, slots=True)
class Group:
    """A support group."""

    key: str
    name: str
    name_zh: str
    lead: str | None
    members: tuple[str, ...] = ()


# -- reading


def by_login(reader: Reader, login: str) -> Person:
    """A person.

    Raises:
        PersonNotFound: there is none.
    """
    found = find(reader, login)
    if found is None:
        raise PersonNotFound(login)
    return found


def find(source: Reader | UnitOfWork, login: str) -> Person | None:
    """A person, or None."""
    row = source.connection.execute(select(people).where(people.c.login == login)).first()
    return None if row is None else person_of(row)


def by_address(reader: Reader, address: str) -> list[Person]:
    """Active people who are written to at an address, whatever its case."""
    query = select(people).where(func.lower(people.c.email) == address.lower(), people.c.active)
    return [person_of(row) for row in reader.connection.execute(query)]


def person_of(row: Row[Any]) -> Person:
    """The person of a row of the table."""
    return Person(*(getattr(row, name) for name in _FIELDS))


def actor(
    reader: Reader | UnitOfWork, login: str, channel: str = "web", address: str | None = None
) -> Actor:
    """A person as an actor, with the roles and groups held now."""
    held = reader.connection.execute(_MEMBER, {"login": login})
    return holding(login, ((kind, key) for kind, key in held), channel, address)


def holding(
    login: str, held: Iterable[tuple[str, str]], channel: str, address: str | None
) -> Actor:
    """A person as an actor who holds these roles and groups: `("role", "agent")`."""
    roles: set[str] = set()
    teams: set[str] = set()
    for kind, key in held:
        (roles if kind == "role" else teams).add(key)
    return Actor(login, frozenset(roles), frozenset(teams), channel, address=address)


def everybody(reader: Reader) -> list[Person]:
    """All people by login."""
    return [person_of(row) for row in reader.connection.execute(select(people).order_by("login"))]


def directory(reader: Reader | UnitOfWork) -> list[Group]:
    """All groups with their members."""
    members: dict[str, list[str]] = {}
    query = select(memberships.c.key, memberships.c.login).where(memberships.c.kind == "group")
    for key, login in reader.connection.execute(query.order_by("login")):
        members.setdefault(key, []).append(login)
    return [
        Group(row.key, row.name, row.name_zh, row.lead, tuple(members.get(row.key, ())))
        for row in reader.connection.execute(select(groups).order_by(groups.c.key))
    ]


def roles_held(reader: Reader | UnitOfWork) -> dict[str, list[str]]:
    """Roles of everybody who is active, by login."""
    query = select(memberships.c.login, memberships.c.key).where(memberships.c.kind == "role")
    active = select(people.c.login).where(people.c.active)
    query = query.where(memberships.c.login.in_(active)).order_by(memberships.c.key)
    held: dict[str, list[str]] = {}
    for login, key in reader.connection.execute(query):
        held.setdefault(login, []).append(key)
    return held


def join(work: UnitOfWork, login: str, group: str, by: str) -> bool:
    """Put a person into a group; answers whether they were not in it before.

    Raises:
        PersonNotFound: there is nobody with this login.
        PersonInvalid: there is no such group, or the person has left.
    """
    person = find(work, login)
    if person is None:
        raise PersonNotFound(login)
    known = work.connection.execute(select(groups.c.key).where(groups.c.key == group)).first()
    if known is None or not person.active:
        raise PersonInvalid(f"'{login}' cannot join '{group}': one of them is not there any more.")
    row = {"login": login, "kind": "group", "key": group}
    mine = [column == row[column.name] for column in memberships.primary_key]
    if work.connection.execute(select(memberships).where(*mine)).first() is not None:
        return False
    work.connection.execute(insert(memberships), row)
    _record(work, "person.joined-group", login, {"group": group, "granted_by": by})
    return True


def leave(work: UnitOfWork, login: str, group: str, by: str) -> None:
    """Take a person out of a group."""
    mine = memberships.c.login == login, memberships.c.kind == "group", memberships.c.key == group
    work.connection.execute(delete(memberships).where(*mine))
    _record(work, "person.left-group", login, {"group": group, "revoked_by": by})


def group_choices(connection: Connection) -> list[dict[str, Any]]:
    """All groups as a form offers them to choose from."""
    return [
        {"value": key, "label": name, "label:zh": name_zh}
        for key, name, name_zh in connection.execute(_CHOICES)
    ]


def staff_choices(connection: Connection) -> list[dict[str, Any]]:
    """Active people who are in some group, as a form offers them to choose from."""
    grouped = select(memberships.c.login).where(memberships.c.kind == "group")
    query = select(people.c.login, people.c.name).where(
        people.c.active, people.c.login.in_(grouped)
    )
    rows = connection.execute(query.order_by(people.c.name).limit(500))
    return [{"value": r.login, "label": r.name, "label:zh": r.name} for r in rows]


def names(reader: Reader | UnitOfWork, logins: Iterable[str]) -> dict[str, str]:
    """Names by login; who is unknown is left out."""
    rows = reader.connection.execute(_NAMES, {"logins": list(set(logins))})
    return {row.login: row.name for row in rows}


def addressed(work: UnitOfWork, to: str) -> list[Person]:
    """Active people behind `person:ann`, `group:network`, `lead:network` or `role:auditor`."""
    kind, _, key = to.partition(":")
    query = {"person": _PERSON, "lead": _LEAD}.get(kind, _HOLDERS)
    return [person_of(row) for row in work.connection.execute(query, {"kind": kind, "key": key})]


# -- changing


def add_person(
    work: UnitOfWork,
    person: Mapping[str, str],
    password: str,
    roles: Sequence[str],
    teams: Sequence[str] = (),
) -> None:
    """Add or replace a person with roles and groups.

    `person` has login, name, email, language, zone, manager, cost_centre, calendar, skills.

    Raises:
        PersonInvalid: an unknown role, or an empty login or password.
        RolesApart: two roles that nobody holds together.
    """
    _check_person(work, person, password, roles, teams)
    known_roles.grantable(work, person["login"], roles)
    row = {
        "login": person["login"],
        "name": person.get("name") or person["login"],
        "email": person.get("email") or "",
        "language": person.get("language") or "en",
        "zone": person.get("zone") or "UTC",
        "manager": person.get("manager") or None,
        "cost_centre": person.get("cost_centre") or None,
        "calendar": person.get("calendar") or None,
        "skills": person.get("skills") or "",
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


def _check_person(
    work: UnitOfWork,
    person: Mapping[str, str],
    password: str,
    roles: Sequence[str],
    teams: Sequence[str],
) -> None:
    unknown = sorted(set(roles) - ROLES)
    if unknown:
        raise PersonInvalid(
            f"Unknown roles: {', '.join(unknown)}. Known: {', '.join(sorted(ROLES))}."
        )
    if not person.get("login") or not password:
        raise PersonInvalid("A person needs a login and a password. Give both.")
    known = set(work.connection.execute(select(groups.c.key)).scalars())
    missing = sorted(set(teams) - known)
    if missing:
        raise PersonInvalid(
            f"Unknown groups: {', '.join(missing)}. Known: {', '.join(sorted(known)) or 'none'}."
        )


def add_group(
    work: UnitOfWork, key: str, name: str, name_zh: str = "", lead: str | None = None
) -> None:
    """Add or replace a group."""
    work.connection.execute(delete(groups).where(groups.c.key == key))
    row = {"key": key, "name": name, "name_zh": name_zh or name, "lead": lead}
    work.connection.execute(insert(groups), row)
    _record(work, "group.saved", key, {"name": name, "lead": lead})


def regrant(
    work: UnitOfWork, login: str, roles: Sequence[str], teams: Sequence[str]
) -> dict[str, Any]:
    """Give a person these roles and groups instead of those held; answers what changed (AUD-01).

    Raises:
        PersonNotFound: there is nobody with this login.
        PersonInvalid: an unknown role or group.
        RolesApart: two roles that nobody holds together.
    """
    person = find(work, login)
    if person is None:
        raise PersonNotFound(login)
    _check_person(work, {"login": login}, person.password, roles, teams)
    known_roles.grantable(work, login, roles)
    rows = work.connection.execute(_MEMBER, {"login": login})
    before = {(kind, key) for kind, key in rows}
    after = {("role", r) for r in roles} | {("group", g) for g in teams}
    for kind, key in before - after:
        same = (
            memberships.c.login == login,
            memberships.c.kind == kind,
            memberships.c.key == key,
        )
        work.connection.execute(delete(memberships).where(*same))
    added = [{"login": login, "kind": kind, "key": key} for kind, key in sorted(after - before)]
    if added:
        work.connection.execute(insert(memberships), added)
    details = {
        "added": [f"{kind}:{key}" for kind, key in sorted(after - before)],
        "removed": [f"{kind}:{key}" for kind, key in sorted(before - after)],
    }
    _record(work, "person.regranted", login, details)
    return details


def set_language(work: UnitOfWork, login: str, language: str) -> None:
    """Change the language a person reads."""
    changed = update(people).where(people.c.login == login).values(language=language)
    work.connection.execute(changed)


def deactivate(work: UnitOfWork, login: str) -> None:
    """Lock a person out at once; what the person did stays in the audit trail."""
    work.connection.execute(update(people).where(people.c.login == login).values(active=False))
    _record(work, "person.deactivated", login, {"active": [True, False]})


def _record(work: UnitOfWork, action: str, subject: str, details: Mapping[str, object]) -> None:
    work.record(audit.Draft("system", action, f"person:{subject}", details))
