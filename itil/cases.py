"""Cases: the ITIL record behind a process instance, kept by what the process does.

Whoever starts a process with a number opens a case. Its fields are the process variables of the
same names, its state is what the diagram says at the element a token enters (property
`caseState`; `caseStateClaimed` while somebody works on the task). Nothing else writes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    bindparam,
    insert,
    or_,
    select,
    update,
)

from engine.commands import instances, messages
from engine.commands.advance import Move, Progress, note
from engine.errors import Forbidden, NotFound, Rejected
from engine.queries import audit
from engine.store import instances as instance_rows
from engine.store.tables import Moment, metadata
from engine.store.unit_of_work import Reader, UnitOfWork
from itil import timekeeping
from itil.service_levels import Trigger

table = Table(
    "cases",
    metadata,
    Column("number", String(100), primary_key=True),
    Column("process", String(200), nullable=False),
    Column("instance_id", ForeignKey("instances.id"), nullable=False),
    Column("state", String(30), nullable=False),
    Column("summary", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("requester", String(100)),
    Column("affected_user", String(100)),
    Column("channel", String(30)),
    Column("service", String(200)),
    Column("ci", String(200)),
    Column("category", String(200)),
    Column("subcategory", String(200)),
    Column("impact", Integer),
    Column("urgency", Integer),
    Column("priority", Integer),
    Column("group", String(100)),
    Column("assignee", String(100)),
    Column("major", Boolean),
    Column("occurred_at", String(40)),
    Column("recorded_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("responded_at", Moment),
    Column("resolved_at", Moment),
    Column("closed_at", Moment),
    Column("resolution_code", String(100)),
    Column("resolution", Text),
    Column("reopened", Integer),
    Column("reassigned", Integer),
)
Index("ix_cases_requester", table.c.requester, table.c.recorded_at)
Index("ix_cases_state", table.c.state, table.c.priority, table.c.recorded_at)
Index("ix_cases_instance", table.c.instance_id)

#: The last number given for each prefix; taken in the transaction that uses it, so without gaps.
numbers = Table(
    "case_numbers",
    metadata,
    Column("prefix", String(20), primary_key=True),
    Column("last", Integer, nullable=False),
)

#: Process variables that are fields of the case.
FIELDS = (
    "summary",
    "description",
    "requester",
    "affected_user",
    "channel",
    "service",
    "ci",
    "category",
    "subcategory",
    "impact",
    "urgency",
    "priority",
    "group",
    "major",
    "occurred_at",
    "resolution_code",
    "resolution",
    "reopened",
    "reassigned",
)
CLOSED = ("closed", "cancelled")
STATES = frozenset(
    {
        "new",
        "assigned",
        "in_progress",
        "pending_user",
        "pending_vendor",
        "pending_problem",
        "pending_change",
        "resolved",
        *CLOSED,
    },
)
#: Roles whose public word to the requester counts as a response (SLM-12).
RESPONDERS = frozenset({"agent", "team-lead", "incident-manager"})
_STATE = select(table.c.state, table.c.responded_at).where(table.c.number == bindparam("number"))


class CaseNotFound(NotFound):
    """There is no case with this number."""

    code = "case.not-found"

    def __init__(self, number: str) -> None:
        super().__init__(f"There is no case '{number}'. Check the number.")


class CaseClosed(Forbidden):
    """A closed case is read-only."""

    code = "case.closed"

    def __init__(self, number: str) -> None:
        super().__init__(f"Case '{number}' is closed and can only be read. Open a new one.")


class CaseInvalid(Rejected):
    """A case cannot be opened or changed like this."""

    code = "case.invalid"


@dataclass(frozen=True, slots=True)
class Case:
    """The record of a case."""

    number: str
    process: str
    instance_id: int
    state: str
    summary: str
    description: str
    requester: str | None
    affected_user: str | None
    channel: str | None
    service: str | None
    ci: str | None
    category: str | None
    subcategory: str | None
    impact: int | None  #: 1 high, 2 medium, 3 low
    urgency: int | None  #: 1 high, 2 medium, 3 low
    priority: int | None  #: 1 to 4
    group: str | None
    assignee: str | None
    major: bool | None
    occurred_at: str | None
    recorded_at: datetime
    updated_at: datetime
    responded_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    resolution_code: str | None
    resolution: str | None
    reopened: int | None
    reassigned: int | None

    @property
    def is_closed(self) -> bool:
        """Whether it can only be read."""
        return self.state in CLOSED


@dataclass(frozen=True, slots=True)
class Entry:
    """Something in the history of a case."""

    seq: int
    at: datetime
    actor: str
    action: str
    element: str | None
    details: Mapping[str, Any]


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
    prefix = definition.drawing.settings.properties.get("casePrefix") or process[:3].upper()
    number = f"{prefix}-{_next_number(work, prefix)}"
    started = instances.start(work, process, given, number)
    return {"number": number, "instance": started["instance"]}


def _next_number(work: UnitOfWork, prefix: str) -> int:
    taken = (
        update(numbers)
        .where(numbers.c.prefix == prefix)
        .values(last=numbers.c.last + 1)
        .returning(numbers.c.last)
    )
    found = work.connection.execute(taken).scalar()
    if found is None:
        work.connection.execute(insert(numbers), {"prefix": prefix, "last": 1})
        return 1
    return int(found)


def comment(work: UnitOfWork, number: str, text: str, *, public: bool) -> dict[str, Any]:
    """Add a comment: public ones reach the requester, internal ones never leave the house.

    Raises:
        CaseInvalid: the text is empty or longer than 10,000 characters.
        CaseClosed: the case can only be read.
    """
    words = text.strip()
    if not words or len(words) > 10_000:  # noqa: PLR2004 - a page or two
        raise CaseInvalid("A comment needs 1 to 10,000 characters. Write something shorter.")
    loaded = _open(work, number)
    move = Move("case.commented", f"case:{number}", details={"text": words, "public": public})
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
    values = {**changes, "amend_reason": reason}
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


# -- kept by what the process does


def follow(work: UnitOfWork, progress: Progress) -> None:
    """Bring the case and its clocks up to what just happened; a subscriber."""
    number = progress.instance.business_key
    if number is None:
        return
    if progress.move.action == "instance.started":
        _create(work, number, progress)
        return
    row = work.connection.execute(_STATE, {"number": number}).first()
    if row is None:
        return
    after, triggers = _states(row.state, progress)
    values: dict[str, Any] = _changed_fields(progress)
    if after != row.state:
        values["state"] = after
    if after == "resolved" and row.state != "resolved":
        values["resolved_at"] = work.now
    if after in CLOSED and row.state not in CLOSED:
        values["closed_at"] = work.now
    if row.responded_at is None and _responds(work, progress, triggers):
        values["responded_at"] = work.now
        triggers.insert(0, Trigger(event="response.given"))
    if triggers or "priority" in values:
        priority = _number(progress.instance.variables.get("priority"))
        due = timekeeping.move(work, progress.instance.id, triggers, priority)
        progress.tasks_due = due
    elif progress.opened:
        progress.tasks_due = timekeeping.due(work, progress.instance.id)
    values["updated_at"] = work.now
    work.connection.execute(update(table).where(table.c.number == number).values(values))


def _create(work: UnitOfWork, number: str, progress: Progress) -> None:
    variables = progress.instance.variables
    state, triggers = _states("new", progress)
    row: dict[str, Any] = {name: variables.get(name) for name in FIELDS}
    row |= {
        "number": number,
        "process": progress.instance.process_id,
        "instance_id": progress.instance.id,
        "state": state,
        "summary": str(row["summary"] or number),
        "description": str(row["description"] or ""),
        "recorded_at": work.now,
        "updated_at": work.now,
    }
    work.connection.execute(insert(table), row)
    priority = _number(variables.get("priority"))
    timekeeping.begin(work, progress.instance, number, priority)
    progress.tasks_due = timekeeping.move(work, progress.instance.id, triggers, priority)


def _states(before: str, progress: Progress) -> tuple[str, list[Trigger]]:
    """The state after a move, and every change on the way as a trigger for the clocks."""
    triggers: list[Trigger] = []
    state = before
    for following in _announced(progress):
        if following != state:
            triggers.append(Trigger(state=following, previous=state))
            state = following
    return state, triggers


def _announced(progress: Progress) -> Iterable[str]:
    if progress.move.action in ("task.claimed", "task.assigned") and progress.move.element:
        place = progress.definition.place(progress.move.element)
        claimed = place.settings.properties.get("caseStateClaimed")
        return [claimed] if claimed else []
    found = [place.settings.properties.get("caseState", "") for place in progress.entered]
    if progress.move.action == "instance.cancelled":
        found.append("cancelled")
    return [state for state in found if state]


def _changed_fields(progress: Progress) -> dict[str, Any]:
    values = {name: pair[1] for name, pair in progress.changes.items() if name in FIELDS}
    if "assignee" in progress.changes:
        values["assignee"] = progress.changes["assignee"][1]
    elif progress.opened:
        values["assignee"] = progress.opened[-1].assignee
    return values


def _responds(work: UnitOfWork, progress: Progress, triggers: Sequence[Trigger]) -> bool:
    """Whether a person of the desk has just said something to the requester."""
    if not work.actor.roles & RESPONDERS:
        return False
    if progress.move.action == "case.commented":
        return bool(progress.move.details.get("public"))
    return any(trigger.state == "pending_user" for trigger in triggers)


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


# -- queries


def get(reader: Reader, number: str) -> Case:
    """One case.

    Raises:
        CaseNotFound: there is none.
    """
    row = reader.connection.execute(select(table).where(table.c.number == number)).first()
    if row is None:
        raise CaseNotFound(number)
    return _case(row)


def by_numbers(reader: Reader, wanted: Iterable[str]) -> dict[str, Case]:
    """Cases by number; numbers without a case are left out."""
    query = select(table).where(table.c.number.in_(set(wanted)))
    return {row.number: _case(row) for row in reader.connection.execute(query)}


@dataclass(frozen=True, slots=True)
class Search:
    """Which cases to list."""

    text: str | None = None  #: in number or summary
    state: str | None = None
    requester: str | None = None
    group: str | None = None
    open_only: bool = False


def search(
    reader: Reader, wanted: Search, before: datetime | None = None, limit: int = 50
) -> list[Case]:
    """Cases, the newest first; `before` is `recorded_at` of the last one of the page before."""
    query = select(table).order_by(table.c.recorded_at.desc(), table.c.number.desc()).limit(limit)
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
        query = query.where(table.c.recorded_at < before)
    return [_case(row) for row in reader.connection.execute(query)]


def timeline(reader: Reader, number: str, *, public_only: bool) -> list[Entry]:
    """The history of a case from its audit events, oldest first.

    The public part is what the requester may see: no internal comments, no field values.
    """
    case = get(reader, number)
    entries = []
    for row in audit.trail(reader, f"instance:{case.instance_id}", limit=1_000):
        details = row.details
        if public_only:
            if row.action == "case.commented" and not details.get("public"):
                continue
            details = {k: v for k, v in details.items() if k in ("text", "public", "ended")}
        entries.append(Entry(row.seq, row.at, row.actor, row.action, row.element, details))
    return entries


def clocks(reader: Reader, number: str) -> list[timekeeping.Kept]:
    """The SLA clocks of a case."""
    return timekeeping.of_instance(reader, get(reader, number).instance_id)


_NAMES = tuple(field.name for field in fields(Case))


def _case(row: Row[Any]) -> Case:
    columns = row._mapping  # noqa: SLF001 - SQLAlchemy's public name
    return Case(**{name: columns[name] for name in _NAMES})
