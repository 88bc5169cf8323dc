"""The clock of a service level: a fold over its events, and what can be read off it.

Nothing here reads the time or stores anything. A clock is its list of events; whatever a page, a
report or an auditor wants to know is computed from them and a business calendar, and comes out
the same every time. A pause moves the due moment, a due moment that passes in a pause is no breach,
and a new target measures the whole case again with its pauses kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from types import MappingProxyType
from typing import ClassVar

import orjson

from engine.errors import Rejected
from itil.calendars import Calendar, Day

Parameter = str | int | date | timedelta  #: a moment is a date, too

_NOTHING = timedelta(0)
_SECOND = timedelta(seconds=1)


class Kind(StrEnum):
    """What can happen to a clock."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"  #: after a pause or, when a case is reopened, after a stop
    STOP = "stop"
    RESET = "reset"  #: forget what has passed; with a target, "retarget from now"
    CANCEL = "cancel"
    RETARGET = "retarget"  #: measure what has passed against another target or calendar


class Phase(StrEnum):
    """Where the events have left a clock, whatever the time."""

    NOT_STARTED = "not_started"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    CANCELLED = "cancelled"


class State(StrEnum):
    """What a clock is at a moment."""

    NOT_STARTED = "not_started"
    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    BREACHED_RUNNING = "breached_running"
    BREACHED_STOPPED = "breached_stopped"
    CANCELLED = "cancelled"

    @property
    def phase(self) -> Phase:
        """The phase that this state belongs to."""
        if self in {State.MET, State.BREACHED_STOPPED}:
            return Phase.STOPPED
        return Phase.RUNNING if self is State.BREACHED_RUNNING else Phase(self.value)


_NEXT: Mapping[tuple[Phase, Kind], Phase] = MappingProxyType(
    {
        (Phase.NOT_STARTED, Kind.START): Phase.RUNNING,
        (Phase.CANCELLED, Kind.START): Phase.RUNNING,
        (Phase.RUNNING, Kind.PAUSE): Phase.PAUSED,
        (Phase.RUNNING, Kind.STOP): Phase.STOPPED,
        (Phase.RUNNING, Kind.RESET): Phase.RUNNING,
        (Phase.RUNNING, Kind.CANCEL): Phase.CANCELLED,
        (Phase.RUNNING, Kind.RETARGET): Phase.RUNNING,
        (Phase.PAUSED, Kind.RESUME): Phase.RUNNING,
        (Phase.PAUSED, Kind.STOP): Phase.STOPPED,
        (Phase.PAUSED, Kind.RESET): Phase.PAUSED,
        (Phase.PAUSED, Kind.CANCEL): Phase.CANCELLED,
        (Phase.PAUSED, Kind.RETARGET): Phase.PAUSED,
        (Phase.STOPPED, Kind.RESUME): Phase.RUNNING,
        (Phase.STOPPED, Kind.RESET): Phase.RUNNING,
    }
)


class CalendarNotLoaded(Rejected):
    """A clock counts in a calendar that was not given."""

    code: ClassVar[str] = "clock.calendar-unknown"

    def __init__(self, event: ClockEvent, calendar: str | None, known: Iterable[str]) -> None:
        named = f"calendar '{calendar}', which is not loaded" if calendar else "no calendar"
        super().__init__(
            f"The clock event '{event.kind}' of {event.at.isoformat()} counts in {named}. "
            f"Loaded: {', '.join(sorted(known)) or 'none'}. Load it or retarget the clock.",
        )


class ClockEventsUnreadable(Rejected):
    """The stored events of a clock are damaged."""

    code: ClassVar[str] = "clock.events-unreadable"


@dataclass(frozen=True, slots=True)
class ClockEvent:
    """One entry of a clock's history.

    `target` and `calendar` count for start, resume, reset and retarget; None keeps what was.
    A target is whole seconds, more than none.
    """

    kind: Kind
    at: datetime
    cause: str  #: the trigger, such as `pending_user` or `response.given`
    target: timedelta | None = None
    calendar: str | None = None

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError(f"Clock event '{self.kind}' at {self.at} has no time zone. Give one.")
        if self.target is not None and (self.target <= _NOTHING or self.target % _SECOND):
            raise ValueError(f"A target of {self.target} is not 1 or more whole seconds.")


@dataclass(frozen=True, slots=True)
class Run:
    """An unbroken stretch in which a clock counted; `counted` is None while it lasts."""

    start: datetime
    end: datetime | None
    counted: timedelta | None


@dataclass(frozen=True, slots=True)
class Spent:
    """A duration, read on both clocks."""

    business: timedelta
    wall: timedelta


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence of an explanation: the web layer words `code` in the reader's language."""

    code: str
    parameters: Mapping[str, Parameter]


