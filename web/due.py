"""What an instance will do by itself, and when: its timers and the levels of its clocks.

Each is an event on the diagram, so the diagram can carry the time at the place where it acts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from engine.queries import instances
from engine.queries.instances import InstanceRow
from engine.store.unit_of_work import Reader
from itil import timekeeping
from itil.timekeeping import Kept
from web.visit import visit
from web.wording import find, span, text


@dataclass(frozen=True, slots=True)
class Due:
    """Something that happens at a moment unless somebody is faster."""

    element: str
    name: str
    at: datetime
    words: str  #: such as `in 2 h 10 min`


def events(reader: Reader, instance: InstanceRow) -> list[Due]:
    """Timers and service level messages that the instance waits for, the earliest first."""
    active = set(instances.path(reader, instance).active)
    found = [*_timers(reader, instance), *_levels(reader, instance, active)]
    return sorted(found, key=lambda due: due.at)


def _timers(reader: Reader, instance: InstanceRow) -> Iterator[Due]:
    drawing = instances.definition(reader, instance).drawing
    for timer in instances.pending_timers(reader, instance):
        name = drawing.places[timer.element].label(visit().language)
        yield Due(timer.element, name, timer.due_at, _words(timer.due_at, reader.now))


def _levels(reader: Reader, instance: InstanceRow, active: Collection[str]) -> Iterator[Due]:
    """Every level that has not fired, at each event that would catch its message now."""
    listening: dict[str, list[str]] = {}
    for place in instances.definition(reader, instance).drawing.places.values():
        if place.trigger.kind == "message" and place.attached_to in active:
            listening.setdefault(place.trigger.name, []).append(place.id)
    for clock in timekeeping.of_instance(reader, instance.id):
        if clock.next_at is None:
            continue
        for level in clock.levels:
            at = clock.reading.moment_of(level.percent)
            if at is None or level.percent in clock.fired:
                continue
            name = f"{_title(clock)} {level.percent} %"
            for element in listening.get(level.message, []):
                yield Due(element, name, at, _words(at, reader.now))


def _title(clock: Kept) -> str:
    return find(f"clock.{clock.name}") or clock.name


def _words(at: datetime, now: datetime) -> str:
    return text("due.over" if at < now else "due.in", span=span(at - now))
