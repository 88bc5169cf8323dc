"""Carries migration plans out: instance by instance, on from wherever it was interrupted."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from engine.commands import migrations as commands
from engine.errors import EngineError, InstanceNotFound
from engine.store import migrations
from engine.store.migrations import Plan
from engine.store.unit_of_work import SYSTEM, Actor, Runtime

log = logging.getLogger("signalbox.migrations")

#: Instances that are looked up at once; a stop is noticed after so many.
BATCH = 200


@dataclass(frozen=True, slots=True)
class Went:
    """How far a plan has come in this run."""

    moved: int
    kept: int


def run_due(runtime: Runtime) -> int:
    """Carry out every plan that is under way; answers how many instances moved."""
    with runtime.read() as reader:
        plans = migrations.executing(reader.connection)
    return sum(run(runtime, plan_id).moved for plan_id in plans)


def run(runtime: Runtime, plan_id: int, said: Callable[[Went], object] = lambda _: None) -> Went:
    """Carry one plan out until it is done or stopped; `said` hears after every batch."""
    with runtime.read() as reader:
        plan = migrations.get(reader.connection, plan_id)
        after = migrations.last_of(reader.connection, plan_id)
    actor = Actor(plan.author, channel="job")
    went = Went(0, 0)
    while batch := _batch(runtime, plan, after):
        for instance_id in batch:
            moved = _step(runtime, actor, plan, instance_id)
            went = Went(went.moved + (moved is True), went.kept + (moved is False))
        after = batch[-1]
        said(went)
    runtime.run(SYSTEM, lambda work: commands.finish(work, plan_id))
    return went


def _batch(runtime: Runtime, plan: Plan, after: int) -> list[int]:
    with runtime.read() as reader:
        if migrations.get(reader.connection, plan.id).state != migrations.EXECUTING:
            return []
        return list(migrations.running_on(reader.connection, plan.sources, after, BATCH))


def _step(runtime: Runtime, actor: Actor, plan: Plan, instance_id: int) -> bool | None:
    """Whether an instance moved; None where there was nothing to do any more."""
    try:
        return runtime.run(actor, lambda work: commands.step(work, plan, instance_id)) or None
    except InstanceNotFound:
        return None
    except EngineError as refusal:
        reason = refusal
    except SQLAlchemyError:
        raise  # the database, not the instance: the plan is taken up again
    except Exception as failure:
        log.exception("Instance %s failed to move.", instance_id)
        reason = EngineError(f"{type(failure).__name__}: {failure}")
    runtime.run(actor, lambda work: commands.keep_back(work, plan, instance_id, reason))
    return False
