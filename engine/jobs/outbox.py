"""Sends what is in the outbox: at least once, with back-off; what fails for good stays, dead."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Row

from engine.store import outbox
from engine.store.unit_of_work import SYSTEM, Runtime, UnitOfWork

log = logging.getLogger("signalbox.outbox")

BATCH = 50
#: Waits between attempts; after the last one the letter is dead.
BACKOFF = (1, 5, 30, 120, 720)  # minutes

#: Sends one letter or raises; answers False where no way out is configured.
Sender = Callable[[outbox.Letter], bool]


def deliver(runtime: Runtime, send: Sender) -> int:
    """Send every letter whose time has come; answers how many left."""
    sent = 0
    while rows := runtime.run(SYSTEM, _claim):
        for row in rows:
            sent += _deliver(runtime, send, row)
    return sent


def _claim(work: UnitOfWork) -> list[Row[tuple[object, ...]]]:
    """Take letters and put their next attempt off, so that a second deliverer leaves them alone."""
    rows = list(outbox.pending(work, work.now, BATCH))
    for row in rows:
        minutes = BACKOFF[min(row.attempts, len(BACKOFF) - 1)]
        later = work.now + timedelta(minutes=minutes)
        attempts = row.attempts + 1
        outbox.settle(work, row.id, outbox.PENDING, next_attempt_at=later, attempts=attempts)
    return rows


def _deliver(runtime: Runtime, send: Sender, row: Row[tuple[object, ...]]) -> bool:
    letter = outbox.Letter(
        row.key, row.channel, row.recipient, row.subject, row.body, row.business_key
    )
    try:
        left = send(letter)
    except Exception as error:  # noqa: BLE001 - whatever a mail server does must not stop the others
        _note_failure(runtime, row, f"{type(error).__name__}: {error}")
        return False
    state = outbox.SENT if left else outbox.HELD
    runtime.run(
        SYSTEM,
        lambda work: outbox.settle(
            work, row.id, state, sent_at=work.now if left else None, next_attempt_at=None
        ),
    )
    return left


def _note_failure(runtime: Runtime, row: Row[tuple[object, ...]], reason: str) -> None:
    given_up = row.attempts >= len(BACKOFF)
    state = outbox.DEAD if given_up else outbox.PENDING
    log.warning(
        "Letter %s to %s failed: %s",
        row.id,
        row.recipient,
        reason,
        extra={"action": "letter.failed", "letter": row.id},
    )
    runtime.run(SYSTEM, lambda work: outbox.settle(work, row.id, state, error=reason))
