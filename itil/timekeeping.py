"""The SLA clocks of cases, kept in rows: moved by what happens, read by a sweep when a level falls.

A row holds the clock's events and, as a cache to search by, the next level and its moment. Each
level of a clock fires once per round, as a BPMN message to the case's process; what an escalation
does is drawn there. Definition and calendars are pinned when a clock starts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
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
    delete,
    insert,
    select,
    text,
    update,
)

from engine.store import instances
from engine.store.columns import Json, Moment, metadata
from engine.store.unit_of_work import Reader, UnitOfWork
from itil import calendars, clocks, service_levels
from itil.calendars import Calendar
from itil.clocks import ClockEvent, Kind, Reading, State
from itil.service_levels import Definition, Level, Trigger

#: A case that is not classified yet is measured as this priority, and again when it is.
UNCLASSIFIED = 3

table = Table(
    "clocks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("instance_id", ForeignKey("instances.id"), nullable=False),
    Column("number", String(100), nullable=False),
    Column("name", String(50), nullable=False),
    Column("definition_id", Integer, nullable=False),  # of the service levels
    Column("priority", Integer, nullable=False),
    Column("events", Text, nullable=False),
    Column("fired", Json, nullable=False),  # percents, in this round
    Column("round", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("breached", Boolean, nullable=False),
    Column("due_at", Moment),
    Column("next_at", Moment),
    Column("cause", String(30)),  # why it was missed
    Column("excused", Boolean),
    Column("cause_note", Text),
)
Index("ix_clocks_instance", table.c.instance_id)
Index(
    "ix_clocks_next_at",
    table.c.next_at,
    sqlite_where=text("next_at IS NOT NULL"),
    postgresql_where=text("next_at IS NOT NULL"),
)
_OF = select(table).where(table.c.instance_id == bindparam("instance")).order_by(table.c.id)
_INSERT = insert(table)
_RESOLUTION = select(table.c.due_at).where(
    table.c.instance_id == bindparam("instance"), table.c.name == "resolution"
)
_SAVED = ("priority", "events", "fired", "round", "state", "breached", "due_at", "next_at")
_SAVE = (
    update(table)
    .where(table.c.id == bindparam("b_id"))
    .values({name: bindparam(name) for name in _SAVED})
)
_REBASE = _SAVE.values(definition_id=bindparam("definition_id"))


@dataclass(frozen=True, slots=True)
class Kept:
    """A clock as a page shows it."""

    name: str
    reading: Reading
    state: State
    levels: tuple[Level, ...]
    fired: tuple[int | str, ...]
    next_at: datetime | None
    cause: str | None = None  #: why it was missed
    excused: bool = False


class Shelf(Mapping[str, Calendar]):
    """Calendars by pinned name, `office-cn@12`: key and definition id."""

    def __init__(self, source: UnitOfWork | Reader) -> None:
        self._source = source

    def __getitem__(self, pinned: str) -> Calendar:
        definition_id = int(pinned.rpartition("@")[2])
        catalogue = self._source.runtime.catalogue
        return catalogue.compiled(self._source.connection, definition_id, _calendar)

    def __iter__(self) -> Any:  # noqa: ANN401 - required by Mapping, never walked
        return iter(())

    def __len__(self) -> int:
        return 0

    def pin(self, key: str) -> str:
        """The name under which the active version of a calendar stays the same for ever."""
        catalogue = self._source.runtime.catalogue
        return f"{key}@{catalogue.id_of(self._source.connection, 'calendar', key)}"


def _calendar(source: bytes) -> Calendar:
    return calendars.read(orjson.loads(source))


# -- moved by what happens


def begin(work: UnitOfWork, loaded: instances.Loaded, number: str, priority: int | None) -> None:
    """Start the clocks that the active service levels of this kind of case have."""
    catalogue = work.runtime.catalogue
    if loaded.process_id not in catalogue.active(work.connection).keys("service_levels"):
        return
    definition_id = catalogue.id_of(work.connection, "service_levels", loaded.process_id)
    definition = definition_of(work, definition_id)
    rows = []
    for name in definition.clocks:
        row = _row(loaded.id, number, name, definition_id, priority or UNCLASSIFIED)
        events: list[ClockEvent] = []
        _append(work, definition, name, row["priority"], events, [Trigger(event="case.created")])
        if events:
            rows.append({**row, **cached(work, definition, name, row, events)})
    if rows:
        work.connection.execute(_INSERT, rows)


def _row(
    instance_id: int, number: str, name: str, definition_id: int, priority: int
) -> dict[str, Any]:
    """A clock before its first event; it is kept once it has one."""
    return {
        "instance_id": instance_id,
        "number": number,
        "name": name,
        "definition_id": definition_id,
        "priority": priority,
        "fired": [],
        "round": 0,
    }


def move(
    work: UnitOfWork, instance_id: int, triggers: Sequence[Trigger], priority: int | None
) -> datetime | None:
    """Apply events and state changes to a case's clocks; answers when its resolution is due."""
    due = None
    saved = []
    rows = work.connection.execute(_OF, {"instance": instance_id}).all()
    _late_starters(work, rows, triggers)
    for row in rows:
        definition = definition_of(work, row.definition_id)
        current = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
        events = list(clocks.from_json(row.events))
        before = len(events)
        if priority is not None and priority != row.priority:
            current["priority"] = priority
            _retarget(work, definition, row.name, priority, events)
        _append(work, definition, row.name, current["priority"], events, triggers)
        changed = cached(work, definition, row.name, current, events)
        if len(events) != before or current["priority"] != row.priority:
            values = {"b_id": row.id, "priority": current["priority"], **changed}
            saved.append(values)
        if row.name == "resolution":
            due = changed["due_at"]
    if saved:
        work.connection.execute(_SAVE, saved)
    return due


