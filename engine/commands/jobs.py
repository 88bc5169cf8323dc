"""What operators do about jobs and stalled instances: edit, retry, skip, throw a modelled error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from engine.commands import variables
from engine.commands.advance import Move, advance, note
from engine.errors import Conflict, Forbidden, InstanceChanged, Rejected
from engine.store import instances, jobs
from engine.store.unit_of_work import UnitOfWork

OPERATORS = frozenset({"process-owner", "admin"})
#: Tries that an operator may allow at once.
MOST_RETRIES = 100


class NotStalled(Conflict):
    """A process instance was to be helped on that needs no help."""

    code = "instance.not-stalled"

    def __init__(self, instance_id: int, status: str) -> None:
        super().__init__(
            f"Process instance {instance_id} is {status}, not stalled; nothing was changed.",
        )


class NotAnOperator(Forbidden):
    """Only operators help jobs and stalled instances."""

    code = "job.operators-only"

    def __init__(self, actor: str) -> None:
        who = " or ".join(sorted(OPERATORS))
        super().__init__(f"{actor} may not change jobs. Ask somebody with the role {who}.")


def retry(work: UnitOfWork, job_id: int, reason: str = "") -> dict[str, Any]:
    """Try a job now: its handler runs, or any worker may take it.

    Answers what the handler said where it failed again, else an empty text.
    """
    loaded, row = _locked(work, job_id)
    move = _move("job.retried", row, {"reason": reason})
    kept = advance(work, loaded, move, lambda instance: instance.retry_job(row.token))
    failed = [f.reason for f in kept.progress.journal.failures if f.token == row.token]
    return {"job": job_id, "failed": "".join(failed)}


def allow(work: UnitOfWork, job_id: int, retries: int, reason: str = "") -> dict[str, Any]:
    """Set how many tries a job has left; a stalled one is tried with the next sweep.

    Raises:
        Rejected: fewer than one, or more than MOST_RETRIES.
    """
    if not 1 <= retries <= MOST_RETRIES:
        raise Rejected(f"A job has 1 to {MOST_RETRIES} tries, not {retries}. Nothing was changed.")
    loaded, row = _locked(work, job_id)
    move = _move("job.retries", row, {"reason": reason, "retries": [row.retries, retries]})
    advance(work, loaded, move, lambda instance: instance.allow_retries(row.token, retries))
    return {"job": job_id}


def edit(
    work: UnitOfWork, job_id: int, given: object, reason: str, revision: int
) -> dict[str, Any]:
    """Change variables as a job sees them; `revision` is that of the instance they were read from.

    Raises:
        Rejected: there is no reason.
        VariablesInvalid: they are no variables.
        InstanceChanged: somebody moved the instance since.
    """
    values = variables.checked(given)
    loaded, row = _locked(work, job_id)
    _unchanged(work, loaded, revision)
    move = _move("job.edited", row, {"reason": _because(reason)})
    act = lambda instance: move.inner.update(instance.edit(row.token, values))  # noqa: E731
    advance(work, loaded, move, act)
    return {"job": job_id}


def skip(work: UnitOfWork, job_id: int, given: object, reason: str) -> dict[str, Any]:
    """Go on as if a job was done with these variables as its outcome.

    Raises:
        Rejected: there is no reason.
        VariablesInvalid: they are no variables.
    """
    values = variables.checked(given)
    loaded, row = _locked(work, job_id)
    move = _move("job.skipped", row, {"reason": _because(reason), "values": values})
    advance(work, loaded, move, lambda instance: instance.finish_job(row.token, values))
    return {"job": job_id}


def throw(work: UnitOfWork, job_id: int, code: str, reason: str) -> dict[str, Any]:
    """Throw a modelled error at a job.

    Raises:
        Rejected: there is no reason.
        ErrorUncaught: nothing catches it.
    """
    loaded, row = _locked(work, job_id)
    move = _move("job.error", row, {"reason": _because(reason), "code": code})
    advance(work, loaded, move, lambda instance: instance.raise_at_job(row.token, code))
    return {"job": job_id}


def retry_instance(work: UnitOfWork, instance_id: int, reason: str = "") -> dict[str, Any]:
    """Take a stalled instance up again and fire what is due on it.

    Raises:
        NotStalled: it is not.
    """
    loaded = _stalled(work, instance_id)
    loaded.status = instances.ACTIVE
    move = Move("instance.retried", loaded.stream, None, {"reason": reason})
    advance(work, loaded, move, lambda instance: instance.fire_due())
    return {"instance": instance_id}


def edit_instance(
    work: UnitOfWork, instance_id: int, given: object, reason: str, revision: int
) -> dict[str, Any]:
    """Change variables of a stalled instance, which moves nothing.

    Raises:
        NotStalled, Rejected, VariablesInvalid, InstanceChanged: as for those of a job.
    """
    values = variables.checked(given)
    loaded = _stalled(work, instance_id)
    _unchanged(work, loaded, revision)
    changes = {name: (loaded.variables.get(name), value) for name, value in values.items()}
    loaded.variables = {**loaded.variables, **values}
    move = Move("instance.edited", loaded.stream, None, {"reason": _because(reason)})
    note(work, loaded, move, changes)
    return {"instance": instance_id}


def _locked(work: UnitOfWork, job_id: int) -> tuple[instances.Loaded, Row[Any]]:
    _refuse_others(work)
    return jobs.lock(work, job_id)


def _stalled(work: UnitOfWork, instance_id: int) -> instances.Loaded:
    _refuse_others(work)
    loaded = instances.lock(work, instance_id)
    if loaded.status != instances.STALLED:
        raise NotStalled(instance_id, loaded.status)
    return loaded


def _refuse_others(work: UnitOfWork) -> None:
    if not work.actor.roles & OPERATORS:
        raise NotAnOperator(work.actor.name)


def _unchanged(work: UnitOfWork, loaded: instances.Loaded, revision: int) -> None:
    if loaded.revision != revision:
        raise InstanceChanged(loaded.id, instances.changed_by(work, loaded.id))


def _because(reason: str) -> str:
    if not reason.strip():
        raise Rejected("This needs a reason. Say why; nothing was changed.")
    return reason.strip()


def _move(action: str, row: Row[Any], details: Mapping[str, object]) -> Move:
    return Move(action, f"job:{row.id}", row.element, details)
