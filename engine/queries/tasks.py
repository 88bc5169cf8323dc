"""Worklists and single user tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, func, or_, select

from engine.errors import TaskNotFound
from engine.store import user_tasks as store
from engine.store.tables import user_tasks, worklist
from engine.store.unit_of_work import Reader


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A user task as lists and pages show it."""

    id: int
    instance_id: int
    business_key: str | None
    process_id: str
    element: str
    name: str
    form: str
    lane: str
    assignee: str | None
    candidates: tuple[str, ...]  #: `group:network`, `person:ann`
    priority: int  #: 0 first, 100 last
    due_at: datetime | None
    state: str  #: open, completed, withdrawn
    created_at: datetime
    closed_at: datetime | None
    closed_by: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a worklist."""

    rows: tuple[TaskRow, ...]
    next: str | None  #: cursor of the following page; None on the last


@dataclass(frozen=True, slots=True)
class Filter:
    """Which tasks of a worklist to show."""

    claimed: bool | None = None  #: None shows both
    process: str | None = None
    priority: int | None = None
    overdue: bool = False


def worklist_page(
    reader: Reader,
    owners: Sequence[str],
    wanted: Filter | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page:
    """Open tasks of persons and groups, by priority, then due moment, then age.

    `owners` are `person:ann` or `group:network`; a cursor comes from the page before.
    """
    wanted = wanted or Filter()
    chosen: dict[int, tuple[int, datetime, int]] = {}
    for owner in owners:
        for claimed in (False, True) if wanted.claimed is None else (wanted.claimed,):
            query = _slice(reader, owner, wanted, after, claimed=claimed).limit(limit + 1)
            for row in reader.connection.execute(query):
                chosen[row.task_id] = (row.priority, row.due_at, row.task_id)
    keys = sorted(chosen.values())[: limit + 1]
    more = len(keys) > limit
    rows = _rows(reader, [key[2] for key in keys[:limit]])
    return Page(rows, _cursor(keys[limit - 1]) if more else None)


def _slice(
    reader: Reader, owner: str, wanted: Filter, after: str | None, *, claimed: bool
) -> Select[Any]:
    # One index range per owner: a single IN over all groups would sort every open task.
    listed = worklist.c
    query = (
        select(listed.task_id, listed.priority, listed.due_at)
        .where(listed.owner == owner, listed.claimed == claimed)
        .order_by(listed.priority, listed.due_at, listed.task_id)
    )
    if wanted.priority is not None:
        query = query.where(listed.priority == wanted.priority)
    if wanted.overdue:
        query = query.where(listed.due_at < reader.now)
    if wanted.process is not None:
        query = query.join(user_tasks, user_tasks.c.id == listed.task_id)
        query = query.where(user_tasks.c.process_id == wanted.process)
    if after is not None:
        query = query.where(_after(after))
    return query


def _after(cursor: str) -> Any:  # noqa: ANN401 - a SQL condition
    priority_text, due_text, task_text = cursor.split("_", 2)
    priority, task = int(priority_text), int(task_text)
    due = datetime.fromisoformat(due_text)
    listed = worklist.c
    return or_(
        listed.priority > priority,
        and_(listed.priority == priority, listed.due_at > due),
        and_(listed.priority == priority, listed.due_at == due, listed.task_id > task),
    )


def _cursor(key: tuple[int, datetime, int]) -> str:
    priority, due, task = key
    return f"{priority}_{due.isoformat()}_{task}"


def _rows(reader: Reader, ids: Sequence[int]) -> tuple[TaskRow, ...]:
    if not ids:
        return ()
    query = select(user_tasks).where(user_tasks.c.id.in_(ids))
    found = {row.id: _row(row) for row in reader.connection.execute(query)}
    return tuple(found[i] for i in ids)


def _row(row: Row[Any]) -> TaskRow:
    return TaskRow(
        id=row.id,
        instance_id=row.instance_id,
        business_key=row.business_key,
        process_id=row.process_id,
        element=row.element,
        name=row.name,
        form=row.form,
        lane=row.lane,
        assignee=row.assignee,
        candidates=tuple(row.candidates),
        priority=row.priority,
        due_at=row.due_at,
        state=row.state,
        created_at=row.created_at,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
    )


def get(reader: Reader, task_id: int) -> TaskRow:
    """One task in any state.

    Raises:
        TaskNotFound: there is none.
    """
    row = reader.connection.execute(select(user_tasks).where(user_tasks.c.id == task_id)).first()
    if row is None:
        raise TaskNotFound(task_id)
    return _row(row)


def open_for_instance(reader: Reader, instance_id: int) -> list[TaskRow]:
    """Open tasks of an instance, oldest first."""
    query = (
        select(user_tasks)
        .where(user_tasks.c.instance_id == instance_id, user_tasks.c.state == store.OPEN)
        .order_by(user_tasks.c.id)
    )
    return [_row(row) for row in reader.connection.execute(query)]


def form(reader: Reader, task: TaskRow) -> Mapping[str, Any] | None:
    """The form-js schema of a task; None where it has no form."""
    if not task.form:
        return None
    return reader.runtime.catalogue.document(reader.connection, "form", task.form)


def counts(reader: Reader, owners: Sequence[str]) -> dict[str, int]:
    """How many unclaimed (`group:…`) or own (`person:…`) tasks each owner has."""
    result = dict.fromkeys(owners, 0)
    query = (
        select(worklist.c.owner, func.count())
        .where(worklist.c.owner.in_(owners))
        .where(or_(worklist.c.owner.like("person:%"), ~worklist.c.claimed))
        .group_by(worklist.c.owner)
    )
    result.update((row[0], row[1]) for row in reader.connection.execute(query))
    return result
