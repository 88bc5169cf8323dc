"""What becomes of a letter: an incident, a comment, or nothing, and why (INC-23, EVT-05).

A letter is taken once by its Message-ID, in the unit of work of what it causes. Only people who are
known by their address are heard, and an answer reaches a case only by a reference that we signed
and from somebody who may comment there.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Column, Index, Integer, String, Table, Text, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from engine.errors import EngineError, Rejected
from engine.store import audit, outbox
from engine.store.columns import Moment, metadata
from engine.store.tables import outbox as letters
from engine.store.unit_of_work import SYSTEM, Actor, Reader, Runtime, UnitOfWork
from itil import attachments, cases, mail, people
from itil.mail import MailInvalid, Received
from itil.roles import ROLES

#: Letters of one sender in an hour, at most: two machines that answer each other stop here.
MOST, HOUR = 20, timedelta(hours=1)
#: Roles that write to every case.
STAFF = ROLES - {"requester", "auditor"}
_LONGEST_SUMMARY, _LONGEST_TEXT = 160, 8_000

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

#: Says what is wrong with a file, or nothing; where a scanner for viruses is asked.
Scan = Callable[[str, bytes], str]


@dataclass(frozen=True, slots=True)
class Rules:
    """What an installation asks of letters."""

    own: frozenset[str] = frozenset()  #: addresses of our own, whose letters are never taken
    proven_by: str = ""  #: the mail server whose Authentication-Results have to say `pass`
    scan: Scan = lambda _name, _content: ""


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


class MailRefused(Rejected):
    """A letter is not taken."""

    code = "mail.refused"


def secret(runtime: Runtime) -> bytes:
    """What references are signed with; made at the first call."""

    def made(work: UnitOfWork) -> str:
        known = work.connection.execute(select(_secrets.c.secret)).scalar()
        if known is None:
            known = secrets.token_hex(32)
            work.connection.execute(insert(_secrets), {"id": 1, "secret": known})
        return str(known)

    return bytes.fromhex(runtime.run(SYSTEM, made))


def receive(runtime: Runtime, content: bytes, rules: Rules, signed: bytes) -> str:
    """Take a letter in; answers its outcome, `known` where it came before.

    Nothing that a letter says makes this fail: what cannot be done is on record with its reason.
    """
    try:
        letter = mail.read(content)
    except MailInvalid as invalid:
        digest = hashlib.sha256(content).hexdigest()
        nobody = Received(digest, "", "", "", "", "", (), (), "")
        return _refuse(runtime, nobody, str(invalid))
    with runtime.read() as reader:
        known = select(table.c.id).where(table.c.message_id == letter.id)
        if reader.connection.execute(known).first() is not None:
            return "known"
        try:
            if letter.returned and mail.referred(signed, letter.returned):
                return _return(runtime, letter, signed)
            person = _heard(reader, letter, rules)
        except MailRefused as refused:
            return _refuse(runtime, letter, str(refused))
    try:
        return runtime.run(person, lambda work: _take(work, letter, rules, signed))
    except IntegrityError:  # another server took it at the same moment
        return "known"
    except EngineError as failed:
        return _refuse(runtime, letter, str(failed))


# -- who is heard


def _heard(reader: Reader, letter: Received, rules: Rules) -> Actor:
    if letter.automatic:
        raise MailRefused(f"A machine wrote it ({letter.automatic}).")
    if letter.sender in rules.own or letter.id.endswith(f"@{mail.OURS}>"):
        raise MailRefused("It comes from ourselves.")
    if rules.proven_by and not _proven(letter, rules.proven_by):
        raise MailRefused(f"{rules.proven_by} does not say that it comes from its sender.")
    found = people.by_address(reader, letter.sender) if letter.sender else []
    if len(found) != 1:
        raise MailRefused("Nobody, or more than one person, has this address. See People.")
    recent = select(func.count()).where(
        table.c.sender == letter.sender, table.c.at > reader.now - HOUR
    )
    if reader.connection.execute(recent).scalar_one() >= MOST:
        raise MailRefused(f"{MOST} letters came from this address within an hour.")
    return people.actor(reader, found[0].login, "mail")


def _proven(letter: Received, server: str) -> bool:
    """By the topmost result, that of our own server; those below may be anybody's."""
    first, _, results = (letter.results[0] if letter.results else "").partition(";")
    return first.split(" ")[0] == server and any(
        f"{way}=pass" in results for way in ("dmarc", "dkim", "spf")
    )


