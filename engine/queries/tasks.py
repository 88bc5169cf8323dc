"""Worklists and single user tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    false,
    func,
    or_,
    select,
    union,
)

from engine.bpmn import codec
from engine.errors import TaskNotFound
from engine.store import user_tasks as store
from engine.store.columns import Moment
from engine.store.tables import instances, user_tasks, worklist
from engine.store.unit_of_work import Reader, UnitOfWork

#: Where counting stops.
MANY = 1_000
#: Before every due moment.
FIRST = datetime(1, 1, 2, tzinfo=UTC)


class TaskRow(NamedTuple):
    """A user task as lists and pages show it; a tuple, because lists make fifty at a time."""

    id: int
    instance_id: int
    business_key: str | None
    process_id: str
    element: str
    name: str
    form: str
    lane: str
    assignee: str | None
    candidates: Sequence[str]  #: `group:network`, `person:ann`
    priority: int  #: 0 first, 100 last
    due_at: datetime | None
    state: str  #: open, completed, withdrawn
    created_at: datetime
    closed_at: datetime | None
    closed_by: str | None


#: What a TaskRow is made of, in its order.
_COLUMNS = tuple(user_tasks.c[name] for name in TaskRow._fields)
_BY_ID = select(*_COLUMNS).where(user_tasks.c.id == bindparam("task"))
_OPEN_OF = (
    select(*_COLUMNS)
    .where(user_tasks.c.instance_id == bindparam("instance"), user_tasks.c.state == store.OPEN)
    .order_by(user_tasks.c.id)
)
_OPEN_FOR = (
    select(*_COLUMNS)
    .join(instances, instances.c.id == user_tasks.c.instance_id)
    .where(instances.c.business_key == bindparam("key"), user_tasks.c.state == store.OPEN)
    .order_by(user_tasks.c.id)
)
_VARIABLES = (
    select(user_tasks.c.token, instances.c.state, instances.c.variables, instances.c.business_key)
    .join(instances, instances.c.id == user_tasks.c.instance_id)
    .where(user_tasks.c.id == bindparam("task"))
)


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


def variables(reader: Reader, task_id: int) -> dict[str, object]:
    """What a task's form may name: its own variables in front of those of its instance.

    Raises:
        TaskNotFound: there is no such task.
    """
    row = reader.connection.execute(_VARIABLES, {"task": task_id}).first()
    if row is None:
        raise TaskNotFound(task_id)
    own = codec.visible(row.state, row.token)
    return {**row.variables, "number": row.business_key, **own}


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
    if not owners:
        return Page((), None)
    wanted = wanted or Filter()
    states = (False, True) if wanted.claimed is None else (wanted.claimed,)
    shape = replace(wanted, priority=wanted.priority and 1, process=wanted.process and "")
    statement = _statement(len(owners), states, shape, after is not None)
    values: dict[str, object] = {f"owner_{n}": owner for n, owner in enumerate(owners)}
    values |= {"priority": wanted.priority, "process": wanted.process, "now": reader.now}
    values |= _position(after) | {"limit": limit + 1}
    found = reader.connection.execute(statement, values).all()
    rows = tuple(TaskRow(*row) for row in found[:limit])
    return Page(rows, _cursor(rows[-1]) if len(found) > limit else None)


@lru_cache(maxsize=500)
def _statement(
    owners: int,
    states: tuple[bool, ...],
    shape: Filter,
    later: bool,  # noqa: FBT001 - a cache key
) -> Select[Any]:
    """The query for so many owners and these filters; building it costs more than running it.

    One index range per owner and state of claim: a single IN would sort every open task. A task
    offered to several owners is one row of the union.
    """
    ranges = [
        select(_range(f"owner_{number}", claimed, shape, later).subquery())
        for number in range(owners)
        for claimed in states
    ]
    listed = union(*ranges).subquery()
    order = (listed.c.priority, listed.c.due_at, listed.c.task_id)
    page = select(listed).order_by(*order).limit(bindparam("limit")).subquery()
    return (
        select(*_COLUMNS)
        .join(page, page.c.task_id == user_tasks.c.id)
        .order_by(page.c.priority, page.c.due_at, page.c.task_id)
    )


def _range(owner: str, claimed: bool, shape: Filter, later: bool) -> Select[Any]:  # noqa: FBT001
    listed = worklist.c
    query = (
        select(listed.task_id, listed.priority, listed.due_at)
        .where(listed.owner == bindparam(owner), listed.claimed == claimed)
        .order_by(listed.priority, listed.due_at, listed.task_id)
        .limit(bindparam("limit"))
    )
    if shape.priority is not None:
        query = query.where(listed.priority == bindparam("priority"))
    if shape.overdue:
        query = query.where(listed.due_at < bindparam("now"))
    if shape.process is not None:
        query = query.join(user_tasks, user_tasks.c.id == listed.task_id)
        query = query.where(user_tasks.c.process_id == bindparam("process"))
    return query.where(_after()) if later else query


def _after() -> ColumnElement[bool]:
    listed = worklist.c
    priority = bindparam("after_priority", type_=Integer)
    due = bindparam("after_due", type_=Moment)
    task = bindparam("after_id", type_=Integer)
    return or_(
        listed.priority > priority,
        and_(listed.priority == priority, listed.due_at > due),
        and_(listed.priority == priority, listed.due_at == due, listed.task_id > task),
    )


def _position(cursor: str | None) -> dict[str, object]:
    """The parameters of a cursor; an unreadable one begins anew."""
    try:
        priority, due, task = (cursor or "").split("_", 2)
        moment = datetime.fromisoformat(due)
        return {"after_priority": int(priority), "after_due": moment, "after_id": int(task)}
    except ValueError:
        return {"after_priority": -1, "after_due": FIRST, "after_id": -1}


def _cursor(last: TaskRow) -> str:
    due = last.due_at or store.NEVER
    return f"{last.priority}_{due.isoformat()}_{last.id}"


def get(reader: Reader, task_id: int) -> TaskRow:
    """One task in any state.

    Raises:
        TaskNotFound: there is none.
    """
    row = reader.connection.execute(_BY_ID, {"task": task_id}).first()
    if row is None:
        raise TaskNotFound(task_id)
    return TaskRow(*row)


def open_for_instance(reader: Reader, instance_id: int) -> list[TaskRow]:
    """Open tasks of an instance, oldest first."""
    rows = reader.connection.execute(_OPEN_OF, {"instance": instance_id})
    return [TaskRow(*row) for row in rows]


def open_for_case(reader: Reader | UnitOfWork, key: str) -> list[TaskRow]:
    """Open tasks of all instances with a business key, called ones too, oldest first."""
    return [TaskRow(*row) for row in reader.connection.execute(_OPEN_FOR, {"key": key})]


def form(reader: Reader, task: TaskRow) -> Mapping[str, Any] | None:
    """The form-js schema of a task; None where it has no form."""
    if not task.form:
        return None
    return reader.runtime.catalogue.document(reader.connection, "form", task.form)


def counts(reader: Reader, owners: Sequence[str]) -> dict[str, int]:
    """How many unclaimed (`group:…`) or own (`person:…`) tasks each owner has, up to MANY.

    Counting all of them would cost more than the page it stands on.
    """
    if not owners:
        return {}
    values = {f"owner_{n}": owner for n, owner in enumerate(owners)} | {"limit": MANY}
    statement = _counting(tuple(owner.startswith("person:") for owner in owners))
    counted = reader.connection.execute(statement, values).one()
    return dict(zip(owners, counted, strict=True))


@lru_cache(maxsize=100)
def _counting(own: tuple[bool, ...]) -> Select[Any]:
    """A count for each owner in one query; of a group's tasks only those nobody has claimed."""
    counts: list[ScalarSelect[Any]] = [_count(f"owner_{n}", own=mine) for n, mine in enumerate(own)]
    return select(*counts)


def _count(owner: str, *, own: bool) -> ScalarSelect[int]:
    listed = select(worklist.c.task_id).where(worklist.c.owner == bindparam(owner))
    if not own:
        listed = listed.where(worklist.c.claimed == false())
    ranged = listed.limit(bindparam("limit")).subquery()
    return select(func.count()).select_from(ranged).scalar_subquery()
