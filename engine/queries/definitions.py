"""Deployed files and their versions."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select

from engine.bpmn.definition import ProcessDefinition
from engine.bpmn.differences import Change, between
from engine.errors import DefinitionNotFound
from engine.findings import Finding
from engine.store.deployed import check
from engine.store.tables import definitions, instances
from engine.store.unit_of_work import Reader

__all__ = [
    "Change",
    "DefinitionRow",
    "active",
    "changes",
    "check",
    "findings",
    "history",
    "keys",
    "process",
    "running",
    "source",
    "version",
]


@dataclass(frozen=True, slots=True)
class DefinitionRow:
    """A version of a deployed file, without its content."""

    id: int
    kind: str
    key: str
    version: int
    name: str
    file: str
    digest: str
    active: bool
    author: str
    reason: str
    deployed_at: datetime
    suspended: bool = False


_COLUMNS = tuple(c for c in definitions.c if c.name != "source")


def active(reader: Reader, kind: str | None = None) -> list[DefinitionRow]:
    """The active versions, of one kind or all."""
    query = select(*_COLUMNS).where(definitions.c.active)
    if kind is not None:
        query = query.where(definitions.c.kind == kind)
    query = query.order_by(definitions.c.kind, definitions.c.key)
    return [_row(row) for row in reader.connection.execute(query)]


def keys(reader: Reader, kind: str) -> list[str]:
    """Keys of the active versions of a kind, sorted."""
    return reader.runtime.catalogue.active(reader.connection).keys(kind)


def history(reader: Reader, kind: str, key: str) -> list[DefinitionRow]:
    """Every version of a file, newest first."""
    query = (
        select(*_COLUMNS)
        .where(definitions.c.kind == kind, definitions.c.key == key)
        .order_by(definitions.c.version.desc())
    )
    return [_row(row) for row in reader.connection.execute(query)]


def version(reader: Reader, process_id: str, number: int) -> DefinitionRow:
    """One version of a process.

    Raises:
        DefinitionNotFound: there is no such version.
    """
    for row in history(reader, "process", process_id):
        if row.version == number:
            return row
    raise DefinitionNotFound("process", f"{process_id} version {number}")


def running(reader: Reader, process_id: str) -> dict[int, int]:
    """Definition id -> how many instances run on it; versions without any are left out."""
    query = (
        select(instances.c.definition_id, func.count().label("running"))
        .join(definitions, definitions.c.id == instances.c.definition_id)
        .where(definitions.c.kind == "process", definitions.c.key == process_id)
        .where(instances.c.ended_at.is_(None))
        .group_by(instances.c.definition_id)
    )
    return {row.definition_id: row.running for row in reader.connection.execute(query)}


def changes(reader: Reader, old: DefinitionRow, new: DefinitionRow) -> list[Change]:
    """What differs between two versions of a process, element by element."""
    return between(process(reader, old.id).drawing, process(reader, new.id).drawing)


def source(reader: Reader, definition_id: int) -> bytes:
    """The file as it was deployed.

    Raises:
        DefinitionNotFound: there is no such version.
    """
    query = select(definitions.c.source).where(definitions.c.id == definition_id)
    found = reader.connection.execute(query).scalar()
    if found is None:
        raise DefinitionNotFound("definition", str(definition_id))
    return bytes(found)


def process(reader: Reader, definition_id: int) -> ProcessDefinition:
    """A compiled process definition."""
    return reader.runtime.catalogue.process(reader.connection, definition_id)


def findings(reader: Reader, definition_ids: Collection[int]) -> list[Finding]:
    """What the rules say of deployed files today; an id that does not exist says nothing."""
    columns = (definitions.c.file, definitions.c.source)
    query = select(*columns).where(definitions.c.id.in_(definition_ids))
    return check(reader, {row.file: bytes(row.source) for row in reader.connection.execute(query)})


def _row(row: Row[Any]) -> DefinitionRow:
    return DefinitionRow(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
