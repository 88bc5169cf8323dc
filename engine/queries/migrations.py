"""What a migration would do, and what migrations have done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from engine.bpmn import differences, migrating
from engine.bpmn.errors import CannotMigrate, Obstacle
from engine.bpmn.instance import Instance
from engine.bpmn.tokens import NoEffects
from engine.errors import EngineError
from engine.store import migrations
from engine.store.migrations import Plan
from engine.store.tables import instances, migration_plans, migration_steps
from engine.store.unit_of_work import Reader

#: Instances that are judged together.
BATCH = 500
#: Instances that are named for each reason.
EXAMPLES = 10


@dataclass(frozen=True, slots=True)
class Judged:
    """Whether one instance can move."""

    id: int
    number: str | None
    obstacles: tuple[Obstacle, ...]  #: empty where it can


@dataclass(slots=True)
class Reason:
    """Why some instances cannot move, with the first of them."""

    obstacle: Obstacle
    count: int = 0
    examples: list[tuple[int, str | None]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a plan would do now."""

    can: int
    cannot: int
    reasons: tuple[Reason, ...]  #: the most frequent first
    whole: bool = True  #: whether every instance was looked at


@dataclass(frozen=True, slots=True)
class Report:
    """How far a plan has come."""

    plan: Plan
    moved: int
    kept: int
    left: int  #: instances that it has still to come to
    reasons: tuple[Reason, ...]


def judge(reader: Reader, plan: Plan) -> Iterator[Judged]:
    """Every instance that a plan would come to, and why it can or cannot move; changes nothing."""
    after = 0
    while rows := _rows(reader, plan, after):
        for row in rows:
            yield Judged(row.id, row.business_key, _obstacles(reader, plan, row))
        after = rows[-1].id


def _rows(reader: Reader, plan: Plan, after: int) -> Sequence[Any]:
    query = (
        select(
            instances.c.id,
            instances.c.business_key,
            instances.c.definition_id,
            instances.c.state,
            instances.c.variables,
        )
        .where(instances.c.definition_id.in_(plan.sources), instances.c.ended_at.is_(None))
        .where(instances.c.id > after)
        .order_by(instances.c.id)
    )
    return reader.connection.execute(query.limit(BATCH)).all()


def _obstacles(reader: Reader, plan: Plan, row: Any) -> tuple[Obstacle, ...]:  # noqa: ANN401
    catalogue = reader.runtime.catalogue
    variables = {**row.variables, "number": row.business_key}
    old, new = (
        Instance(catalogue.process(reader.connection, i), variables, reader.now, NoEffects())
        for i in (row.definition_id, plan.target)
    )
    try:
        old.restore(row.state)
        migrating.carry(old, new, plan.names, {})
    except CannotMigrate as refusal:
        return refusal.obstacles
    except EngineError as failure:
        return (Obstacle("failed", "", str(failure)),)
    return ()


def outlook(reader: Reader, plan: Plan, most: int | None = None) -> Outlook:
    """What a plan would do now, the reasons together; at most so many instances are looked at."""
    reasons: dict[Obstacle, Reason] = {}
    found: Counter[bool] = Counter()
    for judged in judge(reader, plan):
        if most is not None and found.total() >= most:
            return Outlook(found[True], found[False], _ordered(reasons), whole=False)
        found[not judged.obstacles] += 1
        for obstacle in judged.obstacles:
            _count(reasons, obstacle, judged.id, judged.number)
    return Outlook(found[True], found[False], _ordered(reasons))


def _count(
    reasons: dict[Obstacle, Reason], obstacle: Obstacle, instance_id: int, number: str | None
) -> None:
    reason = reasons.setdefault(obstacle, Reason(obstacle))
    reason.count += 1
    if len(reason.examples) < EXAMPLES:
        reason.examples.append((instance_id, number))


def _ordered(reasons: Mapping[Obstacle, Reason]) -> tuple[Reason, ...]:
    return tuple(sorted(reasons.values(), key=lambda reason: -reason.count))


def report(reader: Reader, plan_id: int) -> Report:
    """How far a plan has come, and why instances stayed.

    Raises:
        PlanNotFound: there is none.
    """
    plan = migrations.get(reader.connection, plan_id)
    counts = migrations.counts(reader.connection, plan_id)
    left = 0
    if plan.state != migrations.DONE:
        after = migrations.last_of(reader.connection, plan_id)
        left = migrations.count_on(reader.connection, plan.sources, after)
    reasons: dict[Obstacle, Reason] = {}
    query = (
        select(migration_steps.c.instance_id, migration_steps.c.reasons, instances.c.business_key)
        .outerjoin(instances, instances.c.id == migration_steps.c.instance_id)
        .where(migration_steps.c.plan_id == plan_id, migration_steps.c.outcome == migrations.KEPT)
        .order_by(migration_steps.c.instance_id)
    )
    for row in reader.connection.execute(query):
        for obstacle in row.reasons:
            _count(reasons, Obstacle(*obstacle), row.instance_id, row.business_key)
    return Report(plan, counts[migrations.MOVED], counts[migrations.KEPT], left, _ordered(reasons))


def of_process(reader: Reader, process_id: str, limit: int = 20) -> list[Plan]:
    """The migrations of a process, the newest first."""
    query = (
        select(migration_plans)
        .where(migration_plans.c.process_id == process_id)
        .order_by(migration_plans.c.id.desc())
    )
    return [migrations.plan_of(row) for row in reader.connection.execute(query.limit(limit))]


def suggestions(reader: Reader, source: int, target: int) -> dict[str, str]:
    """Elements that the target has no longer -> what probably took their place, or empty."""
    catalogue = reader.runtime.catalogue
    old = catalogue.process(reader.connection, source).drawing
    new = catalogue.process(reader.connection, target).drawing
    gone = [e for e, place in old.places.items() if e not in new.places and _can_hold(place.kind)]
    probable = differences.successors(old, new)
    return {element: probable.get(element, "") for element in gone}


def _can_hold(kind: str) -> bool:
    """Whether tokens come to rest, or are armed, on elements of a kind."""
    return kind not in ("startEvent", "endEvent", "exclusiveGateway", "intermediateThrowEvent")