def _late_starters(work: UnitOfWork, rows: Sequence[Row[Any]], triggers: Sequence[Trigger]) -> None:
    """Start clocks that begin later than the case, such as one for a supplier (SLM-03)."""
    if not rows:
        return
    first = rows[0]
    definition = definition_of(work, first.definition_id)
    added = []
    for name in definition.clocks.keys() - {row.name for row in rows}:
        row = _row(first.instance_id, first.number, name, first.definition_id, first.priority)
        events: list[ClockEvent] = []
        _append(work, definition, name, first.priority, events, triggers)
        if events:
            added.append({**row, **cached(work, definition, name, row, events)})
    if added:
        work.connection.execute(_INSERT, added)


def resumed(work: UnitOfWork, instance_id: int, since: datetime) -> None:
    """Let the levels that fell while an instance was suspended fire again, for it to hear them.

    The clocks themselves ran on: a suspension hides no breach.
    """
    for row in work.connection.execute(_OF, {"instance": instance_id}).all():
        definition = definition_of(work, row.definition_id)
        current = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
        events = clocks.from_json(row.events)
        reading = clocks.fold(events, Shelf(work))
        levels = definition.levels(row.name, row.priority)
        late = {one.key for one in levels if (at := one.moment(reading)) and at >= since}
        current["fired"] = [key for key in row.fired if key not in late]
        save_one(work, row, {**current, **cached(work, definition, row.name, current, events)})


def forget(work: UnitOfWork, instance_id: int) -> None:
    """Remove the clocks of an instance that is deleted."""
    work.connection.execute(delete(table).where(table.c.instance_id == instance_id))


def due(work: UnitOfWork, instance_id: int) -> datetime | None:
    """When the resolution of a case is due."""
    found: datetime | None = work.connection.execute(
        _RESOLUTION, {"instance": instance_id}
    ).scalar()
    return found


def _append(
    work: UnitOfWork,
    definition: Definition,
    name: str,
    priority: int,
    events: list[ClockEvent],
    triggers: Iterable[Trigger],
) -> None:
    shelf = Shelf(work)
    for trigger in triggers:
        state = clocks.fold(events, shelf).state_at(work.now)
        cause = trigger.event or trigger.state
        kinds = definition.events_for(name, trigger, state)
        goal = (name, priority)
        events.extend(_event(definition, shelf, goal, kind, work.now, cause) for kind in kinds)


def _retarget(
    work: UnitOfWork, definition: Definition, name: str, priority: int, events: list[ClockEvent]
) -> None:
    shelf = Shelf(work)
    kind = definition.retarget_for(name, clocks.fold(events, shelf).state_at(work.now))
    if kind is not None:
        cause = f"priority.{priority}"
        events.append(_event(definition, shelf, (name, priority), kind, work.now, cause))


