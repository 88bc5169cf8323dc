"""Messages that are kept until somebody waits for them, they are dropped, or their time ends."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, bindparam, delete, exists, insert, or_, select, update

from engine.bpmn.tokens import Thrown
from engine.errors import NotFound
from engine.store.instances import ACTIVE, SUSPENDED
from engine.store.tables import instances, messages, subscriptions

if TYPE_CHECKING:
    from engine.store.unit_of_work import UnitOfWork

_WAITING = messages.c.caught_at.is_(None)
_SOME = select(exists(select(messages.c.id)))
_AWAITED = select(messages.c.name).where(
    _WAITING,
    messages.c.key == bindparam("key"),
    messages.c.name.in_(bindparam("names", expanding=True)),
    messages.c.expires_at > bindparam("now"),
)
_OLDEST = (
    select(messages)
    .where(
        _WAITING,
        messages.c.key == bindparam("key"),
        messages.c.name == bindparam("name"),
        messages.c.expires_at > bindparam("now"),
    )
    .order_by(messages.c.id)
    .limit(1)
    # One that another transaction is delivering or dropping is not there for this one.
    .with_for_update(skip_locked=True)
)
_SAME = select(messages).where(
    messages.c.name == bindparam("name"),
    messages.c.key == bindparam("key"),
    messages.c.message_id == bindparam("id"),
)


class MessageNotKept(NotFound):
    """A message is not kept any more: it was caught, dropped, or its time has ended."""

    code = "message.not-kept"

    def __init__(self, number: int) -> None:
        super().__init__(
            f"Message {number} is not kept any more: it was caught or dropped, or its time has "
            "ended. Reload the list; nothing was changed.",
        )


def keep(
    work: UnitOfWork,
    thrown: Thrown,
    key: str,
    *,
    instance_id: int | None = None,
    message_id: str | None = None,
    caught: bool = False,
) -> int:
    """Keep a message until `thrown.until`; answers its number.

    One that was caught at once is kept too where it has an id of its sender's.
    """
    row = {
        "name": thrown.name,
        "key": key,
        "message_id": message_id,
        "variables": dict(thrown.variables),
        "sender": work.actor.name,
        "instance_id": instance_id,
        "element": thrown.element or None,
        "published_at": work.now,
        "expires_at": thrown.until,
        "caught_at": work.now if caught else None,
    }
    number = work.connection.execute(insert(messages), row).inserted_primary_key
    return int(number[0]) if number else 0


def awaited(work: UnitOfWork, key: str, names: Collection[str]) -> set[str]:
    """Which of these messages are kept for whoever waits with this key."""
    given = {"key": key, "names": sorted(names), "now": work.now}
    return set(work.connection.execute(_AWAITED, given).scalars())


def oldest(work: UnitOfWork, name: str, key: str) -> Row[Any] | None:
    """The message of a name and key that was published first and is kept, locked."""
    given = {"key": key, "name": name, "now": work.now}
    return work.connection.execute(_OLDEST, given).first()


def catch(work: UnitOfWork, row: Row[Any]) -> None:
    """A kept message has been caught; one with an id of its sender's remains on record."""
    if row.message_id is None:
        remove(work, row)
    else:
        caught = update(messages).where(messages.c.id == row.id).values(caught_at=work.now)
        work.connection.execute(caught)


def remove(work: UnitOfWork, row: Row[Any]) -> None:
    """Forget a message."""
    work.connection.execute(delete(messages).where(messages.c.id == row.id))


def same(work: UnitOfWork, name: str, key: str, message_id: str) -> Row[Any] | None:
    """The message that was published before with this id of its sender's."""
    return work.connection.execute(_SAME, {"name": name, "key": key, "id": message_id}).first()


def lock(work: UnitOfWork, number: int) -> Row[Any]:
    """A message that is still kept for somebody, locked until the transaction ends.

    Raises:
        MessageNotKept: there is none.
    """
    query = select(messages).where(messages.c.id == number, _WAITING)
    row = work.connection.execute(query.with_for_update()).first()
    if row is None:
        raise MessageNotKept(number)
    return row


def some(connection: Connection) -> bool:
    """Whether any message is kept."""
    return bool(connection.execute(_SOME).scalar())


def expired(work: UnitOfWork, limit: int) -> Sequence[Row[Any]]:
    """Messages whose time has ended, locked."""
    query = select(messages).where(messages.c.expires_at <= work.now).order_by(messages.c.id)
    return work.connection.execute(query.limit(limit).with_for_update(skip_locked=True)).all()


def wanted(
    connection: Connection, now: datetime, starts: Iterable[tuple[str, str]]
) -> Sequence[tuple[str, str]]:
    """Names and keys of kept messages for which an instance waits or a process can begin.

    `starts` are processes with the message that begins each.
    """
    begins = [
        (messages.c.name == name) & ~_runs(process_id).correlate(messages) & ~_waits(SUSPENDED)
        for process_id, name in starts
    ]
    query = (
        select(messages.c.name, messages.c.key)
        .distinct()
        .where(_WAITING, messages.c.expires_at > now, or_(_waits(ACTIVE), *begins))
    )
    return [(row.name, row.key) for row in connection.execute(query)]


def _waits(status: str) -> Any:  # noqa: ANN401 - SQLAlchemy's own expression
    return exists().where(
        subscriptions.c.message == messages.c.name,
        subscriptions.c.key == messages.c.key,
        subscriptions.c.kind == "message",
        subscriptions.c.key != "",
        subscriptions.c.instance_id == instances.c.id,
        instances.c.status == status,
    )


def _runs(process_id: str) -> Any:  # noqa: ANN401 - SQLAlchemy's own expression
    return exists().where(
        instances.c.process_id == process_id,
        instances.c.start_key == messages.c.key,
        instances.c.start_key != "",
        instances.c.ended_at.is_(None),
    )
