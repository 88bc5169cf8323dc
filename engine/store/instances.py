"""Instance rows: locked while a unit of work uses them, written once at its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy import delete as remove

from engine.errors import InstanceChanged, InstanceNotFound, TaskNotFound
from engine.store.audit import GENESIS
from engine.store.tables import (
    instances,
    jobs,
    messages,
    subscriptions,
    timers,
    user_tasks,
    worklist,
)

if TYPE_CHECKING:
    from engine.store.unit_of_work import UnitOfWork

ACTIVE, SUSPENDED, STALLED = "active", "suspended", "stalled"
COMPLETED, CANCELLED = "completed", "cancelled"
#: Those that have not ended.
RUNNING = frozenset({ACTIVE, SUSPENDED, STALLED})

_COLUMNS = (
    instances.c.id,
    instances.c.definition_id,
    instances.c.process_id,
    instances.c.business_key,
    instances.c.status,
    instances.c.revision,
    instances.c.state,
    instances.c.variables,
    instances.c.next_due_at,
    instances.c.attempts,
    instances.c.audit_seq,
    instances.c.audit_hash,
    instances.c.ended_at,
    instances.c.parent_id,
    instances.c.parent_token,
    instances.c.suspended_at,
    instances.c.start_key,
)
_BY_ID = select(*_COLUMNS).where(instances.c.id == bindparam("id")).with_for_update()
_OF_TASK = (
    select(*_COLUMNS)
    .where(
        instances.c.id
        == select(user_tasks.c.instance_id)
        .where(user_tasks.c.id == bindparam("task"))
        .scalar_subquery()
    )
    .with_for_update()
)
_INSERT = insert(instances)
_SAVED = (
    "definition_id",
    "status",
    "state",
    "variables",
    "next_due_at",
    "attempts",
    "audit_seq",
    "audit_hash",
    "ended_at",
    "suspended_at",
)
_UPDATE = (
    update(instances)
    .where(instances.c.id == bindparam("b_id"), instances.c.revision == bindparam("b_revision"))
    .values({name: bindparam(name) for name in (*_SAVED, "changed_by", "revision")})
)


@dataclass(slots=True)
class Loaded:
    """An instance row in the hands of a unit of work; written when `dirty`."""

    id: int
    definition_id: int
    process_id: str
    business_key: str | None
    status: str
    revision: int
    state: bytes | None
    variables: dict[str, Any]
    next_due_at: datetime | None
    attempts: int
    audit_seq: int
    audit_hash: str
    ended_at: datetime | None
    parent_id: int | None = None  #: the instance that called it
    parent_token: int | None = None
    suspended_at: datetime | None = None
    start_key: str | None = None  #: correlation key of the message that began it
    stream: str = field(init=False)

    def __post_init__(self) -> None:
        self.stream = f"instance:{self.id}"


def create(
    work: UnitOfWork,
    definition_id: int,
    process_id: str,
    business_key: str | None,
    variables: dict[str, Any],
    caller: tuple[int, int] | None = None,
    start_key: str | None = None,
) -> Loaded:
    """A new active instance without tokens; `caller` is an instance and its calling token."""
    parent_id, parent_token = caller or (None, None)
    row = {
        "definition_id": definition_id,
        "process_id": process_id,
        "business_key": business_key,
        "status": ACTIVE,
        "revision": 0,
        "state": None,
        "variables": variables,
        "started_by": work.actor.name,
        "started_at": work.now,
        "ended_at": None,
        "next_due_at": None,
        "attempts": 0,
        "changed_by": work.actor.name,
        "audit_seq": 0,
        "audit_hash": GENESIS,
        "parent_id": parent_id,
        "parent_token": parent_token,
        "suspended_at": None,
        "start_key": start_key,
    }
    key = work.connection.execute(_INSERT, row).inserted_primary_key
    kept = {name: row[name] for name in Loaded.__dataclass_fields__ if name in row}
    loaded = Loaded(id=key[0] if key else 0, **kept)  # type: ignore[arg-type]
    work.loaded[loaded.id] = loaded
    return loaded


def lock(work: UnitOfWork, instance_id: int) -> Loaded:
    """The instance's row, locked until the transaction ends.

    Raises:
        InstanceNotFound: there is none.
    """
    if instance_id not in work.loaded:
        row = work.connection.execute(_BY_ID, {"id": instance_id}).first()
        if row is None:
            raise InstanceNotFound(instance_id)
        work.loaded[instance_id] = Loaded(*row)  # type: ignore[call-arg]
    return work.loaded[instance_id]


def called_by(work: UnitOfWork, parent_id: int, token: int) -> Loaded | None:
    """The running instance that a token of a call activity called, locked."""
    query = select(instances.c.id).where(
        instances.c.parent_id == parent_id,
        instances.c.parent_token == token,
        instances.c.ended_at.is_(None),
    )
    found = work.connection.execute(query).scalar()
    return None if found is None else lock(work, found)


def family(work: UnitOfWork, loaded: Loaded) -> list[Loaded]:
    """An instance and all that it has called, they too, locked; callers come first."""
    found = [loaded]
    for caller in found:
        query = select(instances.c.id).where(instances.c.parent_id == caller.id)
        called = work.connection.execute(query.order_by(instances.c.id)).scalars().all()
        found.extend(lock(work, instance_id) for instance_id in called)
    return found


def delete(work: UnitOfWork, loaded: Loaded) -> None:
    """Remove an instance and everything the engine keeps beside it but the audit trail."""
    del work.loaded[loaded.id]
    tasks = select(user_tasks.c.id).where(user_tasks.c.instance_id == loaded.id)
    for statement in (
        remove(worklist).where(worklist.c.task_id.in_(tasks.scalar_subquery())),
        remove(user_tasks).where(user_tasks.c.instance_id == loaded.id),
        remove(jobs).where(jobs.c.instance_id == loaded.id),
        remove(timers).where(timers.c.instance_id == loaded.id),
        remove(subscriptions).where(subscriptions.c.instance_id == loaded.id),
        # What its diagram threw and is kept lives on: it is for others.
        update(messages).where(messages.c.instance_id == loaded.id).values(instance_id=None),
        remove(instances).where(instances.c.id == loaded.id),
    ):
        work.connection.execute(statement)


def runs(work: UnitOfWork, process_id: str, start_key: str) -> bool:
    """Whether an instance of a process that a message with this key began still goes on."""
    query = select(instances.c.id).where(
        instances.c.process_id == process_id,
        instances.c.start_key == start_key,
        instances.c.ended_at.is_(None),
    )
    # What has ended in this unit of work is not written yet.
    found = work.connection.execute(query).scalars().all()
    return any(i not in work.loaded or work.loaded[i].ended_at is None for i in found)


def lock_of_task(work: UnitOfWork, task_id: int) -> Loaded:
    """The row of the instance a task belongs to, locked before anybody looks at the task.

    Everybody locks the instance first, so that two commands neither pass nor block each other.

    Raises:
        TaskNotFound: there is no such task.
    """
    row = work.connection.execute(_OF_TASK, {"task": task_id}).first()
    if row is None:
        raise TaskNotFound(task_id)
    return work.loaded.setdefault(row.id, Loaded(*row))  # type: ignore[call-arg]


def save(work: UnitOfWork) -> None:
    """Write every instance that the unit of work loaded.

    Raises:
        InstanceChanged: somebody else wrote it since.
    """
    for loaded in work.loaded.values():
        values = {name: getattr(loaded, name) for name in _SAVED}
        values |= {
            "b_id": loaded.id,
            "b_revision": loaded.revision,
            "revision": loaded.revision + 1,
            "changed_by": work.actor.name,
        }
        if work.connection.execute(_UPDATE, values).rowcount != 1:
            raise InstanceChanged(loaded.id, changed_by(work, loaded.id))


def changed_by(work: UnitOfWork, instance_id: int) -> str:
    """Who wrote an instance last."""
    query = select(instances.c.changed_by).where(instances.c.id == instance_id)
    return work.connection.execute(query).scalar() or "?"
