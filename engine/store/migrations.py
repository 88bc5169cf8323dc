"""Plans that move instances to another version, and what became of each instance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, func, insert, select, update

from engine.bpmn.errors import Obstacle
from engine.errors import NotFound
from engine.store.tables import instances, migration_plans, migration_steps

if TYPE_CHECKING:
    from engine.store.unit_of_work import UnitOfWork

EXECUTING, STOPPED, DONE = "running", "stopped", "done"
MOVED, KEPT = "moved", "kept"


class PlanNotFound(NotFound):
    """There is no migration plan with this number."""

    code = "migration.not-found"

    def __init__(self, plan_id: int) -> None:
        super().__init__(f"There is no migration {plan_id}. Check the number.")


@dataclass(frozen=True, slots=True)
class Plan:
    """Which instances are to go on where."""

    process_id: str
    sources: tuple[int, ...]  #: definition ids
    target: int  #: definition id
    names: Mapping[str, str]  #: element -> what takes its place
    reason: str = ""
    author: str = ""
    state: str = EXECUTING
    created_at: datetime | None = None
    ended_at: datetime | None = None
    id: int = 0


def add(work: UnitOfWork, plan: Plan) -> int:
    """Keep a new plan; answers its number."""
    row = {
        "process_id": plan.process_id,
        "sources": list(plan.sources),
        "target": plan.target,
        "names": dict(plan.names),
        "reason": plan.reason,
        "author": work.actor.name,
        "created_at": work.now,
        "state": plan.state,
    }
    key = work.connection.execute(insert(migration_plans), row).inserted_primary_key
    return int(key[0]) if key else 0


def get(connection: Connection, plan_id: int) -> Plan:
    """One plan.

    Raises:
        PlanNotFound: there is none.
    """
    query = select(migration_plans).where(migration_plans.c.id == plan_id)
    row = connection.execute(query).first()
    if row is None:
        raise PlanNotFound(plan_id)
    return plan_of(row)


def plan_of(row: Row[Any]) -> Plan:
    """The plan of a row."""
    columns = row._mapping  # noqa: SLF001 - SQLAlchemy's public name
    return Plan(**{**columns, "sources": tuple(columns["sources"])})


def switch(work: UnitOfWork, plan_id: int, before: str, after: str) -> bool:
    """Run, stop or end a plan; false where it is not, or no longer, as it was before."""
    ended = work.now if after == DONE else None
    change = update(migration_plans).where(
        migration_plans.c.id == plan_id, migration_plans.c.state == before
    )
    return work.connection.execute(change.values(state=after, ended_at=ended)).rowcount == 1


def executing(connection: Connection) -> Sequence[int]:
    """The plans under way, the oldest first."""
    query = select(migration_plans.c.id).where(migration_plans.c.state == EXECUTING)
    return connection.execute(query.order_by(migration_plans.c.id)).scalars().all()


def running_on(
    connection: Connection, sources: Sequence[int], after: int, limit: int
) -> Sequence[int]:
    """Ids of instances that have not ended on some versions, those after an id, in order."""
    query = (
        select(instances.c.id)
        .where(instances.c.definition_id.in_(sources), instances.c.ended_at.is_(None))
        .where(instances.c.id > after)
    )
    return connection.execute(query.order_by(instances.c.id).limit(limit)).scalars().all()


def count_on(connection: Connection, sources: Sequence[int], after: int = 0) -> int:
    """How many instances have not ended on some versions, those after an id."""
    query = (
        select(func.count())
        .select_from(instances)
        .where(instances.c.definition_id.in_(sources), instances.c.ended_at.is_(None))
        .where(instances.c.id > after)
    )
    return int(connection.execute(query).scalar_one())


def last_of(connection: Connection, plan_id: int) -> int:
    """The last instance that a plan has come to; 0 before the first."""
    query = select(func.coalesce(func.max(migration_steps.c.instance_id), 0))
    found = connection.execute(query.where(migration_steps.c.plan_id == plan_id)).scalar_one()
    return int(found)


def has_step(work: UnitOfWork, plan_id: int, instance_id: int) -> bool:
    """Whether a plan has come to an instance already."""
    query = select(migration_steps.c.instance_id).where(
        migration_steps.c.plan_id == plan_id, migration_steps.c.instance_id == instance_id
    )
    return work.connection.execute(query).first() is not None


def add_step(
    work: UnitOfWork, plan_id: int, instance_id: int, source: int, reasons: Sequence[Obstacle] = ()
) -> None:
    """Keep what became of an instance: moved, or kept where it is for these reasons."""
    row = {
        "plan_id": plan_id,
        "instance_id": instance_id,
        "source": source,
        "outcome": KEPT if reasons else MOVED,
        "reasons": [[reason.code, reason.element, reason.other] for reason in reasons],
        "at": work.now,
    }
    work.connection.execute(insert(migration_steps), row)


def counts(connection: Connection, plan_id: int) -> dict[str, int]:
    """How many instances a plan has moved and kept."""
    query = (
        select(migration_steps.c.outcome, func.count().label("n"))
        .where(migration_steps.c.plan_id == plan_id)
        .group_by(migration_steps.c.outcome)
    )
    found = {row.outcome: row.n for row in connection.execute(query)}
    return {MOVED: found.get(MOVED, 0), KEPT: found.get(KEPT, 0)}
