"""Claim, release, assign and complete user tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from engine.bpmn import forms
from engine.commands.advance import Move, advance, note
from engine.errors import (
    FormRejected,
    NotYourTask,
    TaskAlreadyCompleted,
    TaskClaimedByOther,
    TaskNotOpen,
)
from engine.store import instances, user_tasks
from engine.store.unit_of_work import Actor, UnitOfWork

#: Roles that may move tasks between people.
DISPATCHERS = frozenset({"team-lead", "incident-manager", "admin"})


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
    task = _mine(work, task_id)
    loaded = instances.lock(work, task.instance_id)
    clean = _clean(work, task, loaded, values)
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
    task = _mine(work, task_id)
    if task.assignee != work.actor.name:
        _give(work, task, work.actor.name, "task.claimed")
    return {"task": task_id, "assignee": work.actor.name}


def release(work: UnitOfWork, task_id: int) -> dict[str, Any]:
    """Give a task back to its candidates."""
    task = _open(work, task_id)
    if task.assignee != work.actor.name and not work.actor.roles & DISPATCHERS:
        raise NotYourTask(task_id, work.actor.name, [str(task.assignee)])
    if not task.candidates:
        raise NotYourTask(task_id, "a group", [f"person:{task.assignee}"])
    _give(work, task, None, "task.released")
    return {"task": task_id, "assignee": None}


def assign(work: UnitOfWork, task_id: int, person: str) -> dict[str, Any]:
    """Give a task to a person; team leads and managers may."""
    task = _open(work, task_id)
    if not work.actor.roles & DISPATCHERS:
        raise NotYourTask(task_id, work.actor.name, [f"role:{role}" for role in DISPATCHERS])
    _give(work, task, person, "task.assigned")
    return {"task": task_id, "assignee": person}


def _open(work: UnitOfWork, task_id: int) -> Row[Any]:
    task = user_tasks.get(work, task_id)
    if task.state == user_tasks.COMPLETED:
        raise TaskAlreadyCompleted(task_id, task.closed_by)
    if task.state != user_tasks.OPEN:
        raise TaskNotOpen(task_id)
    return task


def _mine(work: UnitOfWork, task_id: int) -> Row[Any]:
    task = user_tasks.get(work, task_id)
    if not may_complete(work.actor, task.assignee, task.candidates):
        raise NotYourTask(task_id, work.actor.name, [*task.candidates, f"person:{task.assignee}"])
    _open(work, task_id)
    if task.assignee not in (None, work.actor.name):
        raise TaskClaimedByOther(task_id, task.assignee)
    return task


def _give(work: UnitOfWork, task: Row[Any], to: str | None, action: str) -> None:
    loaded = instances.lock(work, task.instance_id)
    user_tasks.change(work, task, assignee=to)
    note(
        work,
        loaded,
        Move(action, f"task:{task.id}", task.element),
        changes={"assignee": (task.assignee, to)},
    )


def _clean(
    work: UnitOfWork, task: Row[Any], loaded: instances.Loaded, values: Mapping[str, object]
) -> dict[str, object]:
    if not task.form:
        return dict(values)
    schema = work.runtime.catalogue.document(work.connection, "form", task.form)
    context = {**loaded.variables, "number": loaded.business_key}
    clean, errors = forms.validate(schema, values, context, work.now)
    if errors:
        raise FormRejected(task.form, errors)
    return clean
