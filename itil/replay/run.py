"""Replays a log of real incidents on the deployed incident process.

Every event happens at its own moment on a manual clock, in the order of the whole log; timers and
SLA levels that fall due in between are fired at the full hours between them.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import ClassVar

from sqlalchemy import select

from engine.clock import ManualClock
from engine.errors import Rejected
from engine.store.unit_of_work import SYSTEM, Runtime, UnitOfWork
from itil import people, timekeeping
from itil.replay import journal
from itil.replay.bar import Bar
from itil.replay.drive import Driver, Event, segments
from itil.replay.journal import Journal, Progress
from itil.replay.log import Log, Row, read
from itil.replay.moves import Change
from itil.replay.report import Attainment, Mismatch, Report

FireDue = Callable[[datetime], object]
_HOUR = timedelta(hours=1)


class ClockNotManual(Rejected):
    """A replay must be able to move the clock."""

    code: ClassVar[str] = "replay.clock"


@dataclass(frozen=True, slots=True)
class Options:
    """How to replay."""

    progress: Path  #: file that tells how far the replay has come, beside the database
    report: Path | None = None  #: where the report goes as JSON
    limit: int | None = None  #: incidents, from the beginning of the file
    resume: bool = False  #: take up an interrupted replay of the same log
    strict: bool = False  #: refuse a log with a line that cannot be used


def run(runtime: Runtime, path: Path, fire_due: FireDue, options: Options) -> Report:
    """Drive every incident of a log through the process; `fire_due(moment)` fires what is due.

    Raises:
        ClockNotManual: the runtime is on real time.
        LogRejected: the log cannot be read; nothing was replayed.
        ReplayUnfinished: an earlier replay is to be resumed first, or there is none.
    """
    clock = runtime.clock
    if not isinstance(clock, ManualClock):
        raise ClockNotManual("A replay needs a runtime on a manual clock. Nothing was replayed.")
    log = read(path, limit=options.limit, strict=options.strict)
    name = f"{log.digest}:{options.limit}"
    if options.resume:
        notes, done = journal.resume(options.progress, name)
    else:
        notes, done = journal.begin(options.progress, name), Progress()
    try:
        _drive(_Replay(runtime, clock, fire_due, notes), log, done)
    finally:
        notes.close()
    report = _report(runtime, log, done)
    if options.report is not None:
        options.report.write_text(json.dumps(report.as_json(), indent=2) + "\n", "utf-8")
    options.progress.unlink()
    return report


class Watch:
    """Stops the time of every segment, waiting for timers included."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def stamp(self, result: Progress, done: Progress) -> Progress:
        """Note the time since the last stamp in a result and in the sum."""
        wall, cpu = time.perf_counter(), time.process_time()
        result.wall, result.cpu = wall - self._wall, cpu - self._cpu
        self._wall, self._cpu = wall, cpu
        done.wall += result.wall
        done.cpu += result.cpu
        return result


@dataclass(frozen=True, slots=True)
class _Replay:
    runtime: Runtime
    clock: ManualClock
    fire_due: FireDue
    notes: Journal


def _introduce(runtime: Runtime, groups: AbstractSet[str]) -> None:
    """Add the groups of the log, because forms offer only groups that exist."""
    with runtime.read() as reader:
        known = {group.key for group in people.directory(reader)}

    def add(work: UnitOfWork) -> None:
        for group in sorted(groups - known):
            people.add_group(work, group, group)

    runtime.run(SYSTEM, add)


def _drive(replay: _Replay, log: Log, done: Progress) -> None:
    moments = timeline(log)
    groups = frozenset(r.group for rows in log.incidents.values() for r in rows if r.group)
    _introduce(replay.runtime, groups)
    driver = Driver(replay.runtime, replay.notes.run, groups, done)
    bar = Bar(len(moments), sys.stderr)
    replay.clock.move_to(moments[max(0, done.position - 1)][0])
    position = 0
    watch = Watch()
    for moment, minute in groupby(moments, key=lambda at: at[0]):
        for segment in segments([event for _, event in minute]):
            position += len(segment)
            if position > done.position:
                _pass_time(replay, moment)
                result = driver.drive(segment)
                replay.notes.append(watch.stamp(result, done))
                bar.show(position, f"{moment:%Y-%m-%d}")


def _pass_time(replay: _Replay, moment: datetime) -> None:
    """Let one hour after the other pass, and fire what falls due."""
    now = replay.clock.now()
    if moment == now:
        return
    following = now.replace(minute=0) + _HOUR
    while following < moment:
        replay.fire_due(replay.clock.move_to(following))
        following += _HOUR
    replay.fire_due(replay.clock.move_to(moment))


def timeline(log: Log) -> list[tuple[datetime, Event]]:
    """Every event of a log with its moment, in the order in which they are driven.

    The rows of an incident keep their order, whatever their moments say.
    """
    found = [at for rows in log.incidents.values() for at in _events(rows)]
    found.sort(key=lambda at: (at[0], at[1].row.line, at[1].change is not None))
    return found


def _events(rows: Sequence[Row]) -> Iterator[tuple[datetime, Event]]:
    first = rows[0]
    latest = min(first.opened_at, first.updated_at)
    yield latest, Event(first)
    before = None
    for row in rows:
        latest = max(latest, row.updated_at)
        yield latest, Event(row, Change(row, before))
        before = row


# -- what came of it


def _report(runtime: Runtime, log: Log, done: Progress) -> Report:
    aside: dict[str, list[str]] = {}
    for number, transition in done.aside.items():
        aside.setdefault(transition, []).append(number)
    followed = done.closed.keys() - done.aside.keys()
    by = [done.closed[number] for number in followed]
    return Report(
        log=log.path.name,
        incidents=len(log.incidents),
        events=log.events,
        followed=len(followed),
        open=len(log.incidents) - len(followed) - len(done.aside),
        not_followed=aside,
        priorities=done.compared,
        mismatches=[Mismatch(*found) for found in done.mismatches],
        attainment=_attainment(runtime, log, done, followed),
        closed_by_timer=by.count("timer"),
        closed_by_requester=by.count("requester"),
        broken=[str(finding) for finding in log.broken],
        wall=done.wall,
        cpu=done.cpu,
    )


def _attainment(
    runtime: Runtime,
    log: Log,
    done: Progress,
    followed: AbstractSet[str],
) -> dict[int, Attainment]:
    clocks = timekeeping.table.c
    query = select(clocks.instance_id, clocks.priority, clocks.breached)
    with runtime.read() as reader:
        kept = {
            row.instance_id: row
            for row in reader.connection.execute(query.where(clocks.name == "resolution"))
        }
    counts: dict[int, list[int]] = {}
    for number in followed:
        clock = kept.get(done.cases[number][1])
        if clock is not None:
            count = counts.setdefault(clock.priority, [0, 0, 0])
            count[0] += 1
            count[1] += not clock.breached
            count[2] += log.incidents[number][-1].made_sla
    return {priority: Attainment(*count) for priority, count in counts.items()}
