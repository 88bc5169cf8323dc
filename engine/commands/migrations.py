"""Move running instances of a process to another of its versions, each in its own transaction.

A plan says from which versions, to which, and which elements were renamed. It is kept with what
became of each instance, so that it goes on after an interruption where it stood, and an instance
is moved whole or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from engine.bpmn import codec, migrating
from engine.bpmn.drawing import Place
from engine.bpmn.errors import CannotMigrate, Obstacle
from engine.bpmn.instance import Instance
from engine.commands import calls
from engine.commands.advance import Move, fresh, keep
from engine.commands.errors import reasoned
from engine.errors import Conflict, DefinitionNotFound, EngineError, Rejected
from engine.store import audit, instances, migrations, user_tasks
from engine.store.migrations import Plan
from engine.store.tables import definitions
from engine.store.unit_of_work import UnitOfWork


class PlanInvalid(Rejected):
    """A migration plan names versions or elements that do not fit together."""

    code = "migration.invalid"


class PlanState(Conflict):
    """A migration is not in the state that this needs."""

    code = "migration.state"

    def __init__(self, plan_id: int, state: str) -> None:
        super().__init__(f"Migration {plan_id} is {state}; nothing was changed.")


def begin(
    work: UnitOfWork,
    process_id: str,
    versions: tuple[Sequence[int], int],
    names: Mapping[str, str],
    reason: str,
) -> dict[str, Any]:
    """Keep a plan and let it run; `versions` are those to leave, and the one to go on with.

    Raises:
        ReasonMissing: no reason was given.
        DefinitionNotFound: there is no such version.
        PlanInvalid: versions or names do not fit together.
    """
    why = reasoned(reason)
    found = _versions(work, process_id)
    sources, target = (tuple(dict.fromkeys(versions[0])), versions[1])
    for version in (*sources, target):
        if version not in found:
            raise DefinitionNotFound("process", f"{process_id} version {version}")
    plan = Plan(process_id, tuple(found[v] for v in sources), found[target], dict(names), why)
    check(work, plan)
    plan_id = migrations.add(work, plan)
    details = {"plan": plan_id, "from": list(sources), "to": target, "names": dict(names)}
    _record(work, plan, "migration.begun", {**details, "reason": why})
    return {"plan": plan_id}


def _versions(work: UnitOfWork, process_id: str) -> dict[int, int]:
    query = select(definitions.c.version, definitions.c.id).where(
        definitions.c.kind == "process", definitions.c.key == process_id
    )
    return {row.version: row.id for row in work.connection.execute(query)}


def check(work: UnitOfWork, plan: Plan) -> None:
    """Refuse a plan that no instance could follow."""
    if not plan.sources or plan.target in plan.sources:
        raise PlanInvalid("Choose the versions to leave and another one to go on with.")
    catalogue = work.runtime.catalogue
    before = [catalogue.process(work.connection, source).drawing.places for source in plan.sources]
    after = catalogue.process(work.connection, plan.target).drawing.places
    for old, new in plan.names.items():
        kinds = {places[old].kind for places in before if old in places}
        if not kinds:
            raise PlanInvalid(f"None of the versions to leave has an element '{old}'.")
        if new not in after:
            raise PlanInvalid(f"'{old}' cannot become '{new}', which is not in that version.")
        if after[new].kind not in kinds:
            raise PlanInvalid(f"'{old}' cannot become '{new}', which is of another kind.")


def stop(work: UnitOfWork, plan_id: int, reason: str) -> dict[str, Any]:
    """Let a plan rest; what it has moved stays moved.

    Raises:
        PlanNotFound, PlanState: there is none, or it does not run.
    """
    return _switch(work, plan_id, (migrations.EXECUTING, migrations.STOPPED), reason)


def go_on(work: UnitOfWork, plan_id: int, reason: str) -> dict[str, Any]:
    """Let a plan that was stopped run on.

    Raises:
        PlanNotFound, PlanState: there is none, or it was not stopped.
    """
    return _switch(work, plan_id, (migrations.STOPPED, migrations.EXECUTING), reason)


def _switch(work: UnitOfWork, plan_id: int, states: tuple[str, str], reason: str) -> dict[str, Any]:
    plan = migrations.get(work.connection, plan_id)
    if not migrations.switch(work, plan_id, *states):
        raise PlanState(plan_id, plan.state)
    action = "migration.stopped" if states[1] == migrations.STOPPED else "migration.resumed"
    _record(work, plan, action, {"plan": plan_id, "reason": reasoned(reason)})
    return {"plan": plan_id}


def finish(work: UnitOfWork, plan_id: int) -> None:
    """Mark a plan done that has come to its last instance."""
    plan = migrations.get(work.connection, plan_id)
    if not migrations.switch(work, plan_id, migrations.EXECUTING, migrations.DONE):
        return
    counts = migrations.counts(work.connection, plan_id)
    _record(work, plan, "migration.finished", {"plan": plan_id, **counts})


def _record(work: UnitOfWork, plan: Plan, action: str, details: Mapping[str, object]) -> None:
    work.record(
        audit.Draft("system", action, f"process:{plan.process_id}", details, None, plan.target)
    )


def step(work: UnitOfWork, plan: Plan, instance_id: int) -> bool:
    """Move one instance as it is now; false where the plan had come to it before, or it is gone.

    Raises:
        CannotMigrate: it has to stay; nothing was changed.
        EngineError: something that the other version does at once failed; nothing was changed.
    """
    loaded = instances.lock(work, instance_id)
    left = loaded.status not in instances.RUNNING or loaded.definition_id not in plan.sources
    if left or migrations.has_step(work, plan.id, instance_id):
        return False
    migrations.add_step(work, plan.id, instance_id, loaded.definition_id)
    _move(work, loaded, plan)
    return True


def keep_back(work: UnitOfWork, plan: Plan, instance_id: int, refusal: EngineError) -> None:
    """Note that an instance stays on its version, and why."""
    loaded = instances.lock(work, instance_id)
    if not migrations.has_step(work, plan.id, instance_id):
        migrations.add_step(work, plan.id, instance_id, loaded.definition_id, obstacles_of(refusal))


def obstacles_of(refusal: EngineError) -> Sequence[Obstacle]:
    """Why an instance stays, as obstacles."""
    if isinstance(refusal, CannotMigrate):
        return refusal.obstacles
    return [Obstacle("failed", "", str(refusal))]


def _move(work: UnitOfWork, loaded: instances.Loaded, plan: Plan) -> None:
    old = fresh(work, loaded, loaded.definition_id)
    old.restore(loaded.state or b"")
    new = fresh(work, loaded, plan.target)
    # What it may call already keeps the version that it was promised.
    pins = {**calls.pinned(work, plan.target), **codec.calls(loaded.state)[0]}
    migrating.carry(old, new, plan.names, pins)
    for row in user_tasks.open_of(work, loaded.id):
        place = new.definition.place(new.tokens.tasks[row.token].element)
        changed = _task(old.definition.place(row.element), place, new, row.token)
        if any(getattr(row, name) != value for name, value in changed.items()):
            user_tasks.change(work, row, **changed)
    before = list(old.waiting())
    moved = Move("instance.migrated", loaded.stream, None, _told(work, loaded, plan))
    loaded.definition_id = plan.target
    if loaded.status == instances.ACTIVE:
        new.settle()
    keep(work, loaded, moved, new, before)


def _task(before: Place, after: Place, new: Instance, token: int) -> dict[str, object]:
    """What the row of a user task says on the other version; who has it and since when stays."""
    old, settings = before.settings, after.settings
    values: dict[str, object] = {
        "element": after.id,
        "name": after.label(),
        "lane": after.lane,
        "form": settings.form,
    }
    groups = (old.candidate_groups, old.candidate_users)
    if groups != (settings.candidate_groups, settings.candidate_users):
        values["candidates"] = list(new.candidates_of(token))
    if old.priority != settings.priority:
        values["priority"] = new.priority_of(token)
    return values


def _told(work: UnitOfWork, loaded: instances.Loaded, plan: Plan) -> dict[str, object]:
    query = select(definitions.c.id, definitions.c.version).where(
        definitions.c.id.in_((loaded.definition_id, plan.target))
    )
    versions = {row.id: row.version for row in work.connection.execute(query)}
    details = {
        "plan": plan.id,
        "from": versions[loaded.definition_id],
        "to": versions[plan.target],
        "names": dict(plan.names),
        "reason": plan.reason,
    }
    return {name: value for name, value in details.items() if value}
