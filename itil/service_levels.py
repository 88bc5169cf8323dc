"""Service levels as data: which clocks a case has, what moves them, their targets and warnings.

A definition is read from a JSON document such as workflows/incident/service_levels.json, so that
an admin changes targets, pause rules and escalation levels without code. What an escalation does
is not said here: a level names the BPMN message that the process catches.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, NoReturn

from engine.errors import Finding, Rejected
from itil import clocks
from itil.clocks import Kind, Phase, Reading, State

CONDITIONS = (Kind.START, Kind.PAUSE, Kind.RESUME, Kind.STOP, Kind.RESET, Kind.CANCEL)
PRIORITIES = (1, 2, 3, 4)

_DURATION = re.compile(r"PT(?=\d)(?:(\d{1,5})H)?(?:(\d{1,5})M)?", re.ASCII)
_MOST_PERCENT = 1000

Object = dict[str, object]


class ServiceLevelInvalid(Rejected):
    """A service level document cannot be used."""

    code: ClassVar[str] = "service-level.invalid"

    def __init__(self, definition: str, path: str, message: str, advice: str) -> None:
        super().__init__(
            f"Service levels '{definition}', '{path}': {message} {advice} Nothing was changed.",
            [Finding(self.code, "error", path, message, advice)],
        )


class PriorityUnknown(Rejected):
    """A case has a priority for which nothing is promised."""

    code: ClassVar[str] = "service-level.priority"

    def __init__(self, definition: str, priority: int) -> None:
        known = ", ".join(str(one) for one in PRIORITIES)
        super().__init__(
            f"Service levels '{definition}' promise nothing for priority {priority}. "
            f"Let the priority table answer one of {known}. Nothing was changed.",
        )


class OnRetarget(StrEnum):
    """What a new priority does to a clock that counts."""

    KEEP = "keep"  #: measure the time so far against the new target, pauses left out as before
    RESTART = "restart"  #: forget the time so far


@dataclass(frozen=True, slots=True)
class Trigger:
    """A named event or a change of the case's state; as a condition, what to wait for.

    In a condition an empty `state` or `previous` stands for any.
    """

    event: str = ""
    state: str = ""
    previous: str = ""

    def fits(self, happened: Trigger) -> bool:
        """Whether this condition describes what happened."""
        if self.event or happened.event:
            return self.event == happened.event
        return self.state in {"", happened.state} and self.previous in {"", happened.previous}


@dataclass(frozen=True, slots=True)
class Target:
    """Within how much working time, and in which calendar."""

    duration: timedelta
    calendar: str


@dataclass(frozen=True, slots=True)
class Level:
    """At this share of the target, the case's process receives this BPMN message.

    Or so much business time before the target, whatever share that is (SLM-10).
    """

    percent: int
    message: str
    before: timedelta | None = None

    @property
    def key(self) -> int | str:
        """What says that it has fired: the percent, or the time before the target."""
        return self.percent if self.before is None else f"-{int(self.before.total_seconds())}s"

    def moment(self, reading: Reading) -> datetime | None:
        """When it is reached; None if that is not in sight."""
        if self.before is None or reading.target is None:
            return reading.moment_of(self.percent)
        return reading.moment_after(max(reading.target - self.before, timedelta(0)))


@dataclass(frozen=True, slots=True)
class Goal:
    """What one priority promises: its target, and its levels by rising percent."""

    target: Target
    levels: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class ClockRules:
    """One clock of a definition."""

    conditions: Mapping[Kind, tuple[Trigger, ...]]
    on_retarget: OnRetarget
    goals: Mapping[int, Goal]  #: by priority


@dataclass(frozen=True, slots=True)
class Definition:
    """The service levels of one kind of case."""

    key: str
    clocks: Mapping[str, ClockRules]

    @property
    def states(self) -> frozenset[str]:
        """Every case state that a condition names, to compare with the states a case can have."""
        named = {
            name
            for rules in self.clocks.values()
            for triggers in rules.conditions.values()
            for trigger in triggers
            for name in (trigger.state, trigger.previous)
        }
        return frozenset(named - {""})

    @property
    def messages(self) -> frozenset[str]:
        """Every message that a level sends to the case's process."""
        goals = (goal for rules in self.clocks.values() for goal in rules.goals.values())
        return frozenset(level.message for goal in goals for level in goal.levels)

    def target(self, clock: str, priority: int) -> Target:
        """The target of a clock for a priority, 1 to 4.

        Raises:
            PriorityUnknown: there is no such priority.
        """
        return self._goal(clock, priority).target

    def levels(self, clock: str, priority: int) -> tuple[Level, ...]:
        """The levels of a clock for a priority, by rising percent."""
        return self._goal(clock, priority).levels

    def _goal(self, clock: str, priority: int) -> Goal:
        if priority not in self.clocks[clock].goals:
            raise PriorityUnknown(self.key, priority)
        return self.clocks[clock].goals[priority]

    def events_for(self, clock: str, trigger: Trigger, current: State) -> tuple[Kind, ...]:
        """The events to append to a clock in state `current` when `trigger` happens; often none.

        A matching cancel or stop wins over all else. Of the rest several may follow each other:
        a case reopened straight into waiting resumes and pauses. A stopped clock goes on only by
        a condition that names the state it comes `from`, so that going on working after the first
        response does not reopen the response clock.
        """
        conditions, phase = self.clocks[clock].conditions, current.phase
        matching = {
            kind
            for kind, triggers in conditions.items()
            for condition in triggers
            if condition.fits(trigger)
            and (phase is not Phase.STOPPED or _may_reopen(kind, condition))
        }
        for kind in (Kind.CANCEL, Kind.STOP):
            if kind in matching:
                return (kind,) if clocks.after(phase, kind) else ()
        kinds = []
        for kind in (Kind.RESET, Kind.START, Kind.RESUME, Kind.PAUSE):
            following = clocks.after(phase, kind)
            if kind in matching and following:
                kinds.append(kind)
                phase = following
        return tuple(kinds)

    def retarget_for(self, clock: str, current: State) -> Kind | None:
        """The event to append when the priority changes; it carries the new target and calendar.

        None for a clock that does not count: the result of a stopped one stands, and what starts or
        resumes it later carries the target of that time.
        """
        if current.phase not in {Phase.RUNNING, Phase.PAUSED}:
            return None
        keep = self.clocks[clock].on_retarget is OnRetarget.KEEP
        return Kind.RETARGET if keep else Kind.RESET


