"""One process instance in memory: started or restored, moved on, read out.

The caller gives variables, time and effects, and afterwards reads `journal`, `state()` and what
waits; nothing here knows a database.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from SpiffWorkflow.util.task import TaskState

from engine.bpmn import codec
from engine.bpmn.definition import ProcessDefinition
from engine.bpmn.drawing import Place
from engine.bpmn.tokens import Effects, Journal, Token, TokenWorkflow, Variables


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
    """A message or moment that a token waits for."""

    token: int
    element: str
    message: str | None
    key: str | None
    due: datetime | None


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
        self._workflow = TokenWorkflow(definition.diagram, self.variables, now, effects)

    def start(self) -> None:
        """Put a token on the start event and run until everything waits."""
        self._workflow.arrive(self.definition.diagram.starts[0], None)
        self._workflow.run()

    def restore(self, state: bytes) -> None:
        """Take up a stored state."""
        codec.load(self._workflow, state)

    def state(self) -> bytes:
        """The state to store."""
        return codec.dump(self._workflow)

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
            local = self._workflow.expressions.with_(values)
            values = {m.target: local.value(m.source, task.element) for m in outputs}
        self._workflow.set(values)
        task.run()
        self._workflow.run()

    def token_at(self, element: str) -> int:
        """The oldest token on an element."""
        tokens = self._workflow.tasks.values()
        return min(token.id for token in tokens if token.element == element)

    def catch(self, name: str, key: str | None, variables: Mapping[str, object]) -> list[str]:
        """Deliver a message; answers the element that caught it, or nothing."""
        for token in list(self._workflow.tasks.values()):
            if self._expects(token, name, key):
                self._workflow.set(variables)
                token.task_spec.fire(token)
                self._workflow.run()
                return [token.element]
        return []

    def catch_at(self, element: str, variables: Mapping[str, object]) -> None:
        """Deliver its message to an element that waits for it."""
        token = next(t for t in self._workflow.tasks.values() if self._waits_at(t, element))
        self._workflow.set(variables)
        token.task_spec.fire(token)
        self._workflow.run()

    def _waits_at(self, token: Token, element: str) -> bool:
        return token.element == element and token.state == TaskState.WAITING

    def offers(self, element: str, roles: Collection[str], groups: Collection[str]) -> bool:
        """Whether the diagram offers an element's message to people of these roles or groups."""
        place = self.definition.place(element)
        offered = self._names(place.settings.properties.get("offeredTo", ""), element)
        held = {*(f"role:{role}" for role in roles), *(f"group:{group}" for group in groups)}
        return not held.isdisjoint(offered)

    def _expects(self, token: Token, name: str, key: str | None) -> bool:
        if token.state != TaskState.WAITING:
            return False
        trigger = token.task_spec.place.trigger
        if trigger.kind != "message" or trigger.name != name:
            return False
        return token.key is None or key is None or token.key == key

    def fire_timers(self) -> list[str]:
        """Fire every timer that is due, the earliest first; answers their elements.

        A timer that an earlier one disarms does not fire any more.
        """
        fired = []
        while (token := self._earliest_due()) is not None:
            fired.append(token.element)
            token.task_spec.fire(token)
            self._workflow.run()
        return fired

    def _earliest_due(self) -> Token | None:
        now = self._workflow.now
        due = [t for t in self._workflow.tasks.values() if t.due is not None and t.due <= now]
        return min(due, key=lambda t: (t.due, t.id), default=None)

    def withdraw_all(self) -> None:
        """Cancel every token."""
        for token in list(self._workflow.tasks.values()):
            self._workflow.withdraw(token)

    # -- reading out

    def waiting(self) -> Iterator[Waiting]:
        """Messages and moments that tokens wait for."""
        for token in self._workflow.tasks.values():
            trigger = token.task_spec.place.trigger
            if token.state == TaskState.WAITING and trigger.kind in ("message", "timer"):
                message = trigger.name if trigger.kind == "message" else None
                yield Waiting(token.id, token.element, message, token.key, token.due)

    def active(self) -> list[str]:
        """Elements on which tokens stand, armed boundary events left out."""
        return [t.element for t in self._workflow.tasks.values() if t.host is None]

    def opened(self) -> list[OpenTask]:
        """User tasks opened since the instance was restored and still open."""
        tasks = self._workflow.tasks
        return [self._open_task(tasks[i]) for i in self.journal.opened if i in tasks]

    def priority_of(self, token: int) -> int:
        """The priority of an open user task as the variables are now."""
        task = self._workflow.tasks[token]
        settings = task.task_spec.settings
        return _priority(self._workflow.expressions.value(settings.priority, task.element))

    def candidates_of(self, token: int) -> tuple[str, ...]:
        """Who may do an open user task as the variables are now: `group:network`, `person:ann`."""
        task = self._workflow.tasks[token]
        settings = task.task_spec.settings
        groups = self._names(settings.candidate_groups, task.element)
        people = self._names(settings.candidate_users, task.element)
        return (*(f"group:{name}" for name in groups), *(f"person:{name}" for name in people))

    def _open_task(self, token: Token) -> OpenTask:
        settings = token.task_spec.settings
        place = token.task_spec.place
        assignee = self._text(settings.assignee, place.id)
        return OpenTask(
            token=token.id,
            place=place,
            assignee=assignee,
            candidates=self.candidates_of(token.id),
            priority=self.priority_of(token.id),
            due_at=self._text(settings.due, place.id),
            follow_up_at=self._text(settings.follow_up, place.id),
        )

    def _text(self, text: str, element: str) -> str | None:
        value = self._workflow.expressions.value(text, element)
        return None if value in (None, "") else str(value)

    def _names(self, text: str, element: str) -> tuple[str, ...]:
        value = self._workflow.expressions.value(text, element)
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
