"""Starts the processes whose timer start event is due, once for each, however late."""

from __future__ import annotations

import logging

from engine.commands import instances
from engine.errors import EngineError
from engine.store import audit, start_timers
from engine.store.unit_of_work import SYSTEM, Runtime, UnitOfWork

log = logging.getLogger("signalbox.starts")


def run_due(runtime: Runtime) -> tuple[int, int]:
    """Start what is due; answers how many started and how many failed.

    A start that fails is on record and left out: its timer goes on to the next moment.
    """
    with runtime.read() as reader:
        due = start_timers.due(reader.connection, reader.now)
    started = failed = 0
    for row in due:
        if _start(runtime, row.definition_id, row.element):
            started += 1
        else:
            failed += 1
    return started, failed


def _start(runtime: Runtime, definition_id: int, element: str) -> bool:
    try:
        runtime.run(SYSTEM, lambda work: instances.start_due(work, definition_id, element))
    except Exception as error:  # noqa: BLE001 - one start that fails must not stop the others
        ours = isinstance(error, EngineError)
        reason = str(error) if ours else f"{type(error).__name__}: {error}"
        extra = {"action": "start.failed", "definition": definition_id}
        log.warning("Start '%s' failed: %s", element, reason, extra=extra)
        runtime.run(SYSTEM, lambda work: _leave_out(work, definition_id, element, reason))
        return False
    return True


def _leave_out(work: UnitOfWork, definition_id: int, element: str, reason: str) -> None:
    start_timers.take(work, definition_id, element)
    subject = f"definition:{definition_id}"
    details = {"reason": reason}
    draft = audit.Draft("system", "start.failed", subject, details, element, definition_id)
    work.record(draft)