@dataclass(frozen=True, slots=True)
class Reading:
    """A clock after its events. A `now` before the last event counts as that event's moment."""

    phase: Phase = Phase.NOT_STARTED
    runs: tuple[Run, ...] = ()
    began: datetime | None = None  #: of the present round
    changed: datetime | None = None  #: when the last event took effect
    round: int = 0  #: starts and resets so far; warning levels fire once per round
    target: timedelta | None = None
    calendar: Calendar | None = None
    events: tuple[ClockEvent, ...] = ()  #: those that took effect, in order, never back in time

    @property
    def due_at(self) -> datetime | None:
        """When the target is or was used up, UTC; None unless the clock is running."""
        return self.moment_of(100) if self.phase is Phase.RUNNING else None

    def moment_of(self, percent: int) -> datetime | None:
        """When this share of the target is used up, UTC; a clock at rest knows what it reached."""
        return None if self.target is None else self.moment_after(self.target * percent / 100)

    def moment_after(self, wanted: timedelta) -> datetime | None:
        """When so much business time is used up, UTC; None if that is not in sight."""
        if self.calendar is None:
            return None
        for run in self.runs:
            if run.counted is None or wanted <= run.counted:
                return self.calendar.add(run.start, wanted)
            wanted -= run.counted
        return None

    def breached_at(self, now: datetime) -> datetime | None:
        """When the target was missed: the due moment, reached while running; None if it was not."""
        due = self.moment_of(100)
        return due if due is not None and due <= self._until(now) else None

    def state_at(self, now: datetime) -> State:
        """The state at a moment; a clock that runs at its due moment has missed it."""
        if self.phase in {Phase.RUNNING, Phase.STOPPED}:
            running = self.phase is Phase.RUNNING
            if self.breached_at(now) is not None:
                return State.BREACHED_RUNNING if running else State.BREACHED_STOPPED
            return State.RUNNING if running else State.MET
        return State(self.phase.value)

    def elapsed(self, now: datetime) -> Spent:
        """What the clock has counted of the present round, pauses left out."""
        business = wall = _NOTHING
        until = self._until(now)
        for run in self.runs:
            business += self._business(run.start, until) if run.counted is None else run.counted
            wall += (run.end or until) - run.start
        return Spent(business, wall)

    def paused(self, now: datetime) -> Spent:
        """What lay between the runs of the present round: pauses, and stops before a reopening."""
        if self.began is None or self.changed is None:
            return Spent(_NOTHING, _NOTHING)
        open_ended = self.phase in {Phase.RUNNING, Phase.PAUSED}
        until = self._until(now) if open_ended else self.changed
        counted = self.elapsed(now)
        business = self._business(self.began, until) - counted.business
        return Spent(business, until - self.began - counted.wall)

    def _until(self, now: datetime) -> datetime:
        return now if self.changed is None else max(now, self.changed)

    def _business(self, start: datetime, end: datetime) -> timedelta:
        return _NOTHING if self.calendar is None else self.calendar.elapsed(start, end)


def after(phase: Phase, kind: Kind) -> Phase | None:
    """The phase that an event leads to; None if it has no effect, as a second pause."""
    return _NEXT.get((phase, kind))


def fold(events: Iterable[ClockEvent], calendars: Mapping[str, Calendar]) -> Reading:
    """The clock that these events, in the order they were recorded, have made.

    Events without effect are passed over. An event dated before an earlier one, because the
    machine's clock was set back, counts as of the earlier one: time never runs backwards.

    Raises:
        CalendarNotLoaded: an event names a calendar that `calendars` lacks, or none was ever named.
    """
    history = _History()
    for event in events:
        history.take(event, calendars)
    return history.reading(calendars)


@dataclass(slots=True)
class _History:
    """A fold under way."""

    phase: Phase = Phase.NOT_STARTED
    stretches: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    began: datetime | None = None
    round: int = 0
    target: timedelta | None = None
    calendar: str = ""
    effective: list[ClockEvent] = field(default_factory=list)

    def take(self, event: ClockEvent, known: Mapping[str, Calendar]) -> None:
        following = after(self.phase, event.kind)
        if following is None:
            return
        if self.effective and event.at < self.effective[-1].at:
            event = replace(event, at=self.effective[-1].at)
        if event.kind in {Kind.START, Kind.RESET}:
            self.stretches, self.began, self.round = [], event.at, self.round + 1
        elif self.phase is Phase.RUNNING and following is not Phase.RUNNING:
            self.stretches[-1] = self.stretches[-1][0], event.at
        if following is Phase.RUNNING and (self.phase is not following or not self.stretches):
            self.stretches.append((event.at, None))
        if event.kind not in _WITHOUT_TARGET:
            self.target = event.target or self.target
            self.calendar = event.calendar or self.calendar
            if self.calendar not in known:
                raise CalendarNotLoaded(event, self.calendar, known)
        self.effective.append(event)
        self.phase = following

    def reading(self, calendars: Mapping[str, Calendar]) -> Reading:
        if not self.effective:
            return Reading()
        calendar = calendars[self.calendar]
        runs = tuple(
            Run(start, end, None if end is None else calendar.elapsed(start, end))
            for start, end in self.stretches
        )
        changed, events = self.effective[-1].at, tuple(self.effective)
        return Reading(
            self.phase, runs, self.began, changed, self.round, self.target, calendar, events
        )


