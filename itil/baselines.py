"""Baselines: what configuration items were at a moment, to compare with later (CMDB-05, REL-06)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, Table, insert, select

from engine.errors import NotFound
from engine.store import audit
from engine.store.columns import Json, Moment, metadata
from engine.store.unit_of_work import Reader, UnitOfWork
from itil import configuration
from itil.configuration import items, relations

table = Table(
    "ci_baselines",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("label", String(200), nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", String(100), nullable=False),
    Column("whole", Boolean, nullable=False),  # of every item there was
)
parts = Table(
    "ci_baseline_items",
    metadata,
    Column("baseline", ForeignKey("ci_baselines.id"), primary_key=True),
    Column("key", String(100), primary_key=True),
    Column("content", Json, nullable=False),
)
#: What of an item says when it was changed, not what it is.
_STAMPS = ("changed_at", "changed_via")


class BaselineNotFound(NotFound):
    """There is no such baseline."""

    code: ClassVar[str] = "baseline.not-found"

    def __init__(self, baseline: int) -> None:
        self.baseline = baseline
        super().__init__(f"There is no baseline {baseline}. Look at the list of baselines.")


@dataclass(frozen=True, slots=True)
class Baseline:
    """A baseline."""

    id: int
    label: str
    at: datetime
    by: str
    whole: bool  #: of every item there was


@dataclass(frozen=True, slots=True)
class Difference:
    """How an item differs between two moments."""

    key: str
    what: str  #: added, removed, changed
    fields: Mapping[str, tuple[object, object]]


def take(work: UnitOfWork, label: str, keys: Iterable[str] | None = None) -> int:
    """Keep what these items are now, or all of them; answers the id."""
    row = {"label": label.strip()[:200] or "baseline", "at": work.now, "by": work.actor.name}
    row |= {"whole": keys is None}
    made = work.connection.execute(insert(table).values(row).returning(table.c.id)).scalar_one()
    wanted = None if keys is None else set(keys)
    found = [
        {"baseline": made, "key": key, "content": content}
        for key, content in _now(work).items()
        if wanted is None or key in wanted
    ]
    if found:
        work.connection.execute(insert(parts), found)
    details = {"label": row["label"], "items": len(found)}
    work.record(audit.Draft("system", "baseline.taken", f"baseline:{made}", details))
    return int(made)


def _now(source: Reader | UnitOfWork) -> dict[str, dict[str, Any]]:
    """Every item with its relations, as a baseline keeps it."""
    keys = list(source.connection.execute(select(items.c.key)).scalars())
    found: dict[str, dict[str, Any]] = {}
    for key, item in configuration.by_keys(source, keys).items():
        found[key] = {n: v for n, v in asdict(item).items() if n not in (*_STAMPS, "key")}
        found[key]["relations"] = []
    query = select(relations).order_by(relations.c.source, relations.c.kind, relations.c.target)
    for one in source.connection.execute(query):
        if one.source in found:
            found[one.source]["relations"].append(f"{one.kind} {one.target}")
    return found


def every(reader: Reader) -> list[Baseline]:
    """Baselines, the newest first."""
    query = select(table).order_by(table.c.id.desc()).limit(200)
    return [Baseline(*row) for row in reader.connection.execute(query)]


def diff(reader: Reader, first: int, second: int | None = None) -> list[Difference]:
    """How the items of a baseline differ in a later one, or (None) now.

    Against now only the items of the baseline are compared, unless it was of every item.

    Raises:
        BaselineNotFound: there is none with this id.
    """
    before, whole = _of(reader, first)
    after = _now(reader) if second is None else _of(reader, second)[0]
    if second is None and not whole:
        after = {key: content for key, content in after.items() if key in before}
    return list(_differences(before, after))


def _of(reader: Reader, baseline: int) -> tuple[dict[str, dict[str, Any]], bool]:
    whole = select(table.c.whole).where(table.c.id == baseline)
    found = reader.connection.execute(whole).scalar()
    if found is None:
        raise BaselineNotFound(baseline)
    query = select(parts.c.key, parts.c.content).where(parts.c.baseline == baseline)
    return {row.key: row.content for row in reader.connection.execute(query)}, found


def _differences(
    before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]
) -> Iterator[Difference]:
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        if old is None:
            yield Difference(key, "added", {})
        elif new is None:
            yield Difference(key, "removed", {})
        elif old != new:
            names = sorted(old.keys() | new.keys())
            changed = {n: (old.get(n), new.get(n)) for n in names if old.get(n) != new.get(n)}
            yield Difference(key, "changed", changed)
