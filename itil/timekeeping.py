"""The SLA clocks of cases, kept in rows: moved by what happens, read by a sweep when a level falls.

A row holds the clock's events and, as a cache to search by, the next level and its moment. Each
level of a clock fires once per round, as a BPMN message to the case's process; what an escalation
does is drawn there. Definition and calendars are pinned when a clock starts.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
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

from engine.commands import messages
from engine.commands.errors import InstanceSuspended
from engine.errors import MessageNotExpected
from engine.store import audit, instances
from engine.store.columns import Json, Moment, metadata
from engine.store.unit_of_work import SYSTEM, Reader, Runtime, UnitOfWork
from itil import calendars, clocks, service_levels
from itil.calendars import Calendar
from itil.clocks import ClockEvent, Kind, Reading, State
from itil.service_levels import Definition, Level, Trigger

log = logging.getLogger("signalbox.clocks")

BATCH = 200
#: A level whose process failed is tried again after this.
RETRY = timedelta(minutes=30)
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
)
Index("ix_clocks_instance", table.c.instance_id)
Index(
    "ix_clocks_next_at",
    table.c.next_at,
    sqlite_where=text("next_at IS NOT NULL"),
    postgresql_where=text("next_at IS NOT NULL"),
)
_OF = select(table).where(table.c.instance_id == bindparam("instance")).order_by(table.c.id)
_DUE = (
    select(table.c.id)
    .where(table.c.next_at.is_not(None), table.c.next_at <= bindparam("now"))
    .order_by(table.c.next_at, table.c.id)
    .limit(BATCH)
)
_INSERT = insert(table)
_RESOLUTION = select(table.c.due_at).where(
    table.c.instance_id == bindparam("instance"), table.c.name == "resolution"
)
_WHOSE = select(table.c.instance_id).where(table.c.id == bindparam("clock"))
_ONE = select(table).where(table.c.id == bindparam("clock")).with_for_update()
_SAVED = ("priority", "events", "fired", "round", "state", "breached", "due_at", "next_at")
_SAVE = (
    update(table)
    .where(table.c.id == bindparam("b_id"))
    .values({name: bindparam(name) for name in _SAVED})
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A clock as a page shows it."""

    name: str
    reading: Reading
    state: State
    levels: tuple[Level, ...]
    fired: tuple[int, ...]
    next_at: datetime | None


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
    definition = _definition(work, definition_id)
    rows = []
    for name in definition.clocks:
        row: dict[str, Any] = {
            "instance_id": loaded.id,
            "number": number,
            "name": name,
            "definition_id": definition_id,
            "priority": priority or UNCLASSIFIED,
            "fired": [],
            "round": 0,
        }
        events: list[ClockEvent] = []
        _append(work, definition, name, row["priority"], events, [Trigger(event="case.created")])
        rows.append({**row, **_cached(work, definition, name, row, events)})
    if rows:
        work.connection.execute(_INSERT, rows)


def move(
    work: UnitOfWork, instance_id: int, triggers: Sequence[Trigger], priority: int | None
) -> datetime | None:
    """Apply events and state changes to a case's clocks; answers when its resolution is due."""
    due = None
    saved = []
    for row in work.connection.execute(_OF, {"instance": instance_id}):
        definition = _definition(work, row.definition_id)
        current = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
        events = list(clocks.from_json(row.events))
        before = len(events)
        if priority is not None and priority != row.priority:
            current["priority"] = priority
            _retarget(work, definition, row.name, priority, events)
        _append(work, definition, row.name, current["priority"], events, triggers)
        changed = _cached(work, definition, row.name, current, events)
        if len(events) != before or current["priority"] != row.priority:
            values = {"b_id": row.id, "priority": current["priority"], **changed}
            saved.append(values)
        if row.name == "resolution":
            due = changed["due_at"]
    if saved:
        work.connection.execute(_SAVE, saved)
    return due


