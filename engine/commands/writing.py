"""What a move writes beside the instance: the rows of its user tasks and its audit event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from engine.bpmn.instance import Instance, OpenTask
from engine.commands.progress import Progress
from engine.errors import ExpressionFailed
from engine.store import audit, user_tasks
from engine.store.unit_of_work import UnitOfWork


def tasks(work: UnitOfWork, progress: Progress, instance: Instance) -> list[int]:
    """Close, open and refresh the rows of user tasks; answers the ids of the opened ones."""
    journal, loaded = progress.journal, progress.instance
    rows = {}
    if progress.move.action != "instance.started":
        rows = {row.token: row for row in user_tasks.open_of(work, loaded.id)}
    completed = [rows.pop(token).id for token in journal.completed if token in rows]
    withdrawn = [rows.pop(token).id for token in journal.withdrawn if token in rows]
    user_tasks.close(work, completed, user_tasks.COMPLETED, work.actor.name)
    user_tasks.close(work, withdrawn, user_tasks.WITHDRAWN, None)
    for row in rows.values():
        _refresh(work, progress, row, instance)
    due = None if progress.tasks_due is ... else progress.tasks_due
    new = [task if task.due_at else replace(task, due_at=due) for task in progress.opened]
    owner = (loaded.id, loaded.process_id, loaded.business_key)
    return user_tasks.add(work, owner, new)


def _refresh(work: UnitOfWork, progress: Progress, row: Row[Any], instance: Instance) -> None:
    """Keep a task that stays open where it belongs: priority, candidates and due moment as now."""
    values: dict[str, object] = {}
    if progress.changes:
        now = (instance.priority_of(row.token), list(instance.candidates_of(row.token)))
        if now != (row.priority, row.candidates):
            values["priority"], values["candidates"] = now
    own_due = progress.definition.place(row.element).settings.due
    if progress.tasks_due is not ... and not own_due and progress.tasks_due != row.due_at:
        values["due_at"] = progress.tasks_due
    if values:
        user_tasks.change(work, row, **values)


def row(task: OpenTask) -> user_tasks.New:
    """The row of a newly opened task."""
    return user_tasks.New(
        token=task.token,
        element=task.place.id,
        name=task.place.label(),
        lane=task.place.lane,
        form=task.place.settings.form,
        assignee=task.assignee,
        candidates=task.candidates,
        priority=task.priority,
        due_at=_moment(task.due_at, task.place.id),
    )


def _moment(text: str | None, element: str) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ExpressionFailed(element, "dueDate", f"gave '{text}', which is no date") from None
    if moment.tzinfo is None:
        raise ExpressionFailed(element, "dueDate", f"gave '{text}', which names no time zone")
    return moment


def event(progress: Progress, ids: Sequence[int]) -> audit.Draft:
    """What the audit trail says of a move."""
    journal = progress.journal
    details: dict[str, object] = dict(progress.move.details)
    values = details.get("values")
    if progress.move.action == "task.completed" and isinstance(values, Mapping):
        # What a form set is among the changes; here stays what it confirmed as it was.
        same = {k: v for k, v in values.items() if k not in progress.changes and v is not None}
        details["values"] = same
    # What a token keeps for itself changes nothing of the instance, yet it is on record.
    inner = progress.move.inner
    found = {
        "flows": journal.flows,
        "opened": [[i, task.element] for i, task in zip(ids, progress.opened, strict=True)],
        "cancelled": journal.cancelled,
        "changes": {name: list(pair) for name, pair in {**inner, **progress.changes}.items()},
        "decisions": journal.decisions,
        "chosen": progress.chosen,
        "reasons": journal.reasons,
        "failures": [[f.element, f.reason] for f in journal.failures if f.reason],
        "thrown": [[thrown.kind, thrown.name] for thrown in journal.thrown],
        "uncaught": journal.uncaught,
    }
    details = {name: value for name, value in {**details, **found}.items() if value}
    if progress.ended:
        details["ended"] = True
    return audit.Draft(
        stream=progress.instance.stream,
        action=progress.move.action,
        subject=progress.move.subject,
        element=progress.move.element,
        definition_id=progress.instance.definition_id,
        details=details,
    )
