"""What becomes of a letter: an incident, a comment, or nothing, and why (INC-23, EVT-05).

A letter is taken once by its Message-ID, in the unit of work of what it causes. Only people who are
known by their address are heard, and an answer reaches a case only by a reference that we signed
and from somebody who may comment there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from engine.errors import EngineError, InstanceChanged, Rejected, Unavailable
from engine.store import outbox
from engine.store.tables import outbox as letters
from engine.store.unit_of_work import SYSTEM, Actor, Reader, Runtime, UnitOfWork
from itil import attachments, cases, mail, mail_proof, mail_record, mail_references, people
from itil.mail import MailInvalid, Received
from itil.roles import ROLES

#: Letters of one sender in an hour, at most: two machines that answer each other stop here.
MOST, HOUR = 20, timedelta(hours=1)
#: Roles that write to every case.
STAFF = ROLES - {"requester", "auditor"}
_LONGEST_SUMMARY, _LONGEST_TEXT = 160, 7_000
#: Files of a letter that are left out by name.
_SAID = 10

#: Says what is wrong with a file, or nothing; where a scanner for viruses is asked.
Scan = Callable[[str, bytes], str]


@dataclass(frozen=True, slots=True)
class Rules:
    """What an installation asks of letters."""

    own: frozenset[str] = frozenset()  #: addresses of our own, whose letters are never taken
    proven_by: str = ""  #: the mail server whose Authentication-Results have to say `pass`
    scan: Scan = lambda _name, _content: ""


class MailRefused(Rejected):
    """A letter is not taken."""

    code = "mail.refused"


def receive(runtime: Runtime, content: bytes, rules: Rules, signed: bytes) -> str:
    """Take a letter in; answers its outcome, `known` where it came before.

    Nothing that a letter says makes this fail: what cannot be done is on record with its reason.

    Raises:
        InstanceChanged, Unavailable: not now; the letter may be taken later.
    """
    letter, wrong = _read(content)
    with runtime.read() as reader:
        if mail_record.known(reader, letter):
            return "known"
        if wrong:
            return _refuse(runtime, letter, wrong)
        try:
            if letter.returned and mail_references.referred(signed, letter.returned):
                return _return(runtime, letter, signed)
            person = _heard(reader, letter, rules)
        except MailRefused as refused:
            return _refuse(runtime, letter, str(refused))
    try:
        return runtime.run(person, lambda work: _take(work, letter, rules, signed))
    except IntegrityError:
        with runtime.read() as reader:
            if mail_record.known(reader, letter):  # another server took it at the same moment
                return "known"
        raise
    except (InstanceChanged, Unavailable):  # not the letter's fault: it stays unread, for later
        raise
    except EngineError as failed:
        return _refuse(runtime, letter, str(failed))


def _read(content: bytes) -> tuple[Received, str]:
    """The letter, and what is wrong with it; one that cannot be read is known by its bytes."""
    try:
        return mail.read(content), ""
    except MailInvalid as invalid:
        digest = hashlib.sha256(content).hexdigest()
        return Received(digest, "", "", "", "", "", "", (), ""), str(invalid)


# -- who is heard


def _heard(reader: Reader, letter: Received, rules: Rules) -> Actor:
    if letter.automatic:
        raise MailRefused(f"A machine wrote it ({letter.automatic}).")
    if letter.sender in rules.own or letter.id.endswith(f"@{mail_references.OURS}>"):
        raise MailRefused("It comes from ourselves.")
    server = rules.proven_by
    if server and not mail_proof.proven(letter.result, server, letter.sender):
        raise MailRefused(f"{server} does not say that it comes from its sender.")
    found = people.by_address(reader, letter.sender) if letter.sender else []
    if len(found) != 1:
        raise MailRefused("Nobody, or more than one person, has this address. See People.")
    recent = select(func.count()).where(
        mail_record.table.c.sender == letter.sender, mail_record.table.c.at > reader.now - HOUR
    )
    if reader.connection.execute(recent).scalar_one() >= MOST:
        raise MailRefused(f"{MOST} letters came from this address within an hour.")
    return people.actor(reader, found[0].login, "mail")


# -- what it becomes


def _take(work: UnitOfWork, letter: Received, rules: Rules, signed: bytes) -> str:
    kept, left_out = _files(letter, rules)
    words = "\n\n".join([_shortened(letter.text) or "-", *left_out])
    about = mail_references.referred(signed, letter.references)
    case = cases.by_numbers(work, [about[1]]).get(about[1]) if about else None
    mine = case is not None and (
        work.actor.name in (case.requester, case.affected_user) or bool(work.actor.roles & STAFF)
    )
    if case is not None and mine and not case.closed:
        cases.comment(work, case.number, words, public=True)
        outcome, number, reason = "commented", case.number, ""
    else:
        given = {
            "summary": _summary(letter, words),
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
    mail_record.note(work, letter, outcome, number, reason)
    return outcome


def _why_new(letter: Received, signed: bytes, *, mine: bool, known: bool) -> str:
    if mail_references.forged(signed, letter.references):
        return "Its reference is not signed by us."
    if known and not mine:
        return "The case that it answers is somebody else's."
    return "The case that it answers is closed." if known else ""


def _summary(letter: Received, words: str) -> str:
    said = mail_references.untagged(letter.subject) or words.strip().split("\n")[0]
    return said[:_LONGEST_SUMMARY]


def _shortened(text: str) -> str:
    if len(text) <= _LONGEST_TEXT:
        return text
    return f"{text[:_LONGEST_TEXT]}\n[{len(text) - _LONGEST_TEXT:,} characters are left out.]"


def _files(letter: Received, rules: Rules) -> tuple[list[tuple[str, bytes]], list[str]]:
    """The files to keep, and what is said of the others, the first of them by name."""
    kept, left_out = [], []
    for name, content in letter.files[: attachments.MOST]:
        wrong = attachments.wrong_with(name, content) or rules.scan(name, content)
        if wrong:
            left_out.append(f"[{wrong[:_LONGEST_SUMMARY]}]")
        else:
            kept.append((name, content))
    unsaid = len(left_out[_SAID:]) + len(letter.files[attachments.MOST :])
    more = [f"[{unsaid} more files are left out.]"] if unsaid else []
    return kept, left_out[:_SAID] + more


def _return(runtime: Runtime, letter: Received, signed: bytes) -> str:
    """A letter of ours came back: whoever looks at the outbox sees it."""
    about = mail_references.referred(signed, letter.returned)
    key, number = about or ("", "")

    def note(work: UnitOfWork) -> None:
        error = f"It came back: {letter.subject}"[:500]
        # What was dropped or is given up already is decided; a sent one may not be noted as such.
        out = letters.c.state.in_((outbox.SENT, outbox.PENDING))
        back = update(letters).where(letters.c.key == key, out)
        work.connection.execute(back.values(state=outbox.DEAD, error=error))
        mail_record.note(work, letter, "returned", number, key)

    runtime.run(SYSTEM, note)
    return "returned"


def _refuse(runtime: Runtime, letter: Received, reason: str) -> str:
    runtime.run(SYSTEM, lambda work: mail_record.note(work, letter, "refused", None, reason))
    return "refused"
