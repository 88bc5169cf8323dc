"""The one loop: take an instance up, move it on, write down everything that came of it.

Every command that runs a diagram goes through `advance`: it restores the instance, lets the caller
make its move, and then writes state, user tasks, timers, subscriptions and the audit event and
tells the subscribers, all in the transaction of the unit of work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.bpmn.definition import ProcessDefinition
from engine.bpmn.drawing import Place
from engine.bpmn.instance import Instance, OpenTask, Waiting
from engine.bpmn.tokens import Journal
from engine.errors import (
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


@dataclass(frozen=True, slots=True)
class Opened:
    """A user task that a move opened."""

    id: int
    place: Place
    assignee: str | None
    candidates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """What a move brought about; subscribers get it in the same transaction."""

    instance: instances.Loaded
    definition: ProcessDefinition
    move: Move
    journal: Journal
    opened: tuple[Opened, ...]
    changes: Mapping[str, tuple[object, object]]  #: variable -> old and new value
    ended: bool

    @property
    def entered(self) -> list[Place]:
        """Elements that got a token, in order."""
        return [self.definition.place(element) for element in self.journal.entered]

    @property
    def notices(self) -> list[Notice]:
        """What handlers want said."""
        return self.journal.notices


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
        definition_id, model = self._work.runtime.catalogue.decision(connection, decision)
        answer = model.decide(decision, variables, self._work.now)
        trace = {"decision": decision, "definition": definition_id, "trace": answer.trace}
        return answer.result, trace

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
) -> Progress:
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
) -> Progress:
    """Write everything about a moved instance and tell the subscribers."""
    opened = _write_tasks(work, loaded, instance)
    after = list(instance.waiting())
    waits.replace(work, loaded, before, after)
    loaded.next_due_at = min((w.due for w in after if w.due), default=None)
    loaded.variables = {k: v for k, v in instance.variables.items() if k != "number"}
    loaded.attempts = 0
    if instance.ended:
        loaded.status, loaded.ended_at, loaded.state = "completed", work.now, None
    else:
        loaded.state = instance.state()
    changes = {k: v for k, v in instance.variables.changes.items() if v[0] != v[1]}
    progress = Progress(
        loaded, instance.definition, move, instance.journal, opened, changes, instance.ended
    )
    work.record(_event(progress))
    for subscriber in work.runtime.subscribers:
        subscriber(work, progress)
    return progress


def _write_tasks(
    work: UnitOfWork, loaded: instances.Loaded, instance: Instance
) -> tuple[Opened, ...]:
    journal = instance.journal
    open_rows = {}
    if journal.completed or journal.withdrawn:
        open_rows = {row.token: row.id for row in user_tasks.open_of(work, loaded.id)}
    completed = [open_rows[t] for t in journal.completed if t in open_rows]
    withdrawn = [open_rows[t] for t in journal.withdrawn if t in open_rows]
    user_tasks.close(work, completed, user_tasks.COMPLETED, work.actor.name)
    user_tasks.close(work, withdrawn, user_tasks.WITHDRAWN, None)
    new = [_row(task) for task in instance.opened()]
    ids = user_tasks.add(work, (loaded.id, loaded.process_id, loaded.business_key), new)
    return tuple(
        Opened(i, instance.definition.place(row.element), row.assignee, row.candidates)
        for i, row in zip(ids, new, strict=True)
    )


def _row(task: OpenTask) -> user_tasks.New:
    groups = tuple(f"group:{name}" for name in task.groups)
    people = tuple(f"person:{name}" for name in task.people)
    return user_tasks.New(
        token=task.token,
        element=task.place.id,
        name=task.place.label(),
        lane=task.place.lane,
        form=task.place.settings.form,
        assignee=task.assignee,
        candidates=groups + people,
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


def _event(progress: Progress) -> audit.Draft:
    journal = progress.journal
    details: dict[str, object] = dict(progress.move.details)
    found = {
        "flows": journal.flows,
        "opened": [[task.id, task.place.id] for task in progress.opened],
        "cancelled": journal.cancelled,
        "changes": {name: list(pair) for name, pair in progress.changes.items()},
        "decisions": journal.decisions,
        "reasons": journal.reasons,
    }
    details.update({name: value for name, value in found.items() if value})
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
