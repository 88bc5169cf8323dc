"""What programs may read: every kind of record as rows of fields, paged by key (EVT-03).

A resource is a table, its key and what may be asked for; adding one is a line here. Nothing secret
is in any of them: no password, no token, no comment that is not public.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Boolean, Column, Integer, Row, Table, select, tuple_
from sqlalchemy.types import TypeEngine

from engine.errors import NotFound, Rejected
from engine.store import tables
from engine.store.columns import Json, Moment
from engine.store.unit_of_work import Reader
from itil import (
    agreements,
    baselines,
    case_record,
    change_templates,
    change_windows,
    changes,
    configuration,
    configuration_import,
    deployments,
    findings,
    knowledge,
    links,
    people,
    releases,
    timekeeping,
)

#: Rows on a page, unless asked for fewer.
PAGE = 100
MOST = 500


class ResourceNotFound(NotFound):
    """There is no such resource, or no row with this key."""

    code: ClassVar[str] = "resource.not-found"

    def __init__(self, name: str, key: str = "") -> None:
        self.name, self.key = name, key
        what = f"'{name}' has no '{key}'" if key else f"There is no resource '{name}'"
        super().__init__(f"{what}. GET /api/v1/openapi.json lists what there is.")


class FilterUnknown(Rejected):
    """A resource is not filtered like this."""

    code: ClassVar[str] = "resource.filter"


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of record that programs may read."""

    table: Table
    key: str  #: columns that pages go by, parted by `~`; together unique
    about: str
    filters: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()

    @property
    def keys(self) -> list[Column[Any]]:
        """The columns that a key names, in its order."""
        return [self.table.c[name] for name in self.key.split("~")]

    @property
    def columns(self) -> list[Column[Any]]:
        """What is shown of each row."""
        return [c for c in self.table.c if c.name not in self.hidden]


