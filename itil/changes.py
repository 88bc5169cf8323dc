"""What is known of every change beside its case: window, items, people, outcome (CHG-15, CHG-32).

The process says it by variables; a subscriber keeps the row, so that the calendar, conflicts and
the history of an item are found without reading instances.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    String,
    Table,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from engine.commands.advance import Progress
from engine.store.columns import Json, Moment, metadata
from engine.store.tables import instances
from engine.store.unit_of_work import Reader, UnitOfWork
from itil.case_record import CLOSED
from itil.case_record import table as cases

PROCESS = "change"
TYPES = ("standard", "normal", "emergency")
CLOSE_CODES = ("successful", "with-issues", "backed-out", "failed", "cancelled", "rejected")
#: After these, what was to change did not, or not without harm.
FAILED = ("backed-out", "failed")
#: Longest list of changes that is shown or compared at once.
MOST = 1_000

_TEXTS = ("type", "risk", "service", "environment", "implementer", "template", "close_code")
_MOMENTS = (
    *("window_start", "window_end", "authorised_at", "started_at", "ended_at"),
    *("papers_due", "papers_done_at"),
)

table = Table(
    "changes",
    metadata,
    Column("number", String(100), primary_key=True),
    Column("type", String(20)),
    Column("risk", String(20)),
    Column("risk_score", Integer),
    Column("service", String(200)),
    Column("environment", String(20)),
    Column("implementer", String(100)),
    Column("template", String(100)),
    Column("close_code", String(20)),
    Column("outage", Boolean),
    Column("cis", Json),
    *(Column(name, Moment) for name in _MOMENTS),
)
Index("ix_changes_window", table.c.window_start, table.c.number)
Index("ix_changes_template", table.c.template)
touched = Table(
    "change_items",
    metadata,
    Column("ci", String(100), primary_key=True),
    Column("number", String(100), primary_key=True),
    sqlite_with_rowid=False,
)
Index("ix_change_items_number", touched.c.number)


@dataclass(frozen=True, slots=True)
class Change:
    """A change as calendars and checks see it."""

    number: str
    summary: str
    state: str
    type: str | None
    risk: str | None
    service: str | None
    environment: str | None
    implementer: str | None
    outage: bool | None
    cis: tuple[str, ...]
    window_start: datetime | None
    window_end: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    papers_due: datetime | None
    papers_done_at: datetime | None
    close_code: str | None

    @property
    def closed(self) -> bool:
        """Whether its case can only be read."""
        return self.state in CLOSED


_NAMES = tuple(name for name in Change.__dataclass_fields__ if name not in ("summary", "state"))
_ALL = (
    select(cases.c.summary, cases.c.state, *(table.c[name] for name in _NAMES))
    .join(cases, cases.c.number == table.c.number)
    .order_by(table.c.window_start, table.c.number)
)


def moment(value: object) -> datetime | None:
    """The moment that an ISO text with an offset says; None for anything else."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found.astimezone(UTC) if found is not None and found.tzinfo is not None else None


def texts(value: object) -> list[str]:
    """The texts of a list, each once, in its order."""
    listed = value if isinstance(value, list) else []
    return list(dict.fromkeys(one for one in listed[:MOST] if isinstance(one, str) and one))


_READ: Mapping[str, Any] = {
    **dict.fromkeys(_TEXTS, lambda v: v[:100] if isinstance(v, str) and v else None),
    **dict.fromkeys(_MOMENTS, moment),
    "risk_score": lambda v: v if isinstance(v, int) and not isinstance(v, bool) else None,
    "outage": lambda v: v if isinstance(v, bool) else None,
    "cis": texts,
}


def follow(work: UnitOfWork, progress: Progress) -> None:
    """Keep the row of a change as its process goes on; a subscriber."""
    instance = progress.instance
    number = instance.business_key
    if instance.process_id != PROCESS or number is None or instance.parent_id is not None:
        return
    mine = table.c.number == number
    if progress.move.action == "instance.deleted":
        work.connection.execute(delete(table).where(mine))
        work.connection.execute(delete(touched).where(touched.c.number == number))
        return
    if progress.move.action == "instance.started":
        values = {name: read(instance.variables.get(name)) for name, read in _READ.items()}
        work.connection.execute(insert(table), {"number": number, **values})
        _touch(work, number, values["cis"])
        return
    changed = {n: _READ[n](after) for n, (_, after) in progress.changes.items() if n in _READ}
    if changed:
        work.connection.execute(update(table).where(mine).values(changed))
    if "cis" in changed:
        _touch(work, number, changed["cis"])