# -- what it becomes


def _take(work: UnitOfWork, letter: Received, rules: Rules, signed: bytes) -> str:
    kept, left_out = _files(letter, rules)
    words = "\n\n".join([letter.text[:_LONGEST_TEXT] or "-", *left_out])
    about = mail.referred(signed, letter.references)
    case = cases.by_numbers(work, [about[1]]).get(about[1]) if about else None
    mine = case is not None and (
        work.actor.name in (case.requester, case.affected_user) or bool(work.actor.roles & STAFF)
    )
    if case is not None and mine and not case.closed:
        cases.comment(work, case.number, words, public=True)
        outcome, number, reason = "commented", case.number, ""
    else:
        given = {
            "summary": (letter.subject or words.split("\n")[0])[:_LONGEST_SUMMARY],
            "description": words,
            "requester": work.actor.name,
            "channel": "mail",
        }
        if case is not None and mine:
            given["continues"] = case.number
        number = str(cases.open_case(work, "incident", given)["number"])
        outcome, reason = "opened", _why_new(letter, signed, mine=mine, known=case is not None)
    for name, content in kept:
        try:
            attachments.add(work, number, name, content, internal=False)
        except attachments.AttachmentInvalid as full:
            reason = str(full)
    _note(work, letter, outcome, number, reason)
    return outcome


def _why_new(letter: Received, signed: bytes, *, mine: bool, known: bool) -> str:
    if mail.forged(signed, letter.references):
        return "Its reference is not signed by us."
    if known and not mine:
        return "The case that it answers is somebody else's."
    return "The case that it answers is closed." if known else ""


def _files(letter: Received, rules: Rules) -> tuple[list[tuple[str, bytes]], list[str]]:
    kept, left_out = [], []
    for name, content in letter.files[: attachments.MOST]:
        wrong = attachments.wrong_with(name, content) or rules.scan(name, content)
        if wrong:
            left_out.append(f"[{wrong}]")
        else:
            kept.append((name, content))
    return kept, left_out


def _return(runtime: Runtime, letter: Received, signed: bytes) -> str:
    """A letter of ours came back: whoever looks at the outbox sees it."""
    about = mail.referred(signed, letter.returned)
    key, number = about or ("", "")

    def note(work: UnitOfWork) -> None:
        error = f"It came back: {letter.subject}"[:500]
        back = update(letters).where(letters.c.key == key)
        work.connection.execute(back.values(state=outbox.DEAD, error=error))
        _note(work, letter, "returned", number, key)

    runtime.run(SYSTEM, note)
    return "returned"


def _refuse(runtime: Runtime, letter: Received, reason: str) -> str:
    runtime.run(SYSTEM, lambda work: _note(work, letter, "refused", None, reason))
    return "refused"


def _note(
    work: UnitOfWork, letter: Received, outcome: str, number: str | None, reason: str
) -> None:
    row = {"message_id": letter.id, "at": work.now, "sender": letter.sender}
    row |= {"subject": letter.subject, "outcome": outcome, "number": number, "reason": reason[:500]}
    work.connection.execute(insert(table).values(row))
    details = {"message_id": letter.id, "sender": letter.sender, "reason": reason[:500]}
    subject = f"case:{number}" if number else "mail"
    work.record(audit.Draft("system", f"mail.{outcome}", subject, details))


def latest(reader: Reader, limit: int = 100) -> list[Taken]:
    """Letters that came, the latest first."""
    query = select(table).order_by(table.c.id.desc()).limit(limit)
    return [Taken(*row) for row in reader.connection.execute(query)]
