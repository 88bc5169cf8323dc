"""The sweep: fires what is due: timers of instances and start events, and jobs to be tried again.

The instance rows are the truth; a sweep that is late, doubled or killed loses and repeats nothing,
because each instance moves in a transaction of its own that also moves its next due moment.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from engine.commands.advance import Move, keep, restore
from engine.errors import EngineError
from engine.jobs import messages, starts
from engine.store import audit, instances, waits
from engine.store.unit_of_work import SYSTEM, Runtime, UnitOfWork

log = logging.getLogger("signalbox.sweep")

#: How many due instances are looked up at once.
BATCH = 200
#: What fires this much after its moment is marked late; a sweep comes round sooner.
LATE = timedelta(minutes=2)
#: Failed attempts in a row after which an instance is stalled until an operator helps.
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did."""

    fired: int
    failed: int


def run_due(runtime: Runtime) -> Swept:
    """Start the processes, deliver the messages and fire the timers that are due now."""
    fired, failed = map(sum, zip(starts.run_due(runtime), messages.run_due(runtime), strict=True))
    while due := _due(runtime):
        for instance_id in due:
            if _advance(runtime, instance_id):
                fired += 1
            else:
                failed += 1
    return Swept(fired, failed)


def _due(runtime: Runtime) -> Sequence[int]:
    with runtime.read() as reader:
        return waits.due(reader.connection, reader.now, BATCH)


def _advance(runtime: Runtime, instance_id: int) -> bool:
    try:
        runtime.run(SYSTEM, lambda work: fire(work, instance_id))
    except Exception as error:  # noqa: BLE001 - one instance that fails must not stop the others
        reason = (
            str(error) if isinstance(error, EngineError) else f"{type(error).__name__}: {error}"
        )
        log.warning(
            "Timer of instance %s failed: %s",
            instance_id,
            reason,
            extra={"action": "timer.failed", "instance": instance_id},
        )
        runtime.run(SYSTEM, lambda work: _put_off(work, instance_id, reason))
        return False
    return True


def fire(work: UnitOfWork, instance_id: int) -> None:
    """Fire what is due on one instance; nothing, where another sweep was faster."""
    loaded = instances.lock(work, instance_id)
    if loaded.next_due_at is None or loaded.next_due_at > work.now:
        return
    details: dict[str, object] = {"due": loaded.next_due_at.isoformat()}
    if (late := work.now - loaded.next_due_at) >= LATE:
        details["late_seconds"] = int(late.total_seconds())
    instance = restore(work, loaded)
    before = list(instance.waiting())
    fired = instance.fire_due()
    details["fired"] = [element for element, _ in fired]
    only_jobs = bool(fired) and all(was_job for _, was_job in fired)
    action = "job.retried" if only_jobs else "timer.fired"
    keep(work, loaded, Move(action, loaded.stream, details=details), instance, before)


def _put_off(work: UnitOfWork, instance_id: int, reason: str) -> None:
    loaded = instances.lock(work, instance_id)
    loaded.attempts += 1
    if loaded.attempts >= ATTEMPTS:
        loaded.status, loaded.next_due_at = instances.STALLED, None
    else:
        loaded.next_due_at = work.now + timedelta(minutes=2**loaded.attempts)
    details = {"reason": reason, "attempt": loaded.attempts, "status": loaded.status}
    work.record(audit.Draft(loaded.stream, "timer.failed", loaded.stream, details))
