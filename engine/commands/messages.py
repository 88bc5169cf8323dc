"""Deliver messages to waiting instances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.commands.advance import Move, advance, keep, restore
from engine.commands.submission import submitted
from engine.errors import MessageNotExpected, NotOffered
from engine.store import instances, waits
from engine.store.unit_of_work import UnitOfWork


def correlate(
    work: UnitOfWork, name: str, key: str, variables: Mapping[str, object]
) -> dict[str, Any]:
    """Deliver a message to the instance that waits for it with this correlation key.

    An element whose message has no correlation key waits with the business key of its case.

    Raises:
        MessageNotExpected: nothing waits for it now.
    """
    for instance_id in waits.expecting(work, name, key):
        loaded = instances.lock(work, instance_id)
        if loaded.status == instances.ACTIVE:
            caught = _deliver(work, loaded, name, key, variables)
            return {"instance": instance_id, "caught": caught}
    raise MessageNotExpected(name, key)


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


def _deliver(
    work: UnitOfWork,
    loaded: instances.Loaded,
    name: str,
    key: str,
    variables: Mapping[str, object],
) -> list[str]:
    caught: list[str] = []
    move = Move("message.caught", f"message:{name}", details={"key": key, "values": variables})
    advance(work, loaded, move, lambda i: caught.extend(i.catch(name, key, variables)))
    return caught
