"""What external workers do: take jobs of a type, complete them, fail, throw a modelled error.

A worker holds a job for a time. What it got as the number of the job names this one hold: whoever
comes with it after another worker has taken the job is told so and changes nothing. The hold itself
is no event; what comes of it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from engine.bpmn import codec
from engine.bpmn.instance import Instance
from engine.commands import variables
from engine.commands.advance import Move, advance
from engine.errors import Conflict, EngineError, Forbidden, InstanceNotActive
from engine.store import instances, jobs
from engine.store.unit_of_work import UnitOfWork

#: Jobs that one request may take.
MOST = 100
#: Holds that a number tells apart.
HOLDS = 10_000


class JobLost(Conflict):
    """A worker answers for a job that it does not hold any more."""

    code = "job.lost"

    def __init__(self, job: int, holder: str | None) -> None:
        now = f"worker '{holder}' has it" if holder else "no worker has it"
        super().__init__(f"You do not hold job {job}: {now}. Nothing was changed.")


class JobStalled(Conflict):
    """A worker's answer cannot be used: an operator has to help first."""

    code = "job.stalled"

    def __init__(self, job: int, reason: str) -> None:
        super().__init__(f"Job {job} is stalled until an operator helps: {reason}")


class NotYourType(Forbidden):
    """A program may not take jobs of this type."""

    code = "job.type-forbidden"

    def __init__(self, kind: str, types: Collection[str]) -> None:
        may = ", ".join(sorted(types)) or "none"
        super().__init__(f"You may not take jobs of type '{kind}'. Your token is for: {may}.")


class StuckAfterJob(Exception):
    """The process cannot go on with what a worker answered; never leaves the engine."""

    def __init__(self, reason: str, values: Mapping[str, object]) -> None:
        self.reason, self.values = reason, values
        super().__init__(f"The process cannot go on: {reason}")


@dataclass(frozen=True, slots=True)
class Request:
    """What a worker asks for."""

    type: str
    worker: str
    hold: timedelta
    most: int
    names: tuple[str, ...] = ()  #: of the variables it wants; none: all


@dataclass(frozen=True, slots=True)
class Taken:
    """A job in the hands of a worker."""

    key: int  #: of this hold; what the worker answers with
    type: str
    worker: str
    element: str
    visit: int  #: the same in every hold of the job
    instance: int
    process: str
    definition: int
    version: int
    headers: Mapping[str, str]
    variables: Mapping[str, object]
    retries: int
    until: datetime


def take(work: UnitOfWork, asked: Request, types: Collection[str]) -> list[Taken]:
    """Hold jobs for a worker whose token is for these types.

    Raises:
        NotYourType: the token is for others.
    """
    if asked.type not in types:
        raise NotYourType(asked.type, types)
    until = work.now + asked.hold
    rows = jobs.take(work, asked.type, asked.worker, until, min(asked.most, MOST))
    return [_taken(work, row, asked, until) for row in rows]


def complete(
    work: UnitOfWork, key: int, types: Collection[str], given: Mapping[str, object]
) -> None:
    """Go on from a job that a worker has done.

    Raises:
        JobNotFound, JobLost, JobStalled, NotYourType: it is not this worker's to complete.
        VariablesInvalid: they are no variables.
        StuckAfterJob: the process cannot go on; nothing was changed.
    """
    values = variables.checked(given)
    loaded, row = _held(work, key, types)
    move = _move("job.completed", row, {"worker": row.worker})
    _go_on(work, loaded, move, values, lambda instance: instance.finish_job(row.token, values))


def fail(
    work: UnitOfWork,
    key: int,
    types: Collection[str],
    how: tuple[int, str, timedelta],
    given: Mapping[str, object],
) -> None:
    """Give a job back that could not be done.

    `how`: tries left, without which it stalls; why; after which time others may take it.
    """
    retries, reason, after = how
    values = variables.checked(given)
    loaded, row = _held(work, key, types)
    details = {"worker": row.worker, "retries": retries, "values": values}
    due = work.now + after
    said = reason or "The worker gave no reason."
    advance(
        work,
        loaded,
        _move("job.failed", row, details),
        lambda instance: instance.fail_job(row.token, retries, said, due, values),
    )


