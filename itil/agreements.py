"""Service level agreements, operational level agreements and contracts: signed versions (SLM-01).

The process `service_level` negotiates them; what was signed is kept for ever, and what a report
says can be derived again from clocks and cases.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Integer, String, Table, func, insert, select, update

from engine.store import audit
from engine.store.columns import Json, Moment, metadata
from engine.store.unit_of_work import Reader, UnitOfWork
from itil import timekeeping
from itil.case_record import table as cases

KINDS = ("sla", "ola", "uc")
#: What is promised to customers.
SERVED = ("incident", "service_request")

table = Table(
    "agreements",
    metadata,
    Column("number", String(100), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("customer", String(200), nullable=False),
    Column("service", String(200), nullable=False),
    Column("provider", String(200), nullable=False),  # group, or supplier of a contract
    Column("content", Json, nullable=False),  # targets, calendar, exceptions, workload, signers
    Column("valid_from", Moment, nullable=False),
    Column("valid_to", Moment, nullable=False),
    Column("signed_at", Moment, nullable=False),
    Column("ended_at", Moment),
)
reports = Table(
    "service_reports",
    metadata,
    Column("number", String(100), primary_key=True),  # of the agreement
    Column("starts_at", Moment, primary_key=True),
    Column("ends_at", Moment, nullable=False),
    Column("service", String(200), nullable=False),
    Column("figures", Json, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Agreement:
    """A signed version of an agreement."""

    number: str
    version: int
    kind: str
    customer: str
    service: str
    provider: str
    content: Mapping[str, Any]
    valid_from: datetime
    valid_to: datetime
    signed_at: datetime
    ended_at: datetime | None


def sign(work: UnitOfWork, number: str, values: Mapping[str, Any]) -> int:
    """Keep a version that everybody has signed; answers its number."""
    latest = select(func.max(table.c.version)).where(table.c.number == number)
    version = (work.connection.execute(latest).scalar() or 0) + 1
    earlier = table.c.number == number, table.c.ended_at.is_(None)
    work.connection.execute(update(table).where(*earlier).values(ended_at=work.now))
    row = {**values, "number": number, "version": version, "signed_at": work.now, "ended_at": None}
    work.connection.execute(insert(table), row)
    details = {"version": version, "kind": values["kind"], "service": values["service"]}
    work.record(audit.Draft("system", "agreement.signed", f"agreement:{number}", details))
    return version


def end(work: UnitOfWork, number: str, reason: str) -> None:
    """End an agreement; its versions stay."""
    open_one = table.c.number == number, table.c.ended_at.is_(None)
    work.connection.execute(update(table).where(*open_one).values(ended_at=work.now))
    work.record(audit.Draft("system", "agreement.ended", f"agreement:{number}", {"reason": reason}))


def every(reader: Reader | UnitOfWork, *, in_force: bool = False) -> list[Agreement]:
    """Signed versions, the newest first; in force: those that hold now."""
    query = select(table).order_by(table.c.number, table.c.version.desc())
    if in_force:
        query = query.where(
            table.c.ended_at.is_(None),
            table.c.valid_from <= reader.now,
            table.c.valid_to > reader.now,
        )
    return [Agreement(*row) for row in reader.connection.execute(query.limit(1000))]


def beyond(reader: Reader | UnitOfWork) -> Iterator[tuple[Agreement, int, int]]:
    """Agreements whose supporting agreements take longer together than they promise (SLM-03).

    With the promised hours, and the hours of operational agreements and contracts of the service.
    """
    found = every(reader, in_force=True)
    for one in (a for a in found if a.kind == "sla"):
        promised = one.content.get("hours") or 0
        under = [a for a in found if a.kind != "sla" and a.service == one.service]
        needed = sum(int(a.content.get("hours") or 0) for a in under)
        if needed > promised > 0:
            yield one, int(promised), needed


# -- reports


def measure(
    source: Reader | UnitOfWork, service: str, start: datetime, end: datetime
) -> dict[str, Any]:
    """What was promised and kept for a service in a period, by clock; from clocks and cases.

    `met`, `missed`, `excused` count clocks of cases recorded in the period; `workload` those cases.
    """
    in_period = (
        cases.c.process.in_(SERVED),
        cases.c.service == service,
        cases.c.recorded_at >= start,
        cases.c.recorded_at < end,
    )
    workload = select(func.count()).where(*in_period)
    figures: dict[str, Any] = {
        "workload": source.connection.execute(workload).scalar_one(),
        "clocks": {},
    }
    clocks = timekeeping.table
    query = (
        select(clocks.c.name, clocks.c.state, clocks.c.breached, clocks.c.excused, func.count())
        .join(cases, cases.c.number == clocks.c.number)
        .where(*in_period)
        .group_by(clocks.c.name, clocks.c.state, clocks.c.breached, clocks.c.excused)
    )
    for name, state, breached, excused, count in source.connection.execute(query):
        one = figures["clocks"].setdefault(name, {"met": 0, "missed": 0, "excused": 0, "open": 0})
        missed = bool(breached) or state.startswith("breached")
        kind = "excused" if missed and excused else "missed" if missed else None
        one[kind or ("met" if state == "met" else "open")] += count
    for one in figures["clocks"].values():
        counted = one["met"] + one["missed"]
        one["achieved"] = round(100 * one["met"] / counted, 2) if counted else None
    return figures


def report(
    work: UnitOfWork, number: str, service: str, start: datetime, end: datetime
) -> dict[str, Any]:
    """Measure a period and keep the figures, with the trend against the report before (SLM-18)."""
    figures = measure(work, service, start, end)
    before = select(reports.c.figures).where(reports.c.number == number)
    before = before.where(reports.c.starts_at < start).order_by(reports.c.starts_at.desc())
    last = work.connection.execute(before.limit(1)).scalar() or {"clocks": {}}
    for name, one in figures["clocks"].items():
        earlier = last["clocks"].get(name, {}).get("achieved")
        if one["achieved"] is not None and earlier is not None:
            one["trend"] = round(one["achieved"] - earlier, 2)
    same = reports.c.number == number, reports.c.starts_at == start
    if work.connection.execute(select(reports.c.number).where(*same)).first() is None:
        row = {"number": number, "starts_at": start, "ends_at": end, "service": service}
        work.connection.execute(insert(reports), {**row, "figures": figures})
    return figures


def reported(reader: Reader, limit: int = 100) -> list[Any]:
    """Reports, the newest first."""
    query = select(reports).order_by(reports.c.starts_at.desc(), reports.c.number).limit(limit)
    return list(reader.connection.execute(query))
