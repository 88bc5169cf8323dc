"""Deliver messages to waiting instances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.bpmn.tokens import Thrown
from engine.commands import deliveries
from engine.commands.advance import REACH_LIMIT, Move, advance, keep, restore
from engine.commands.progress import Errand
from engine.commands.submission import submitted
from engine.errors import MessageNotExpected, NotOffered, TooManyReached
from engine.store import instances
from engine.store.unit_of_work import UnitOfWork


def correlate(
    work: UnitOfWork, name: str, key: str, variables: Mapping[str, object]
) -> dict[str, Any]:
    """Deliver a message to the instance that waits for it with this correlation key.

    An element whose message has no correlation key waits with the business key of its case. When
    no instance waits, every process that begins with the message starts.

    Raises:
        MessageNotExpected: nothing waits for it now, and no process begins with it.
    """
    thrown = Thrown("message", name, "", key, variables)
    found = deliveries.errands(work, thrown, None, REACH_LIMIT)
    if not found:
        raise MessageNotExpected(name, key)
    caught = [element for errand in found for element in _run(work, errand)]
    return {"instance": found[0].loaded.id, "caught": caught}


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
    clean = submitted(work, place.settings.properties.get("form", ""), loaded, values)
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
