"""Windows, changes and releases as iCalendar (RFC 5545): feeds in, the forward schedule out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Component, Event

from engine.store.unit_of_work import UnitOfWork
from itil import change_windows
from itil.change_windows import Occurrence, Window, WindowInvalid
from itil.changes import Change
from itil.release_windows import Wave

LARGEST = 500_000
MOST_EVENTS = 500


def read(work: UnitOfWork, content: bytes, kind: str, zone: str) -> dict[str, int]:
    """Add every event of an iCalendar file as a window of a kind, all or none.

    Answers how many were `added` and how many `known` already.

    Raises:
        WindowInvalid: the file is no iCalendar, or names the event that cannot be a window.
    """
    if len(content) > LARGEST:
        raise WindowInvalid(f"The file has {len(content)} bytes; {LARGEST:,} are taken at most.")
    try:
        events = Calendar.from_ical(content).walk("VEVENT")
    except (ValueError, KeyError, IndexError) as error:
        raise WindowInvalid(f"The file is no iCalendar: {error}. Export it again.") from error
    if len(events) > MOST_EVENTS:
        raise WindowInvalid(f"The file has {len(events)} events; {MOST_EVENTS} are taken at most.")
    there = {_identity(asdict(window).get) for window in change_windows.every(work)}
    added = 0
    for position, event in enumerate(events, 1):
        values = {**_values(event, position, zone), "kind": kind}
        identity = _identity(values.get)
        if identity not in there:
            change_windows.add(work, values)
            there.add(identity)
            added += 1
    return {"added": added, "known": len(events) - added}


def _identity(get: Any) -> tuple[object, ...]:  # noqa: ANN401
    return tuple(get(name) for name in ("kind", "name", "starts_at", "ends_at", "rule"))


def _values(event: Component, position: int, zone: str) -> dict[str, Any]:
    name = str(event.get("SUMMARY") or f"Event {position}").strip()[:200]
    try:
        begins = event.decoded("DTSTART")
        given = event.decoded("DTEND", None)
        length = event.decoded("DURATION", None)
    except (KeyError, ValueError) as error:
        raise WindowInvalid(f"Event {position} '{name}' has no beginning: {error}.") from error
    own = _zone(begins, zone)
    whole_day = not isinstance(begins, datetime)
    start = _moment(begins, own)
    if given is not None:
        end = _moment(given, own)
    else:
        end = start + (length or timedelta(days=1 if whole_day else 0))
    rule = event.get("RRULE")
    text = rule.to_ical().decode() if rule is not None else None
    return {"name": name, "starts_at": start, "ends_at": end, "rule": text, "zone": own}


def _zone(value: date | datetime, zone: str) -> str:
    key = getattr(getattr(value, "tzinfo", None), "key", None)
    return str(key or zone)


def _moment(value: date | datetime, zone: str) -> datetime:
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=ZoneInfo(zone))
    if value.tzinfo is None:
        value = value.replace(tzinfo=ZoneInfo(zone))
    return value.astimezone(UTC)


def write(
    changes: Iterable[Change],
    windows: Iterable[Occurrence],
    waves: Iterable[Wave],
    now: datetime,
) -> bytes:
    """The forward schedule: changes, waves of releases, freezes, maintenance (CHG-15, REL-14)."""
    calendar = Calendar()
    calendar.add("PRODID", "-//Signalbox//Change calendar//EN")
    calendar.add("VERSION", "2.0")
    for change in changes:
        if change.window_start is not None and change.window_end is not None:
            said = f"{change.number} {change.summary}"
            span = (change.window_start, change.window_end)
            calendar.add_component(_event(f"{change.number}@signalbox", said, span, now))
    for wave in waves:
        key = f"{wave.release}-{wave.start:%Y%m%dT%H%M%S}@signalbox"
        said = " ".join(part for part in (wave.release, wave.summary, wave.name) if part)
        calendar.add_component(_event(key, said, (wave.start, wave.end), now))
    for one in windows:
        key = f"window-{one.window.id}-{one.start:%Y%m%dT%H%M%S}@signalbox"
        calendar.add_component(_event(key, _heading(one.window), (one.start, one.end), now))
    return bytes(calendar.to_ical())


def _heading(window: Window) -> str:
    return f"{window.name} ({window.kind})"


def _event(key: str, summary: str, span: tuple[datetime, datetime], now: datetime) -> Event:
    event = Event()
    event.add("UID", key)
    event.add("DTSTAMP", now)
    event.add("SUMMARY", summary)
    event.add("DTSTART", span[0])
    event.add("DTEND", span[1])
    return event
