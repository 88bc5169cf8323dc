"""The one loop: take an instance up, move it on, write down everything that came of it.

Every command that runs a diagram goes through `advance`: it restores the instance, lets the caller
make its move, and then writes state, user tasks, timers, subscriptions and the audit event and
tells the subscribers, all in the transaction of the unit of work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import EllipsisType
from typing import Any

from sqlalchemy import Row

from engine.bpmn.definition import ProcessDefinition
from engine.bpmn.drawing import Place
from engine.bpmn.instance import Instance, OpenTask, Waiting
from engine.bpmn.tokens import Journal
from engine.errors import (
    DefinitionNotFound,
    EngineError,
    ExpressionFailed,
    HandlerFailed,
    InstanceNotActive,
    UnknownHandler,
)
from engine.store import audit, instances, user_tasks, waits
from engine.store.unit_of_work import UnitOfWork
from engine.topics import BpmnError, Notice, Outcome


@dataclass(frozen=True, slots=True)
class Move:
    """What a command does to an instance, for the audit trail."""

    action: str  #: such as `task.completed`
    subject: str  #: such as `task:311`
    element: str | None = None
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class Progress:
    """What a move brought about; subscribers get it in the same transaction."""

    instance: instances.Loaded
    definition: ProcessDefinition
    move: Move
    journal: Journal
    opened: Sequence[user_tasks.New]
    changes: Mapping[str, tuple[object, object]]  #: variable -> old and new value
    ended: bool = False
    #: subscribers may set when the open tasks are due that say nothing themselves; None: never
    tasks_due: datetime | EllipsisType | None = ...

    @property
    def entered(self) -> list[Place]:
        """Elements that got a token, in order."""
        return [self.definition.place(element) for element in self.journal.entered]

    @property
    def notices(self) -> list[Notice]:
        """What handlers want said."""
        return self.journal.notices


@dataclass(frozen=True, slots=True)
class Kept:
    """A move that was written."""

    progress: Progress
    opened: list[int]  #: ids of the user tasks it opened


class World:
    """What handlers and decisions need of the unit of work they run in."""

    def __init__(self, work: UnitOfWork, business_key: str | None) -> None:
        self._work = work
        self._number = business_key
        self.instance: Instance | None = None

    def handle(self, element: str, handler: str, given: Mapping[str, object]) -> Outcome:
        """Run a handler on mapped inputs, headers and variables."""
        found = self._work.runtime.topics.find(handler)
        if found is None:
            raise UnknownHandler(handler, element, self._work.runtime.topics.names())
        variables = self._variables()
        wanted = (*found.required, *found.optional)
        inputs = {
            n: given[n] if n in given else variables.get(n)
            for n in wanted
            if n in given or n in variables or n in found.required
        }
        for name in found.given:
            inputs[name] = self._given(name, element, variables)
        try:
            return found.function(**inputs)
        except (BpmnError, EngineError):
            raise
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            raise HandlerFailed(handler, element, reason) from error

    def decide(
        self, element: str, decision: str, variables: Mapping[str, object]
    ) -> tuple[object, dict[str, object]]:
        """The result of a decision and its trace."""
        connection = self._work.connection
        try:
            definition_id, model = self._work.runtime.catalogue.decision(connection, decision)
        except DefinitionNotFound as missing:
            raise ExpressionFailed(element, decision, "is no deployed decision") from missing
        answer = model.decide(decision, variables, self._work.now)
        return answer.result, {
            "decision": decision,
            "definition": definition_id,
            "tables": answer.brief(),
        }

    def _given(self, name: str, element: str, variables: Mapping[str, object]) -> object:
        if name == "now":
            return self._work.now
        if name == "case":
            return {**variables, "number": self._number}

        def decide(decision: str, values: Mapping[str, object]) -> object:
            result, trace = self.decide(element, decision, values)
            if self.instance is not None:
                self.instance.journal.decisions.append({"element": element, **trace})
            return result

        return decide

    def _variables(self) -> Mapping[str, object]:
        return {} if self.instance is None else self.instance.variables


def restore(work: UnitOfWork, loaded: instances.Loaded) -> Instance:
    """The instance of a row, ready to move.

    Raises:
        InstanceNotActive: it has ended or is stalled.
    """
    if loaded.status != instances.ACTIVE:
        raise InstanceNotActive(loaded.id, loaded.status)
    definition = work.runtime.catalogue.process(work.connection, loaded.definition_id)
    world = World(work, loaded.business_key)
    variables = {**loaded.variables, "number": loaded.business_key}
    instance = Instance(definition, variables, work.now, world)
    world.instance = instance
    if loaded.state is not None:
        instance.restore(loaded.state)
    return instance


def advance(
    work: UnitOfWork, loaded: instances.Loaded, move: Move, act: Callable[[Instance], object]
) -> Kept:
    """Restore, act, and write what came of it."""
    instance = restore(work, loaded)
    before = list(instance.waiting())
    act(instance)
    return keep(work, loaded, move, instance, before)


def keep(
    work: UnitOfWork,
    loaded: instances.Loaded,
    move: Move,
    instance: Instance,
    before: list[Waiting],
) -> Kept:
    """Write everything about a moved instance and tell the subscribers."""
    after = list(instance.waiting())
    waits.replace(work, loaded, before, after)
    loaded.next_due_at = min((w.due for w in after if w.due), default=None)
    loaded.variables = {k: v for k, v in instance.variables.items() if k != "number"}
    loaded.attempts = 0
    if instance.ended:
        loaded.status, loaded.ended_at, loaded.state = "completed", work.now, None
    else:
        loaded.state = instance.state()
    progress = Progress(
        instance=loaded,
        definition=instance.definition,
        move=move,
        journal=instance.journal,
        opened=[_row(task) for task in instance.opened()],
        changes={k: v for k, v in instance.variables.changes.items() if v[0] != v[1]},
        ended=instance.ended,
    )
    for subscriber in work.runtime.subscribers:
        subscriber(work, progress)
    ids = _write_tasks(work, progress, instance)
    work.record(_event(progress, ids))
    return Kept(progress, ids)


def note(
    work: UnitOfWork,
    loaded: instances.Loaded,
    move: Move,
    changes: Mapping[str, tuple[object, object]],
) -> None:
    """Record something done to an instance that moves no token, and tell the subscribers."""
    definition = work.runtime.catalogue.process(work.connection, loaded.definition_id)
    progress = Progress(loaded, definition, move, Journal(), [], changes)
    for subscriber in work.runtime.subscribers:
        subscriber(work, progress)
    work.record(_event(progress, []))


def _write_tasks(work: UnitOfWork, progress: Progress, instance: Instance) -> list[int]:
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


def _row(task: OpenTask) -> user_tasks.New:
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


def _event(progress: Progress, ids: Sequence[int]) -> audit.Draft:
    journal = progress.journal
    details: dict[str, object] = dict(progress.move.details)
    values = details.get("values")
    if progress.move.action == "task.completed" and isinstance(values, Mapping):
        # What a form set is among the changes; here stays what it confirmed as it was.
        same = {k: v for k, v in values.items() if k not in progress.changes and v is not None}
        details["values"] = same
    found = {
        "flows": journal.flows,
        "opened": [[i, task.element] for i, task in zip(ids, progress.opened, strict=True)],
        "cancelled": journal.cancelled,
        "changes": {name: list(pair) for name, pair in progress.changes.items()},
        "decisions": journal.decisions,
        "reasons": journal.reasons,
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
