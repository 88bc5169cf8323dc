"""Recurring incidents whose cause nobody has asked for: found once, by a table (PRB-02)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Column, Integer, String, Table, func, insert, select

from engine.store.columns import Json, Moment, metadata
from engine.store.unit_of_work import UnitOfWork
from itil import links
from itil.case_record import CLOSED
from itil.case_record import table as cases

#: What incidents have in common.
BY = ("category", "ci")

table = Table(
    "trend_candidates",
    metadata,
    Column("by", String(20), primary_key=True),
    Column("value", String(200), primary_key=True),
    Column("found_at", Moment, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("incidents", Json, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that recurs."""

    by: str
    value: str
    incidents: tuple[str, ...]

    @property
    def summary(self) -> str:
        """In a line."""
        return f"{len(self.incidents)} incidents of {self.by} '{self.value}'"


def find(work: UnitOfWork, rules: Mapping[str, Mapping[str, int]]) -> list[Candidate]:
    """Candidates that are new; `rules` are `count` within `days`, by what they have in common.

    An incident that is linked to a problem has been asked about; what was found within the same
    days is not found again.
    """
    return [one for by in BY if by in rules for one in _find(work, by, rules[by])]


def _find(work: UnitOfWork, by: str, rule: Mapping[str, int]) -> list[Candidate]:
    since = work.now - timedelta(days=rule["days"])
    column = cases.c[by]
    recent = (
        cases.c.process == "incident",
        cases.c.recorded_at >= since,
        column.is_not(None),
        cases.c.state != CLOSED[1],
    )
    crowded = select(column).where(*recent).group_by(column)
    crowded = crowded.having(func.count() >= rule["count"]).order_by(column)
    found = []
    for value in work.connection.execute(crowded).scalars().all():
        numbers = select(cases.c.number).where(*recent, column == value)
        asked = set(_linked(work))
        incidents = [n for n in work.connection.execute(numbers).scalars() if n not in asked]
        if len(incidents) >= rule["count"] and not _known(work, by, value, since):
            row = {"by": by, "value": value, "found_at": work.now, "count": len(incidents)}
            work.connection.execute(insert(table), {**row, "incidents": sorted(incidents)})
            found.append(Candidate(by, value, tuple(sorted(incidents))))
    return found


def _linked(work: UnitOfWork) -> list[str]:
    """Incidents that are linked to a problem."""
    link = links.table
    there = select(link.c.other).where(link.c.number.like("PRB-%"))
    here = select(link.c.number).where(link.c.other.like("PRB-%"))
    return list(work.connection.execute(there.union(here)).scalars())


def _known(work: UnitOfWork, by: str, value: str, since: object) -> bool:
    same = table.c.by == by, table.c.value == value, table.c.found_at >= since
    return work.connection.execute(select(table.c.by).where(*same)).first() is not None