def _event(
    definition: Definition,
    shelf: Shelf,
    goal: tuple[str, int],
    kind: Kind,
    at: datetime,
    cause: str,
) -> ClockEvent:
    if kind not in {Kind.START, Kind.RESUME, Kind.RESET, Kind.RETARGET}:
        return ClockEvent(kind, at, cause)
    target = definition.target(*goal)
    return ClockEvent(kind, at, cause, target.duration, shelf.pin(target.calendar))


def cached(
    work: UnitOfWork | Reader,
    definition: Definition,
    name: str,
    row: Mapping[str, Any],
    events: Sequence[ClockEvent],
) -> dict[str, Any]:
    """The columns that follow from the events."""
    reading = clocks.fold(events, Shelf(work))
    fired = row["fired"] if row["round"] == reading.round else []
    following = service_levels.next_level(reading, definition.levels(name, row["priority"]), fired)
    state = reading.state_at(work.now)
    return {
        "events": clocks.to_json(events),
        "fired": fired,
        "round": reading.round,
        "state": state.value,
        "breached": reading.breached_at(work.now) is not None,
        "due_at": reading.due_at,
        "next_at": following[1] if following else None,
    }


# -- measured by another definition or calendar


def rebased(source: UnitOfWork | Reader, row: Row[Any]) -> dict[str, Any]:
    """The columns of a clock measured by the active definition and calendars, pauses kept."""
    catalogue = source.runtime.catalogue
    key = definition_of(source, row.definition_id).key
    definition_id = catalogue.id_of(source.connection, "service_levels", key)
    definition = definition_of(source, definition_id)
    current = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    events = list(clocks.from_json(row.events))
    if row.name in definition.clocks:
        shelf, target = Shelf(source), definition.target(row.name, row.priority)
        measured = next(e for e in reversed(events) if e.calendar is not None)
        if (measured.target, measured.calendar) != (target.duration, shelf.pin(target.calendar)):
            goal = (row.name, row.priority)
            kind = Kind.RETARGET
            events.append(_event(definition, shelf, goal, kind, source.now, "definition"))
        current["definition_id"] = definition_id
    measured_anew = cached(
        source, definition_of(source, current["definition_id"]), row.name, current, events
    )
    return {
        "priority": row.priority,
        "definition_id": current["definition_id"],
        **measured_anew,
    }


def save_one(work: UnitOfWork, row: Row[Any], values: Mapping[str, Any]) -> None:
    """Write the columns of a clock that follow from its events."""
    kept = {name: values[name] for name in _SAVED}
    work.connection.execute(_SAVE, {"b_id": row.id, **kept})


def save(work: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write clocks that were measured anew: `b_id` and the columns of `rebased`."""
    work.connection.execute(_REBASE, rows)


# -- shown on pages


def of_instance(reader: Reader, instance_id: int) -> list[Kept]:
    """The clocks of a case."""
    kept = []
    for row in reader.connection.execute(_OF, {"instance": instance_id}):
        definition = definition_of(reader, row.definition_id)
        reading = clocks.fold(clocks.from_json(row.events), Shelf(reader))
        levels = definition.levels(row.name, row.priority)
        state = reading.state_at(reader.now)
        kept.append(
            Kept(
                row.name,
                reading,
                state,
                levels,
                tuple(row.fired),
                row.next_at,
                row.cause,
                bool(row.excused),
            )
        )
    return kept


def definition_of(source: UnitOfWork | Reader, definition_id: int) -> Definition:
    """The service levels of a version."""
    return source.runtime.catalogue.compiled(source.connection, definition_id, _service_levels)


def _service_levels(source: bytes) -> Definition:
    document = orjson.loads(source)
    return service_levels.read(document, _named_calendars(document))


def _named_calendars(document: Any) -> set[str]:  # noqa: ANN401 - any JSON
    """Every calendar a deployed document names: that they exist was checked at deployment."""
    if isinstance(document, dict):
        own = {document["calendar"]} if isinstance(document.get("calendar"), str) else set()
        return own.union(*(_named_calendars(value) for value in document.values()))
    return set()
