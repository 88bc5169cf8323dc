"""The one loop: take an instance up, move it on, write down everything that came of it.

Every command that runs a diagram goes through `advance`: it restores the instance, lets the caller
make its move, and then writes state, user tasks, timers, subscriptions and the audit event and
tells the subscribers. Then it does the same for every instance that catches a message or signal
which the move threw; all in the transaction of the unit of work.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping

from engine.bpmn.instance import Instance, Waiting
from engine.bpmn.tokens import Journal, Thrown
from engine.commands import calls, deliveries, mailbox, writing
from engine.commands.errors import InstanceSuspended
from engine.commands.progress import Kept, Move, Progress
from engine.commands.world import World
from engine.errors import InstanceNotActive, TooManyReached
from engine.store import instances, jobs, waits
from engine.store.unit_of_work import UnitOfWork

__all__ = ["REACH_LIMIT", "Kept", "Move", "Progress", "advance", "fresh", "keep", "note", "restore"]

#: Instances that one command may move beside its own.
REACH_LIMIT = 500


def restore(work: UnitOfWork, loaded: instances.Loaded) -> Instance:
    """The instance of a row, ready to move.

    Raises:
        InstanceSuspended: it is to rest.
        InstanceNotActive: it has ended or is stalled.
    """
    if loaded.status == instances.SUSPENDED:
        raise InstanceSuspended(loaded.id)
    if loaded.status != instances.ACTIVE:
        raise InstanceNotActive(loaded.id, loaded.status)
    instance = fresh(work, loaded, loaded.definition_id)
    if loaded.state is not None:
        instance.restore(loaded.state)
    return instance


def fresh(work: UnitOfWork, loaded: instances.Loaded, definition_id: int) -> Instance:
    """An instance with the variables of a row, without tokens, on a version of its process."""
    definition = work.runtime.catalogue.process(work.connection, definition_id)
    world = World(work, loaded)
    variables = {**loaded.variables, "number": loaded.business_key}
    world.instance = Instance(definition, variables, work.now, world)
    return world.instance


def advance(
    work: UnitOfWork, loaded: instances.Loaded, move: Move, act: Callable[[Instance], object]
) -> Kept:
    """Restore, act, and write what came of it."""
    kept = _advance(work, loaded, move, act)
    _settle(work, kept.progress)
    return kept


def keep(
    work: UnitOfWork,
    loaded: instances.Loaded,
    move: Move,
    instance: Instance,
    before: list[Waiting],
) -> Kept:
    """Write everything about a moved instance, and move those that catch what it threw."""
    kept = _keep(work, loaded, move, instance, before)
    _settle(work, kept.progress)
    return kept


def _advance(
    work: UnitOfWork, loaded: instances.Loaded, move: Move, act: Callable[[Instance], object]
) -> Kept:
    instance = restore(work, loaded)
    before = list(instance.waiting())
    act(instance)
    return _keep(work, loaded, move, instance, before)


def _keep(
    work: UnitOfWork,
    loaded: instances.Loaded,
    move: Move,
    instance: Instance,
    before: list[Waiting],
) -> Kept:
    after = list(instance.waiting())
    began = waits.replace(work, loaded, before, after)
    jobs.replace(work, loaded, before, after, instance.journal.failures)
    loaded.next_due_at = min((w.due for w in after if w.due), default=None)
    loaded.variables = {k: v for k, v in instance.variables.items() if k != "number"}
    loaded.attempts = 0
    if instance.ended or instance.cancelled:
        loaded.status = "completed" if instance.ended else "cancelled"
        loaded.ended_at, loaded.state = work.now, None
    else:
        loaded.state = instance.state()
    progress = Progress(
        instance=loaded,
        definition=instance.definition,
        move=move,
        journal=instance.journal,
        opened=[writing.row(task) for task in instance.opened()],
        changes={k: v for k, v in instance.variables.changes.items() if v[0] != v[1]},
        ended=instance.ended,
        awaits=_awaits(loaded, instance, began, after),
    )
    for subscriber in work.runtime.subscribers:
        subscriber(work, progress)
    ids = writing.tasks(work, progress, instance)
    work.record(writing.event(progress, ids))
    return Kept(progress, ids)


def _settle(work: UnitOfWork, first: Progress) -> None:
    """Bring what a move threw to those who catch it, and what they throw in turn.

    Raises:
        TooManyReached: more than REACH_LIMIT instances would move.
    """
    waiting = deque(_leaving(work, first))
    reached = 0
    while waiting:
        sender, thrown = waiting.popleft()
        if thrown.kind == "expect" and reached == REACH_LIMIT:
            continue  # the sweep goes on with what is kept
        found = deliveries.errands(work, thrown, sender.instance, REACH_LIMIT)
        if not found and thrown.kind == "message":
            mailbox.put_by(work, thrown, sender.instance)
        reached += len(found)
        if reached > REACH_LIMIT:
            raise TooManyReached(thrown.name, REACH_LIMIT)
        for errand in found:
            # One that was to move may have been cancelled by the move of one before it.
            if errand.loaded.status == instances.ACTIVE:
                progress = _advance(work, errand.loaded, errand.move, errand.act).progress
                waiting.extend(_leaving(work, progress))


def _leaving(work: UnitOfWork, progress: Progress) -> Iterator[tuple[Progress, Thrown]]:
    for thrown in (*progress.journal.thrown, *calls.returning(progress)):
        yield progress, thrown
    for name, key in mailbox.awaited(work, progress.awaits):
        yield progress, Thrown("expect", name, "", key)


def _awaits(
    loaded: instances.Loaded, instance: Instance, began: list[Waiting], after: list[Waiting]
) -> set[tuple[str, str]]:
    """Messages that it begins to wait for, or waits for again, with their keys.

    An instance that a message began makes room for the next with the same key when it ends.
    """
    if loaded.ended_at is not None:
        starts = instance.definition.starts if loaded.start_key else ()
        names = (start.trigger.name for start in starts if start.trigger.kind == "message")
        return {(name, loaded.start_key or "") for name in names}
    journal = instance.journal
    again = [w for w in after if journal.anew or w.element in journal.caught]
    return {(w.name, waits.key_of(loaded, w)) for w in (*began, *again) if w.kind == "message"}


def note(
    work: UnitOfWork,
    loaded: instances.Loaded,
    move: Move,
    changes: Mapping[str, tuple[object, object]],
) -> None:
    """Record something done to an instance that moves no token, and tell the subscribers."""
    definition = work.runtime.catalogue.process(work.connection, loaded.definition_id)
    progress = Progress(loaded, definition, move, Journal(), [], changes)
    for subscriber in work.runtime.subscribers:
        subscriber(work, progress)
    work.record(writing.event(progress, []))