def next_level(
    reading: Reading, levels: Collection[Level], fired: Collection[int | str]
) -> tuple[Level, datetime] | None:
    """The next level to fire and its moment, UTC; None while none is in sight.

    `fired`: keys of levels that have fired in this round (`reading.round`). A level that was
    reached but not fired comes first, with its moment in the past. A cancelled clock fires nothing;
    a paused or stopped one only what it had reached before.
    """
    if reading.phase is Phase.CANCELLED:
        return None
    waiting = [level for level in levels if level.key not in fired]
    moments = [(level, at) for level in waiting if (at := level.moment(reading)) is not None]
    return min(moments, key=lambda found: (found[1], found[0].percent), default=None)


def read(document: object, calendars: Collection[str]) -> Definition:
    """A definition from its JSON document (already parsed); `calendars` are the keys that exist.

    Raises:
        ServiceLevelInvalid: names the path in the document and what to write instead.
    """
    return _Reader(document, calendars).definition()


def _may_reopen(kind: Kind, condition: Trigger) -> bool:
    return bool(condition.previous) or kind in {Kind.CANCEL, Kind.STOP, Kind.PAUSE}


class _Reader:
    """Checks one document; every refusal names the path."""

    def __init__(self, document: object, calendars: Collection[str]) -> None:
        self.key = "?"
        self.calendars = calendars
        self.document = self._fields(document, "document", {"key", "clocks"})
        self.key = self._text(self.document["key"], "key")

    def definition(self) -> Definition:
        listed = self._object(self.document["clocks"], "clocks")
        if not listed:
            self._refuse("clocks", "there is no clock.", "Define one at least.")
        return Definition(
            self.key, {name: self._clock(rules, f"clocks.{name}") for name, rules in listed.items()}
        )

    def _clock(self, value: object, path: str) -> ClockRules:
        values = self._fields(value, path, {"conditions", "on_retarget", "priorities"})
        conditions = self._conditions(values["conditions"], f"{path}.conditions")
        listed = self._fields(values["priorities"], f"{path}.priorities", set(map(str, PRIORITIES)))
        goals = {n: self._goal(listed[str(n)], f"{path}.priorities.{n}") for n in PRIORITIES}
        on_retarget = self._text(values["on_retarget"], f"{path}.on_retarget")
        if on_retarget not in list(OnRetarget):
            advice = f"Write {' or '.join(OnRetarget)}."
            self._refuse(f"{path}.on_retarget", f"'{on_retarget}' is not known.", advice)
        return ClockRules(conditions, OnRetarget(on_retarget), goals)

    def _conditions(self, value: object, path: str) -> dict[Kind, tuple[Trigger, ...]]:
        given = self._fields(value, path, set(CONDITIONS))
        conditions = {kind: self._triggers(given[kind], f"{path}.{kind}") for kind in CONDITIONS}
        for kind in (Kind.START, Kind.STOP):
            if not conditions[kind]:
                advice = "Name one trigger at least."
                self._refuse(f"{path}.{kind}", f"the clock would never {kind}.", advice)
        if conditions[Kind.PAUSE] and not conditions[Kind.RESUME]:
            message, advice = "the clock would never go on after a pause.", "Name what ends it."
            self._refuse(f"{path}.resume", message, advice)
        return conditions

    def _triggers(self, value: object, path: str) -> tuple[Trigger, ...]:
        triggers = []
        for number, entry in enumerate(self._list(value, path)):
            at = f"{path}[{number}]"
            words = {
                name: self._text(word, f"{at}.{name}")
                for name, word in self._object(entry, at).items()
            }
            if words.keys() != {"event"} and not (words and words.keys() <= {"state", "from"}):
                advice = 'Write {"event": "case.created"}, or a state by "state", "from" or both.'
                self._refuse(at, f"{entry!r} is no trigger.", advice)
            event, state = words.get("event", ""), words.get("state", "")
            triggers.append(Trigger(event, state, words.get("from", "")))
        return tuple(triggers)

    def _goal(self, value: object, path: str) -> Goal:
        values = self._fields(value, path, {"target", "calendar", "levels"})
        calendar = self._text(values["calendar"], f"{path}.calendar")
        if calendar not in self.calendars:
            advice = f"Write one of {', '.join(sorted(self.calendars))}."
            self._refuse(f"{path}.calendar", f"there is no calendar '{calendar}'.", advice)
        target = Target(self._duration(values["target"], f"{path}.target"), calendar)
        return Goal(target, self._levels(values["levels"], f"{path}.levels", target.duration))

    def _duration(self, value: object, path: str) -> timedelta:
        found = _DURATION.fullmatch(self._text(value, path))
        hours, minutes = found.groups(default="0") if found else ("0", "0")
        duration = timedelta(hours=int(hours), minutes=int(minutes))
        if not duration:
            advice = (
                "Write working hours and minutes, such as PT4H, PT15M or PT24H for 3 days of 8."
            )
            self._refuse(path, f"'{value}' is no duration.", advice)
        return duration

    def _levels(self, value: object, path: str, target: timedelta) -> tuple[Level, ...]:
        levels: dict[int | str, Level] = {}
        for number, entry in enumerate(self._list(value, path)):
            at = f"{path}[{number}]"
            timed = isinstance(entry, dict) and "before" in entry
            values = self._fields(entry, at, {"before" if timed else "percent", "message"})
            before = self._duration(values["before"], f"{at}.before") if timed else None
            if before is not None and before >= target:
                advice = "Write less than the target."
                self._refuse(f"{at}.before", f"{values['before']} is before the start.", advice)
            percent = (
                self._percent(values["percent"], f"{at}.percent")
                if before is None
                else int(100 * (target - before) / target)
            )
            level = Level(percent, self._text(values["message"], f"{at}.message"), before)
            if level.key in levels:
                advice = "Keep one: the process decides who hears of it."
                said = values["before"] if timed else percent
                name = "before" if timed else "percent"
                self._refuse(f"{at}.{name}", f"{said} is listed twice.", advice)
            levels[level.key] = level
        return tuple(sorted(levels.values(), key=lambda level: level.percent))

    def _percent(self, value: object, path: str) -> int:
        # True and False are integers to Python, but no percentages.
        if not isinstance(value, int) or value is True or not 0 < value <= _MOST_PERCENT:
            advice = f"Write a whole number from 1 to {_MOST_PERCENT}."
            self._refuse(path, f"{value!r} is no percentage.", advice)
        return value

    def _list(self, value: object, path: str) -> list[object]:
        if not isinstance(value, list):
            self._refuse(path, f"{value!r} is no list.", "Write a list in [ ].")
        return value

    def _text(self, value: object, path: str) -> str:
        if not isinstance(value, str) or not value.strip():
            self._refuse(path, f"{value!r} is no text.", "Write a text that is not empty.")
        return value

    def _object(self, value: object, path: str) -> Object:
        if not isinstance(value, dict):
            self._refuse(path, f"{value!r} is no object.", "Write an object in { }.")
        return value

    def _fields(self, value: object, path: str, needed: set[str]) -> Object:
        values = self._object(value, path)
        known = ", ".join(sorted(needed))
        for name in sorted(needed - values.keys()):
            self._refuse(path, f"'{name}' is missing.", f"Write {known}.")
        for name in sorted(values.keys() - needed):
            self._refuse(path, f"'{name}' is not known here.", f"Write {known}.")
        return values

    def _refuse(self, path: str, message: str, advice: str) -> NoReturn:
        raise ServiceLevelInvalid(self.key, path, message, advice)
