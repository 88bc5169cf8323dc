"""How satisfied somebody is with a closed case: asked once, answered without signing in (INC-25).

Which processes ask is a document. The address that is mailed has 256 random bits, of which the
survey keeps the hash; the letter stays in the outbox, where those who see letters can read it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime
from string import Template
from typing import Any, ClassVar

from sqlalchemy import Column, Integer, String, Table, Text, func, insert, select, update

from engine.commands.advance import Progress
from engine.errors import DefinitionNotFound, NotFound, Rejected
from engine.store import audit, outbox
from engine.store.columns import Moment, metadata
from engine.store.unit_of_work import Reader, UnitOfWork
from itil import people

KIND = "survey"
KEY = "survey"
SCORES = (1, 2, 3, 4, 5)

table = Table(
    "surveys",
    metadata,
    Column("number", String(100), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("invited_at", Moment, nullable=False),
    Column("answered_at", Moment),
    Column("score", Integer),
    Column("comment", Text),
)


class SurveyInvalid(Rejected):
    """A survey document or an answer cannot be like this."""

    code: ClassVar[str] = "survey.invalid"


class SurveyNotFound(NotFound):
    """Nobody was asked by this address, or the answer has been given."""

    code: ClassVar[str] = "survey.not-found"

    def __init__(self) -> None:
        super().__init__("This survey is not open. Perhaps it was answered already; thank you.")


def check(document: Mapping[str, Any], _: object) -> frozenset[str]:
    """Refuse a document that is no survey.

    Raises:
        SurveyInvalid: names what is missing.
    """
    for part in ("subject", "body"):
        texts = document.get(part)
        for language in ("en", "zh"):
            if not isinstance(texts, Mapping) or not str(texts.get(language) or "").strip():
                raise SurveyInvalid(f"Survey: '{part}.{language}' is missing. Write it.")
    if "${address}" not in str(document["body"].get("en")):
        raise SurveyInvalid("Survey: 'body.en' has no ${address}. Write where it is.")
    return frozenset()


def follow(work: UnitOfWork, progress: Progress, *, pages: str) -> None:
    """Ask the requester when a case is closed, where its process asks; a subscriber.

    `pages` is where people reach the pages, such as https://help.example.org.
    """
    number = progress.instance.business_key
    if not progress.ended or number is None or progress.instance.parent_id is not None:
        return
    try:
        document = work.runtime.catalogue.document(work.connection, KIND, KEY)
    except DefinitionNotFound:
        return
    asking = document.get("processes")
    if not isinstance(asking, list) or progress.instance.process_id not in asking:
        return
    person = people.find(work, str(progress.instance.variables.get("requester") or ""))
    known = select(table.c.number).where(table.c.number == number)
    if person is None or not person.email or work.connection.execute(known).first():
        return
    secret = secrets.token_urlsafe(32)
    row = {"number": number, "digest": _digest(secret), "invited_at": work.now}
    work.connection.execute(insert(table), row)
    summary = str(progress.instance.variables.get("summary") or "")
    said = {"number": number, "summary": summary, "address": f"{pages}/survey/{secret}"}
    subject, body = (_text(document, part, person.language, said) for part in ("subject", "body"))
    outbox.add(
        work,
        outbox.Letter(f"survey-{number}", "mail", person.email, subject, body, number),
    )


def _text(document: Mapping[str, Any], part: str, language: str, said: Mapping[str, str]) -> str:
    texts = document[part]
    return Template(texts.get(language) or texts["en"]).safe_substitute(said)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def find(reader: Reader, secret: str) -> str:
    """The number of the case that an address asks about.

    Raises:
        SurveyNotFound: none is open.
    """
    query = select(table.c.number).where(
        table.c.digest == _digest(secret), table.c.answered_at.is_(None)
    )
    number = reader.connection.execute(query).scalar()
    if number is None:
        raise SurveyNotFound
    return str(number)


def answer(work: UnitOfWork, secret: str, score: int, comment: str) -> None:
    """Keep an answer, once.

    Raises:
        SurveyNotFound: it is not open.
        SurveyInvalid: the score is not 1 to 5.
    """
    if score not in SCORES:
        raise SurveyInvalid("Choose 1 to 5.")
    mine = table.c.digest == _digest(secret), table.c.answered_at.is_(None)
    values = {"score": score, "comment": comment.strip()[:2000], "answered_at": work.now}
    kept = update(table).where(*mine).values(values).returning(table.c.number)
    number = work.connection.execute(kept).scalar()
    if number is None:
        raise SurveyNotFound
    work.record(audit.Draft("system", "survey.answered", f"case:{number}", {"score": score}))


def satisfaction(reader: Reader, since: datetime) -> tuple[int, int, float | None]:
    """How many were asked since a moment, how many answered, and the mean of their scores."""
    counted = select(func.count(), func.count(table.c.score), func.avg(table.c.score)).where(
        table.c.invited_at >= since
    )
    asked, answered, mean = reader.connection.execute(counted).one()
    return asked, answered, None if mean is None else round(float(mean), 2)
