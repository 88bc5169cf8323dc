"""Cases kept by what their processes do: a subscriber of every move.

A case's fields are the process variables of the same names, its state is what the diagram says at
the element a token enters (property `caseState`; `caseStateClaimed` while somebody works on the
task). Nothing else writes the record. A called process belongs to the case of its caller: the
states that its diagram says, and the clocks they move, are those of that case.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from engine.commands.advance import Progress
from engine.store import instances
from engine.store.unit_of_work import UnitOfWork
from itil import timekeeping
from itil.case_record import CLOSED, FIELDS, table
from itil.roles import ROLES
from itil.service_levels import Trigger

#: Roles whose public word to the requester counts as a response (SLM-12).
RESPONDERS = ROLES - {"requester", "auditor", "admin", "process-owner"}
_INSERT = insert(table)
#: Sets the columns that are given beside `of`, the number.
_UPDATE = update(table).where(table.c.number == bindparam("of"))
_STATE = select(table.c.state, table.c.responded_at, table.c.instance_id).where(
    table.c.number == bindparam("number")
)


def follow(work: UnitOfWork, progress: Progress) -> None:
    """Bring the case and its clocks up to what just happened; a subscriber."""
    number = progress.instance.business_key
    if number is None:
        return
    if progress.move.action == "instance.started":
        _create(work, number, progress)
        return
    if progress.move.action == "instance.deleted":
        _delete(work, progress.instance.id)
        return
    row = work.connection.execute(_STATE, {"number": number}).first()
    if row is None:
        return
    after, triggers = _states(row.state, progress)
    behind = row.instance_id == progress.instance.id
    changed = _changed_fields(progress, behind=behind)
    values = {**changed, **_milestones(work, row.state, after)}
    if row.responded_at is None and _responds(work, progress, triggers):
        values["responded_at"] = work.now
        triggers.insert(0, Trigger(event="response.given"))
    triggers[:0] = _said(work, progress, triggers)
    if "group" in changed:
        triggers.append(Trigger(event="group.changed"))
    if triggers or "priority" in values:
        # Whoever moves clocks has locked the instance behind the case.
        whole = instances.lock(work, row.instance_id)
        priority = _number(whole.variables.get("priority"))
        progress.tasks_due = timekeeping.move(work, whole.id, triggers, priority)
    elif progress.opened:
        progress.tasks_due = timekeeping.due(work, row.instance_id)
    if since := progress.move.details.get("suspended_at"):
        timekeeping.resumed(work, progress.instance.id, datetime.fromisoformat(str(since)))
    values["updated_at"] = work.now
    work.connection.execute(_UPDATE, {**values, "of": number})


def _create(work: UnitOfWork, number: str, progress: Progress) -> None:
    variables = progress.instance.variables
    state, triggers = _states("new", progress)
    row: dict[str, Any] = {name: variables.get(name) for name in FIELDS}
    row |= {
        "number": number,
        "process": progress.instance.process_id,
        "instance_id": progress.instance.id,
        "state": state,
        "summary": str(row["summary"] or progress.definition.name),
        "description": str(row["description"] or ""),
        "recorded_at": work.now,
        "updated_at": work.now,
    }
    work.connection.execute(_INSERT, row)
    priority = _number(variables.get("priority"))
    timekeeping.begin(work, progress.instance, number, priority)
    progress.tasks_due = timekeeping.move(work, progress.instance.id, triggers, priority)


def _milestones(work: UnitOfWork, before: str, after: str) -> dict[str, Any]:
    """The columns that a change of state sets."""
    values: dict[str, Any] = {}
    if after != before:
        values["state"] = after
    if after == "resolved" and before != "resolved":
        values["resolved_at"] = work.now
    if (after in CLOSED) != (before in CLOSED):
        values["closed_at"] = work.now if after in CLOSED else None
    return values


def _delete(work: UnitOfWork, instance_id: int) -> None:
    """The case of an instance goes with it, and its clocks; called instances have neither."""
    timekeeping.forget(work, instance_id)
    work.connection.execute(delete(table).where(table.c.instance_id == instance_id))


def _states(before: str, progress: Progress) -> tuple[str, list[Trigger]]:
    """The state after a move, and every change on the way as a trigger for the clocks."""
    triggers: list[Trigger] = []
    state = before
    for following in _announced(progress):
        if following != state:
            triggers.append(Trigger(state=following, previous=state))
            state = following
    return state, triggers


def _announced(progress: Progress) -> Iterable[str]:
    if progress.move.action in ("task.claimed", "task.assigned") and progress.move.element:
        place = progress.definition.place(progress.move.element)
        claimed = place.settings.properties.get("caseStateClaimed")
        return [claimed] if claimed else []
    found = [place.settings.properties.get("caseState", "") for place in progress.entered]
    if progress.move.action == "instance.cancelled":
        found.append("cancelled")
    if progress.move.action == "token.reopened" and "was" in progress.move.details:
        # A case that was over is worked on again, unless its diagram says something else there.
        found.insert(0, "in_progress")
    return [state for state in found if state]


def _changed_fields(progress: Progress, *, behind: bool) -> dict[str, Any]:
    """Fields of the case that a move changes.

    Only the variables of the instance `behind` the case are its fields: those of one that it called
    become so when they are given back.
    """
    changed = progress.changes if behind else {}
    values = {name: pair[1] for name, pair in changed.items() if name in FIELDS}
    if "assignee" in progress.changes:
        if progress.move.element and _is_work(progress, progress.move.element):
            values["assignee"] = progress.changes["assignee"][1]
        return values
    # A question to the requester, or a review beside the work, takes the case from nobody.
    for task in progress.opened:
        if task.candidates and _is_work(progress, task.element):
            values["assignee"] = task.assignee
    return values


def _is_work(progress: Progress, element: str) -> bool:
    """Whether whoever has this task works on the case: its diagram names a state for it."""
    return "caseState" in progress.definition.place(element).settings.properties


def _responds(work: UnitOfWork, progress: Progress, triggers: Sequence[Trigger]) -> bool:
    """Whether a person of the desk has just said something to the requester."""
    if not work.actor.roles & RESPONDERS:
        return False
    if progress.move.action == "case.commented":
        return bool(progress.move.details.get("public"))
    return any(trigger.state == "pending_user" for trigger in triggers)


def _said(work: UnitOfWork, progress: Progress, triggers: Sequence[Trigger]) -> list[Trigger]:
    """Who has just told the other side something; for clocks of updates (SLM-13).

    The first response is a response; what follows are updates.
    """
    if any(trigger.event == "response.given" for trigger in triggers):
        return [Trigger(event="agent.updated")]
    if _responds(work, progress, triggers):
        return [Trigger(event="agent.updated")]
    spoken = progress.move.action == "case.commented" and progress.move.details.get("public")
    answered = progress.move.action == "task.completed" and work.actor.name == (
        progress.instance.variables.get("requester")
    )
    return [Trigger(event="customer.updated")] if spoken or answered else []


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