RESOURCES: Mapping[str, Resource] = {
    "cases": Resource(
        case_record.table,
        "number",
        "Cases of every process.",
        ("process", "state", "requester", "group", "service", "ci", "category", "priority"),
    ),
    "links": Resource(
        links.table, "number~name~other", "How cases are linked.", ("number", "other", "name")
    ),
    "tasks": Resource(
        tables.user_tasks,
        "id",
        "User tasks, open and done.",
        ("instance_id", "business_key", "process_id", "element", "assignee", "state"),
    ),
    "instances": Resource(
        tables.instances,
        "id",
        "Process instances.",
        ("process_id", "business_key", "status", "parent_id"),
        ("state", "variables", "audit_hash", "attempts", "start_key"),
    ),
    "definitions": Resource(
        tables.definitions,
        "id",
        "Deployed versions of diagrams, tables, forms and documents.",
        ("kind", "key", "version", "active"),
        ("source",),
    ),
    "clocks": Resource(
        timekeeping.table,
        "id",
        "SLA clocks; their events are what every figure follows from.",
        ("number", "name", "state", "breached", "cause"),
    ),
    "articles": Resource(
        knowledge.table,
        "key",
        "Articles and known errors.",
        ("kind", "status", "visibility", "problem", "author"),
    ),
    "changes": Resource(
        changes.table,
        "number",
        "Changes: window, risk, people, outcome.",
        ("type", "risk", "service", "implementer", "close_code"),
    ),
    "windows": Resource(change_windows.table, "id", "Freezes and maintenance windows.", ("kind",)),
    "change-templates": Resource(
        change_templates.table,
        "key~version",
        "Templates of standard changes.",
        ("status", "service"),
    ),
    "releases": Resource(
        releases.table, "number", "Releases.", ("release_type", "service", "digest")
    ),
    "deployments": Resource(
        deployments.table, "id", "What was deployed, as reported.", ("ci", "change", "release")
    ),
    "configuration-items": Resource(
        configuration.items,
        "key",
        "Configuration items, services among them.",
        ("kind", "status", "group", "environment", "criticality"),
    ),
    "configuration-history": Resource(
        configuration.history, "id", "What changed on items, and by what.", ("key", "via")
    ),
    "baselines": Resource(baselines.table, "id", "Baselines of items."),
    "verifications": Resource(
        configuration_import.verifications, "id", "Comparisons of items with what is there."
    ),
    "agreements": Resource(
        agreements.table, "number~version", "Signed agreements.", ("kind", "service", "version")
    ),
    "findings": Resource(
        findings.table, "id", "Findings of controls.", ("control", "state", "owner")
    ),
    "people": Resource(people.people, "login", "People.", ("active", "manager"), ("password",)),
    "groups": Resource(people.groups, "key", "Support groups.", ("lead",)),
}


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a resource, in the order of their keys."""

    rows: list[dict[str, Any]]
    next: str | None  #: key to go on from


def find(name: str) -> Resource:
    """A resource.

    Raises:
        ResourceNotFound: there is none.
    """
    if name not in RESOURCES:
        raise ResourceNotFound(name)
    return RESOURCES[name]


def page(
    reader: Reader, name: str, asked: Mapping[str, str], after: str = "", limit: int = PAGE
) -> Page:
    """Rows that fit every filter, from behind a key.

    Raises:
        ResourceNotFound: there is no such resource.
        FilterUnknown: it is not filtered by that, or not with such a value.
    """
    resource = find(name)
    query = select(*resource.columns).order_by(*resource.keys).limit(limit + 1)
    for column, text in asked.items():
        if column not in resource.filters:
            known = ", ".join(resource.filters) or "nothing"
            raise FilterUnknown(f"'{name}' is not filtered by '{column}'. Known: {known}.")
        query = query.where(resource.table.c[column] == _value(resource.table.c[column], text))
    if after:
        query = query.where(tuple_(*resource.keys) > tuple_(*_position(resource, after)))
    rows = [_row(row) for row in reader.connection.execute(query)]
    more = len(rows) > limit
    return Page(rows[:limit], _name(resource, rows[limit - 1]) if more else None)


def get(reader: Reader, name: str, key: str) -> dict[str, Any]:
    """One row.

    Raises:
        ResourceNotFound: there is none.
    """
    resource = find(name)
    try:
        values = _position(resource, key)
    except FilterUnknown as error:
        raise ResourceNotFound(name, key) from error
    same = (column == value for column, value in zip(resource.keys, values, strict=True))
    row = reader.connection.execute(select(*resource.columns).where(*same)).first()
    if row is None:
        raise ResourceNotFound(name, key)
    return _row(row)


def _position(resource: Resource, key: str) -> list[object]:
    parts = key.split("~")
    if len(parts) != len(resource.keys):
        raise FilterUnknown(f"'{key}' is no key. A key here is {resource.key}.")
    return [_value(column, part) for column, part in zip(resource.keys, parts, strict=True)]


def _name(resource: Resource, row: Mapping[str, Any]) -> str:
    return "~".join(str(row[column.name]) for column in resource.keys)


def _value(column: Column[Any], text: str) -> object:
    if isinstance(column.type, Boolean):
        if text not in ("true", "false"):
            raise FilterUnknown(f"'{column.name}' is true or false, not '{text}'.")
        return text == "true"
    if isinstance(column.type, Integer):
        if not text.removeprefix("-").isdecimal() or not text.isascii() or len(text) > 18:  # noqa: PLR2004
            raise FilterUnknown(f"'{column.name}' is a whole number, not '{text}'.")
        return int(text)
    if "\0" in text:
        raise FilterUnknown(f"'{column.name}' holds no such character.")
    return text


def _row(row: Row[Any]) -> dict[str, Any]:
    pairs = zip(row._fields, row, strict=True)
    return {n: v.isoformat() if isinstance(v, datetime) else v for n, v in pairs}


def schema(columns: Sequence[Column[Any]]) -> dict[str, Any]:
    """The rows of some columns as JSON Schema."""
    return {
        "type": "object",
        "properties": {c.name: _schema(c.type, nullable=bool(c.nullable)) for c in columns},
        "required": [c.name for c in columns],
    }


def asked(resource: Resource, column: str) -> dict[str, Any]:
    """What a filter takes, as JSON Schema."""
    return _schema(resource.table.c[column].type, nullable=False)


def _schema(kind: TypeEngine[Any], *, nullable: bool) -> dict[str, Any]:
    if isinstance(kind, Json):
        return {}
    if isinstance(kind, Moment):
        found: dict[str, Any] = {"type": "string", "format": "date-time"}
    elif isinstance(kind, Boolean):
        found = {"type": "boolean"}
    elif isinstance(kind, Integer):
        found = {"type": "integer"}
    else:
        found = {"type": "string"}
    return {**found, "type": [found["type"], "null"]} if nullable else found
