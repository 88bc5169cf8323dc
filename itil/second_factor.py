"""A second factor at sign-in: six digits that a person's telephone counts (RFC 6238, AUD-18).

The secret has to be known to count with, so it is stored as it is, like those of webhooks; a copy
of the database is as good as the telephone, but not as the password.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import ClassVar

import pyotp
from sqlalchemy import Column, Integer, String, Table, delete, insert, select, update

from engine.errors import Conflict, Rejected
from engine.store import audit
from engine.store.columns import Moment, metadata
from engine.store.unit_of_work import Reader, UnitOfWork

#: Seconds for which a code is shown; codes before and after that are taken, as clocks differ.
_STEP, _AROUND = 30, 1
#: How long somebody who gave the password may look for the telephone.
PATIENCE = timedelta(minutes=5)

table = Table(
    "second_factors",
    metadata,
    Column("login", String(100), primary_key=True),
    Column("secret", String(64), nullable=False),
    Column("confirmed_at", Moment),
    Column("step", Integer, nullable=False),  # the last that was used: none is taken twice
)
_halves = Table(
    "half_sign_ins",
    metadata,
    Column("token", String(64), primary_key=True),  # SHA-256 of what the browser holds
    Column("login", String(100), nullable=False),
    Column("at", Moment, nullable=False),
)


class CodeWrong(Rejected):
    """The digits are not those of the telephone, or were used before."""

    code: ClassVar[str] = "second-factor.wrong"

    def __init__(self) -> None:
        super().__init__(
            "These are not the present six digits, or they were used before. Wait for the next "
            "ones; check the clock of the telephone."
        )


class FactorExists(Conflict):
    """There is one; it is taken away before another is set up."""

    code: ClassVar[str] = "second-factor.exists"

    def __init__(self, login: str) -> None:
        super().__init__(f"'{login}' has a second factor. Remove it before you set up another.")


# -- setting up


def begin(work: UnitOfWork, login: str) -> None:
    """Make a secret, to be confirmed by a first code.

    Raises:
        FactorExists: a confirmed one is there.
    """
    if has(work, login):
        raise FactorExists(login)
    work.connection.execute(delete(table).where(table.c.login == login))
    row = {"login": login, "secret": pyotp.random_base32(), "confirmed_at": None, "step": 0}
    work.connection.execute(insert(table), row)


def unconfirmed(reader: Reader, login: str) -> str | None:
    """The secret that waits for its first code, base 32."""
    query = select(table.c.secret).where(table.c.login == login, table.c.confirmed_at.is_(None))
    return reader.connection.execute(query).scalar()


def address(secret: str, login: str) -> str:
    """What the telephone reads from the square: an `otpauth:` address."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name="Signalbox")


def confirm(work: UnitOfWork, login: str, code: str) -> None:
    """Switch it on, by a first code.

    Raises:
        CodeWrong: the telephone counts otherwise.
    """
    check(work, login, code)
    work.connection.execute(
        update(table).where(table.c.login == login).values(confirmed_at=work.now)
    )
    work.record(audit.Draft("system", "second-factor.set", f"person:{login}", {}))


def remove(work: UnitOfWork, login: str) -> None:
    """Take it away: by the person, with a code, or by an admin."""
    if work.connection.execute(delete(table).where(table.c.login == login)).rowcount:
        work.record(audit.Draft("system", "second-factor.removed", f"person:{login}", {}))


# -- asking


def has(source: Reader | UnitOfWork, login: str) -> bool:
    """Whether a person has to give a code."""
    query = select(table.c.login).where(table.c.login == login, table.c.confirmed_at.is_not(None))
    return source.connection.execute(query).first() is not None


def check(work: UnitOfWork, login: str, code: str) -> None:
    """Take a code, once.

    Raises:
        CodeWrong: it is not the present one, or was used.
    """
    row = work.connection.execute(select(table).where(table.c.login == login)).first()
    step = None if row is None else _step(row.secret, code.replace(" ", ""), work.now)
    if row is None or step is None or step <= row.step:
        raise CodeWrong
    used = update(table).where(table.c.login == login, table.c.step < step).values(step=step)
    if not work.connection.execute(used).rowcount:
        raise CodeWrong


def _step(secret: str, code: str, now: datetime) -> int | None:
    counter, present = pyotp.TOTP(secret), int(now.timestamp()) // _STEP
    for step in range(present - _AROUND, present + _AROUND + 1):
        if hmac.compare_digest(counter.generate_otp(step).encode(), code.encode()):
            return step
    return None


# -- between password and code


def halfway(work: UnitOfWork, token: str, login: str) -> None:
    """Remember that a browser gave the password of somebody."""
    old = work.now - PATIENCE
    work.connection.execute(
        delete(_halves).where((_halves.c.token == _digest(token)) | (_halves.c.at < old))
    )
    row = {"token": _digest(token), "login": login, "at": work.now}
    work.connection.execute(insert(_halves), row)


def waiting(reader: Reader, token: str) -> str | None:
    """Whose password a browser gave within the last minutes; None where nobody's."""
    query = select(_halves.c.login).where(
        _halves.c.token == _digest(token), _halves.c.at > reader.now - PATIENCE
    )
    return reader.connection.execute(query).scalar()


def arrived(work: UnitOfWork, token: str) -> None:
    """Forget the half of a sign-in that is whole."""
    work.connection.execute(delete(_halves).where(_halves.c.token == _digest(token)))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
