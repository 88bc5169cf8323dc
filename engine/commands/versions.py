"""Suspend, resume and delete single versions of a process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, delete, func, select, update

from engine.bpmn import codec
from engine.commands.errors import DefinitionInUse, reasoned
from engine.errors import Conflict, DefinitionNotFound
from engine.store import audit
from engine.store.database import queue_for
from engine.store.tables import definitions, instances, migration_plans, migration_steps
from engine.store.unit_of_work import UnitOfWork


class VersionState(Conflict):
    """A version is already as it was to be made."""

    code = "definition.state"

    def __init__(self, process_id: str, version: int, state: str) -> None:
        super().__init__(f"Version {version} of '{process_id}' is {state}; nothing was changed.")


def suspend(work: UnitOfWork, process_id: str, version: int, reason: str) -> dict[str, Any]:
    """Let no instance start on a version any more; those that run on it go on.

    Raises:
        ReasonMissing: no reason was given.
        DefinitionNotFound: there is no such version.
        VersionState: it is suspended already.
    """
    return _switch(work, process_id, version, reason, suspended=True)


def resume(work: UnitOfWork, process_id: str, version: int, reason: str) -> dict[str, Any]:
    """Let instances start on a suspended version again.

    Raises:
        As `suspend`.
    """
    return _switch(work, process_id, version, reason, suspended=False)


def remove(work: UnitOfWork, process_id: str, version: int, reason: str) -> dict[str, Any]:
    """Delete a version that was never used.

    Raises:
        ReasonMissing: no reason was given.
        DefinitionNotFound: there is no such version.
        DefinitionInUse: it is active, or something runs, ran or is to run on it; says how many.
    """
    why = reasoned(reason)
    queue_for(work.connection, "deployment")
    row = _version(work, process_id, version)
    uses = next(_uses(work, row), None)
    if uses is not None:
        raise DefinitionInUse(process_id, version, uses)
    work.connection.execute(delete(definitions).where(definitions.c.id == row.id))
    work.runtime.catalogue.changed(work.connection)
    details = {"version": version, "digest": row.digest, "reason": why}
    work.record(audit.Draft("system", "definition.deleted", f"process:{process_id}", details))
    return {"process": process_id, "version": version}


def _switch(
    work: UnitOfWork, process_id: str, version: int, reason: str, *, suspended: bool
) -> dict[str, Any]:
    why = reasoned(reason)
    queue_for(work.connection, "deployment")
    row = _version(work, process_id, version)
    if row.suspended == suspended:
        raise VersionState(process_id, version, "suspended" if suspended else "not suspended")
    change = update(definitions).where(definitions.c.id == row.id).values(suspended=suspended)
    work.connection.execute(change)
    work.runtime.catalogue.changed(work.connection)
    action = "definition.suspended" if suspended else "definition.resumed"
    details = {"version": version, "reason": why}
    work.record(audit.Draft("system", action, f"process:{process_id}", details))
    return {"process": process_id, "version": version}


def _version(work: UnitOfWork, process_id: str, version: int) -> Row[Any]:
    query = select(definitions).where(
        definitions.c.kind == "process",
        definitions.c.key == process_id,
        definitions.c.version == version,
    )
    row = work.connection.execute(query).first()
    if row is None:
        raise DefinitionNotFound("process", f"{process_id} version {version}")
    return row


def _uses(work: UnitOfWork, row: Row[Any]) -> Iterator[str]:
    """Why a version is needed, as parts of a sentence."""
    if row.active:
        yield "it is the active one"
    execute = work.connection.execute
    count = select(func.count()).select_from(instances).where(instances.c.definition_id == row.id)
    if ran := execute(count).scalar_one():
        yield f"{ran} instances run or ran on it"
    left = select(func.count()).where(migration_steps.c.source == row.id)
    if moved := execute(left).scalar_one():
        yield f"{moved} instances began on it and their trails speak of it"
    plans = select(func.count()).where(
        migration_plans.c.target == row.id, migration_plans.c.state != "done"
    )
    if execute(plans).scalar_one():
        yield "a migration to it is under way"
    if pinned := _pinned(work, row):
        yield f"{pinned} running instances may still call it"


def _pinned(work: UnitOfWork, row: Row[Any]) -> int:
    """How many running instances have this version pinned for their call activities."""
    query = select(instances.c.state).where(instances.c.ended_at.is_(None))
    states = work.connection.execute(query.execution_options(yield_per=500)).scalars()
    return sum(row.id in codec.calls(state)[0].values() for state in states)