def throw(
    work: UnitOfWork,
    key: int,
    types: Collection[str],
    code: str,
    reason: str,
    given: Mapping[str, object],
) -> None:
    """Throw a modelled error at a job; where nothing catches it, the job stalls."""
    values = variables.checked(given)
    loaded, row = _held(work, key, types)
    details = {"worker": row.worker, "code": code, "reason": reason}
    _go_on(
        work,
        loaded,
        _move("job.error", row, details),
        values,
        lambda instance: instance.throw_at_job(row.token, code, reason, values),
    )


def change(
    work: UnitOfWork,
    key: int,
    types: Collection[str],
    hold: timedelta | None,
    retries: int | None,
) -> None:
    """Hold a job for longer, or shorter, from now on; set how many tries it has left."""
    loaded, row = _held(work, key, types)
    if retries is not None:
        details = {"worker": row.worker, "retries": [row.retries, retries]}
        move = _move("job.retries", row, details)
        advance(work, loaded, move, lambda instance: instance.allow_retries(row.token, retries))
    if hold is not None:
        jobs.change(work, row.id, {"due_at": work.now + hold})


def stall(work: UnitOfWork, key: int, types: Collection[str], stuck: StuckAfterJob) -> None:
    """Keep what a worker answered with the job, and let it wait for an operator."""
    loaded, row = _held(work, key, types)
    details = {"worker": row.worker, "values": stuck.values}
    advance(
        work,
        loaded,
        _move("job.stalled", row, details),
        lambda instance: instance.fail_job(row.token, 0, stuck.reason),
    )
    jobs.change(work, row.id, {"result": stuck.values})


def _go_on(
    work: UnitOfWork,
    loaded: instances.Loaded,
    move: Move,
    values: Mapping[str, object],
    act: Callable[[Instance], object],
) -> None:
    try:
        advance(work, loaded, move, act)
    except EngineError as error:
        raise StuckAfterJob(str(error), values) from error


def _held(work: UnitOfWork, key: int, types: Collection[str]) -> tuple[instances.Loaded, Row[Any]]:
    """The job that a worker holds, with its instance."""
    job_id, lease = divmod(key, HOLDS)
    loaded, row = jobs.lock(work, job_id)
    if row.type not in types:
        raise NotYourType(row.type, types)
    if row.state == jobs.STALLED:
        raise JobStalled(job_id, row.error)
    if (
        row.state != jobs.READY
        or row.lease == 0
        or row.lease % HOLDS != lease
        or row.worker is None
    ):
        raise JobLost(job_id, row.worker)
    if loaded.status != instances.ACTIVE:
        raise InstanceNotActive(loaded.id, loaded.status)
    return loaded, row


def _move(action: str, row: Row[Any], details: Mapping[str, object]) -> Move:
    return Move(action, f"job:{row.id}", row.element, details)


def _taken(work: UnitOfWork, row: Row[Any], asked: Request, until: datetime) -> Taken:
    known = {**row.variables, **codec.visible(row.tokens, row.token)}
    if row.business_key is not None:
        known.setdefault("number", row.business_key)
    names = asked.names or tuple(known)
    definition = work.runtime.catalogue.process(work.connection, row.definition_id)
    return Taken(
        key=row.id * HOLDS + (row.lease + 1) % HOLDS,
        type=row.type,
        worker=asked.worker,
        element=row.element,
        visit=row.id,
        instance=row.instance_id,
        process=row.process_id,
        definition=row.definition_id,
        version=row.version,
        headers=definition.place(row.element).settings.headers,
        variables={name: known[name] for name in names if name in known},
        retries=row.retries,
        until=until,
    )
