"""Who catches a message or signal: waiting instances, and processes that it starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.bpmn.tokens import Thrown
from engine.commands import calls
from engine.commands.errors import InstanceSuspended
from engine.commands.progress import Errand, Move
from engine.store import instances, waits
from engine.store.unit_of_work import UnitOfWork

_CALLS = {
    "call": calls.called,
    "uncall": calls.cancelled,
    "return": calls.returned,
    "error": calls.returned,
    "escalation": calls.returned,
}


def errands(
    work: UnitOfWork, thrown: Thrown, sender: instances.Loaded | None, limit: int
) -> list[Errand]:
    """What a message or signal sets off, at most `limit` + 1 moves.

    A message goes to the first instance that waits for it with its key, else to every process that
    it starts. A signal goes to every waiting instance but its sender, and to every process. What
    passes between a caller and the instance it called goes to the other of the two. Where only a
    suspended instance waits for a message, nobody gets it.

    Raises:
        InstanceSuspended: such a message comes from outside.
    """
    if sender is not None and thrown.kind in _CALLS:
        return _CALLS[thrown.kind](work, thrown, sender)
    if thrown.kind == "message":
        key = thrown.key or (sender and sender.business_key) or ""
        waiting = [*_waiting_for_message(work, thrown, key)]
        if not waiting or waiting[0].loaded.status == instances.ACTIVE:
            return waiting[:1] or [*_begun(work, thrown)]
        if sender is None:
            raise InstanceSuspended(waiting[0].loaded.id)
        return []
    return [*_waiting_for_signal(work, thrown, sender, limit), *_begun(work, thrown)]


def _waiting_for_message(work: UnitOfWork, thrown: Thrown, key: str) -> Iterator[Errand]:
    name, values = thrown.name, thrown.variables
    found = [instances.lock(work, i) for i in waits.expecting(work, "message", name, key)]
    for loaded in sorted(found, key=lambda loaded: loaded.status):  # active before suspended
        if loaded.status in (instances.ACTIVE, instances.SUSPENDED):
            details = {"key": key, "values": values}
            move = Move("message.caught", f"message:{name}", details=details)
            yield Errand(loaded, move, lambda instance: instance.catch(name, key, values))


def _waiting_for_signal(
    work: UnitOfWork, thrown: Thrown, sender: instances.Loaded | None, limit: int
) -> Iterator[Errand]:
    name, values = thrown.name, thrown.variables
    for instance_id in waits.expecting(work, "signal", name, None, limit + 1):
        loaded = instances.lock(work, instance_id)
        # The sender has heard its own signal while it moved.
        if loaded is not sender and loaded.status == instances.ACTIVE:
            move = Move("signal.caught", f"signal:{name}", details={"values": values})
            yield Errand(loaded, move, lambda instance: instance.catch_signal(name, values))


def _begun(work: UnitOfWork, thrown: Thrown) -> Iterator[Errand]:
    active = work.runtime.catalogue.active(work.connection)
    for process_id in active.keys("process"):
        definition_id = active.ids["process", process_id]
        if definition_id in active.suspended:
            continue
        definition = work.runtime.catalogue.process(work.connection, definition_id)
        for start in definition.starts:
            if (start.trigger.kind, start.trigger.name) == (thrown.kind, thrown.name):
                cause = {thrown.kind: thrown.name}
                yield begun(work, definition_id, start.id, thrown.variables, cause)


def begun(
    work: UnitOfWork,
    definition_id: int,
    element: str,
    variables: Mapping[str, object],
    cause: Mapping[str, object],
) -> Errand:
    """A new instance that begins at a start event because of something."""
    definition = work.runtime.catalogue.process(work.connection, definition_id)
    process_id = definition.process_id
    pins = calls.to_start(work, definition_id)
    loaded = instances.create(work, definition_id, process_id, None, dict(variables))
    details = {"variables": variables, **cause}
    move = Move("instance.started", loaded.stream, element, details)
    return Errand(loaded, move, lambda instance: instance.start(element, pins))
