"""Controls that are looked at every night: what they find is kept until somebody answers (AUD-19).

Each is a question to what is recorded; whoever doubts a finding sees the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from engine.queries import audit
from engine.store.tables import events, instances
from engine.store.unit_of_work import UnitOfWork
from itil import api_tokens, changes, findings, timekeeping
from itil.case_record import CLOSED
from itil.case_record import table as cases
from itil.duties import NAMED
from itil.people import people

#: From this month on, the official days of next year ought to be known.
_NOTICE_MONTH = 11


@dataclass(frozen=True, slots=True)
class Found:
    """Something that breaks a control."""

    subject: str
    about: str


@dataclass(frozen=True, slots=True)
class Control:
    """A control: who answers for what it finds, and the question."""

    owner: str  #: group
    look: Callable[[UnitOfWork], Iterator[Found]]


def _changes(work: UnitOfWork) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    """Rows of changes with the variables of their process."""
    query = select(changes.table, instances.c.variables)
    query = query.join(cases, cases.c.number == changes.table.c.number)
    query = query.join(instances, instances.c.id == cases.c.instance_id)
    for row in work.connection.execute(query.order_by(changes.table.c.number)):
        yield row, row.variables


def _votes(variables: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    listed = variables.get("approval_votes")
    votes = listed if isinstance(listed, list) else []
    return [one for one in votes if isinstance(one, dict) and one.get("vote") == "approve"]


def _own_approval(work: UnitOfWork) -> Iterator[Found]:
    """Approved by whoever asked for it, builds or carries it out (CHG-08)."""
    for row, variables in _changes(work):
        named = {variables.get(name) for names in NAMED.values() for name in names}
        for vote in _votes(variables):
            if vote.get("by") in named:
                yield Found(f"{row.number}:{vote['by']}", f"{vote['by']} approved {row.number}.")


def _late_approval(work: UnitOfWork) -> Iterator[Found]:
    """Begun before it was approved (CHG-10, AUD-10)."""
    for row, variables in _changes(work):
        if row.started_at is None or row.type == "standard":
            continue
        times = [t for vote in _votes(variables) if (t := changes.moment(vote.get("at")))]
        if not times or max(times) > row.started_at:
            yield Found(row.number, f"{row.number} began at {row.started_at} before its approval.")


def _outside_window(work: UnitOfWork) -> Iterator[Found]:
    """Begun or ended outside its window (CHG-10)."""
    for row, _ in _changes(work):
        if row.started_at is None or row.window_start is None or row.window_end is None:
            continue
        if row.started_at < row.window_start or (row.ended_at or row.started_at) > row.window_end:
            yield Found(row.number, f"{row.number} was carried out outside its window.")


def _papers(work: UnitOfWork) -> Iterator[Found]:
    """Emergency changes whose papers are late (CHG-14)."""
    late = func.coalesce(changes.table.c.papers_done_at, work.now) > changes.table.c.papers_due
    query = select(changes.table.c.number, changes.table.c.papers_due).where(late)
    for row in work.connection.execute(query):
        yield Found(row.number, f"The papers of {row.number} were due {row.papers_due}.")


def _leavers(work: UnitOfWork) -> Iterator[Found]:
    """Tokens of people who have left, still good."""
    gone = select(people.c.login).where(people.c.active.is_(False))
    tokens = api_tokens.api_tokens
    query = select(tokens.c.id, tokens.c.name, tokens.c.made_by).where(
        tokens.c.made_by.in_(gone), tokens.c.revoked_at.is_(None), tokens.c.expires_at > work.now
    )
    for row in work.connection.execute(query):
        yield Found(str(row.id), f"Token '{row.name}' was made by {row.made_by}, who has left.")


def _chain(work: UnitOfWork) -> Iterator[Found]:
    """The trail of the system is not whole."""
    verdict = audit.verify(work, "system")
    if not verdict.ok:
        yield Found(f"system:{verdict.broken_at}", f"The trail is broken at {verdict.broken_at}.")


def _refused(work: UnitOfWork) -> Iterator[Found]:
    """Somebody tried to do what separation of duties forbids (AUD-17)."""
    since = work.now - timedelta(days=1)
    query = select(events.c.seq, events.c.actor, events.c.details).where(
        events.c.action == "refused", events.c.subject == "duties.apart", events.c.at >= since
    )
    for row in work.connection.execute(query):
        yield Found(f"{row.seq}", f"{row.actor}: {row.details}")


def _unclosed_fields(work: UnitOfWork) -> Iterator[Found]:
    """Incidents that were closed without a code, a text or a category (INC-19)."""
    empty = (cases.c.resolution_code.is_(None), cases.c.resolution.is_(None))
    query = select(cases.c.number).where(
        cases.c.process == "incident", cases.c.state == CLOSED[0], empty[0] | empty[1]
    )
    for number in work.connection.execute(query.limit(500)).scalars():
        yield Found(number, f"{number} was closed without resolution code or text.")


def _calendars(work: UnitOfWork) -> Iterator[Found]:
    """Calendars for which next year's official days are not known yet (SLM-27)."""
    if work.now.month < _NOTICE_MONTH:
        return
    shelf = timekeeping.Shelf(work)
    for key in work.runtime.catalogue.active(work.connection).keys("calendar"):
        calendar = shelf[shelf.pin(key)]
        for year in (work.now.year, work.now.year + 1):
            if calendar.notice_missing(year):
                yield Found(f"{key}:{year}", calendar.notice_sentence(year))


def _breach_causes(work: UnitOfWork) -> Iterator[Found]:
    """Missed targets whose cause nobody has given (SLM-16)."""
    clocks = timekeeping.table
    query = select(clocks.c.number, clocks.c.name).where(
        clocks.c.state == "breached_stopped", clocks.c.cause.is_(None)
    )
    for row in work.connection.execute(query.limit(500)):
        yield Found(f"{row.number}:{row.name}", f"{row.number} missed '{row.name}': why?")


CONTROLS: Mapping[str, Control] = {
    "own-approval": Control("change-management", _own_approval),
    "approval-after-start": Control("change-management", _late_approval),
    "outside-window": Control("change-management", _outside_window),
    "late-papers": Control("change-management", _papers),
    "tokens-of-leavers": Control("management", _leavers),
    "broken-trail": Control("management", _chain),
    "refused-duties": Control("management", _refused),
    "calendar-notice": Control("service-level-management", _calendars),
    "breach-without-cause": Control("service-level-management", _breach_causes),
    "closed-without-fields": Control("incident-manager", _unclosed_fields),
}


def look(work: UnitOfWork) -> dict[str, int]:
    """Look at every control; answers how many findings of each are new."""
    return {
        name: sum(
            findings.add(work, name, found.subject, found.about, control.owner)
            for found in control.look(work)
        )
        for name, control in CONTROLS.items()
    }