def explain(reading: Reading, now: datetime, language: str = "") -> list[Line]:
    """Why the clock stands as it does, sentence by sentence.

    Codes: every event (`clock.start`, ...: at, cause, perhaps target and calendar, for a resume the
    business and wall time it waited); `clock.target`; the days up to the due moment
    (`clock.counted`, `clock.skipped`: first, last, days, reason (a DayKind), name, counted); years
    without official holidays (`calendar.notice-missing`); and `clock.due`, `clock.missed`,
    `clock.met`, `clock.waiting`, `clock.cancelled` or `clock.not-started`.
    """
    if reading.calendar is None or reading.began is None:
        return [Line("clock.not-started", {})]
    calendar, lines = reading.calendar, _event_lines(reading, reading.calendar)
    if reading.target is not None:
        target: dict[str, Parameter] = {"target": reading.target, "calendar": calendar.key}
        lines.append(Line("clock.target", {**target, "zone": calendar.schedule.zone.key}))
    limit = reading.moment_of(100) or max(now, reading.runs[-1].start if reading.runs else now)
    for run in reading.runs:
        end = limit if run.end is None else min(run.end, limit)
        lines += _day_lines(calendar.explain(run.start, end, language))
    for year in range(reading.began.year, limit.year + 1):
        if calendar.notice_missing(year):
            lines.append(Line("calendar.notice-missing", {"calendar": calendar.key, "year": year}))
    return [*lines, _result_line(reading, now)]


def _event_lines(reading: Reading, calendar: Calendar) -> list[Line]:
    lines = []
    previous = None
    for event in reading.events:
        values: dict[str, Parameter] = {"at": event.at, "cause": event.cause}
        if event.target is not None:
            values["target"] = event.target
        if event.calendar is not None:
            values["calendar"] = event.calendar
        if event.kind in {Kind.PAUSE, Kind.STOP}:
            previous = event.at
        elif event.kind is Kind.RESUME and previous is not None:
            values["business"] = calendar.elapsed(previous, event.at)
            values["wall"] = event.at - previous
        lines.append(Line(f"clock.{event.kind}", values))
    return lines


def _day_lines(days: Iterable[Day]) -> Iterator[Line]:
    """One line for neighbouring days that counted, or did not count, for the same reason."""
    for _, group in groupby(days, lambda day: (day.kind, day.name, bool(day.counted))):
        same = list(group)
        counted = sum((day.counted for day in same), _NOTHING)
        values: dict[str, Parameter] = {
            "first": same[0].date,
            "last": same[-1].date,
            "days": len(same),
            "reason": same[0].kind.value,
            "name": same[0].name,
            "counted": counted,
        }
        yield Line("clock.counted" if counted else "clock.skipped", values)


def _result_line(reading: Reading, now: datetime) -> Line:
    values: dict[str, Parameter] = {"elapsed": reading.elapsed(now).business}
    if reading.phase is Phase.CANCELLED:
        return Line("clock.cancelled", values)
    if missed := reading.breached_at(now):
        return Line("clock.missed", {**values, "at": missed})
    if reading.phase is Phase.PAUSED:
        return Line("clock.waiting", values)
    if reading.phase is Phase.STOPPED:
        return Line("clock.met", values)
    due = reading.due_at
    return Line("clock.due", values if due is None else {**values, "at": due})


def to_json(events: Iterable[ClockEvent]) -> str:
    """Events as one line of JSON: a list of [kind, moment, cause, target in seconds, calendar]."""
    rows = []
    for event in events:
        row = [event.kind, event.at.astimezone(UTC), event.cause]
        if event.target is not None or event.calendar is not None:
            row += [event.target and event.target // _SECOND, event.calendar]
        rows.append(row)
    return orjson.dumps(rows, option=orjson.OPT_UTC_Z).decode()


def from_json(text: str | bytes) -> tuple[ClockEvent, ...]:
    """The events that `to_json` wrote; `from_json(to_json(events))` equals `events`.

    Raises:
        ClockEventsUnreadable: the text is not what `to_json` writes.
    """
    try:
        return tuple(_event(*row) for row in orjson.loads(text))
    except (TypeError, ValueError) as reason:
        raise ClockEventsUnreadable(
            f"Stored clock events cannot be read: {reason}. Restore them from a backup.",
        ) from reason


def _event(
    kind: str, at: str, cause: str, seconds: int | None = None, calendar: str | None = None
) -> ClockEvent:
    target = None if seconds is None else timedelta(seconds=seconds)
    return ClockEvent(Kind(kind), datetime.fromisoformat(at), cause, target, calendar)


_WITHOUT_TARGET = frozenset({Kind.PAUSE, Kind.STOP, Kind.CANCEL})
