"""Start and cancel process instances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.commands import calls, deliveries
from engine.commands.advance import Move, advance, keep, restore
from engine.errors import CalledByAnother, Rejected
from engine.store import instances, start_timers
from engine.store.unit_of_work import UnitOfWork


def start(
    work: UnitOfWork,
    process_id: str,
    variables: Mapping[str, object],
    business_key: str | None = None,
) -> dict[str, Any]:
    """Start an instance of the active version of a process and run it until it waits.

    Raises:
        DefinitionNotFound: no such process is deployed.
        NoPlainStart: it begins by message, signal or timer only.
    """
    definition_id = work.runtime.catalogue.id_of(work.connection, "process", process_id)
    loaded = instances.create(work, definition_id, process_id, business_key, dict(variables))
    move = Move("instance.started", f"instance:{loaded.id}", details={"variables": variables})
    pins = calls.pinned(work, definition_id)
    advance(work, loaded, move, lambda instance: instance.start("", pins))
    return {"instance": loaded.id, "process": process_id, "definition": definition_id}


def start_due(work: UnitOfWork, definition_id: int, element: str) -> dict[str, Any]:
    """Start an instance at a timer start event that is due; none, where another was faster."""
    row = start_timers.take(work, definition_id, element)
    if row is None:
        return {"instance": None}
    cause = {"due": row.due_at.isoformat()}
    errand = deliveries.begun(work, definition_id, element, {}, cause)
    advance(work, errand.loaded, errand.move, errand.act)
    return {"instance": errand.loaded.id}


def cancel(work: UnitOfWork, instance_id: int, reason: str) -> dict[str, Any]:
    """End an instance before its end event; its open tasks are withdrawn.

    Raises:
        Rejected: no reason was given.
        CalledByAnother: another instance waits for it.
        InstanceNotActive: it has already ended.
    """
    if not reason.strip():
        raise Rejected("A cancellation needs a reason. Say why; nothing was changed.")
    loaded = instances.lock(work, instance_id)
    if loaded.parent_id is not None and loaded.status == instances.ACTIVE:
        raise CalledByAnother(instance_id, loaded.parent_id)
    instance = restore(work, loaded)
    before = list(instance.waiting())
    instance.withdraw_all()
    move = Move("instance.cancelled", f"instance:{instance_id}", details={"reason": reason})
    keep(work, loaded, move, instance, before)
    return {"instance": instance_id}
