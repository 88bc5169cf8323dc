"""Replays a log of states on a deployed process: problems, requests (WF-11).

A log has one line for each state that a case came to, with who and when. A follower says what has
to be done on our case so that it is where the log says; what it cannot say is a reason, and the
case is left aside from there on.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, Protocol

from engine.clock import ManualClock
from engine.commands import tasks
from engine.errors import EngineError, Rejected
from engine.queries import tasks as task_queries
from engine.store.unit_of_work import Actor, Runtime
from itil import cases

FireDue = Callable[[datetime], object]


class StatesInvalid(Rejected):
    """A log of states cannot be read."""

    code: ClassVar[str] = "replay.states"


class CannotFollow(Exception):
    """The diagram has no way to where the log says a case went."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a log."""

    case: str
    state: str
    at: datetime


@dataclass(slots=True)
class Ours:
    """A case of ours that follows one of the log."""

    number: str
    instance: int


class Follower(Protocol):
    """Knows what the states of a log are on a process."""

    #: Columns of the log: case, state, moment.
    columns: tuple[str, str, str]

    def open(self, desk: Desk, entry: Entry) -> Ours:
        """Open a case for the first line of another."""

    def follow(self, desk: Desk, ours: Ours, entry: Entry, before: str) -> None:
        """Do what brings it to the state of a line, or raise CannotFollow with the reason."""

    def finish(self, desk: Desk, ours: Ours) -> None:
        """Do what is left after the last line of a case that ended in the log."""


@dataclass(slots=True)
class Desk:
    """What followers work with."""

    runtime: Runtime

    def waits(self, ours: Ours) -> dict[str, task_queries.TaskRow]:
        """The open tasks of a case by element."""
        with self.runtime.read() as reader:
            found = task_queries.open_for_instance(reader, ours.instance)
        return {task.element: task for task in found}

    def does(self, ours: Ours, element: str, **values: object) -> None:
        """Complete a task, as whoever it is for."""
        task = self.waits(ours).get(element)
        if task is None:
            raise CannotFollow(f"nothing waits at '{element}'")
        actor = self.doer(task)
        self.runtime.run(actor, lambda work: tasks.complete(work, task.id, values))

    def claim(self, ours: Ours, element: str) -> None:
        """Take a task, unless somebody has it."""
        task = self.waits(ours).get(element)
        if task is not None and task.assignee is None:
            self.runtime.run(self.doer(task), lambda work: tasks.claim(work, task.id))

    def release(self, ours: Ours, element: str) -> None:
        """Give a task back, if somebody has it."""
        task = self.waits(ours).get(element)
        if task is not None and task.assignee is not None and task.candidates:
            self.runtime.run(self.doer(task), lambda work: tasks.release(work, task.id))

    def note(self, ours: Ours, words: str) -> None:
        """Keep something as an internal comment."""
        actor = Actor("replay", frozenset({"agent"}), channel="replay")
        self.runtime.run(actor, lambda work: cases.comment(work, ours.number, words, public=False))

    def state(self, ours: Ours) -> str:
        """The state of a case."""
        with self.runtime.read() as reader:
            return cases.get(reader, ours.number).state

    def doer(self, task: task_queries.TaskRow) -> Actor:
        """Somebody who may do a task; another one for each element, so that duties stay apart."""
        groups = {c.removeprefix("group:") for c in task.candidates if c.startswith("group:")}
        persons = [c.removeprefix("person:") for c in task.candidates if c.startswith("person:")]
        name = task.assignee or (persons[0] if persons else f"replay-{task.element}")
        return Actor(name, frozenset({"agent"}), frozenset(groups), channel="replay")


