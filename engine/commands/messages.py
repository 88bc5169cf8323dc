"""Deliver messages and signals to those who wait for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.bpmn import timers
from engine.bpmn.tokens import Thrown
from engine.commands import deliveries, mailbox
from engine.commands.advance import REACH_LIMIT, Move, advance, keep, restore
from engine.commands.errors import InstanceSuspended
from engine.commands.progress import Errand
from engine.commands.submission import signed, submitted
from engine.errors import (
    Conflict,
    MessageNotExpected,
    NotOffered,
    Rejected,
    TooManyReached,
)
from engine.store import instances
from engine.store import messages as kept
from engine.store.database import queue_for
from engine.store.unit_of_work import UnitOfWork

#: Characters of a message's name, key and id.
LONGEST_KEY = 200


class MessagePublishedBefore(Conflict):
    """A message with this id was published before, and its time has not ended."""

    code = "message.published-before"

    def __init__(self, message: str, key: str, message_id: str) -> None:
        super().__init__(
            f"Message '{message}' for '{key}' with the id '{message_id}' was published before. "
            "It counts once; nothing was changed.",
        )


def correlate(
    work: UnitOfWork, name: str, key: str, variables: Mapping[str, object]
) -> dict[str, Any]:
    """Deliver a message to the instance that waits for it with this correlation key.

    An element whose message has no correlation key waits with the business key of its case. When
    no instance waits, every process that begins with the message starts.

    Raises:
        InstanceSuspended: what waits for it is suspended.
        MessageNotExpected: nothing waits for it now, and no process begins with it.
    """
    thrown = Thrown("message", name, "", key, variables)
    answer = deliver(work, thrown)
    if answer["caught"]:
        return answer
    resting = deliveries.resting(work, name, key)
    if resting is not None:
        raise InstanceSuspended(resting)
    raise MessageNotExpected(name, key)


def publish(
    work: UnitOfWork,
    name: str,
    key: str,
    variables: Mapping[str, object],
    *,
    lives: str = timers.LIFETIME,
    message_id: str | None = None,
) -> dict[str, Any]:
    """Deliver a message as `correlate` does, or keep it for the first who waits for it in time.

    `lives` is an ISO 8601 duration, `PT0S` for now or never. A message with an id counts once as
    long as it lives, whether it was caught meanwhile or not.

    Raises:
        Rejected: the name is empty, name or key are too long, or the duration cannot be read.
        MessagePublishedBefore: one with the same name, key and id still lives.
    """
    thrown = Thrown("message", name, "", key, variables, until=_until(work, lives))
    if not name.strip() or max(map(len, (name, key, message_id or ""))) > LONGEST_KEY:
        raise Rejected(
            f"A message needs a name; name, key and id have at most {LONGEST_KEY} characters. "
            "Nothing was sent.",
        )
    if message_id:
        _refuse_second(work, name, key, message_id)
    answer = deliver(work, thrown)
    if not answer["caught"]:
        mailbox.put_by(work, thrown, None, message_id)
    elif message_id and thrown.until is not None:
        kept.keep(work, thrown, key, message_id=message_id, caught=True)
    return answer


def _until(work: UnitOfWork, lives: str) -> datetime | None:
    try:
        length = timers.lifetime(lives)
    except ValueError as wrong:
        raise Rejected(f"The message's {wrong} Nothing was sent.") from None
    return length.after(work.now) if length else None


def _refuse_second(work: UnitOfWork, name: str, key: str, message_id: str) -> None:
    # Of two that are sent at once the second waits here until the first is there to be seen.
    queue_for(work.connection, f"message:{name}:{key}:{message_id}")
    before = kept.same(work, name, key, message_id)
    if before is None:
        return
    if before.expires_at > work.now:
        raise MessagePublishedBefore(name, key, message_id)
    mailbox.forget(work, before)


def deliver(work: UnitOfWork, thrown: Thrown) -> dict[str, Any]:
    """Let everybody who catches something from outside move; where nobody does, nothing happens."""
    found = deliveries.errands(work, thrown, None, REACH_LIMIT)
    caught = [element for errand in found for element in _run(work, errand)]
    return {"instance": found[0].loaded.id if found else None, "caught": caught}


def signal(work: UnitOfWork, name: str, variables: Mapping[str, object]) -> dict[str, Any]:
    """Broadcast a signal to every instance that waits for it and every process it starts.

    Raises:
        TooManyReached: more than REACH_LIMIT instances would move.
    """
    thrown = Thrown("signal", name, "", None, variables)
    found = deliveries.errands(work, thrown, None, REACH_LIMIT)
    if len(found) > REACH_LIMIT:
        raise TooManyReached(name, REACH_LIMIT)
    for errand in found:
        _run(work, errand)
    return {"instances": [errand.loaded.id for errand in found]}


def send_offered(
    work: UnitOfWork, instance_id: int, element: str, values: Mapping[str, object]
) -> dict[str, Any]:
    """Send the message that an element waits for, as its diagram offers people to do.

    An element offers it by the property `offeredTo`; its property `form` names what to fill in.

    Raises:
        NotOffered: the diagram does not offer this to the actor.
        MessageNotExpected: the element does not wait now.
        FormRejected: the form refuses a value.
    """
    loaded = instances.lock(work, instance_id)
    instance = restore(work, loaded)
    place = instance.definition.drawing.places.get(element)
    if place is None or not instance.offers(element, work.actor.roles, work.actor.groups):
        raise NotOffered(element, work.actor.name)
    if all(waiting.element != element for waiting in instance.waiting()):
        raise MessageNotExpected(place.trigger.name, loaded.business_key or str(instance_id))
    properties = place.settings.properties
    clean = submitted(work, properties.get("form", ""), loaded, values)
    clean |= signed(properties, work.actor)
    before = list(instance.waiting())
    instance.catch_at(element, clean)
    subject = f"message:{place.trigger.name}"
    keep(work, loaded, Move("message.sent", subject, element, {"values": clean}), instance, before)
    return {"instance": instance_id, "caught": [element]}


def _run(work: UnitOfWork, errand: Errand) -> list[str]:
    if errand.loaded.status != instances.ACTIVE:
        return []  # cancelled by an instance that heard the same signal before it
    kept = advance(work, errand.loaded, errand.move, errand.act)
    return kept.progress.journal.caught
