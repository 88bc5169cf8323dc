"""Start, suspend, resume, cancel and delete process instances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.bpmn.tokens import Journal
from engine.commands import calls, deliveries
from engine.commands.advance import Move, Progress, advance, keep, note, restore
from engine.commands.errors import AdminsOnly, InstanceNotEnded, reasoned
from engine.errors import CalledByAnother, InstanceNotActive
from engine.store import audit, instances, start_timers
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
        DefinitionSuspended: it, or a process that it calls, is suspended.
        NoPlainStart: it begins by message, signal or timer only.
    """
    definition_id = work.runtime.catalogue.id_of(work.connection, "process", process_id)
    pins = calls.to_start(work, definition_id)
    loaded = instances.create(work, definition_id, process_id, business_key, dict(variables))
    move = Move("instance.started", f"instance:{loaded.id}", details={"variables": variables})
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


def suspend(work: UnitOfWork, instance_id: int, reason: str) -> dict[str, Any]:
    """Let an instance and all that it has called rest until it is resumed.

    Tasks cannot be done, timers do not fire, messages are not taken.

    Raises:
        ReasonMissing: no reason was given.
        CalledByAnother: another instance waits for it.
        InstanceNotActive: it is not active.
    """
    why = reasoned(reason)
    loaded = _callers_own(work, instance_id)
    if loaded.status != instances.ACTIVE:
        raise InstanceNotActive(instance_id, loaded.status)
    for member in instances.family(work, loaded):
        if member.status == instances.ACTIVE:
            member.status, member.suspended_at = instances.SUSPENDED, work.now
            note(work, member, Move("instance.suspended", member.stream, None, {"reason": why}), {})
    return {"instance": instance_id}


def resume(work: UnitOfWork, instance_id: int, reason: str) -> dict[str, Any]:
    """Let a suspended or stalled instance, and all that it has called, go on.

    What fell due in the meantime is due now.

    Raises:
        ReasonMissing: no reason was given.
        CalledByAnother: another instance waits for it.
        InstanceNotActive: it is neither suspended nor stalled.
    """
    why = reasoned(reason)
    loaded = instances.lock(work, instance_id)
    resting = (instances.SUSPENDED, instances.STALLED)
    if loaded.status == instances.SUSPENDED:
        _callers_own(work, instance_id)
    if loaded.status not in resting:
        raise InstanceNotActive(instance_id, loaded.status)
    moves = [
        (member, _resumed(member, why))
        for member in instances.family(work, loaded)
        if member.status in resting
    ]
    for member, move in moves:
        if member.status == instances.ACTIVE:
            advance(work, member, move, lambda instance: instance.settle(anew=True))
    return {"instance": instance_id}


def _resumed(loaded: instances.Loaded, reason: str) -> Move:
    details = {"reason": reason, "was": loaded.status}
    if loaded.suspended_at is not None:
        details["suspended_at"] = loaded.suspended_at.isoformat()
    loaded.status, loaded.suspended_at = instances.ACTIVE, None
    return Move("instance.resumed", loaded.stream, None, details)


def cancel(work: UnitOfWork, instance_id: int, reason: str) -> dict[str, Any]:
    """End an instance before its end event; its open tasks are withdrawn.

    Raises:
        ReasonMissing: no reason was given.
        CalledByAnother: another instance waits for it.
        InstanceNotActive: it has already ended.
    """
    details: dict[str, object] = {"reason": reasoned(reason)}
    loaded = _callers_own(work, instance_id)
    if loaded.status in (instances.SUSPENDED, instances.STALLED):
        details["was"] = loaded.status
        loaded.status, loaded.suspended_at = instances.ACTIVE, None
    instance = restore(work, loaded)
    before = list(instance.waiting())
    instance.withdraw_all()
    move = Move("instance.cancelled", f"instance:{instance_id}", details=details)
    keep(work, loaded, move, instance, before)
    return {"instance": instance_id}


def delete(work: UnitOfWork, instance_id: int, reason: str) -> dict[str, Any]:
    """Remove an ended instance and all that it has called; their audit trails stay.

    What is left says who removed it, when, why, and where its chain of events ended.

    Raises:
        ReasonMissing: no reason was given.
        AdminsOnly: the actor is no admin.
        CalledByAnother: it goes with the instance that called it.
        InstanceNotEnded: it still goes on.
    """
    why = reasoned(reason)
    if "admin" not in work.actor.roles:
        raise AdminsOnly("delete a process instance")
    loaded = _callers_own(work, instance_id)
    if loaded.status in instances.RUNNING:
        raise InstanceNotEnded(instance_id, loaded.status)
    for member in reversed(instances.family(work, loaded)):
        _delete(work, member, why)
    return {"instance": instance_id}


def _delete(work: UnitOfWork, loaded: instances.Loaded, reason: str) -> None:
    details = {
        "reason": reason,
        "process": loaded.process_id,
        "number": loaded.business_key,
        "status": loaded.status,
        "events": loaded.audit_seq,
        "head": loaded.audit_hash,
    }
    definition = work.runtime.catalogue.process(work.connection, loaded.definition_id)
    move = Move("instance.deleted", loaded.stream, None, details)
    for subscriber in work.runtime.subscribers:
        subscriber(work, Progress(loaded, definition, move, Journal(), [], {}))
    instances.delete(work, loaded)
    work.record(
        audit.Draft("system", move.action, loaded.stream, details, None, loaded.definition_id)
    )


def _callers_own(work: UnitOfWork, instance_id: int) -> instances.Loaded:
    """The instance, unless another one called it: those follow their caller."""
    loaded = instances.lock(work, instance_id)
    if loaded.parent_id is not None:
        raise CalledByAnother(instance_id, loaded.parent_id)
    return loaded
