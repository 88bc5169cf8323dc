"""Cases: opened, commented, amended and found; kept by `case_progress`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import bindparam, or_, select, text, tuple_

from engine.bpmn.definition import ProcessDefinition
from engine.commands import instances, messages
from engine.commands.advance import Move, note
from engine.queries import audit
from engine.store import instances as instance_rows
from engine.store.unit_of_work import Reader, UnitOfWork
from itil import timekeeping
from itil.case_record import (
    CLOSED,
    COLUMNS,
    FIELDS,
    STATES,
    Case,
    CaseClosed,
    CaseInvalid,
    CaseNotFound,
    CaseStillOpen,
    Entry,
    table,
)

__all__ = [
    "CLOSED",
    "FIELDS",
    "STATES",
    "Case",
    "CaseClosed",
    "CaseInvalid",
    "CaseNotFound",
    "CaseStillOpen",
    "Entry",
]

# -- commands


def open_case(work: UnitOfWork, process: str, given: Mapping[str, object]) -> dict[str, Any]:
    """Open a case: give it the next number and start its process with these variables.

    Raises:
        CaseInvalid: the summary is missing.
        DefinitionNotFound: no such process is deployed.
    """
    if not str(given.get("summary") or "").strip():
        raise CaseInvalid("A case needs a summary. Say in one line what it is about.")
    definition_id = work.runtime.catalogue.id_of(work.connection, "process", process)
    definition = work.runtime.catalogue.process(work.connection, definition_id)
    number = _next_number(work, prefix(definition) or process[:3].upper())
    started = instances.start(work, process, given, number)
    return {"number": number, "instance": started["instance"]}


#: One statement, so that two who open the first case of a prefix at once both get a number.
_NEXT = text(
    "INSERT INTO case_numbers (prefix, last) VALUES (:prefix, 1) "
    "ON CONFLICT (prefix) DO UPDATE SET last = case_numbers.last + 1 RETURNING last"
)


def number(work: UnitOfWork, definition: ProcessDefinition) -> str | None:
    """The number of a case that begins by itself; None where the process has no cases.

    It has, where its diagram says the prefix of their numbers.
    """
    own = prefix(definition)
    return _next_number(work, own) if own else None


def prefix(definition: ProcessDefinition) -> str:
    """What the numbers of a process's cases begin with; empty where it has no cases."""
    return definition.drawing.settings.properties.get("casePrefix", "")


def _next_number(work: UnitOfWork, prefix: str) -> str:
    return f"{prefix}-{work.connection.execute(_NEXT, {'prefix': prefix}).scalar_one()}"


def comment(work: UnitOfWork, number: str, words: str, *, public: bool) -> dict[str, Any]:
    """Add a comment: public ones reach the requester, internal ones never leave the house.

    Raises:
        CaseInvalid: the text is empty or longer than 10,000 characters.
        CaseClosed: the case can only be read.
    """
    said = words.strip()
    if not said or len(said) > 10_000 or "\0" in said:  # noqa: PLR2004 - a page or two
        raise CaseInvalid("A comment needs 1 to 10,000 characters of text. Write it anew.")
    loaded = _open(work, number)
    move = Move("case.commented", f"case:{number}", details={"text": said, "public": public})
    note(work, loaded, move, changes={})
    return {"number": number}


def amend(
    work: UnitOfWork, number: str, changes: Mapping[str, object], reason: str
) -> dict[str, Any]:
    """Re-classify a case: the process catches it and decides priority and group anew.

    Raises:
        CaseInvalid: no reason, or a field that cannot be amended.
        MessageNotExpected: the process does not take amendments at this point.
    """
    allowed = {"category", "subcategory", "service", "ci", "impact", "urgency", "affected_users"}
    unknown = sorted(set(changes) - allowed)
    if unknown or not reason.strip():
        raise CaseInvalid(
            f"An amendment needs a reason and fields among {', '.join(sorted(allowed))}; "
            f"not: {', '.join(unknown) or 'an empty reason'}.",
        )
    process = _open(work, number).process_id
    values = {**changes, "amended": sorted(changes), "amend_reason": reason}
    return messages.correlate(work, f"{process}-amended", number, values)


def declare_major(work: UnitOfWork, number: str, reason: str) -> dict[str, Any]:
    """Declare a major incident: the process brings in its manager and demands a review.

    Raises:
        CaseInvalid: no reason.
    """
    if not reason.strip():
        raise CaseInvalid("A major incident needs a reason. Say why it is one.")
    _open(work, number)
    values = {"major": True, "major_reason": reason}
    return messages.correlate(work, "major-declared", number, values)


def _open(work: UnitOfWork, number: str) -> instance_rows.Loaded:
    query = select(table.c.instance_id, table.c.state).where(table.c.number == number)
    row = work.connection.execute(query).first()
    if row is None:
        raise CaseNotFound(number)
    if row.state in CLOSED:
        raise CaseClosed(number)
    return instance_rows.lock(work, row.instance_id)


