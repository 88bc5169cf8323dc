"""What becomes of kept messages by themselves: late deliveries, and the end of their time.

An instance that begins to wait takes what is kept for it in its own transaction. What is left for
the sweep came to be in two transactions at once, was too much for one, or waits for an instance
that goes on again or a process deployed since.
"""

from __future__ import annotations

import logging

from engine.bpmn.tokens import Thrown
from engine.commands import mailbox, messages
from engine.errors import EngineError
from engine.store import messages as kept
from engine.store.unit_of_work import SYSTEM, Reader, Runtime

log = logging.getLogger("signalbox.messages")


def run_due(runtime: Runtime) -> tuple[int, int]:
    """Deliver what somebody waits for, then forget what has expired.

    Answers how many were delivered and how many could not be: those are tried again next time.
    """
    with runtime.read() as reader:
        if not kept.some(reader.connection):
            return 0, 0
        wanted = kept.wanted(reader.connection, reader.now, _starts(reader))
    delivered = failed = 0
    for name, key in wanted:
        try:
            delivered += _deliver(runtime, name, key)
        except Exception as error:  # noqa: BLE001 - one that fails must not stop the others
            ours = isinstance(error, EngineError)
            reason = str(error) if ours else f"{type(error).__name__}: {error}"
            extra = {"action": "message.failed", "message": name}
            log.warning("Message '%s' for '%s' failed: %s", name, key, reason, extra=extra)
            failed += 1
    while runtime.run(SYSTEM, mailbox.expire) == mailbox.BATCH:
        pass
    return delivered, failed


def _deliver(runtime: Runtime, name: str, key: str) -> int:
    delivered = 0
    thrown = Thrown("expect", name, "", key)
    while runtime.run(SYSTEM, lambda work: messages.deliver(work, thrown))["caught"]:
        delivered += 1
    return delivered


def _starts(reader: Reader) -> list[tuple[str, str]]:
    """Each process that may begin with a message now, and that message."""
    catalogue = reader.runtime.catalogue
    active = catalogue.active(reader.connection)
    return [
        (process_id, start.trigger.name)
        for process_id in active.keys("process")
        if active.ids["process", process_id] not in active.suspended
        for start in catalogue.process(reader.connection, active.ids["process", process_id]).starts
        if start.trigger.kind == "message"
    ]