def _touch(work: UnitOfWork, number: str, keys: Iterable[str]) -> None:
    work.connection.execute(delete(touched).where(touched.c.number == number))
    rows = [{"ci": key[:100], "number": number} for key in keys]
    if rows:
        work.connection.execute(insert(touched), rows)


# -- queries


def _read(row: Any) -> Change:  # noqa: ANN401
    values = dict(zip(row._fields, row, strict=True))
    return Change(**{**values, "cis": tuple(row.cis or ())})


def get(reader: Reader | UnitOfWork, number: str) -> Change | None:
    """One change, or None."""
    row = reader.connection.execute(_ALL.where(table.c.number == number)).first()
    return None if row is None else _read(row)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which changes a calendar shows; None for all."""

    service: str | None = None
    type: str | None = None
    ci: str | None = None


def approvers(source: Reader | UnitOfWork, number: str) -> set[str]:
    """Who approved a change, by what its process keeps."""
    query = select(instances.c.variables).join(cases, cases.c.instance_id == instances.c.id)
    found = source.connection.execute(query.where(cases.c.number == number)).scalar() or {}
    listed = found.get("approval_votes")
    votes = listed if isinstance(listed, list) else []
    return {str(one.get("by")) for one in votes if one.get("vote") == "approve"}


def between(
    reader: Reader | UnitOfWork, start: datetime, end: datetime, wanted: Wanted = Wanted()
) -> list[Change]:
    """Changes whose window touches a span, by its beginning; the forward schedule (CHG-15)."""
    query = _ALL.where(table.c.window_start < end, table.c.window_end > start)
    query = query.where(cases.c.state.not_in(("rejected", "cancelled", "terminated")))
    for column, value in ((table.c.service, wanted.service), (table.c.type, wanted.type)):
        if value:
            query = query.where(column == value)
    if wanted.ci:
        own = select(touched.c.number).where(touched.c.ci == wanted.ci)
        query = query.where(table.c.number.in_(own))
    return [_read(row) for row in reader.connection.execute(query.limit(MOST))]


def touching(reader: Reader | UnitOfWork, keys: Iterable[str], limit: int = 100) -> list[Change]:
    """Changes that named one of these items, the newest window first."""
    own = select(touched.c.number).where(touched.c.ci.in_(sorted(set(keys))))
    query = _ALL.where(table.c.number.in_(own)).order_by(None)
    query = query.order_by(table.c.window_start.desc(), table.c.number.desc()).limit(limit)
    return [_read(row) for row in reader.connection.execute(query)]


def failures(work: Reader | UnitOfWork, keys: Iterable[str], service: str | None) -> int:
    """How many changes of these items or this service failed in the last 90 days (CHG-06)."""
    since = work.now - timedelta(days=90)
    own = select(touched.c.number).where(touched.c.ci.in_(sorted(set(keys))))
    same = or_(table.c.number.in_(own), table.c.service == service)
    query = select(func.count()).where(same, table.c.close_code.in_(FAILED))
    found: int = work.connection.execute(query.where(table.c.ended_at > since)).scalar_one()
    return found


_OPEN = select(cases.c.number).where(
    cases.c.number.in_(bindparam("numbers", expanding=True)), cases.c.state.not_in(CLOSED)
)


def still_open(work: Reader | UnitOfWork, numbers: Iterable[str]) -> list[str]:
    """Which of these cases are not closed, by number."""
    found = work.connection.execute(_OPEN, {"numbers": sorted(set(numbers))})
    return sorted(found.scalars())


def incidents_after(work: Reader | UnitOfWork, change: Change, days: int) -> list[str]:
    """Incidents on its items or service that came within some days of its beginning (CHG-24)."""
    if change.started_at is None:
        return []
    until = change.started_at + timedelta(days=days)
    same = or_(cases.c.ci.in_(change.cis), cases.c.service == change.service)
    query = select(cases.c.number).where(cases.c.process == "incident", same)
    query = query.where(cases.c.recorded_at.between(change.started_at, until))
    return list(work.connection.execute(query.order_by(cases.c.recorded_at).limit(100)).scalars())


def without_papers(reader: Reader) -> list[Change]:
    """Emergency changes whose papers are late or came late: the exception report (CHG-14)."""
    late = func.coalesce(table.c.papers_done_at, reader.now) > table.c.papers_due
    query = _ALL.where(table.c.type == "emergency", table.c.papers_due.is_not(None), late)
    return [_read(row) for row in reader.connection.execute(query.limit(MOST))]