# -- queries

_ONE = select(*COLUMNS).where(table.c.number == bindparam("number"))
_NUMBERED = select(*COLUMNS).where(table.c.number.in_(bindparam("numbers", expanding=True)))


def get(reader: Reader, number: str) -> Case:
    """One case.

    Raises:
        CaseNotFound: there is none.
    """
    row = reader.connection.execute(_ONE, {"number": number}).first()
    if row is None:
        raise CaseNotFound(number)
    return Case(*row)


def at_work(source: Reader | UnitOfWork, number: str) -> Case:
    """A case to which something is added.

    Raises:
        CaseNotFound: there is none.
        CaseClosed: it can only be read.
    """
    found = by_numbers(source, [number]).get(number)
    if found is None:
        raise CaseNotFound(number)
    if found.closed:
        raise CaseClosed(number)
    return found


def by_numbers(reader: Reader | UnitOfWork, wanted: Iterable[str]) -> dict[str, Case]:
    """Cases by number; numbers without a case are left out."""
    rows = reader.connection.execute(_NUMBERED, {"numbers": list(set(wanted))})
    return {row.number: Case(*row) for row in rows}


def of_instances(reader: Reader | UnitOfWork, instances: Iterable[int]) -> list[Case]:
    """The cases of instances; those without one are left out."""
    query = select(*COLUMNS).where(table.c.instance_id.in_(list(instances)))
    return [Case(*row) for row in reader.connection.execute(query)]


def on_item(reader: Reader, ci: str, limit: int = 20) -> list[Case]:
    """Cases that are not closed and name a configuration item, the newest first."""
    query = select(*COLUMNS).where(table.c.ci == ci, table.c.state.not_in(CLOSED))
    query = query.order_by(table.c.recorded_at.desc()).limit(limit)
    return [Case(*row) for row in reader.connection.execute(query)]


class Heading(NamedTuple):
    """What a list says of a case."""

    number: str
    process: str
    summary: str
    service: str | None
    priority: int | None


_HEADINGS = select(*(table.c[name] for name in Heading._fields)).where(
    table.c.number.in_(bindparam("numbers", expanding=True))
)


def headings(reader: Reader, wanted: Iterable[str]) -> dict[str, Heading]:
    """The headings of cases by number; numbers without a case are left out."""
    rows = reader.connection.execute(_HEADINGS, {"numbers": list(set(wanted))})
    return {row.number: Heading(*row) for row in rows}


@dataclass(frozen=True, slots=True)
class Search:
    """Which cases to list."""

    text: str | None = None  #: in number or summary
    state: str | None = None
    requester: str | None = None
    group: str | None = None
    open_only: bool = False


def search(
    reader: Reader, wanted: Search, before: str | None = None, limit: int = 50
) -> list[Case]:
    """Cases, the newest first; `before` is the number of the last one of the page before.

    Raises:
        CaseNotFound: there is no case with the number `before`.
    """
    query = (
        select(*COLUMNS).order_by(table.c.recorded_at.desc(), table.c.number.desc()).limit(limit)
    )
    for column, value in (
        (table.c.state, wanted.state),
        (table.c.requester, wanted.requester),
        (table.c.group, wanted.group),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.open_only:
        query = query.where(table.c.state.not_in(CLOSED))
    if wanted.text:
        query = query.where(
            or_(
                table.c.number == wanted.text.strip().upper(),
                table.c.summary.icontains(wanted.text.strip(), autoescape=True),
            ),
        )
    if before is not None:
        last = get(reader, before)
        query = query.where(
            tuple_(table.c.recorded_at, table.c.number) < (last.recorded_at, last.number)
        )
    return [Case(*row) for row in reader.connection.execute(query)]


@dataclass(frozen=True, slots=True)
class History:
    """A page of what happened to a case, the newest first."""

    entries: list[Entry]
    before: int | None  #: where the page of older events begins; None on the last


def timeline(
    reader: Reader,
    number: str,
    *,
    public_only: bool,
    before: int | None = None,
    limit: int = 200,
) -> History:
    """A page of the history of a case from its audit events.

    The public part is what the requester may see: no internal comments, no field values.
    """
    case = get(reader, number)
    entries = []
    rows = audit.latest(reader, f"instance:{case.instance_id}", before, limit)
    for row in rows:
        details = row.details
        if public_only:
            if row.action == "case.commented" and not details.get("public"):
                continue
            details = {k: v for k, v in details.items() if k in ("text", "public", "ended")}
        entries.append(Entry(row.seq, row.at, row.actor, row.action, row.element, details))
    return History(entries, rows[-1].seq if len(rows) == limit and rows[-1].seq > 1 else None)


def clocks(reader: Reader, number: str) -> list[timekeeping.Kept]:
    """The SLA clocks of a case."""
    return timekeeping.of_instance(reader, get(reader, number).instance_id)
