"""Walks any deployed process to an end: does its tasks, sends its messages, lets time pass."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from sqlalchemy import select

from engine.commands import instances, messages, tasks
from engine.commands import jobs as job_commands
from engine.errors import NoFlowTaken
from engine.queries import instances as instance_queries
from engine.queries import tasks as task_queries
from engine.store.tables import jobs
from engine.store.unit_of_work import Actor
from tests.desk import Case, Desk

#: The element where something can be done, and what does it.
Move: TypeAlias = tuple[str, Callable[[], object]]
#: Steps after which a process is said not to end.
MOST = 300


@dataclass(frozen=True)
class Walk:
    """How far a process came."""

    status: str
    waits_at: tuple[str, ...]  #: where it stands if it has not ended
    elements: frozenset[str]  #: of the tasks that were done and the messages that were sent


def walk(desk: Desk, process: str, groups: frozenset[str], seed: int) -> Walk:
    """Start a process and go on until it has ended, or nothing can be done any more."""
    chance = random.Random(seed)
    actor = Actor("walker", frozenset({"agent"}), groups, channel="test")
    case = Case(desk, _begun(desk, actor, process))
    done: set[str] = set()
    for _ in range(MOST):
        if case.status != "active":
            break
        moves = [*_tasks(desk, case, groups, chance), *_messages(desk, case, actor)]
        moves += _jobs(desk, case)
        if not moves:
            fired = desk.advance(days=30).fired
            if not fired:
                break
            continue
        element, move = chance.choice(moves)
        try:
            move()
        except NoFlowTaken:
            continue  # refused, and nothing changed: a person would answer something else
        done.add(element)
    return Walk(case.status, tuple(case.waits_at()), frozenset(done))


def _begun(desk: Desk, actor: Actor, process: str) -> int:
    """By hand where the diagram has a plain start event, else by its message."""
    with desk.runtime.read() as reader:
        catalogue = desk.runtime.catalogue
        found = catalogue.id_of(reader.connection, "process", process)
        drawing = catalogue.process(reader.connection, found).drawing
    starts = [p for p in drawing.inside("") if p.kind == "startEvent"]
    if any(start.trigger.kind == "none" for start in starts):
        answer = desk.runtime.run(actor, lambda work: instances.start(work, process, {}, None))
    else:
        name = starts[0].trigger.name
        answer = desk.runtime.run(actor, lambda work: messages.correlate(work, name, "k", {}))
    return int(answer["instance"])


def _tasks(desk: Desk, case: Case, groups: frozenset[str], chance: random.Random) -> Iterator[Move]:
    for task in case.open():
        who = Actor(task.assignee or "walker", frozenset({"agent"}), groups, channel="test")
        with desk.runtime.read() as reader:
            schema = task_queries.form(reader, task)
        values = _values(schema, chance) if schema else {}
        yield task.element, partial(_complete, desk, who, task.id, values)


def _messages(desk: Desk, case: Case, actor: Actor) -> Iterator[Move]:
    with desk.runtime.read() as reader:
        row = instance_queries.get(reader, case.id)
        offers = instance_queries.offers(reader, row, actor)
    for offer in offers:
        yield offer.element, partial(_send, desk, actor, case.id, offer.element)


def _jobs(desk: Desk, case: Case) -> Iterator[Move]:
    """The work that waits for an external worker, done as an operator would skip it."""
    waiting = select(jobs.c.id, jobs.c.element).where(jobs.c.instance_id == case.id)
    with desk.runtime.read() as reader:
        rows = reader.connection.execute(waiting).all()
    for row in rows:
        yield row.element, partial(_skip, desk, row.id)


def _skip(desk: Desk, job: int) -> None:
    operator = Actor("owner", frozenset({"process-owner"}), channel="test")
    desk.runtime.run(operator, lambda work: job_commands.skip(work, job, {}, "walked"))


def _complete(desk: Desk, who: Actor, task: int, values: dict[str, object]) -> None:
    desk.runtime.run(who, lambda work: tasks.complete(work, task, values))


def _send(desk: Desk, who: Actor, instance: int, element: str) -> None:
    desk.runtime.run(who, lambda work: messages.send_offered(work, instance, element, {}))


def _values(schema: Mapping[str, object], chance: random.Random) -> dict[str, object]:
    """Something that each field of a form takes."""
    components = schema["components"]
    assert isinstance(components, list)
    return {one["key"]: _value(one, chance) for one in components if "key" in one}


def _value(field: Mapping[str, object], chance: random.Random) -> object:
    kind, offered = field["type"], field.get("values")
    values = [one["value"] for one in offered] if isinstance(offered, list) else []
    if kind in ("select", "radio"):
        return chance.choice(values)
    if kind in ("checklist", "taglist"):
        return chance.sample(values, chance.randint(1, len(values)))
    return {
        "checkbox": chance.random() < 0.5,
        "number": chance.randint(0, 5),
        "datetime": "2026-03-02",
    }.get(str(kind), "words")
