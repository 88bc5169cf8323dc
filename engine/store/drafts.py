"""Rows of drafts: diagrams that are kept and never run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from engine.errors import DraftChanged, DraftNotFound
from engine.findings import Finding, Said, in_language
from engine.store.tables import drafts
from engine.store.unit_of_work import UnitOfWork

_SUFFIX = re.compile(r"(\.bpmn2?0?)?(\.xml)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A draft as a list shows it, without its files."""

    name: str
    process_id: str  #: the process that runs; empty where somebody has to choose
    file: str
    digest: str  #: of the file as uploaded, hex SHA-256
    id: int = 0
    revision: int = 1
    author: str = ""
    created_at: datetime | None = None
    changed_by: str = ""
    changed_at: datetime | None = None

    @property
    def stem(self) -> str:
        """The name of the file without what says that it is BPMN."""
        return _SUFFIX.sub("", self.file) or "process"

    @property
    def stamp(self) -> str:
        """What no other state of any draft has."""
        return f"{self.id} {self.revision} {self.digest} {self.changed_at}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft(Entry):
    """A diagram as it was uploaded, and as it would be deployed."""

    original: bytes
    source: bytes
    companions: Mapping[str, str] = field(default_factory=dict)  #: path -> form or table
    notes: tuple[Finding, ...] = ()  #: what was changed on the way

    def files(self) -> dict[str, bytes]:
        """What would be deployed, by path."""
        beside = {path: text.encode() for path, text in self.companions.items()}
        return {f"{self.stem}.bpmn": self.source, **beside}


def load(connection: Connection, draft_id: int) -> Draft:
    """A draft.

    Raises:
        DraftNotFound: there is none.
    """
    row = connection.execute(select(drafts).where(drafts.c.id == draft_id)).first()
    if row is None:
        raise DraftNotFound(draft_id)
    return _draft(row)


def every(connection: Connection) -> list[Entry]:
    """All drafts, the one changed last first."""
    columns = [drafts.c[name] for name in Entry.__dataclass_fields__]
    query = select(*columns).order_by(drafts.c.changed_at.desc(), drafts.c.id.desc())
    return [Entry(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - public


def number(connection: Connection) -> int:
    """How many drafts there are."""
    return int(connection.execute(select(func.count()).select_from(drafts)).scalar_one())


def same(connection: Connection, digest: str) -> int | None:
    """The draft that was made of this content, if there is one."""
    query = select(func.min(drafts.c.id)).where(drafts.c.digest == digest)
    return connection.execute(query).scalar()


def add(work: UnitOfWork, draft: Draft) -> int:
    """Keep a new draft; its number."""
    who = {"author": work.actor.name, "created_at": work.now}
    key = work.connection.execute(insert(drafts), {**_row(draft), **_touched(work), **who})
    found = key.inserted_primary_key
    return int(found[0]) if found else 0


def save(work: UnitOfWork, draft: Draft, **changes: Any) -> Draft:  # noqa: ANN401 - columns
    """Write changes to a draft that nobody else has changed since it had this revision.

    Raises:
        DraftChanged: somebody else was faster.
    """
    changed = replace(draft, revision=draft.revision + 1, **changes)
    statement = update(drafts).where(drafts.c.id == draft.id, drafts.c.revision == draft.revision)
    done = work.connection.execute(statement, {**_row(changed), **_touched(work)})
    if not done.rowcount:
        raise DraftChanged(draft.id, load(work.connection, draft.id).changed_by)
    return changed


def remove(work: UnitOfWork, draft: Draft) -> None:
    """Delete a draft."""
    statement = delete(drafts).where(drafts.c.id == draft.id, drafts.c.revision == draft.revision)
    if not work.connection.execute(statement).rowcount:
        raise DraftChanged(draft.id, load(work.connection, draft.id).changed_by)


def _touched(work: UnitOfWork) -> dict[str, object]:
    return {"changed_by": work.actor.name, "changed_at": work.now}


def _row(draft: Draft) -> dict[str, object]:
    return {
        "name": draft.name,
        "process_id": draft.process_id,
        "file": draft.file,
        "digest": draft.digest,
        "original": draft.original,
        "source": draft.source,
        "companions": dict(draft.companions),
        "notes": _stored(draft.notes),
        "revision": draft.revision,
    }


def _stored(findings: Iterable[Finding]) -> list[Sequence[str]]:
    """Findings as JSON: both sentences in English, then in Chinese."""
    return [(f.rule, f.severity, f.element, *_spoken(f, "en"), *_spoken(f, "zh")) for f in findings]


def _spoken(finding: Finding, language: str) -> tuple[str, str]:
    return in_language(finding.message, language), in_language(finding.advice, language)


def _read(rule: str, severity: str, element: str, *said: str) -> Finding:
    message, advice, message_zh, advice_zh = said
    return Finding(rule, severity, element, Said(message, message_zh), Said(advice, advice_zh))


def _draft(row: Row[Any]) -> Draft:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    notes = tuple(_read(*note) for note in values.pop("notes"))
    return Draft(**values, notes=notes)
