"""Claim, release, assign and complete user tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from engine.bpmn.drawing import Place
from engine.commands.advance import Move, advance, note
from engine.commands.errors import InstanceSuspended
from engine.commands.submission import signed, submitted
from engine.errors import (
    NotYourTask,
    TaskAlreadyCompleted,
    TaskClaimedByOther,
    TaskNotClaimed,
    TaskNotOpen,
)
from engine.store import instances, user_tasks
from engine.store.unit_of_work import Actor, UnitOfWork


def may_complete(actor: Actor, assignee: str | None, candidates: list[str]) -> bool:
    """Whether an actor may claim and complete a task; pages ask the same question."""
    if assignee == actor.name or f"person:{actor.name}" in candidates:
        return True
    return any(f"group:{group}" in candidates for group in actor.groups)


def complete(work: UnitOfWork, task_id: int, values: Mapping[str, object]) -> dict[str, Any]:
    """Complete a task with the values of its form, and run the process on.

    Raises:
        TaskNotFound, TaskAlreadyCompleted, TaskNotOpen: there is nothing to complete.
        NotYourTask, TaskClaimedByOther: it is somebody else's.
        FormRejected: the form refuses a value.
    """
    loaded, task = _mine(work, task_id)
    place = _guarded(work, loaded, task, work.actor.name, "complete")
    clean = submitted(work, task.form, loaded, values, task.token)
    clean |= signed(place.settings.properties, work.actor)
    move = Move("task.completed", f"task:{task_id}", task.element, {"values": clean})
    kept = advance(work, loaded, move, lambda i: i.complete(task.token, clean))
    return {
        "instance": loaded.id,
        "business_key": loaded.business_key,
        "ended": kept.progress.ended,
        "opened": kept.opened,
    }


def claim(work: UnitOfWork, task_id: int) -> dict[str, Any]:
    """Make a task one's own.

    Raises:
        TaskClaimedByOther: somebody was faster.
    """
    loaded, task = _mine(work, task_id)
    _guarded(work, loaded, task, work.actor.name, "claim")
    if task.assignee != work.actor.name:
        _give(work, loaded, task, work.actor.name, "task.claimed")
    return {"task": task_id, "assignee": work.actor.name}


def release(work: UnitOfWork, task_id: int) -> dict[str, Any]:
    """Give a task back to its candidates."""
    loaded, task = _locked(work, task_id)
    _refuse_closed(loaded, task)
    if task.assignee is None:
        raise TaskNotClaimed(task_id)
    if task.assignee != work.actor.name and not work.actor.roles & work.runtime.dispatchers:
        raise NotYourTask(task_id, work.actor.name, [f"person:{task.assignee}"])
    if not task.candidates:
        raise NotYourTask(task_id, "a group", [f"person:{task.assignee}"])
    _give(work, loaded, task, None, "task.released")
    return {"task": task_id, "assignee": None}


def assign(work: UnitOfWork, task_id: int, person: str) -> dict[str, Any]:
    """Give a task to a person; team leads and managers may."""
    if not work.actor.roles & work.runtime.dispatchers:
        those = [f"role:{role}" for role in sorted(work.runtime.dispatchers)]
        raise NotYourTask(task_id, work.actor.name, those)
    loaded, task = _locked(work, task_id)
    _refuse_closed(loaded, task)
    _guarded(work, loaded, task, person, "assign")
    _give(work, loaded, task, person, "task.assigned")
    return {"task": task_id, "assignee": person}


def _locked(work: UnitOfWork, task_id: int) -> tuple[instances.Loaded, Row[Any]]:
    loaded = instances.lock_of_task(work, task_id)
    return loaded, user_tasks.get(work, loaded.id, task_id)


def _refuse_closed(loaded: instances.Loaded, task: Row[Any]) -> None:
    if loaded.status == instances.SUSPENDED:
        raise InstanceSuspended(loaded.id)
    if task.state == user_tasks.COMPLETED:
        raise TaskAlreadyCompleted(task.id, task.closed_by)
    if task.state != user_tasks.OPEN:
        raise TaskNotOpen(task.id)


def _mine(work: UnitOfWork, task_id: int) -> tuple[instances.Loaded, Row[Any]]:
    loaded, task = _locked(work, task_id)
    # Who may not do the task does not learn who did it either.
    if not may_complete(work.actor, task.assignee, task.candidates):
        own = [f"person:{task.assignee}"] if task.assignee else []
        raise NotYourTask(task_id, work.actor.name, [*task.candidates, *own])
    _refuse_closed(loaded, task)
    if task.assignee not in (None, work.actor.name):
        raise TaskClaimedByOther(task_id, task.assignee)
    return loaded, task


def _guarded(
    work: UnitOfWork, loaded: instances.Loaded, task: Row[Any], person: str, act: str
) -> Place:
    """The task's place in the diagram, if nothing forbids it to this person."""
    definition = work.runtime.catalogue.process(work.connection, loaded.definition_id)
    place = definition.place(task.element)
    for guard in work.runtime.guards:
        guard(work, loaded, place, person, act)
    return place


def _give(
    work: UnitOfWork, loaded: instances.Loaded, task: Row[Any], to: str | None, action: str
) -> None:
    user_tasks.change(work, task, assignee=to)
    move = Move(action, f"task:{task.id}", task.element)
    note(work, loaded, move, changes={"assignee": (task.assignee, to)})
