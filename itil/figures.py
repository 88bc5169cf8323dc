"""Figures for reports: how problems are resolved, how changes go, what management looks at.

Each is counted from cases, clocks and changes, so that a script of an auditor's comes to the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select

from engine.store.unit_of_work import Reader, UnitOfWork
from itil import (
    changes,
    deflections,
    findings,
    knowledge,
    links,
    proposals,
    surveys,
    timekeeping,
)
from itil.case_record import CLOSED
from itil.case_record import table as cases

Figures = Mapping[str, Any]


def problems(source: Reader | UnitOfWork, since: datetime) -> Figures:
    """How effectively problems are resolved since a moment (PRB-11)."""
    mine = cases.c.process == "problem"
    recorded = _count(source, mine, cases.c.recorded_at >= since)
    solved = _count(source, mine, cases.c.closed_at >= since)
    clocks = timekeeping.table
    analysed = select(func.count()).where(
        clocks.c.name == "analysis", clocks.c.state == "met", clocks.c.number.like("PRB-%")
    )
    known = select(func.count()).where(knowledge.table.c.kind == "known-error")
    helped = known.where(knowledge.table.c.body.contains("**Workaround**"))
    linked = select(func.count()).where(
        or_(
            and_(links.table.c.number.like("PRB-%"), links.table.c.other.like("INC-%")),
            and_(links.table.c.number.like("INC-%"), links.table.c.other.like("PRB-%")),
        )
    )
    open_ones = select(cases.c.recorded_at).where(mine, cases.c.state.not_in(CLOSED))
    ages = sorted(source.now - at for at in source.connection.execute(open_ones).scalars())
    return {
        "recorded": recorded,
        "closed": solved,
        "analysed_in_time": source.connection.execute(analysed).scalar_one(),
        "known_errors": source.connection.execute(known).scalar_one(),
        "with_workaround": source.connection.execute(helped).scalar_one(),
        "linked_incidents": source.connection.execute(linked).scalar_one(),
        "recurred": len(recurrences(source)),
        "open": len(ages),
        "median_age_days": ages[len(ages) // 2].days if ages else None,
    }


def recurrences(source: Reader | UnitOfWork) -> list[str]:
    """Incidents that came after the problem they are linked to was closed."""
    problem, incident = cases.alias("problem"), cases.alias("incident")
    link = links.table
    pairs: ColumnElement[bool] = or_(
        and_(link.c.number == problem.c.number, link.c.other == incident.c.number),
        and_(link.c.other == problem.c.number, link.c.number == incident.c.number),
    )
    query = (
        select(incident.c.number)
        .select_from(link)
        .join(problem, problem.c.number.in_((link.c.number, link.c.other)))
        .join(incident, pairs)
        .where(
            problem.c.process == "problem",
            incident.c.process == "incident",
            incident.c.recorded_at > problem.c.closed_at,
        )
        .distinct()
    )
    return sorted(source.connection.execute(query).scalars())


def change_trend(source: Reader | UnitOfWork, until: datetime, periods: int = 6) -> list[Figures]:
    """Changes by outcome and type in each of the last periods of 30 days (CHG-26)."""
    found: list[Figures] = []
    for back in range(periods, 0, -1):
        start = until - timedelta(days=30 * back)
        rows = _changes(source, start, start + timedelta(days=30))
        carried = [row for row in rows if row.close_code not in (None, "cancelled", "rejected")]
        good = sum(row.close_code == "successful" for row in carried)
        found.append(
            {
                "from": start.isoformat(),
                "changes": len(rows),
                "standard": sum(row.type == "standard" for row in rows),
                "emergency": sum(row.type == "emergency" for row in rows),
                "failed": sum(row.close_code in changes.FAILED for row in rows),
                "rejected": sum(row.close_code == "rejected" for row in rows),
                "success": round(100 * good / len(carried), 1) if carried else None,
            }
        )
    return found


def _changes(source: Reader | UnitOfWork, start: datetime, end: datetime) -> list[Row[Any]]:
    query = (
        select(changes.table.c.type, changes.table.c.close_code)
        .join(cases, cases.c.number == changes.table.c.number)
        .where(cases.c.recorded_at >= start, cases.c.recorded_at < end)
    )
    return list(source.connection.execute(query))


def management(reader: Reader, since: datetime) -> Figures:
    """What a management review looks at: figures, findings, risks, improvements (CSI-06)."""
    incident = cases.c.process == "incident"
    in_time = cases.c.recorded_at >= since
    clocks = timekeeping.table
    promised = select(clocks.c.state, func.count()).join(cases, cases.c.number == clocks.c.number)
    promised = promised.where(incident, in_time, clocks.c.name == "resolution")
    states = _pairs(reader, promised.group_by(clocks.c.state))
    met, missed = states.get("met", 0), sum(n for s, n in states.items() if s.startswith("breach"))
    by_state = select(cases.c.state, func.count()).where(cases.c.process == "improvement")
    asked, answered, satisfaction = surveys.satisfaction(reader, since)
    risks = select(cases.c.number, cases.c.summary).where(cases.c.state == "risk_accepted")
    return {
        "incidents": _count(reader, incident, in_time),
        "major_incidents": _count(reader, incident, in_time, cases.c.major.is_(True)),
        "reopened": _count(reader, incident, in_time, cases.c.reopened > 0),
        "requests": _count(reader, cases.c.process == "service_request", in_time),
        "deflected": deflections.count(reader, since),
        "proposals": proposals.count(reader, since),
        "closed_with_article": proposals.closed_with_article(reader, since),
        "resolution_met": round(100 * met / (met + missed), 1) if met + missed else None,
        "surveys_asked": asked,
        "surveys_answered": answered,
        "satisfaction": satisfaction,
        "problems": problems(reader, since),
        "changes": change_trend(reader, reader.now, 3),
        "findings": [
            {"control": one.control, "about": one.about, "due": one.due_at.isoformat()}
            for one in findings.every(reader)
        ],
        "risks": [
            {"number": row.number, "summary": row.summary}
            for row in reader.connection.execute(risks)
        ],
        "improvements": _pairs(reader, by_state.group_by(cases.c.state)),
    }


def _pairs(reader: Reader, query: Select[Any]) -> dict[str, int]:
    return {row[0]: row[1] for row in reader.connection.execute(query)}


def _count(source: Reader | UnitOfWork, *wanted: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(cases).where(*wanted)
    found: int = source.connection.execute(query).scalar_one()
    return found
