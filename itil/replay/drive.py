"""Drives incidents through the deployed process by public commands, one minute of a log at a time.

Where an incident stands is read from the database, in the transaction of the command that moves
it. What the diagram cannot follow is noted, and the incident is left as it stands.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from engine.commands import messages, tasks
from engine.errors import EngineError
from engine.queries import tasks as task_queries
from engine.queries.tasks import TaskRow
from engine.store.unit_of_work import Actor, Reader, Runtime, UnitOfWork
from itil import cases
from itil.replay import moves
from itil.replay.journal import Held, Progress
from itil.replay.log import MISSING, Row
from itil.replay.moves import Change, Step

PROCESS = "incident"
#: Steps that one change may take, such as: refused, diagnosed, waiting.
_STEPS = 6


@dataclass(frozen=True, slots=True)
class Event:
    """An incident is opened (no change), or a row of it is logged."""

    row: Row
    change: Change | None = None

    @property
    def personal(self) -> bool:
        """Whether only the requester may do it: confirm a resolution, or refuse it."""
        before = None if self.change is None else self.change.before
        return before is not None and before.state == "Resolved" != self.row.state

    @property
    def silent(self) -> bool:
        """Whether nothing happened that a process could show."""
        return self.change is not None and self.change.silent

    @property
    def name(self) -> str:
        """How the event is counted when it is not followed."""
        return "opening" if self.change is None else self.change.transition


def segments(events: Sequence[Event]) -> Iterator[list[Event]]:
    """Events in their order, cut where another person acts: each is one transaction."""
    for personal, run in groupby(events, key=lambda event: event.personal):
        if personal:
            yield from ([event] for event in run)
        else:
            yield list(run)


class Driver:
    """Sends events to a runtime and keeps book of what became of them."""

    def __init__(
        self,
        runtime: Runtime,
        run: str,
        groups: frozenset[str],
        done: Progress,
    ) -> None:
        self.done = done
        self._runtime = runtime
        self._run = run
        self._groups = groups | {"service-desk", "incident-manager"}

    def drive(self, segment: Sequence[Event]) -> Progress:
        """Drive one segment; what became of it, which is also added to `done`."""
        position = self.done.position
        events = [e for e in segment if e.row.number not in self.done.aside and not e.silent]
        result = self._drive(position, events) if events else Progress()
        result.position = position + len(segment)
        self.done.add(result)
        return result

    def _drive(self, position: int, events: Sequence[Event]) -> Progress:
        if events[0].personal and self._closed_by_timer(events[0].row):
            return Progress(closed={events[0].row.number: "timer"})
        try:
            return self._together(str(position), events, {})
        except EngineError:
            # One event spoils the transaction of all: each gets its own, the bad one is noted.
            return self._one_by_one(position, events)

    def _closed_by_timer(self, row: Row) -> bool:
        instance = int(self.done.cases[row.number][1])
        with self._runtime.read() as reader:
            return row.state == "Closed" and main_task(reader, instance) is None

    def _one_by_one(self, position: int, events: Sequence[Event]) -> Progress:
        result = Progress()
        for index, event in enumerate(events):
            number = event.row.number
            if number in result.aside:
                continue
            try:
                result.add(self._together(f"{position}.{index}", [event], result.cases))
            except EngineError as error:
                result.add(Progress(aside={number: f"{event.name}: {error.code}"}))
        return result

    def _together(
        self,
        key: str,
        events: Sequence[Event],
        fresh: Mapping[str, Held],
    ) -> Progress:
        first = events[0]
        name = login(first.row.caller) if first.personal else "replay"
        actor = Actor(name, frozenset({"agent"}), self._groups, channel="replay")
        known = ChainMap(dict(fresh), self.done.cases)

        def command(work: UnitOfWork) -> dict[str, Any]:
            return asdict(_Transaction(work, known).run(events))

        return Progress(**self._runtime.run(actor, command, f"replay:{self._run}:{key}"))


class _Transaction:
    """The commands of one segment."""

    def __init__(self, work: UnitOfWork, known: Mapping[str, Held]) -> None:
        self._work = work
        self._known = known
        self._reader = Reader(work.connection, work.now, work.runtime)
        self._result = Progress()

    def run(self, events: Sequence[Event]) -> Progress:
        """Drive the events; what became of them, by their numbers in the log."""
        for event in events:
            number = event.row.number
            if event.change is None:
                opened = cases.open_case(self._work, PROCESS, report(event.row))
                self._result.cases[number] = [opened["number"], opened["instance"]]
            elif number not in self._result.aside and not self._follow(event.change):
                self._result.aside[number] = event.name
        return self._result

    def _follow(self, change: Change) -> bool:
        """Take every step towards the state of a row; whether it was reached."""
        row = change.row
        case, instance = self._result.cases.get(row.number) or self._known[row.number]
        task = main_task(self._reader, int(instance))
        for amendment in moves.amendments(position(task), change):
            task = self._take(amendment, str(case), int(instance), task)
        for _ in range(_STEPS):
            if moves.reached(position(task), row):
                if change.taken_up and task is not None and task.assignee is None:
                    tasks.claim(self._work, task.id)
                self._compare(change, str(case))
                return True
            step = moves.step(position(task), row, self._work.now)
            if step is None:
                return False
            self._note_closing(row, position(task))
            task = self._take(step, str(case), int(instance), task)
        return False

    def _take(self, step: Step, case: str, instance: int, task: TaskRow | None) -> TaskRow | None:
        if step.command == moves.COMPLETE and task is not None:
            tasks.complete(self._work, task.id, step.values)
        else:
            messages.correlate(self._work, step.command, case, step.values)
        return main_task(self._reader, instance)

    def _note_closing(self, row: Row, at: str) -> None:
        """A review that waits already was let through by the timer."""
        if row.state == "Closed" and at in (moves.CONFIRM, moves.REVIEW):
            by = "requester" if at == moves.CONFIRM else "timer"
            self._result.closed.setdefault(row.number, by)

    def _compare(self, change: Change, case: str) -> None:
        """Hold the priority that the diagram computed against the recorded one."""
        row = change.row
        if change.before is not None and not change.relevelled:
            return
        computed = cases.get(self._reader, case).priority
        self._result.compared += 1
        if computed != row.priority:
            self._result.mismatches.append((row.number, computed, row.priority))


def main_task(reader: Reader, instance: int) -> TaskRow | None:
    """The open task of the main path; None when the process has ended."""
    found = task_queries.open_for_instance(reader, instance)
    return next((task for task in found if task.element in moves.MAIN), None)


def position(task: TaskRow | None) -> str:
    """Where an incident stands, by its open task."""
    return moves.ENDED if task is None else task.element


def report(row: Row) -> dict[str, object]:
    """What the requester may have reported, from the first row of an incident."""
    person = login(row.caller)
    return {
        "summary": "No symptom recorded" if row.symptom == MISSING else row.symptom,
        "description": f"{row.category}, {row.number} in the log",
        "requester": person,
        "affected_user": person,
        "channel": row.channel,
        "occurred_at": row.opened_at.isoformat(),
    }


def login(caller: str) -> str:
    """The login of a caller, such as `caller-2403`; the log's people are numbers."""
    return "unknown" if caller == MISSING else "-".join(caller.lower().split())
