"""Who catches a message or signal: waiting instances, and processes that it starts.

A message is delivered once: to the first instance that waits for its name and key, else to the
processes that begin with it. One that is for a suspended instance reaches nobody, until that is
resumed and asks for what was kept for it. Of a process that begins with it one instance for each
key goes on at a time, so that a message sent twice does not start two; the second is for when the
first has ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.bpmn.drawing import Place
from engine.bpmn.tokens import Thrown
from engine.commands import calls
from engine.commands.progress import Errand, Move
from engine.store import instances, messages, waits
from engine.store.database import queue_for
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

    A signal goes to every waiting instance but its sender, and to every process. What passes
    between a caller and the instance it called goes to the other of the two.
    """
    if sender is not None and thrown.kind in _CALLS:
        return _CALLS[thrown.kind](work, thrown, sender)
    if thrown.kind == "expect":
        return _kept(work, thrown.name, thrown.key or "")
    if thrown.kind == "message":
        return _of_message(work, thrown, key_of(thrown, sender), {})
    return [*_waiting_for_signal(work, thrown, sender, limit), *_begun(work, thrown, None)]


def key_of(thrown: Thrown, sender: instances.Loaded | None) -> str:
    """The correlation key of a message: its own, or the business key of its sender."""
    return thrown.key or (sender and sender.business_key) or ""


def _kept(work: UnitOfWork, name: str, key: str) -> list[Errand]:
    """The oldest message that is kept for this name and key reaches who waits for it now."""
    row = messages.oldest(work, name, key)
    if row is None:
        return []
    thrown = Thrown("message", name, "", key, row.variables)
    cause = {"sender": row.sender, "published": row.published_at.isoformat()}
    found = _of_message(work, thrown, key, cause)
    if found:
        messages.catch(work, row)
    return found


def _of_message(
    work: UnitOfWork, thrown: Thrown, key: str, cause: Mapping[str, object]
) -> list[Errand]:
    found = _first_waiting(work, thrown.name, key)
    if found is None:
        return [*_begun(work, thrown, key, cause)]
    loaded, token = found
    if loaded.status != instances.ACTIVE:
        return []
    values = thrown.variables
    details = {"key": key, "values": values, **cause}
    move = Move("message.caught", f"message:{thrown.name}", details=details)
    return [Errand(loaded, move, lambda instance: instance.catch(token, values))]


def resting(work: UnitOfWork, name: str, key: str) -> int | None:
    """The suspended instance for which a message is, where no active one waits for it."""
    found = _first_waiting(work, name, key)
    return found[0].id if found and found[0].status == instances.SUSPENDED else None


def _first_waiting(work: UnitOfWork, name: str, key: str) -> tuple[instances.Loaded, int] | None:
    """The first instance that waits for a message, locked, and its token.

    Suspended ones come after the active: they wait, but catch nothing now.
    """
    rests: tuple[instances.Loaded, int] | None = None
    moved = True
    while moved:
        moved, rests = False, None
        for place in waits.expecting(work, name, key):
            seen = place[0] in work.loaded
            loaded = instances.lock(work, place[0])
            if loaded.status not in (instances.ACTIVE, instances.SUSPENDED):
                continue
            if not seen and not waits.expects(work, place, name, key):
                # It moved on while we waited for its lock; now it stands still, so look again.
                moved = True
            elif loaded.status == instances.ACTIVE:
                return loaded, place[1]
            else:
                rests = rests or (loaded, place[1])
    return rests


def _waiting_for_signal(
    work: UnitOfWork, thrown: Thrown, sender: instances.Loaded | None, limit: int
) -> Iterator[Errand]:
    name, values = thrown.name, thrown.variables
    for instance_id in waits.hearing(work, name, limit + 1):
        loaded = instances.lock(work, instance_id)
        # The sender has heard its own signal while it moved.
        if loaded is not sender and loaded.status == instances.ACTIVE:
            move = Move("signal.caught", f"signal:{name}", details={"values": values})
            yield Errand(loaded, move, lambda instance: instance.catch_signal(name, values))


def _begun(
    work: UnitOfWork, thrown: Thrown, key: str | None, cause: Mapping[str, object] | None = None
) -> Iterator[Errand]:
    """The instances that a message (with its key) or a signal (without) begins."""
    for definition_id, start in _starts(work, thrown):
        process_id = work.runtime.catalogue.process(work.connection, definition_id).process_id
        if key:
            queue_for(work.connection, f"message:{process_id}:{key}")
            if instances.runs(work, process_id, key):
                continue
        why = {thrown.kind: thrown.name, **({"key": key} if key else {}), **(cause or {})}
        yield begun(work, definition_id, start.id, thrown.variables, why)


def _starts(work: UnitOfWork, thrown: Thrown) -> Iterator[tuple[int, Place]]:
    active = work.runtime.catalogue.active(work.connection)
    for process_id in active.keys("process"):
        definition_id = active.ids["process", process_id]
        if definition_id in active.suspended:
            continue
        definition = work.runtime.catalogue.process(work.connection, definition_id)
        for start in definition.starts:
            if (start.trigger.kind, start.trigger.name) == (thrown.kind, thrown.name):
                yield definition_id, start


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
    start_key = str(cause.get("key") or "") or None
    number = work.runtime.numbering(work, definition)
    loaded = instances.create(
        work, definition_id, process_id, number, dict(variables), start_key=start_key
    )
    details = {"variables": variables, **cause}
    move = Move("instance.started", loaded.stream, element, details)
    return Errand(loaded, move, lambda instance: instance.start(element, pins))
