"""Configuration items from CSV: what a file would change, line by line, and doing it (CMDB-07).

Columns are the fields of an item, `key` among them, and one for each kind of relation with targets
parted by semicolons. A verification compares a file in the same way and changes nothing (CMDB-06).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import Column, Integer, String, Table, insert, select

from engine.errors import Rejected
from engine.store import audit
from engine.store.columns import Json, Moment, metadata
from engine.store.unit_of_work import Reader, UnitOfWork
from itil import configuration
from itil.configuration import RELATIONS, Item, ItemInvalid
from itil.spreadsheet import cell

LARGEST = 5_000_000
MOST_LINES = 50_000
FIELDS = (
    *("key", "name", "kind", "status", "description", "owner", "group", "location"),
    *("environment", "criticality", "supplier", "enough"),
)
#: How often somebody compares what is recorded with what is there.
INTERVAL = timedelta(days=90)

verifications = Table(
    "ci_verifications",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("by", String(100), nullable=False),
    Column("source", String(200), nullable=False),
    Column("checked", Integer, nullable=False),
    Column("discrepancies", Json, nullable=False),
)


class FileInvalid(Rejected):
    """A file of items cannot be read."""

    code: ClassVar[str] = "ci-import.invalid"


@dataclass(frozen=True, slots=True)
class Line:
    """What one line of a file would do."""

    line: int
    key: str
    does: str  #: added, changed, unchanged, refused
    changes: Mapping[str, list[object]] = field(default_factory=dict)  #: field -> [before, after]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file would do; `relations` are (source, kind, target) that are new."""

    lines: tuple[Line, ...]
    relations: tuple[tuple[str, str, str], ...]

    def count(self, does: str) -> int:
        """How many lines would do something."""
        return sum(line.does == does for line in self.lines)


def plan(reader: Reader | UnitOfWork, content: bytes) -> Plan:
    """Compare a file with what is recorded; nothing is changed.

    Raises:
        FileInvalid: it is no CSV with a column `key`, too large, or has an unknown column.
    """
    rows = list(_rows(content))
    known = configuration.by_keys(reader, [row["key"] for _, row in rows if row["key"]])
    seen: set[str] = set()
    lines = []
    for number, row in rows:
        key = row["key"]
        if key in seen:
            lines.append(Line(number, key, "refused", reason=f"'{key}' is in an earlier line."))
        else:
            seen.add(key)
            lines.append(_line(number, row, known.get(key)))
    accepted = {line.key for line in lines if line.does != "refused"} | known.keys()
    return Plan(tuple(lines), tuple(_relations(reader, rows, accepted)))


