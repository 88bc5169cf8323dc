"""User task rows, and the worklist that says who sees which open task in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, bindparam, delete, insert, select, update

from engine.store.tables import user_tasks, worklist

if TYPE_CHECKING:
    from engine.store.unit_of_work import UnitOfWork

OPEN, COMPLETED, WITHDRAWN = "open", "completed", "withdrawn"
#: Sorts after every due moment: tasks without one come last within their priority.
NEVER = datetime(9999, 1, 1, tzinfo=UTC)

_INSERT = insert(user_tasks)
_LIST = insert(worklist)
_UNLIST = delete(worklist).where(worklist.c.task_id == bindparam("task"))
_CLOSE = (
    update(user_tasks)
    .where(user_tasks.c.id == bindparam("task"))
    .values(state=bindparam("to"), closed_at=bindparam("at"), closed_by=bindparam("by"))
)
#: Sets the columns that are given beside `task`.
_CHANGE = update(user_tasks).where(user_tasks.c.id == bindparam("task"))
_GET = select(user_tasks).where(user_tasks.c.id == bindparam("task"))
_OPEN_OF = select(user_tasks).where(
    user_tasks.c.instance_id == bindparam("instance"), user_tasks.c.state == OPEN
)


@dataclass(frozen=True, slots=True)
class New:
    """A user task to be written."""

    token: int
    element: str
    name: str
    lane: str
    form: str
    assignee: str | None
    candidates: tuple[str, ...]  #: `group:network`, `person:ann`
    priority: int
    due_at: datetime | None


def add(work: UnitOfWork, instance: tuple[int, str, str | None], tasks: Sequence[New]) -> list[int]:
    """Write new open tasks of an instance (id, process id, business key); answers their ids."""
    instance_id, process_id, business_key = instance
    work.open_tasks.clear()
    ids = []
    for task in tasks:
        row = {
            "instance_id": instance_id,
            "token": task.token,
            "element": task.element,
            "name": task.name,
            "process_id": process_id,
            "business_key": business_key,
            "lane": task.lane,
            "form": task.form,
            "assignee": task.assignee,
            "candidates": list(task.candidates),
            "priority": task.priority,
            "due_at": task.due_at,
            "state": OPEN,
            "created_at": work.now,
        }
        key = work.connection.execute(_INSERT, row).inserted_primary_key
        ids.append(int(key[0]) if key else 0)
        _offer(work, ids[-1], row)
    return ids


def _offer(work: UnitOfWork, task_id: int, row: Mapping[str, Any]) -> None:
    assignee = row["assignee"]
    owners = [(owner, assignee is not None) for owner in row["candidates"]]
    if assignee is not None:
        owners.append((f"person:{assignee}", True))
    rows = [
        {
            "owner": owner,
            "claimed": claimed,
            "priority": row["priority"],
            "due_at": row["due_at"] or NEVER,
            "task_id": task_id,
        }
        for owner, claimed in dict(owners).items()
    ]
    if rows:
        work.connection.execute(_LIST, rows)


def close(work: UnitOfWork, task_ids: Iterable[int], to: str, by: str | None) -> None:
    """Mark tasks completed or withdrawn and take them off every list."""
    rows = [{"task": task, "to": to, "at": work.now, "by": by} for task in task_ids]
    if rows:
        work.open_tasks.clear()
        work.connection.execute(_CLOSE, rows)
        work.connection.execute(_UNLIST, [{"task": row["task"]} for row in rows])


def get(work: UnitOfWork, instance_id: int, task_id: int) -> Row[Any]:
    """The row of a task of an instance."""
    found = (row for row in open_of(work, instance_id) if row.id == task_id)
    row = next(found, None)
    return work.connection.execute(_GET, {"task": task_id}).one() if row is None else row


def open_of(work: UnitOfWork, instance_id: int) -> Sequence[Row[Any]]:
    """Rows of the open tasks of an instance."""
    if instance_id not in work.open_tasks:
        rows = work.connection.execute(_OPEN_OF, {"instance": instance_id}).all()
        work.open_tasks[instance_id] = rows
    return work.open_tasks[instance_id]


def change(work: UnitOfWork, task: Row[Any], **values: object) -> None:
    """Change assignee, priority or due moment of an open task, and its place in the lists."""
    work.open_tasks.clear()
    work.connection.execute(_CHANGE, {**values, "task": task.id})
    work.connection.execute(_UNLIST, {"task": task.id})
    _offer(work, task.id, {**task._mapping, **values})  # noqa: SLF001 - SQLAlchemy's public name
