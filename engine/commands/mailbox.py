"""Messages that nobody waits for now: kept for a time, then caught, dropped or expired.

Every one of them ends in the audit trail: in that of the instance whose diagram threw it, in the
system's where it came from outside.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Row

from engine.bpmn.tokens import Thrown
from engine.commands import deliveries
from engine.errors import Rejected
from engine.store import audit, instances, messages
from engine.store.unit_of_work import UnitOfWork

SYSTEM = "system"
#: Messages that one transaction expires.
BATCH = 100


def put_by(
    work: UnitOfWork,
    thrown: Thrown,
    sender: instances.Loaded | None,
    message_id: str | None = None,
) -> None:
    """Keep a message that nobody waits for as long as it says; put on record what became of it."""
    key = deliveries.key_of(thrown, sender)
    details: dict[str, object] = {"key": key, "values": dict(thrown.variables)}
    action = "message.undelivered"
    if thrown.until is not None:
        instance_id = sender.id if sender else None
        messages.keep(work, thrown, key, instance_id=instance_id, message_id=message_id)
        action, details["until"] = "message.kept", thrown.until.isoformat()
    draft = audit.Draft(
        stream=sender.stream if sender else SYSTEM,
        action=action,
        subject=f"message:{thrown.name}",
        element=thrown.element or None,
        definition_id=sender.definition_id if sender else None,
        details={name: value for name, value in details.items() if value},
    )
    work.record(draft)


def awaited(work: UnitOfWork, waits: Collection[tuple[str, str]]) -> list[tuple[str, str]]:
    """Which of these messages, each a name and a key, are kept; one look-up for each key."""
    names = defaultdict[str, set[str]](set)
    for name, key in waits:
        if key:
            names[key].add(name)
    found = ((key, messages.awaited(work, key, called)) for key, called in names.items())
    return [(name, key) for key, kept in found for name in sorted(kept)]


def drop(work: UnitOfWork, number: int, reason: str) -> dict[str, Any]:
    """Forget a message that is kept for somebody.

    Raises:
        Rejected: no reason was given.
        MessageNotKept: it is not kept any more.
    """
    if not reason.strip():
        raise Rejected("A message is dropped with a reason. Say why; nothing was changed.")
    row = messages.lock(work, number)
    messages.remove(work, row)
    _gone(work, row, "message.dropped", {"reason": reason})
    return {"message": number}


def expire(work: UnitOfWork) -> int:
    """Forget a batch of messages whose time has ended; answers how many there were."""
    rows = messages.expired(work, BATCH)
    for row in rows:
        forget(work, row)
    return len(rows)


def forget(work: UnitOfWork, row: Row[Any]) -> None:
    """Remove a message whose time has ended; one that nobody caught is put on record."""
    messages.remove(work, row)
    if row.caught_at is None:
        _gone(work, row, "message.expired", {})


def _gone(work: UnitOfWork, row: Row[Any], action: str, more: Mapping[str, object]) -> None:
    loaded = None if row.instance_id is None else instances.lock(work, row.instance_id)
    details = {
        "key": row.key,
        "sender": row.sender,
        "published": row.published_at.isoformat(),
        "until": row.expires_at.isoformat(),
        **more,
    }
    draft = audit.Draft(
        stream=loaded.stream if loaded else SYSTEM,
        action=action,
        subject=f"message:{row.name}",
        element=row.element,
        definition_id=loaded.definition_id if loaded else None,
        details=details,
    )
    work.record(draft)
