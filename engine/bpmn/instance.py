"""One process instance in memory: started or restored, moved on, read out.

The caller gives variables, time and effects, and afterwards reads `journal`, `state()` and what
waits; nothing here knows a database.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from SpiffWorkflow.util.task import TaskState

from engine.bpmn import codec, jobs
from engine.bpmn.activities import listen
from engine.bpmn.definition import ProcessDefinition
from engine.bpmn.drawing import Place
from engine.bpmn.expressions import Expressions
from engine.bpmn.scopes import catcher
from engine.bpmn.throws import broadcast, throw_error, throw_escalation
from engine.bpmn.tokens import (
    STEP_LIMIT,
    Effects,
    Job,
    Journal,
    Token,
    TokenWorkflow,
    Variables,
)
from engine.errors import EndlessLoop, ErrorUncaught, NoPlainStart
from engine.topics import BpmnError

#: What tokens wait for that comes from outside.
_OUTSIDE = frozenset({"message", "signal", "timer"})


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A user task offered to people."""

    token: int
    place: Place
    assignee: str | None
    candidates: tuple[str, ...]  #: `group:network`, `person:ann`
    priority: int  #: 0 first, 100 last
    due_at: str | None  #: ISO 8601
    follow_up_at: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message, signal, moment or job that a token waits for."""

    token: int
    element: str
    kind: str  #: timer, message, signal, job
    name: str  #: of the message or signal; type of the job
    key: str | None
    due: datetime | None
    job: Job | None = None


class Instance:
    """A running instance of a definition."""

    def __init__(
        self,
        definition: ProcessDefinition,
        variables: Mapping[str, object],
        now: datetime,
        effects: Effects,
    ) -> None:
        self.definition = definition
        self.variables = Variables(variables)
        self.cancelled = False
        self._workflow = TokenWorkflow(definition.diagram, self.variables, now, effects)

    def start(
        self, element: str = "", pins: Mapping[str, int] | None = None, depth: int = 0
    ) -> None:
        """Put a token on a start event, the plain one unless named, and run until all waits.

        `pins` are the definitions of the processes it may call; `depth` tells how deep it was
        called itself.

        Raises:
            NoPlainStart: none is named, and the process begins by message, signal or timer only.
        """
        plain = [p.id for p in self.definition.starts if p.trigger.kind == "none"]
        if not element and not plain:
            raise NoPlainStart(self.definition.process_id)
        self._workflow.pins, self._workflow.call_depth = dict(pins or {}), depth
        if element:
            self.journal.caught.append(element)
        listen(self._workflow, self.definition.diagram.listens, None)
        self._workflow.arrive(element or plain[0], None)
        self._workflow.run()

    def restore(self, state: bytes) -> None:
        """Take up a stored state."""
        codec.load(self._workflow, state)

    def state(self) -> bytes:
        """The state to store."""
        return codec.dump(self._workflow)

    @property
    def tokens(self) -> TokenWorkflow:
        """Its tokens, for those modules of this package that place them."""
        return self._workflow

    @property
    def ended(self) -> bool:
        """Whether no token is left."""
        return bool(self._workflow.completed)

    @property
    def journal(self) -> Journal:
        """What happened since it was started or restored."""
        return self._workflow.journal

    # -- moving on

    def complete(self, token: int, values: Mapping[str, object]) -> None:
        """Complete a user task with the values of its form, and run on."""
        task = self._workflow.tasks[token]
        outputs = task.task_spec.settings.outputs
        if outputs:
            local = task.expressions.with_(values)
            values = {m.target: local.value(m.source, task.element) for m in outputs}
        task.set(values)
        task.run()
        self._workflow.run()

    def token_at(self, element: str) -> int:
        """The oldest token on an element."""
        tokens = self._workflow.tasks.values()
        return min(token.id for token in tokens if token.element == element)

    def catch(self, token: int, variables: Mapping[str, object]) -> None:
        """Deliver a message to a token that waits for it."""
        self._deliver(self._workflow.tasks[token], variables)

    def catch_signal(self, name: str, variables: Mapping[str, object]) -> None:
        """Deliver a signal to every token that waits for it."""
        self._workflow.set(variables)
        self.journal.caught.extend(broadcast(self._workflow, name))
        self._workflow.run()

    def catch_at(self, element: str, variables: Mapping[str, object]) -> None:
        """Deliver its message to an element that waits for it."""
        token = next(t for t in self._workflow.tasks.values() if self._waits_at(t, element))
        self._deliver(token, variables)

    def _deliver(self, token: Token, variables: Mapping[str, object]) -> None:
        token.set(variables)
        self.journal.caught.append(token.element)
        token.task_spec.fire(token)
        self._workflow.run()

    def returned(self, token: int, variables: Mapping[str, object]) -> None:
        """Go on from a call activity whose process has ended."""
        called = self._workflow.tasks[token]
        called.task_spec.returned(called, variables)
        self._workflow.run()

    def thrown_at(self, token: int, kind: str, code: str) -> None:
        """Throw an error or escalation of a called process at its call activity."""
        throw = throw_error if kind == "error" else throw_escalation
        throw(self._workflow.tasks[token], code)
        self._workflow.run()

    def _waits_at(self, token: Token, element: str) -> bool:
        return token.element == element and token.state == TaskState.WAITING

    def offers(self, element: str, roles: Collection[str], groups: Collection[str]) -> bool:
        """Whether the diagram offers an element's message to people of these roles or groups."""
        place = self.definition.place(element)
        offer = place.settings.properties.get("offeredTo", "")
        offered = _names(self._workflow.expressions, offer, element)
        held = {*(f"role:{role}" for role in roles), *(f"group:{group}" for group in groups)}
        return not held.isdisjoint(offered)

    def fire_due(self) -> list[tuple[str, bool]]:
        """Fire every timer and try every job that is due, the earliest first.

        Answers their elements, each with whether it was a job. What an earlier one disarms does not
        fire any more.

        Raises:
            EndlessLoop: timers go on setting others whose moment has passed as well.
        """
        fired: list[tuple[str, bool]] = []
        limit = len(self._workflow.tasks) + STEP_LIMIT
        while (token := self._earliest_due()) is not None:
            if len(fired) == limit:
                raise EndlessLoop(self.definition.process_id, token.element, limit)
            fired.append((token.element, token.job is not None))
            token.task_spec.fire(token)
            self._workflow.run()
        return fired

    def _earliest_due(self) -> Token | None:
        now = self._workflow.now
        due = [t for t in self._workflow.tasks.values() if t.due is not None and t.due <= now]
        return min(due, key=lambda t: (t.due, t.id), default=None)

    # -- jobs

    def finish_job(self, token: int, variables: Mapping[str, object]) -> None:
        """Go on from a job that somebody else has done."""
        job = self._workflow.tasks[token]
        job.task_spec.done(job, variables)
        self._workflow.run()

    def fail_job(
        self,
        token: int,
        retries: int,
        reason: str,
        due: datetime | None = None,
        variables: Mapping[str, object] | None = None,
    ) -> None:
        """A worker failed with these tries left, the next from a moment on; 0 stalls the job.

        The variables become the job's own.
        """
        job = self._workflow.tasks[token]
        job.locals.update(variables or {})
        jobs.given_up(job, retries, reason, due)

    def throw_at_job(
        self, token: int, code: str, reason: str, variables: Mapping[str, object]
    ) -> None:
        """A worker throws a modelled error; where nothing catches it, the job stalls."""
        job = self._workflow.tasks[token]
        job.set(variables)
        jobs.throw(job, BpmnError(code, reason))
        self._workflow.run()

    def raise_at_job(self, token: int, code: str) -> None:
        """An operator throws a modelled error.

        Raises:
            ErrorUncaught: nothing catches it.
        """
        job = self._workflow.tasks[token]
        if not jobs.catches(job, code):
            raise ErrorUncaught(job.element, code)
        throw_error(job, code)
        self._workflow.run()

    def retry_job(self, token: int) -> None:
        """Try a job now: its handler runs, or any worker may take it."""
        jobs.again(self._workflow.tasks[token])
        self._workflow.run()

    def allow_retries(self, token: int, retries: int) -> None:
        """Set how many tries a job has left."""
        jobs.allow(self._workflow.tasks[token], retries)

    def edit(
        self, token: int | None, values: Mapping[str, object]
    ) -> dict[str, tuple[object, object]]:
        """Change variables as a token sees them, or those of the instance.

        Answers old and new of those that are a token's own; the others are among the changes of
        the instance.
        """
        if token is None:
            self._workflow.set(values)
            self._workflow.run()
            return {}
        job = self._workflow.tasks[token]
        known = dict(job.visible())
        own = job.locals.keys() & values.keys()
        job.locals.update({name: values[name] for name in own})
        job.set({name: value for name, value in values.items() if name not in own})
        self._workflow.run()
        return {name: (known[name], values[name]) for name in values if name in known}

    def catches(self, token: int, code: str) -> bool:
        """Whether something around a token of this instance catches a modelled error."""
        return catcher(self._workflow.tasks[token], "error", code) is not None

    def settle(self, *, anew: bool = False) -> None:
        """Run until every token waits; with `anew` all that it waits for is asked for again."""
        if anew:
            self.journal.anew = True
            self._workflow.reconsider()
        self._workflow.run()

    def withdraw_all(self) -> None:
        """Cancel every token."""
        self.cancelled = True
        for token in list(self._workflow.tasks.values()):
            self._workflow.withdraw(token)

    # -- reading out

    def waiting(self) -> Iterator[Waiting]:
        """Messages, moments and jobs that tokens wait for."""
        for token in self._workflow.tasks.values():
            trigger = token.task_spec.place.trigger
            if token.job is not None:
                name, job = token.task_spec.settings.handler, replace(token.job)
                yield Waiting(token.id, token.element, "job", name, None, token.due, job)
            elif token.state == TaskState.WAITING and trigger.kind in _OUTSIDE:
                kind, name = trigger.kind, trigger.name
                yield Waiting(token.id, token.element, kind, name, token.key, token.due)

    def active(self) -> list[str]:
        """Elements on which tokens stand, armed events left out."""
        return [t.element for t in self._workflow.tasks.values() if t.host is None]

    def opened(self) -> list[OpenTask]:
        """User tasks opened since the instance was restored and still open."""
        tasks = self._workflow.tasks
        return [self._open_task(tasks[i]) for i in self.journal.opened if i in tasks]

    def priority_of(self, token: int) -> int:
        """The priority of an open user task as the variables are now."""
        task = self._workflow.tasks[token]
        settings = task.task_spec.settings
        return _priority(task.expressions.value(settings.priority, task.element))

    def candidates_of(self, token: int) -> tuple[str, ...]:
        """Who may do an open user task as the variables are now: `group:network`, `person:ann`."""
        task = self._workflow.tasks[token]
        settings = task.task_spec.settings
        groups = _names(task.expressions, settings.candidate_groups, task.element)
        people = _names(task.expressions, settings.candidate_users, task.element)
        return (*(f"group:{name}" for name in groups), *(f"person:{name}" for name in people))

    def _open_task(self, token: Token) -> OpenTask:
        settings = token.task_spec.settings
        place = token.task_spec.place
        text = partial(_text, token.expressions)
        return OpenTask(
            token=token.id,
            place=place,
            assignee=text(settings.assignee, place.id),
            candidates=self.candidates_of(token.id),
            priority=self.priority_of(token.id),
            due_at=text(settings.due, place.id),
            follow_up_at=text(settings.follow_up, place.id),
        )


def _text(expressions: Expressions, text: str, element: str) -> str | None:
    value = expressions.value(text, element)
    return None if value in (None, "") else str(value)


def _names(expressions: Expressions, text: str, element: str) -> tuple[str, ...]:
    value = expressions.value(text, element)
    if isinstance(value, list):
        return tuple(str(name) for name in value if name)
    # A literal may be a comma list; so may a variable that was filled from one.
    return tuple(name.strip() for name in str(value or "").split(",") if name.strip())


def _priority(value: object) -> int:
    """0 to 100; 50 where the diagram says nothing usable."""
    text = str(value)
    if isinstance(value, (int, float)) or text.lstrip("-").isdigit():
        return max(0, min(100, int(float(text))))
    return 50
