"""Files of cases: stored once by their SHA-256, never changed (AUD-14)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    func,
    insert,
    select,
)

from engine.errors import NotFound, Rejected
from engine.store import audit
from engine.store.columns import Moment, metadata
from engine.store.unit_of_work import Reader, UnitOfWork
from itil import cases

#: Bytes of a file, and files of a case, at most.
LARGEST = 1_500_000
MOST = 100

contents = Table(
    "attachment_contents",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
table = Table(
    "attachments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", String(100), nullable=False),
    Column("name", String(200), nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("person", String(100), nullable=False),
    Column("at", Moment, nullable=False),
    Column("internal", Boolean, nullable=False),
)
Index("ix_attachments_number", table.c.number, table.c.id)


class AttachmentInvalid(Rejected):
    """A file cannot be attached."""

    code: ClassVar[str] = "attachment.invalid"


class AttachmentNotFound(NotFound):
    """There is no such file, or it is not for the reader."""

    code: ClassVar[str] = "attachment.not-found"

    def __init__(self, attachment: int) -> None:
        self.attachment = attachment
        super().__init__(f"There is no file {attachment} that you may read. Look at the case.")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a case; not its content."""

    id: int
    number: str
    name: str
    size: int
    sha256: str
    person: str
    at: datetime
    internal: bool


def add(work: UnitOfWork, number: str, name: str, content: bytes, *, internal: bool) -> int:
    """Attach a file to an open case; answers its id. The same content is stored once.

    Raises:
        CaseNotFound: there is no such case.
        CaseClosed: it can only be read.
        AttachmentInvalid: the file is empty, too large, has no name, or there are too many.
    """
    cases.at_work(work, number)
    plain = _plain(name)
    if wrong := wrong_with(name, content):
        raise AttachmentInvalid(wrong)
    count = select(func.count()).where(table.c.number == number)
    if work.connection.execute(count).scalar_one() >= MOST:
        raise AttachmentInvalid(f"{number} has {MOST} files already.")
    digest = hashlib.sha256(content).hexdigest()
    known = select(contents.c.sha256).where(contents.c.sha256 == digest)
    if work.connection.execute(known).first() is None:
        work.connection.execute(insert(contents), {"sha256": digest, "content": content})
    row = {"number": number, "name": plain, "size": len(content), "sha256": digest}
    row |= {"person": work.actor.name, "at": work.now, "internal": internal}
    made = work.connection.execute(insert(table).values(row).returning(table.c.id)).scalar_one()
    details = {"name": plain, "sha256": digest, "internal": internal}
    work.record(audit.Draft("system", "file.attached", f"case:{number}", details))
    return int(made)


def wrong_with(name: str, content: bytes) -> str:
    """Why a file is not taken, whatever the case; empty where it is."""
    plain = _plain(name)
    if not content or not plain or not plain.isprintable():
        return "The file is empty or has no name. Choose another one."
    if len(content) > LARGEST:
        return f"'{plain}' has {len(content):,} bytes; {LARGEST:,} are taken."
    return ""


def _plain(name: str) -> str:
    """The name without folders of another machine."""
    return name.replace("\\", "/").rpartition("/")[2].strip()[:200]


def of(source: Reader | UnitOfWork, number: str, *, internal: bool) -> list[Attachment]:
    """Files of a case, the oldest first; `internal`: those for staff as well."""
    query = select(table).where(table.c.number == number).order_by(table.c.id)
    if not internal:
        query = query.where(table.c.internal.is_(False))
    return [Attachment(*row) for row in source.connection.execute(query)]


def get(reader: Reader, attachment: int) -> tuple[Attachment, bytes]:
    """A file with its content.

    Raises:
        AttachmentNotFound: there is none.
    """
    row = reader.connection.execute(select(table).where(table.c.id == attachment)).first()
    if row is None:
        raise AttachmentNotFound(attachment)
    content = select(contents.c.content).where(contents.c.sha256 == row.sha256)
    return Attachment(*row), reader.connection.execute(content).scalar_one()
