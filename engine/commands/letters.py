"""What becomes of letters that are held or were given up: an admin sends or drops them."""

from __future__ import annotations

from typing import Any

from engine.errors import Conflict, Rejected
from engine.store import audit, outbox
from engine.store.unit_of_work import UnitOfWork


class LetterNotHeld(Conflict):
    """A letter waits for no decision: it was sent, dropped or released, or never written."""

    code = "letter.not-held"

    def __init__(self, letter: int) -> None:
        super().__init__(
            f"Letter {letter} is neither held nor given up, so there is nothing to decide. "
            "Reload the list; nothing was changed.",
        )


def release(work: UnitOfWork, letter: int, reason: str) -> dict[str, Any]:
    """Send a letter after all, trying as often as a new one.

    Raises:
        Rejected: no reason was given.
        LetterNotHeld: it is neither held nor given up.
    """
    _decide(work, letter, "letter.released", reason)
    outbox.settle(work, letter, outbox.PENDING, next_attempt_at=work.now, attempts=0)
    return {"letter": letter}


def drop(work: UnitOfWork, letter: int, reason: str) -> dict[str, Any]:
    """Never send a letter; it stays on the page.

    Raises:
        Rejected: no reason was given.
        LetterNotHeld: it is neither held nor given up.
    """
    _decide(work, letter, "letter.dropped", reason)
    outbox.settle(work, letter, outbox.DROPPED, next_attempt_at=None)
    return {"letter": letter}


def _decide(work: UnitOfWork, letter: int, action: str, reason: str) -> None:
    if not reason.strip():
        raise Rejected("What becomes of a letter needs a reason. Say why; nothing was changed.")
    row = outbox.lock(work, letter)
    if row is None or row.state not in (outbox.HELD, outbox.DEAD):
        raise LetterNotHeld(letter)
    details = {
        "reason": reason,
        "was": row.state,
        "recipient": row.recipient,
        "subject": row.subject,
        "case": row.business_key,
    }
    work.record(audit.Draft("system", action, f"letter:{letter}", details))