@dataclass(slots=True)
class Found:
    """What a replay of states found."""

    cases: int = 0
    lines: int = 0
    followed: int = 0  #: cases whose every line the diagram followed
    closed: int = 0  #: of these, how many are closed as in the log
    aside: dict[str, list[str]] = field(default_factory=dict)  #: reason -> cases of the log
    broken: list[str] = field(default_factory=list)  #: lines that could not be used

    def as_text(self) -> str:
        """For people."""
        share = self.followed / self.cases if self.cases else 0
        head = (
            f"{self.cases:,} cases, {self.lines:,} lines: {self.followed:,} followed ({share:.2%})"
        )
        said = [f"{head}, {self.closed:,} of them closed."]
        for reason, those in sorted(self.aside.items(), key=lambda item: -len(item[1])):
            shown = ", ".join(those[:5])
            said.append(f"{len(those):6}  {reason} ({shown}{', …' if len(those) > 5 else ''})")  # noqa: PLR2004
        if self.broken:
            said.append(f"{len(self.broken):6}  lines could not be used, such as {self.broken[0]}")
        return "\n".join(said)

    def as_json(self) -> str:
        """For tools."""
        names = self.__dataclass_fields__
        return json.dumps({name: getattr(self, name) for name in names}, indent=2)


def read(file: Path, columns: tuple[str, str, str], broken: list[str]) -> Iterator[Entry]:
    """The lines of a log, CSV or gzip of it; what cannot be used is added to `broken`.

    Raises:
        StatesInvalid: it has not these columns.
    """
    opener = gzip.open if file.suffix == ".gz" else open
    with opener(file, "rt", encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines)
        missing = sorted(set(columns) - set(rows.fieldnames or ()))
        if missing:
            raise StatesInvalid(f"'{file.name}' has no column {', '.join(missing)}.")
        for number, row in enumerate(rows, 2):
            case, state, text = (str(row[name] or "").strip() for name in columns)
            try:
                at = datetime.fromisoformat(text)
                if not case or not state:
                    raise ValueError("a field is empty")  # noqa: TRY301 - said like the others
            except ValueError as error:
                broken.append(f"line {number}: {error}")
                continue
            yield Entry(case, state, (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC))


def run(
    runtime: Runtime, file: Path, follower: Follower, fire_due: FireDue, limit: int | None = None
) -> Found:
    """Drive every case of a log through the process, in the order of its moments.

    The runtime has to be on a manual clock; `fire_due(moment)` fires what is due.
    """
    clock = runtime.clock
    if not isinstance(clock, ManualClock):
        raise StatesInvalid("A replay needs a runtime on a manual clock.")
    found = Found()
    by_case: dict[str, list[Entry]] = defaultdict(list)
    for entry in read(file, follower.columns, found.broken):
        if limit is None or entry.case in by_case or len(by_case) < limit:
            by_case[entry.case].append(entry)
    entries = [one for lines in by_case.values() for one in sorted(lines, key=lambda e: e.at)]
    entries.sort(key=lambda entry: entry.at)
    found.cases, found.lines = len(by_case), len(entries)
    _drive(_Run(Desk(runtime), follower, found), entries, clock, fire_due)
    return found


@dataclass(slots=True)
class _Run:
    desk: Desk
    follower: Follower
    found: Found
    ours: dict[str, Ours] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    def take(self, entry: Entry) -> None:
        """Follow one line."""
        if entry.case in self.gone:
            return
        try:
            if entry.case not in self.ours:
                self.ours[entry.case] = self.follower.open(self.desk, entry)
            before = self.states.get(entry.case, "")
            self.follower.follow(self.desk, self.ours[entry.case], entry, before)
            self.states[entry.case] = entry.state
        except (CannotFollow, EngineError) as error:
            before = self.states.get(entry.case, "its beginning")
            self.leave(entry.case, f"{before} -> {entry.state}: {error}")

    def leave(self, case: str, reason: str) -> None:
        """Leave a case aside, with the reason."""
        self.gone.add(case)
        self.found.aside.setdefault(reason[:200], []).append(case)


def _drive(run: _Run, entries: list[Entry], clock: ManualClock, fire_due: FireDue) -> None:
    left = Counter(entry.case for entry in entries)
    for entry in entries:
        fire_due(clock.move_to(max(entry.at, clock.now())))
        run.take(entry)
        left[entry.case] -= 1
    for case, ours in run.ours.items():
        if case not in run.gone:
            try:
                run.follower.finish(run.desk, ours)
            except (CannotFollow, EngineError) as error:
                run.leave(case, f"after the last line: {error}")
    followed = [ours for case, ours in run.ours.items() if case not in run.gone]
    run.found.followed = len(followed)
    run.found.closed = sum(run.desk.state(ours) in cases.CLOSED for ours in followed)
