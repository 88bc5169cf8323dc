"""The change calendar with releases, and the windows in which nothing or everything may change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.store.unit_of_work import Reader
from itil import (
    change_windows,
    changes,
    configuration,
    conflicts,
    release_windows,
    releases,
    window_calendar,
)
from itil.cases import Case
from itil.change_windows import Occurrence
from itil.changes import Change
from itil.release_windows import Wave
from web.names import group_names
from web.pages import Answer, Entry, Pages
from web.posted import moment
from web.roles import READERS
from web.site import site
from web.visit import actor, command_key, visit

MANAGERS = frozenset({"change-manager", "admin"})
bp = Pages(
    "changes",
    __name__,
    Entry("/changes", "nav.changes", READERS, "records", 30),
    Entry("/changes/windows", "nav.change-windows", READERS, "records", 31),
)
#: Days that the calendar shows at once, and that a feed holds.
SPAN = timedelta(days=28)
FEED = timedelta(days=400)


@dataclass(slots=True)
class Day:
    """What begins on one day."""

    at: datetime
    changes: list[Change] = field(default_factory=list)
    windows: list[Occurrence] = field(default_factory=list)
    waves: list[Wave] = field(default_factory=list)


@bp.page("/changes", READERS)
def calendar() -> Answer:
    """The forward schedule of four weeks: changes, releases, windows, by day (CHG-15, REL-14)."""
    start, wanted = _asked()
    with site().runtime.read() as reader:
        found = changes.between(reader, start, start + SPAN, wanted)
        windows = change_windows.between(reader, start, start + SPAN, wanted.service, wanted.type)
        waves = _waves(reader, start, start + SPAN, wanted)
        late = changes.without_papers(reader)
        services = configuration.choices(reader.connection, "service")
        groups = group_names(reader)
    return render_template(
        "changes/calendar.html",
        groups=groups,
        days=_by_day(found, windows, waves),
        start=start,
        earlier=_local(start - SPAN).isoformat(),
        later=_local(start + SPAN).isoformat(),
        wanted=wanted,
        services=services,
        types=changes.TYPES,
        late=late,
    )


@bp.page("/changes.ics", READERS)
def feed() -> Answer:
    """The forward schedule as iCalendar."""
    start, wanted = _asked()
    with site().runtime.read() as reader:
        found = changes.between(reader, start, start + FEED, wanted)
        windows = change_windows.between(reader, start, start + FEED, wanted.service, wanted.type)
        waves = _waves(reader, start, start + FEED, wanted)
        content = window_calendar.write(found, windows, waves, reader.now)
    headers = {"Content-Disposition": "attachment; filename=changes.ics"}
    return Response(content, mimetype="text/calendar", headers=headers)


def _asked() -> tuple[datetime, changes.Wanted]:
    """From which day, and which changes; what cannot be read is today, or all."""
    given = request.args
    try:
        day = date.fromisoformat(given.get("from", ""))
    except ValueError:
        day = _local(site().runtime.clock.now())
    kind = given.get("type", "")
    wanted = changes.Wanted(
        given.get("service") or None,
        kind if kind in changes.TYPES else None,
        given.get("ci") or None,
    )
    # The span stays inside what a moment can be.
    day = min(max(day, date(1970, 1, 1)), date(9000, 1, 1))
    return datetime(day.year, day.month, day.day, tzinfo=visit().zone).astimezone(UTC), wanted


def _local(at: datetime) -> date:
    return at.astimezone(visit().zone).date()


def _waves(reader: Reader, start: datetime, end: datetime, wanted: changes.Wanted) -> list[Wave]:
    """Waves of releases that are wanted; none where a type of changes is."""
    if wanted.type:
        return []
    return release_windows.between(reader, start, end, wanted.service, wanted.ci)


def _by_day(found: list[Change], windows: list[Occurrence], waves: list[Wave]) -> list[Day]:
    """Days on which something begins, in order."""
    days: dict[date, Day] = {}
    for change in found:
        if change.window_start is not None:
            at = change.window_start
            days.setdefault(_local(at), Day(at)).changes.append(change)
    for one in windows:
        days.setdefault(_local(one.start), Day(one.start)).windows.append(one)
    for wave in waves:
        days.setdefault(_local(wave.start), Day(wave.start)).waves.append(wave)
    return [days[key] for key in sorted(days)]


@bp.panel("panels/conflicts.html")
def in_the_way(reader: Reader, case: Case) -> Mapping[str, object] | None:
    """The windows of a release that is not deployed yet, and what stands in their way (REL-14)."""
    if case.process != releases.PROCESS:
        return None
    waves = [one for one in release_windows.of_release(reader, case.number) if not one.over]
    if not waves:
        return None
    found = conflicts.of_waves(reader, waves)
    return {"waves": waves, "conflicts": found, "groups": group_names(reader)}


# -- windows


@bp.page("/changes/windows", READERS)
def windows() -> Answer:
    """Freeze and maintenance windows."""
    with site().runtime.read() as reader:
        found = change_windows.every(reader)
        services = configuration.choices(reader.connection, "service")
    return render_template(
        "changes/windows.html",
        windows=found,
        services=services,
        kinds=change_windows.KINDS,
        types=changes.TYPES,
        edits=visit().has(MANAGERS),
    )


@bp.page("/changes/windows", MANAGERS, ["POST"])
def add_window() -> Answer:
    """Add a window (CHG-17, CHG-18)."""
    sent = request.form
    values = {
        **{name: sent.get(name, "") for name in ("kind", "name", "rule", "service", "type")},
        **{name: moment(sent.get(name, ""), visit().zone) for name in ("starts_at", "ends_at")},
        "zone": visit().zone.key,
    }
    site().runtime.run(actor(), lambda work: change_windows.add(work, values), command_key())
    return redirect(url_for("changes.windows", done="saved"), 303)


@bp.page("/changes/windows/calendar", MANAGERS, ["POST"])
def read_calendar() -> Answer:
    """Add every event of an iCalendar file as a window."""
    file = request.files.get("file")
    content = b"" if file is None else file.read()
    kind, zone = request.form.get("kind", ""), visit().zone.key
    key = command_key()
    site().runtime.run(actor(), lambda work: window_calendar.read(work, content, kind, zone), key)
    return redirect(url_for("changes.windows", done="saved"), 303)


@bp.page("/changes/windows/<int:window>/delete", MANAGERS, ["POST"])
def remove_window(window: int) -> Answer:
    """Remove a window."""
    site().runtime.run(actor(), lambda work: change_windows.remove(work, window), command_key())
    return redirect(url_for("changes.windows", done="saved"), 303)