def _rows(content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    if len(content) > LARGEST:
        raise FileInvalid(f"The file has {len(content)} bytes; {LARGEST:,} are taken at most.")
    try:
        text = content.decode("utf-8-sig")
        rows = csv.DictReader(io.StringIO(text), strict=True)
        names = [str(name).strip() for name in rows.fieldnames or ()]
        unknown = sorted(set(names) - {*FIELDS, *RELATIONS})
        if "key" not in names or unknown:
            raise FileInvalid(
                f"Line 1: {'unknown columns ' + ', '.join(unknown) if unknown else 'no key'}. "
                f"Write 'key' and some of {', '.join((*FIELDS[1:], *RELATIONS))}."
            )
        rows.fieldnames = names
        for number, row in enumerate(rows, 2):
            if number > MOST_LINES:
                raise FileInvalid(f"Line {number}: {MOST_LINES:,} lines are taken at most.")
            if None in row or None in row.values():
                raise FileInvalid(
                    f"Line {number}: it has not as many fields as line 1. Correct it."
                )
            yield number, {name: value.strip() for name, value in row.items()}
    except UnicodeDecodeError as error:
        raise FileInvalid(
            f"The file is no UTF-8 at byte {error.start}. Save it as such."
        ) from error
    except csv.Error as error:
        raise FileInvalid(f"The file is no CSV: {error}. Save it again.") from error


def _line(number: int, row: Mapping[str, str], known: Item | None) -> Line:
    key = row["key"]
    try:
        values = _values(row)
        configuration.checked(key, {**(asdict(known) if known else {}), **values})
    except ItemInvalid as error:
        return Line(number, key, "refused", reason=str(error))
    before = asdict(known) if known else {}
    changes = {n: [before.get(n), v] for n, v in values.items() if before.get(n) != v}
    does = "added" if known is None else "changed" if changes else "unchanged"
    return Line(number, key, does, changes)


def _values(row: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, text in row.items():
        if name == "key" or name not in FIELDS:
            continue
        if name in ("criticality", "enough"):
            if text and not (text.isascii() and text.isdigit()):
                raise ItemInvalid(f"Item '{row['key']}': {name} '{text}' is no whole number.")
            if text or name == "enough":
                found[name] = int(text) if text else None
        elif text or name not in ("kind", "status", "environment", "name"):
            found[name] = text or ("" if name == "description" else None)
    return found


def _relations(
    reader: Reader | UnitOfWork, rows: list[tuple[int, dict[str, str]]], accepted: set[str]
) -> Iterator[tuple[str, str, str]]:
    known: dict[str, set[tuple[str, str]]] = {}
    for _, row in rows:
        key = row["key"]
        for kind in RELATIONS:
            for target in filter(None, (one.strip() for one in row.get(kind, "").split(";"))):
                if key not in known:
                    own = configuration.relations_of(reader, key)
                    known[key] = {(one.kind, one.target) for one in own if one.source == key}
                if (kind, target) not in known[key] and key in accepted:
                    yield key, kind, target


def apply(work: UnitOfWork, content: bytes, name: str) -> dict[str, int]:
    """Bring in a file under a name, all or nothing; answers how much was added and changed.

    Raises:
        FileInvalid: a line is refused, by its number.
        ItemNotFound: a relation leads to an item that does not exist.
    """
    found = plan(work, content)
    refused = [f"line {line.line}: {line.reason}" for line in found.lines if line.does == "refused"]
    if refused or not name.strip():
        reasons = "; ".join(refused[:5]) or "the import needs a name"
        raise FileInvalid(f"{reasons}. Nothing was changed.")
    via = f"import:{name.strip()}"[:120]
    for line in found.lines:
        if line.does in ("added", "changed"):
            configuration.put(
                work, line.key, {n: after for n, (_, after) in line.changes.items()}, via
            )
    for relation in found.relations:
        configuration.relate(work, *relation, via)
    return {
        "added": found.count("added"),
        "changed": found.count("changed"),
        "relations": len(found.relations),
    }


# -- verification


@dataclass(frozen=True, slots=True)
class Verification:
    """A comparison of what is recorded with what was found."""

    id: int
    at: datetime
    by: str
    source: str
    checked: int
    discrepancies: list[dict[str, Any]]


def verify(work: UnitOfWork, content: bytes, source: str) -> int:
    """Keep how a scan differs from what is recorded; answers the number of differences.

    Raises:
        FileInvalid: it cannot be read.
    """
    found = plan(work, content)
    differing = [asdict(line) for line in found.lines if line.does != "unchanged"]
    differing += [
        {"line": 0, "key": s, "does": "relation", "changes": {k: [None, t]}, "reason": ""}
        for s, k, t in found.relations
    ]
    row = {"at": work.now, "by": work.actor.name, "source": source.strip()[:200] or "scan"}
    row |= {"checked": len(found.lines), "discrepancies": differing}
    work.connection.execute(insert(verifications), row)
    details = {"source": row["source"], "checked": len(found.lines), "found": len(differing)}
    work.record(audit.Draft("system", "ci.verified", "ci:all", details))
    return len(differing)


def verified(reader: Reader, limit: int = 20) -> list[Verification]:
    """Verifications, the newest first."""
    query = select(verifications).order_by(verifications.c.id.desc()).limit(limit)
    return [Verification(*row) for row in reader.connection.execute(query)]


def overdue(reader: Reader) -> bool:
    """Whether the next verification is late."""
    latest = verified(reader, 1)
    return not latest or latest[0].at + INTERVAL < reader.now


def export(reader: Reader, items: list[Item]) -> bytes:
    """Items as a file that can be imported again."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*FIELDS, *RELATIONS])
    for item in items:
        own = [
            one for one in configuration.relations_of(reader, item.key) if one.source == item.key
        ]
        targets = (";".join(one.target for one in own if one.kind == kind) for kind in RELATIONS)
        values = (getattr(item, name) for name in FIELDS)
        writer.writerow([cell(value) for value in (*values, *targets)])
    return out.getvalue().encode()
