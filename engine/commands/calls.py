"""What passes between an instance and those that its call activities have called."""

from __future__ import annotations

from engine.bpmn import codec
from engine.bpmn.tokens import Thrown
from engine.commands.errors import DefinitionSuspended
from engine.commands.progress import Errand, Move, Progress
from engine.store import instances
from engine.store.unit_of_work import UnitOfWork


def pinned(work: UnitOfWork, definition_id: int) -> dict[str, int]:
    """The active definition of each process that one may call, and that those may call.

    Raises:
        DefinitionNotFound: one of them is not deployed.
    """
    catalogue, found = work.runtime.catalogue, dict[str, int]()
    waiting = [definition_id]
    while waiting:
        definition = catalogue.process(work.connection, waiting.pop())
        for process_id in sorted(definition.calls - found.keys()):
            found[process_id] = catalogue.id_of(work.connection, "process", process_id)
            waiting.append(found[process_id])
    return found


def to_start(work: UnitOfWork, definition_id: int) -> dict[str, int]:
    """What an instance that starts now has pinned.

    Raises:
        DefinitionNotFound: a process that it may call is not deployed.
        DefinitionSuspended: its version, or one that it may call, is suspended.
    """
    catalogue, pins = work.runtime.catalogue, pinned(work, definition_id)
    for asked in catalogue.active(work.connection).suspended & {definition_id, *pins.values()}:
        raise DefinitionSuspended(catalogue.process(work.connection, asked).process_id)
    return pins


def returning(progress: Progress) -> list[Thrown]:
    """What a called instance that has ended gives back; nothing where it ended by an error."""
    instance = progress.instance
    failed = any(thrown.kind == "error" for thrown in progress.journal.thrown)
    if instance.parent_id is None or not progress.ended or failed:
        return []
    return [Thrown("return", instance.process_id, "", variables=instance.variables)]


def called(work: UnitOfWork, thrown: Thrown, sender: instances.Loaded) -> list[Errand]:
    """The instance that a call activity calls begins; it belongs to the same case."""
    pins, depth = codec.calls(sender.state)
    process_id, caller = thrown.name, (sender.id, thrown.token)
    loaded = instances.create(
        work, pins[process_id], process_id, sender.business_key, dict(thrown.variables), caller
    )
    details = {"variables": thrown.variables, "caller": sender.id}
    move = Move("instance.called", loaded.stream, None, details)
    return [Errand(loaded, move, lambda instance: instance.start("", pins, depth + 1))]


def cancelled(work: UnitOfWork, thrown: Thrown, sender: instances.Loaded) -> list[Errand]:
    """The called instance is cancelled, because nobody waits for it any more."""
    loaded = instances.called_by(work, sender.id, thrown.token)
    if loaded is None or loaded.status not in instances.RUNNING:
        return []
    loaded.status, loaded.suspended_at = instances.ACTIVE, None
    move = Move("call.cancelled", loaded.stream, None, {"caller": sender.id})
    return [Errand(loaded, move, lambda instance: instance.withdraw_all())]


def returned(work: UnitOfWork, thrown: Thrown, sender: instances.Loaded) -> list[Errand]:
    """The caller goes on, or catches the error or escalation of the called process.

    Nothing, where the caller no longer waits: an escalation of the same move may have cancelled
    the call, or the first of several calls was enough.
    """
    if sender.parent_id is None or sender.parent_token is None:
        return []
    caller, token = instances.lock(work, sender.parent_id), sender.parent_token
    if caller.status != instances.ACTIVE or not codec.stands(caller.state, token):
        return []
    kind, details = f"call.{thrown.kind}", {"called": sender.id, "code": thrown.name}
    if thrown.kind == "return":
        values = thrown.variables
        move = Move("call.returned", sender.stream, None, {"called": sender.id})
        return [Errand(caller, move, lambda instance: instance.returned(token, values))]
    move = Move(kind, sender.stream, None, details)
    code = thrown.name
    return [Errand(caller, move, lambda instance: instance.thrown_at(token, thrown.kind, code))]
