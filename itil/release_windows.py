"""When releases are deployed: a window for each wave, for calendars and conflicts (REL-14).

A release says when its deployment begins (`planned_at`), its `waves`, and the hours that each takes
(`wave_hours`); one wave follows the other. Without hours, and where all goes at once, its window
ends when it would be rolled back (`rollback_by`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from engine.store.tables import instances
from engine.store.unit_of_work import Reader, UnitOfWork
from itil.case_record import CLOSED
from itil.case_record import table as cases
from itil.changes import MOST, moment, texts
from itil.releases import table

#: How long a deployment takes that does not say so.
USUAL = timedelta(hours=4)
#: Waves that begin so long after the first one are looked for no more.
LONGEST = timedelta(days=60)
#: States in which nothing of a release is left to deploy.
DEPLOYED = frozenset({"verifying", "early_life", "in_review", *CLOSED})
_DROPPED = ("rejected", "cancelled", "terminated")
_ALL = (
    select(cases.c.number, cases.c.summary, cases.c.state, instances.c.variables)
    .join(table, table.c.number == cases.c.number)
    .join(instances, instances.c.id == cases.c.instance_id)
    .order_by(table.c.planned_at, cases.c.number)
)


@dataclass(frozen=True, slots=True)
class Wave:
    """One wave of a release, or all of it, with its window."""

    release: str
    summary: str
    state: str
    name: str  #: who gets it; empty where all do at once
    type: str | None
    service: str | None
    cis: tuple[str, ...]
    deployer: str | None
    changes: tuple[str, ...]  #: what it carries
    start: datetime
    end: datetime

    @property
    def over(self) -> bool:
        """Whether nothing of its release is left to deploy."""
        return self.state in DEPLOYED


def of(number: str, summary: str, state: str, plan: Mapping[str, object]) -> list[Wave]:
    """The waves that the variables of a release plan and that are not deployed yet, in order.

    None, where it has no date. A wave keeps its time when those before it are done.
    """
    start = moment(plan.get("planned_at"))
    if start is None:
        return []
    waves, hours = texts(plan.get("waves")), plan.get("wave_hours")
    until = moment(plan.get("rollback_by"))
    whole = until - start if until is not None and until > start else USUAL
    timed = waves and isinstance(hours, int | float) and not isinstance(hours, bool) and hours > 0
    length = timedelta(hours=float(hours)) if timed else whole  # type: ignore[arg-type]
    done = _done(plan) if timed else 0
    return [
        Wave(
            number,
            summary,
            state,
            name,
            _text(plan, "release_type"),
            _text(plan, "service"),
            tuple(texts(plan.get("cis"))),
            _text(plan, "deployer"),
            tuple(texts(plan.get("changes"))),
            start + length * (done + place if timed else 0),
            start + length * (done + place + 1 if timed else 1),
        )
        for place, name in enumerate(waves if timed else [", ".join(waves)])
    ]


def _done(plan: Mapping[str, object]) -> int:
    log = plan.get("deployment_log")
    entries = log if isinstance(log, list) else []
    return sum(isinstance(one, Mapping) and one.get("outcome") == "done" for one in entries)


def _text(plan: Mapping[str, object], name: str) -> str | None:
    return str(plan.get(name) or "").strip() or None


def of_release(reader: Reader | UnitOfWork, number: str) -> list[Wave]:
    """The waves of a release that are not deployed yet; none where there is no such release."""
    row = reader.connection.execute(_ALL.where(cases.c.number == number)).first()
    return [] if row is None else of(*row)


def between(
    reader: Reader | UnitOfWork,
    start: datetime,
    end: datetime,
    service: str | None = None,
    ci: str | None = None,
) -> list[Wave]:
    """Waves whose window touches a span, by their beginning."""
    query = _ALL.where(table.c.planned_at < end, table.c.planned_at > start - LONGEST)
    query = query.where(cases.c.state.not_in(_DROPPED))
    if service:
        query = query.where(table.c.service == service)
    found = [
        wave
        for wave in _each(reader, query.limit(MOST))
        if wave.start < end and wave.end > start and (ci is None or ci in wave.cis)
    ]
    return sorted(found, key=lambda wave: (wave.start, wave.release))


def _each(reader: Reader | UnitOfWork, query: object) -> Iterator[Wave]:
    for row in reader.connection.execute(query):  # type: ignore[call-overload]
        yield from of(*row)
