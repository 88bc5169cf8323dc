"""Timers and subscriptions as rows, so that a sweep or a message finds its instances."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, delete, insert, select

from engine.bpmn.instance import Waiting
from engine.store.instances import Loaded
from engine.store.tables import instances, subscriptions, timers

if TYPE_CHECKING:
    from engine.store.unit_of_work import UnitOfWork

_DROP_TIMER = delete(timers).where(
    timers.c.instance_id == bindparam("i"), timers.c.token == bindparam("t")
)
_DROP_SUBSCRIPTION = delete(subscriptions).where(
    subscriptions.c.instance_id == bindparam("i"), subscriptions.c.token == bindparam("t")
)
_DUE = (
    select(instances.c.id)
    .where(
        instances.c.next_due_at.is_not(None),
        instances.c.next_due_at <= bindparam("now"),
        instances.c.status == "active",
    )
    .order_by(instances.c.next_due_at, instances.c.id)
    .limit(bindparam("limit"))
)
_HEARING = (
    select(subscriptions.c.instance_id)
    .distinct()
    .where(subscriptions.c.message == bindparam("name"), subscriptions.c.kind == "signal")
    .order_by(subscriptions.c.instance_id)
    .limit(bindparam("limit"))
)
_EXPECTING = (
    select(subscriptions.c.instance_id, subscriptions.c.token)
    .where(
        subscriptions.c.message == bindparam("name"),
        subscriptions.c.key == bindparam("key"),
        subscriptions.c.kind == "message",
    )
    .order_by(subscriptions.c.instance_id, subscriptions.c.token)
    .limit(100)  # those that wait for one message with one key are few
)
_HOLDS = select(subscriptions.c.message, subscriptions.c.key).where(
    subscriptions.c.instance_id == bindparam("i"), subscriptions.c.token == bindparam("t")
)


def replace(
    work: UnitOfWork, loaded: Loaded, before: Sequence[Waiting], after: Sequence[Waiting]
) -> list[Waiting]:
    """Make the rows of an instance those of `after`, touching what differs; answers the new."""
    instance_id = loaded.id
    gone = [w for w in before if w not in after]
    new = [w for w in after if w not in before]
    gone, new = ([w for w in some if w.kind != "job"] for some in (gone, new))
    for statement, rows in (
        (_DROP_TIMER, [_key(instance_id, w) for w in gone if w.due]),
        (_DROP_SUBSCRIPTION, [_key(instance_id, w) for w in gone if w.name]),
        (insert(timers), [_timer(instance_id, w) for w in new if w.due]),
        (insert(subscriptions), [_subscription(loaded, w) for w in new if w.name]),
    ):
        if rows:
            work.connection.execute(statement, rows)
    return new


def _key(instance_id: int, waiting: Waiting) -> dict[str, object]:
    return {"i": instance_id, "t": waiting.token}


def _timer(instance_id: int, waiting: Waiting) -> dict[str, object]:
    return {
        "instance_id": instance_id,
        "token": waiting.token,
        "element": waiting.element,
        "due_at": waiting.due,
    }


def _subscription(loaded: Loaded, waiting: Waiting) -> dict[str, object]:
    return {
        "instance_id": loaded.id,
        "token": waiting.token,
        "element": waiting.element,
        "kind": waiting.kind,
        "message": waiting.name,
        "key": key_of(loaded, waiting),
    }


def key_of(loaded: Loaded, waiting: Waiting) -> str:
    """The correlation key with which an instance waits; empty for signals, and where it has none.

    A message without a correlation key of its own waits with the instance's business key.
    """
    return "" if waiting.kind == "signal" else waiting.key or loaded.business_key or ""


def due(connection: Connection, now: datetime, limit: int) -> Sequence[int]:
    """Ids of active instances with a timer due, the earliest first."""
    return connection.execute(_DUE, {"now": now, "limit": limit}).scalars().all()


def hearing(work: UnitOfWork, signal: str, limit: int) -> Sequence[int]:
    """Ids of instances that wait for a signal."""
    given = {"name": signal, "limit": limit}
    return work.connection.execute(_HEARING, given).scalars().all()


def expecting(work: UnitOfWork, message: str, key: str) -> Sequence[tuple[int, int]]:
    """Instances and their tokens that wait for a message with a correlation key.

    An empty key correlates with nobody: an instance without one would get it by accident.
    """
    if not key:
        return ()
    rows = work.connection.execute(_EXPECTING, {"name": message, "key": key})
    return [(row.instance_id, row.token) for row in rows]


def expects(work: UnitOfWork, place: tuple[int, int], message: str, key: str) -> bool:
    """Whether a token of an instance still waits for a message."""
    row = work.connection.execute(_HOLDS, {"i": place[0], "t": place[1]}).first()
    return row is not None and (row.message, row.key) == (message, key)
