"""Links between cases: an incident and its problem, a problem and its change, a change and release.

A process says them by variables of fixed names that hold numbers of cases, so that the diagram
decides what is linked; a subscriber of every move keeps the table. Each is kept once, read from
both sides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Column,
    Index,
    String,
    Table,
    bindparam,
    delete,
    insert,
    or_,
    select,
    tuple_,
)

from engine.commands.advance import Progress
from engine.store.columns import Moment, metadata
from engine.store.unit_of_work import Reader, UnitOfWork
from itil.case_record import table as cases

_RELATED = ("related", "related")
#: Variable -> how the case that has it is linked to the one that it names, seen from either side.
KINDS = {
    "parent": ("child", "parent"),
    "children": ("parent", "child"),
    "caused_by": ("caused-by", "cause-of"),
    "caused_incidents": ("cause-of", "caused-by"),
    "continues": ("continues", "continued-by"),
    "converted_from": ("was", "became"),
    "after_changes": ("after", "before"),
    **dict.fromkeys(("incident", "incidents", "request", "requests"), _RELATED),
    **dict.fromkeys(("problem", "problems", "change", "changes"), _RELATED),
    **dict.fromkeys(("release", "releases", "improvement", "improvements"), _RELATED),
    **dict.fromkeys(("article", "articles", "agreement"), _RELATED),
}
#: A list longer than this is no list of links.
MOST = 1_000

table = Table(
    "case_links",
    metadata,
    Column("number", String(100), primary_key=True),
    Column("name", String(30), primary_key=True),  # the variable that says it
    Column("other", String(100), primary_key=True),
    Column("linked_at", Moment, nullable=False),
    Column("linked_by", String(100), nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_case_links_other", table.c.other, table.c.name)

_INSERT = insert(table)
_KNOWN = select(cases.c.number).where(cases.c.number.in_(bindparam("numbers", expanding=True)))
_OF = (
    select(table)
    .where(or_(table.c.number == bindparam("number"), table.c.other == bindparam("number")))
    .order_by(table.c.linked_at, table.c.other, table.c.number)
    .limit(MOST)
)


@dataclass(frozen=True, slots=True)
class Link:
    """How a case is linked to another."""

    kind: str  #: of KINDS, as seen from the case that was asked about
    other: str  #: number of the other case
    since: datetime
    by: str


def follow(work: UnitOfWork, progress: Progress) -> None:
    """Keep the links that the variables of a case say; a subscriber."""
    number = progress.instance.business_key
    if number is None or progress.instance.parent_id is not None:
        return
    if progress.move.action == "instance.deleted":
        gone = or_(table.c.number == number, table.c.other == number)
        work.connection.execute(delete(table).where(gone))
        return
    for name, (before, after) in _named(progress).items():
        _change(work, number, name, _numbers(before), _numbers(after))


def _named(progress: Progress) -> Mapping[str, tuple[object, object]]:
    if progress.move.action == "instance.started":
        variables = progress.instance.variables
        return {name: (None, variables[name]) for name in KINDS if name in variables}
    return {name: pair for name, pair in progress.changes.items() if name in KINDS}


def _numbers(value: object) -> set[str]:
    """The numbers that a variable names; what is no number of a case is left alone."""
    listed = value if isinstance(value, list) else [value]
    return {one for one in listed[:MOST] if isinstance(one, str) and one}


def _change(work: UnitOfWork, number: str, name: str, before: set[str], after: set[str]) -> None:
    gone, added = before - after, after - before - {number}
    if gone:
        keys = [(number, name, other) for other in gone]
        key = tuple_(table.c.number, table.c.name, table.c.other)
        work.connection.execute(delete(table).where(key.in_(keys)))
    if added:
        known = work.connection.execute(_KNOWN, {"numbers": sorted(added)}).scalars()
        since = {"linked_at": work.now, "linked_by": work.actor.name}
        rows = [{"number": number, "name": name, "other": other, **since} for other in known]
        if rows:
            work.connection.execute(_INSERT, rows)


def add(work: UnitOfWork, number: str, name: str, other: str) -> None:
    """Link a case to another, or to an article, beside what its variables say; `name`: of KINDS."""
    key = {"number": number, "name": name, "other": other}
    same = (table.c[column] == value for column, value in key.items())
    if work.connection.execute(select(table.c.number).where(*same)).first() is None:
        row = {**key, "linked_at": work.now, "linked_by": work.actor.name}
        work.connection.execute(_INSERT, row)


def of(reader: Reader | UnitOfWork, number: str) -> list[Link]:
    """The links of a case from its own side, the oldest first, each once; at most a thousand."""
    found: dict[tuple[str, str], Link] = {}
    for row in reader.connection.execute(_OF, {"number": number}):
        here, there = KINDS[row.name]
        own = row.number == number
        kind, other = (here, row.other) if own else (there, row.number)
        found.setdefault((kind, other), Link(kind, other, row.linked_at, row.linked_by))
    return list(found.values())


def others(reader: Reader | UnitOfWork, number: str, kind: str = "related") -> list[str]:
    """Numbers of the cases that are linked in one way."""
    return [link.other for link in of(reader, number) if link.kind == kind]
