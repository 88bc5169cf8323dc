"""What an instance will do by itself, and when: its timers and the levels of its clocks.

Each is an event on the diagram, so the diagram can carry the time at the place where it acts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup, escape

from engine.queries import instances
from engine.queries.instances import InstanceRow, Path
from engine.store.unit_of_work import Reader
from itil.timekeeping import Kept
from web.visit import visit
from web.wording import find, span, text
from web.words import Words

SOON = timedelta(hours=1)
_NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class Due:
    """Something that happens at a moment unless somebody is faster."""

    element: str
    name: str
    at: datetime
    words: str  #: such as `in 2 h 10 min`


def chip(at: datetime | None, present: datetime, words: Words | None = None) -> Markup:
    """How long until a moment, as a chip: red when it has passed, amber in the last hour."""
    if at is None:
        return Markup("")
    words = words or visit().words
    left = at - present
    late = left < _NOTHING
    tone = "red" if late else "amber" if left < SOON else "plain"
    said = words.text("due.over" if late else "due.left", span=span(left, words))
    return Markup(f'<span class="chip {tone}">{escape(said)}</span>')  # noqa: S704 - escaped


def events(reader: Reader, instance: InstanceRow, path: Path, clocks: Iterable[Kept]) -> list[Due]:
    """Timers and service level messages that the instance waits for, the earliest first."""
    levels = _levels(reader, instance, clocks, set(path.active))
    return sorted([*_timers(reader, instance), *levels], key=lambda due: due.at)


def _timers(reader: Reader, instance: InstanceRow) -> Iterator[Due]:
    drawing = instances.definition(reader, instance).drawing
    for timer in instances.pending_timers(reader, instance):
        name = drawing.places[timer.element].label(visit().language)
        yield Due(timer.element, name, timer.due_at, _words(timer.due_at, reader.now))


def _levels(
    reader: Reader, instance: InstanceRow, clocks: Iterable[Kept], active: Collection[str]
) -> Iterator[Due]:
    """Every level that has not fired, at each event that would catch its message now."""
    listening: dict[str, list[str]] = {}
    for place in instances.definition(reader, instance).drawing.places.values():
        if place.trigger.kind == "message" and place.attached_to in active:
            listening.setdefault(place.trigger.name, []).append(place.id)
    for clock in clocks:
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
