"""Deliver messages to waiting instances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.commands.advance import Move, advance
from engine.errors import MessageNotExpected
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