def resumed(work: UnitOfWork, instance_id: int, since: datetime) -> None:
    """Let the levels that fell while an instance was suspended fire again, for it to hear them.

    The clocks themselves ran on: a suspension hides no breach.
    """
    for row in work.connection.execute(_OF, {"instance": instance_id}).all():
        definition = _definition(work, row.definition_id)
        current = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
        events = clocks.from_json(row.events)
        reading = clocks.fold(events, Shelf(work))
        moments = {percent: reading.moment_of(percent) for percent in row.fired}
        current["fired"] = [p for p, at in moments.items() if at is None or at < since]
        _save(work, row, {**current, **_cached(work, definition, row.name, current, events)})


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


def _cached(
    work: UnitOfWork,
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


# -- read by the sweep


def run_due(runtime: Runtime) -> int:
    """Fire every level whose moment has come, in order, each once; answers how many."""
    fired = 0
    while True:
        with runtime.read() as reader:
            due = reader.connection.execute(_DUE, {"now": reader.now}).scalars().all()
        if not due:
            return fired
        fired += sum(_fire(runtime, clock) for clock in due)


def _fire(runtime: Runtime, clock: int) -> int:
    try:
        return runtime.run(SYSTEM, lambda work: fire(work, clock))
    except Exception as error:  # noqa: BLE001 - one clock that fails must not stop the others
        reason = f"{type(error).__name__}: {error}"
        log.warning("SLA level of clock %s failed: %s", clock, reason)
        runtime.run(SYSTEM, lambda work: _put_off(work, clock, reason))
        return 0


def fire(work: UnitOfWork, clock: int) -> int:
    """Fire the next level of one clock if its moment has come; answers 1 or 0."""
    # Commands lock the instance before its clocks; the other way round, two would block each other.
    instances.lock(work, work.connection.execute(_WHOSE, {"clock": clock}).scalar_one())
    row = work.connection.execute(_ONE, {"clock": clock}).one()
    if row.next_at is None or row.next_at > work.now:
        return 0
    definition = _definition(work, row.definition_id)
    current = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    events = clocks.from_json(row.events)
    reading = clocks.fold(events, Shelf(work))
    levels = definition.levels(row.name, row.priority)
    following = service_levels.next_level(reading, levels, row.fired)
    if following is None:
        _save(work, row, {**current, "next_at": None})
        return 0
    level, at = following
    current["fired"] = [*row.fired, level.percent]
    _save(work, row, {**current, **_cached(work, definition, row.name, current, events)})
    _announce(work, row, level, at)
    return 1


def _announce(work: UnitOfWork, row: Row[Any], level: Level, at: datetime) -> None:
    values = {"clock": row.name, "level": level.percent, "level_at": at.isoformat()}
    try:
        messages.correlate(work, level.message, row.number, values)
    except (MessageNotExpected, InstanceSuspended):
        # The process does not listen at this point, for example before classification; it counts
        # as fired all the same, and the trail says so. A suspended one hears it when resumed.
        loaded = instances.lock(work, row.instance_id)
        details = {**values, "message": level.message, "caught": False}
        work.record(audit.Draft(loaded.stream, "sla.level", f"clock:{row.name}", details))


def _save(work: UnitOfWork, row: Row[Any], values: Mapping[str, Any]) -> None:
    kept = {name: values[name] for name in _SAVED}
    work.connection.execute(_SAVE, {"b_id": row.id, **kept})


def _put_off(work: UnitOfWork, clock: int, reason: str) -> None:
    """Try a level again later: it has not fired, and the trail says why."""
    loaded = instances.lock(work, work.connection.execute(_WHOSE, {"clock": clock}).scalar_one())
    later = work.now + RETRY
    work.connection.execute(update(table).where(table.c.id == clock).values(next_at=later))
    details = {"reason": reason, "again": later.isoformat()}
    work.record(audit.Draft(loaded.stream, "sla.failed", f"clock:{clock}", details))


# -- shown on pages


def of_instance(reader: Reader, instance_id: int) -> list[Kept]:
    """The clocks of a case."""
    kept = []
    for row in reader.connection.execute(_OF, {"instance": instance_id}):
        definition = _definition(reader, row.definition_id)
        reading = clocks.fold(clocks.from_json(row.events), Shelf(reader))
        levels = definition.levels(row.name, row.priority)
        state = reading.state_at(reader.now)
        kept.append(Kept(row.name, reading, state, levels, tuple(row.fired), row.next_at))
    return kept


def _definition(source: UnitOfWork | Reader, definition_id: int) -> Definition:
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
