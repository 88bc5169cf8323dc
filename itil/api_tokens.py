"""Tokens of programs: who may call the REST API, for which objects of which scope, until when.

A token is 256 random bits, shown once and stored as SHA-256. Its grants name, for each scope, the
objects it is for: `{"jobs": ["invoice.pay"]}` takes jobs of that type and nothing else. A token is
no person: pages never take one, and it has no roles.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Integer, Row, String, Table, delete, insert, select, update

from engine.errors import NotFound, Rejected, Throttled, Unauthenticated
from engine.store import audit
from engine.store.columns import Json, Moment, metadata
from engine.store.unit_of_work import Actor, Reader, UnitOfWork
from itil.sessions import WINDOW, failed_sign_ins, locked_until

#: What there is to be granted, each with what its objects are.
SCOPES: Mapping[str, str] = {
    "jobs": "job types",
    "read": "resources",
    "write": "what may be written",
    "intake": "sources of alerts",
    "people": "logins on whose behalf",
}
#: Days a token may live.
LONGEST = 366
#: Begins every token, so that one that leaked is recognised.
PREFIX = "sbx_"
#: The last use of a token is written at most this often.
TOUCH = timedelta(minutes=5)
#: Under this name wrong tokens are counted against an address, beside logins.
_COUNTED = "(api token)"
_NAME = re.compile(r"[\w][\w .-]{0,79}")
_MOST_OBJECTS, _LONGEST_OBJECT = 100, 200

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(80), nullable=False, unique=True),
    Column("digest", String(64), nullable=False, unique=True),  # SHA-256 of what the program holds
    Column("grants", Json, nullable=False),  # scope -> objects
    Column("made_by", String(100), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    Column("used_at", Moment),
)


class TokenInvalid(Rejected):
    """A token cannot be made like this."""

    code = "token.invalid"


class TokenNotFound(NotFound):
    """There is no token with this number."""

    code = "token.not-found"

    def __init__(self, token: int) -> None:
        super().__init__(f"There is no token {token}. Look at the list of tokens.")


class TokenRefused(Unauthenticated):
    """A call to the API brings no token that is known, current and meant for it."""

    code = "token.refused"

    def __init__(self, why: str) -> None:
        super().__init__(
            f"This call is refused: {why}. Send 'Authorization: Bearer' with a token that an admin "
            "made for it.",
        )


class TokenThrottled(Throttled):
    """Too many calls with wrong tokens came from one address."""

    code = "token.throttled"

    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__(
            f"Too many wrong tokens came from your address. Wait until {until:%H:%M} UTC.",
        )


@dataclass(frozen=True, slots=True)
class ApiToken:
    """What is known of a token; not the token itself."""

    id: int
    name: str
    grants: Mapping[str, Sequence[str]]
    made_by: str
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None

    def state(self, now: datetime) -> str:
        """`current`, `expired` or `revoked`."""
        if self.revoked_at is not None:
            return "revoked"
        return "current" if now < self.expires_at else "expired"


@dataclass(frozen=True, slots=True)
class Caller:
    """A program that calls: who, and for which objects of the scope it was asked for."""

    actor: Actor
    objects: frozenset[str]
    token: int
    stale: bool  #: its last use should be written again


# -- admins


def everyone(reader: Reader) -> list[ApiToken]:
    """Every token that was ever made, the newest first."""
    rows = reader.connection.execute(select(api_tokens).order_by(api_tokens.c.id.desc()))
    return [_token(row) for row in rows]


def new_secret() -> str:
    """What a program will hold; shown once and stored nowhere, in no result of a command either."""
    return PREFIX + secrets.token_urlsafe(32)


def make(
    work: UnitOfWork, name: str, grants: Mapping[str, Sequence[str]], days: int, secret: str
) -> int:
    """Make a token; answers its number.

    Raises:
        TokenInvalid: the name is taken or no name, the grants are empty or unknown, or it would
            live too long.
    """
    clean = {scope: sorted(set(objects)) for scope, objects in grants.items()}
    _refuse(work, name, clean, days)
    row = {
        "name": name,
        "digest": _digest(secret),
        "grants": clean,
        "made_by": work.actor.name,
        "made_at": work.now,
        "expires_at": work.now + timedelta(days=days),
    }
    key = work.connection.execute(insert(api_tokens), row).inserted_primary_key
    _record(work, "token.made", name, {"grants": clean, "days": days})
    return key[0] if key else 0


def revoke(work: UnitOfWork, token: int) -> None:
    """End a token at once; it stays in the list.

    Raises:
        TokenNotFound: there is none of this number.
    """
    mine = api_tokens.c.id == token
    row = work.connection.execute(select(api_tokens).where(mine)).first()
    if row is None:
        raise TokenNotFound(token)
    if row.revoked_at is None:
        work.connection.execute(update(api_tokens).where(mine).values(revoked_at=work.now))
        _record(work, "token.revoked", row.name, {})


def _refuse(work: UnitOfWork, name: str, grants: Mapping[str, Sequence[str]], days: int) -> None:
    if not _NAME.fullmatch(name):
        raise TokenInvalid("A token needs a name of up to 80 letters, digits, '.', '-' and spaces.")
    if work.connection.execute(select(api_tokens).where(api_tokens.c.name == name)).first():
        raise TokenInvalid(f"There is a token '{name}' already. Choose another name.")
    if not 1 <= days <= LONGEST:
        raise TokenInvalid(f"A token lives 1 to {LONGEST} days, not {days}.")
    if not grants:
        raise TokenInvalid(f"Token '{name}' is for nothing. Grant it one of: {', '.join(SCOPES)}.")
    for scope, objects in grants.items():
        if scope not in SCOPES:
            raise TokenInvalid(f"There is no scope '{scope}'. Known: {', '.join(SCOPES)}.")
        if not objects or len(objects) > _MOST_OBJECTS or not all(map(_fits, objects)):
            raise TokenInvalid(
                f"Name the {SCOPES[scope]} that token '{name}' is for: 1 to {_MOST_OBJECTS}, each "
                f"of at most {_LONGEST_OBJECT} printable characters.",
            )


def _fits(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_OBJECT and text.isprintable()


# -- calls


def find(reader: Reader, secret: str, scope: str, address: str) -> Caller:
    """Who calls with a token.

    Raises:
        TokenRefused: it is missing, unknown, expired, revoked or not for this scope.
    """
    if not secret:
        raise TokenRefused("it brings no token")
    query = select(api_tokens).where(api_tokens.c.digest == _digest(secret))
    row = reader.connection.execute(query).first()
    if row is None:
        raise TokenRefused("nobody knows its token")
    token = _token(row)
    if (state := token.state(reader.now)) != "current":
        raise TokenRefused(f"its token '{token.name}' is {state}")
    if scope not in token.grants:
        raise TokenRefused(f"its token '{token.name}' is not for '{scope}'")
    actor = Actor(f"token:{token.name}", channel="api", address=address)
    stale = token.used_at is None or token.used_at + TOUCH < reader.now
    return Caller(actor, frozenset(token.grants[scope]), token.id, stale)


def behalf(reader: Reader, token: int) -> frozenset[str]:
    """Logins on whose behalf a token may act."""
    row = reader.connection.execute(select(api_tokens).where(api_tokens.c.id == token)).first()
    return frozenset() if row is None else frozenset(row.grants.get("people", ()))


def touch(work: UnitOfWork, token: int) -> None:
    """Note that a token is in use."""
    used = update(api_tokens).where(api_tokens.c.id == token).values(used_at=work.now)
    work.connection.execute(used)


def throttle(reader: Reader, address: str) -> None:
    """Refuse to hear an address from which many wrong tokens came lately.

    Raises:
        TokenThrottled: says until when.
    """
    until = locked_until(reader, _COUNTED, address)
    if until is not None:
        raise TokenThrottled(until)


def note_refusal(work: UnitOfWork, address: str, refusal: str) -> None:
    """Count a refused call against its address, and record it."""
    row = {"login": _COUNTED, "address": address, "at": work.now}
    work.connection.execute(insert(failed_sign_ins), row)
    work.connection.execute(delete(failed_sign_ins).where(failed_sign_ins.c.at < work.now - WINDOW))
    draft = audit.Draft("system", "token.refused", "token", {"reason": refusal})
    work.record(draft)


def _token(row: Row[Any]) -> ApiToken:
    return ApiToken(**{name: getattr(row, name) for name in ApiToken.__dataclass_fields__})


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _record(work: UnitOfWork, action: str, name: str, details: Mapping[str, object]) -> None:
    work.record(audit.Draft("system", action, f"token:{name}", details))
