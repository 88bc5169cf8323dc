"""External workers: what they answer, and waiting for work without a poll of the database.

A worker that finds nothing waits for the bell, which rings after every commit with a new job. What
becomes free with time is looked for when its time comes, and what another node of the installation
committed at the next look.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta

from engine.commands import workers
from engine.commands.workers import HOLDS, JobStalled, Request, StuckAfterJob, Taken
from engine.store import jobs
from engine.store.unit_of_work import Actor, Runtime, UnitOfWork

#: At least so often somebody who waits looks again, and not more often than that.
LOOK, BREATH = timedelta(seconds=5), timedelta(milliseconds=100)


def take(
    runtime: Runtime,
    actor: Actor,
    asked: Request,
    types: Collection[str],
    patience: timedelta = timedelta(),
) -> list[Taken]:
    """Jobs for a worker; where there are none, those that come before its patience ends.

    Raises:
        NotYourType: its token is for other types.
    """
    ends = runtime.clock.now() + patience
    while True:
        heard = runtime.bell.heard()
        due = _next(runtime, asked.type)
        now = runtime.clock.now()
        taken: list[Taken] = []
        if asked.type not in types or (due is not None and due <= now):
            taken = runtime.run(actor, lambda work: workers.take(work, asked, types))
        if taken or now >= ends:
            return taken
        until = min(ends, now + LOOK, due or ends)
        runtime.bell.wait(heard, max(until - now, BREATH).total_seconds())


def _next(runtime: Runtime, kind: str) -> datetime | None:
    with runtime.read() as reader:
        return jobs.next_due(reader.connection, kind)


def complete(
    runtime: Runtime, actor: Actor, key: int, types: Collection[str], values: Mapping[str, object]
) -> None:
    """Go on from a job that a worker has done.

    Raises:
        JobStalled: the process cannot go on; the values are kept for an operator.
    """
    _or_stall(runtime, actor, key, types, lambda work: workers.complete(work, key, types, values))


def throw(
    runtime: Runtime,
    actor: Actor,
    key: int,
    types: Collection[str],
    error: tuple[str, str],
    values: Mapping[str, object],
) -> None:
    """Throw a modelled error, given by code and reason, at a job.

    Raises:
        JobStalled: the process cannot go on; the values are kept for an operator.
    """
    code, reason = error
    _or_stall(
        runtime,
        actor,
        key,
        types,
        lambda work: workers.throw(work, key, types, code, reason, values),
    )


def _or_stall(
    runtime: Runtime,
    actor: Actor,
    key: int,
    types: Collection[str],
    command: Callable[[UnitOfWork], None],
) -> None:
    """Let a job wait for an operator where its worker cannot help what stops the process.

    Else the worker's hold would end, and the work be done again and again without anybody seeing.
    """
    try:
        runtime.run(actor, command)
    except StuckAfterJob as stuck:
        refused = stuck
        runtime.run(actor, lambda work: workers.stall(work, key, types, refused))
        raise JobStalled(key // HOLDS, stuck.reason) from stuck
