"""What is sensitive to read, and who read it (AUD-04).

A document says which cases are sensitive, by their fields and the catalogue item. Whoever reads one
is on record once in a while (AGAIN), whoever takes a file away every time. What cannot be recorded
is not shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar

from sqlalchemy import Column, String, Table, bindparam, select, text
from sqlalchemy.exc import SQLAlchemyError

from engine.errors import DefinitionNotFound, Rejected, Unavailable
from engine.queries import instances
from engine.store import audit
from engine.store.columns import Moment, metadata
from engine.store.unit_of_work import Actor, Reader, Runtime, UnitOfWork
from itil.case_record import FIELDS, Case

KIND = "policy"
KEY = "sensitive"
#: In which a second read of the same case by the same person is the same one.
AGAIN = timedelta(hours=1)
#: How something sensitive is read; web/texts has what each is called.
PAGE, TRAIL, FILE, PROGRAM = "page", "trail", "file", "program"
CASE_FILE, SAMPLE, PERSON = "case-file", "sample", "person"
WAYS = (PAGE, TRAIL, FILE, PROGRAM, CASE_FILE, SAMPLE, PERSON)
_ITEM = "item"
_OWN = ("process", "instance_id")
#: What a rule may ask of a case.
_ASKED = frozenset({*FIELDS, "process", _ITEM})

table = Table(
    "sensitive_reads",
    metadata,
    Column("person", String(100), primary_key=True),
    Column("subject", String(200), primary_key=True),
    Column("at", Moment, nullable=False),  # of the last read that was recorded
    sqlite_with_rowid=False,
)
#: One statement, so that two pages at once do not get into each other's way.
_KEEP = text(
    "INSERT INTO sensitive_reads (person, subject, at) VALUES (:person, :subject, :at) "
    "ON CONFLICT (person, subject) DO UPDATE SET at = excluded.at"
).bindparams(bindparam("at", type_=Moment()))


class SensitiveInvalid(Rejected):
    """What is sensitive cannot be said like this."""

    code: ClassVar[str] = "policy.sensitive"


class ReadNotRecorded(Unavailable):
    """A sensitive record is not shown while nobody can record that it was read."""

    code: ClassVar[str] = "read.not-recorded"

    def __init__(self, subject: str) -> None:
        self.subject = subject
        super().__init__(
            f"'{subject}' is sensitive, and that you read it could not be recorded, so it is not "
            "shown. Try again; if it stays so, tell an admin."
        )


@dataclass(frozen=True, slots=True)
class Read:
    """Somebody reads something sensitive."""

    subject: str  #: such as `case:INC-7`
    way: str  #: of WAYS
    why: str = ""  #: key of the rule that makes it sensitive
    details: Mapping[str, object] = field(default_factory=dict)


def check(document: Mapping[str, Any]) -> frozenset[str]:
    """Refuse a document that does not say what is sensitive.

    Raises:
        SensitiveInvalid: names the rule.
    """
    found = document.get("cases")
    for number, rule in enumerate(found if isinstance(found, list) else [found], 1):
        when = rule.get("when") if isinstance(rule, Mapping) else None
        if not isinstance(when, Mapping) or not when or not rule.get("key"):
            raise SensitiveInvalid(
                f"Sensitive, rule {number} of 'cases': write a 'key', and under 'when' lists of "
                "values by the name of a field."
            )
        for name, values in when.items():
            if name not in _ASKED or not isinstance(values, list) or not values:
                raise SensitiveInvalid(
                    f"Sensitive, '{rule['key']}': '{name}' is no field with a list of values. "
                    f"Known: {', '.join(sorted(_ASKED))}."
                )
    return frozenset()


def of_case(reader: Reader, case: Case) -> str | None:
    """The key of the rule that makes a case sensitive; None: it is not."""
    return of_fields(reader, {name: getattr(case, name, None) for name in (*FIELDS, *_OWN)})


def of_fields(reader: Reader, fields: Mapping[str, Any]) -> str | None:
    """The same of a row: fields of a case, its process and the id of its instance."""
    for rule in _rules(reader):
        when = dict(rule["when"])
        items = when.pop(_ITEM, None)
        if all(fields.get(name) in values for name, values in when.items()) and (
            items is None or _item(reader, fields.get("instance_id")) in items
        ):
            return str(rule["key"])
    return None


def _rules(reader: Reader) -> Sequence[Mapping[str, Any]]:
    try:
        found = reader.runtime.catalogue.document(reader.connection, KIND, KEY)
    except DefinitionNotFound:
        return ()
    rules: Any = found.get("cases", ())
    return rules  # type: ignore[no-any-return]


def _item(reader: Reader, instance_id: object) -> object:
    """The catalogue item that a case is about: a variable of its process."""
    if not isinstance(instance_id, int):
        return None
    return instances.get(reader, instance_id).variables.get(_ITEM)


def recent(reader: Reader, actor: Actor, subject: str) -> bool:
    """Whether a read of a case by somebody is on record already."""
    mine = table.c.person == actor.name, table.c.subject == subject
    query = select(table.c.at).where(*mine, table.c.at > reader.now - AGAIN)
    return reader.connection.execute(query).first() is not None


def record(runtime: Runtime, actor: Actor, reads: Sequence[Read]) -> None:
    """Put reads on record, in one transaction.

    Raises:
        ReadNotRecorded: it could not be written.
    """
    try:
        runtime.run(actor, lambda work: _write(work, reads))
    except SQLAlchemyError as failure:
        raise ReadNotRecorded(reads[0].subject) from failure


def _write(work: UnitOfWork, reads: Sequence[Read]) -> None:
    for read in reads:
        row = {"person": work.actor.name, "subject": read.subject, "at": work.now}
        work.connection.execute(_KEEP, row)
        details = {"way": read.way, "why": read.why, **read.details}
        kept = {name: value for name, value in details.items() if value}
        work.record(audit.Draft("system", "record.read", read.subject, kept))
