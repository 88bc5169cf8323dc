"""The tokens of one running instance, as a flat set.

SpiffWorkflow keeps the whole history of an instance as a tree of tasks, predicted ones included.
That tree dies silently at depth 1,000, makes joins in loops fire early and grows with age. Here a
token is a SpiffWorkflow task without parent or children: it exists while it is somewhere on the
diagram and is gone when it leaves, so a join looks at the tokens that have arrived and at nothing
else, and the state is as large as the number of tokens.

A token inside a sub-process carries the id of the sub-process token as its scope. An event that is
armed beside the flow carries as its host the id of what it is armed on: an activity, a scope, or 0
for the instance itself. Tokens of repeated activities, of sub-processes and of compensation are
scopes too: each decides by itself what it does when a token inside has left.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Protocol

from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.bpmn.errors import TooManyTokens
from engine.bpmn.expressions import Expressions, NoPython
from engine.errors import EndlessLoop, StuckInstance
from engine.topics import Notice, Outcome

if TYPE_CHECKING:
    from engine.bpmn.drawing import Flow
    from engine.bpmn.elements import Element

#: Elements run by one command before we call it an endless loop.
STEP_LIMIT = 1_000
#: Tokens of one instance at the same time: an activity for each item of a list, lists in lists.
TOKEN_LIMIT = 10_000
CONDITIONAL = "conditional"


class Token(Task):
    """Where the process stands at one place."""

    def __init__(self, workflow: TokenWorkflow, spec: Element, number: int) -> None:
        super().__init__(workflow, spec, None, TaskState.FUTURE, number)
        self.scope: int | None = None  #: token of the enclosing sub-process
        self.flow: str | None = None  #: sequence flow it came by
        self.host: int | None = None  #: what this event is armed on; 0: the instance
        self.group: int | None = None  #: event-based gateway this event competes for
        self.due: datetime | None = None  #: when its timer fires, UTC
        self.times = 0  #: how often its cycle still fires; -1 without end; 1: its condition held
        self.since: datetime | None = None  #: what the months of its cycle are counted from
        self.key: str | None = None  #: correlation key its message must carry
        self.locals: dict[str, object] = {}  #: variables of its own, in front of those around
        self.rounds: Rounds | None = None  #: how far a repeated activity has come
        self.job: Job | None = None  #: its work failed, or waits for a worker

    @property
    def element(self) -> str:
        """Id of the element it stands on."""
        return str(self.task_spec.name)

    @property
    def outer(self) -> Token | None:
        """The token it is armed on or nested in."""
        return self.workflow.tasks.get(self.scope if self.host is None else self.host)

    def visible(self) -> Mapping[str, object]:
        """The variables of its own and of the scopes around it, without those of the instance."""
        outer = self.outer
        return self.locals if outer is None else {**outer.visible(), **self.locals}

    @property
    def expressions(self) -> Expressions:
        """Evaluates on what can be seen from here."""
        known = self.visible()
        expressions: Expressions = self.workflow.expressions
        return expressions.with_(known) if known else expressions

    def set(self, values: Mapping[str, object]) -> None:
        """Set variables where they are kept: in the nearest scope that has them, or the instance.

        What the inputs of its own element brought in keeps nothing in.
        """
        if not self.visible():
            self.workflow.set(values)
            return
        rest = dict(values)
        inputs = {mapping.target for mapping in self.task_spec.settings.inputs}
        place: Token | None = self
        own = self.locals.keys() - inputs
        while place is not None and rest:
            place.locals.update({name: rest.pop(name) for name in own & rest.keys()})
            place = place.outer
            own = set() if place is None else set(place.locals)
        if len(rest) < len(values):
            self.workflow.reconsider()
        self.workflow.set(rest)

    def _set_state(self, value: int) -> None:
        # The stock method collects log extras on every change, even with logging off.
        self._state = value


@dataclass(slots=True)
class Rounds:
    """How far a repeated activity has come."""

    items: list[object]  #: those whose round has not begun
    results: list[object]  #: one for each item, in their order
    done: int = 0


@dataclass(slots=True)
class Job:
    """Work of a service task that is not done; its token's `due` says when it is tried again."""

    retries: int  #: tries left; 0: stalled until somebody helps
    attempts: int = 0  #: tries that failed


@dataclass(frozen=True, slots=True)
class Failure:
    """A try of a job that came to nothing, or a job that became free to be tried again."""

    token: int
    element: str
    reason: str  #: empty where nothing failed
    due: datetime | None = None  #: when a worker may take it; None: at once


@dataclass(frozen=True, slots=True)
class Thrown:
    """Something that leaves an instance, for others to catch."""

    kind: str  #: message, signal; call, uncall to a called one; return, error, escalation back;
    #: expect, where a message that was kept may be for one that begins to wait
    name: str  #: of the message, signal or process; code of the error or escalation
    element: str
    key: str | None = None  #: correlation key of a message; none: the business key
    variables: Mapping[str, object] = field(default_factory=dict)
    token: int = 0  #: of the call activity
    until: datetime | None = None  #: how long a message is kept; none: now or never


@dataclass
class Journal:
    """What happened since the instance was last saved, in order."""

    flows: list[str] = field(default_factory=list)  #: sequence flows taken
    entered: list[str] = field(default_factory=list)  #: elements that got a token
    cancelled: list[str] = field(default_factory=list)  #: elements that lost theirs
    opened: list[int] = field(default_factory=list)  #: tokens of new user tasks
    completed: list[int] = field(default_factory=list)  #: tokens of completed user tasks
    withdrawn: list[int] = field(default_factory=list)  #: tokens of cancelled user tasks
    decisions: list[dict[str, object]] = field(default_factory=list)  #: traces, with element
    reasons: list[tuple[str, str]] = field(default_factory=list)  #: element, handler's reason
    notices: list[tuple[int, Notice]] = field(default_factory=list)  #: each with its token
    failures: list[Failure] = field(default_factory=list)  #: of jobs
    thrown: list[Thrown] = field(default_factory=list)
    anew: bool = False  #: whether it goes on after a rest, in which anything may have come
    caught: list[str] = field(default_factory=list)  #: elements that caught something from outside
    uncaught: list[str] = field(default_factory=list)  #: elements whose escalation nothing caught


class Effects(Protocol):
    """What elements may ask of the world while they run."""

    @property
    def zone(self) -> tzinfo:
        """The zone whose clocks cron expressions mean."""

    def handles(self, handler: str) -> bool:
        """Whether there is a handler of this type; else the work is for an external worker."""

    def handle(
        self, element: str, handler: str, given: Mapping[str, object], visit: int
    ) -> Outcome:
        """Run the handler of a service task on its mapped inputs; `visit` is its token."""

    def catches(self, code: str) -> bool:
        """Whether an instance that called this one catches a modelled error."""

    def decide(
        self, element: str, decision: str, variables: Mapping[str, object]
    ) -> tuple[object, dict[str, object]]:
        """The result of a decision and its trace."""


class NoEffects:
    """For looking at an instance without running it: every use is a mistake."""

    zone: tzinfo = UTC

    def handles(self, handler: str) -> bool:
        """Refuse."""
        raise PermissionError(f"Handler '{handler}' must not be asked for while read.")

    def handle(
        self, element: str, handler: str, given: Mapping[str, object], visit: int
    ) -> Outcome:
        """Refuse."""
        raise PermissionError(f"'{element}' must not run handler '{handler}' while read.")

    def catches(self, code: str) -> bool:
        """Refuse."""
        raise PermissionError(f"Who catches '{code}' must not be asked while read.")

    def decide(
        self, element: str, decision: str, variables: Mapping[str, object]
    ) -> tuple[object, dict[str, object]]:
        """Refuse."""
        raise PermissionError(f"'{element}' must not ask decision '{decision}' while read.")


class Variables(dict[str, object]):
    """The variables of an instance, once for all its tokens; remembers what changed."""

    def __init__(self, values: Mapping[str, object]) -> None:
        super().__init__(values)
        self.changes: dict[str, tuple[object, object]] = {}

    def merge(self, values: Mapping[str, object]) -> None:
        """Set several, noting old and new value of each that differs."""
        for name, value in values.items():
            old = self.get(name)
            if name not in self or old != value or type(old) is not type(value):
                first = self.changes[name][0] if name in self.changes else old
                self.changes[name] = (first, value)
                self[name] = value


class TokenWorkflow(BpmnWorkflow):
    """A running instance: tokens on the elements of a compiled diagram."""

    def __init__(self, spec: object, variables: Variables, now: datetime, effects: Effects) -> None:
        super().__init__(spec, {}, script_engine=NoPython(), deserializing=True)
        self.variables = variables
        self.now = now
        self.effects = effects
        self.expressions = Expressions(variables, now)
        self.journal = Journal()
        self.last_number = 0
        self.pins: dict[str, int] = {}  #: definition of each process it may call, deeper ones too
        self.call_depth = 0  #: how many call activities deep it was called
        self._queue: deque[Token] = deque()
        self._reconsider = False

    # -- tokens

    def place(self, element: str, scope: int | None) -> Token:
        """A new token on an element, not yet doing anything there.

        Raises:
            TooManyTokens: the instance has TOKEN_LIMIT already.
        """
        if len(self.tasks) >= TOKEN_LIMIT:
            raise TooManyTokens(self.spec.name, element, TOKEN_LIMIT)
        self.last_number += 1
        token = Token(self, self.spec_of(element, scope), self.last_number)
        token.scope = scope
        return token

    def spec_of(self, element: str, scope: int | None) -> Element:
        """What an element does; inside a repeated activity the same element is one round of it."""
        around = self.tasks.get(scope)
        repeats = around is not None and around.element == element
        return around.task_spec.body if repeats else self.spec.task_specs[element]

    def arrive(self, element: str, scope: int | None, flow: str | None = None) -> Token:
        """A token reaches an element and does there what the element does on arrival."""
        token = self.place(element, scope)
        token.flow = flow
        self.journal.entered.append(element)
        token.task_spec._update(token)  # noqa: SLF001 - SpiffWorkflow's life cycle
        return token

    def follow(self, flow: Flow, scope: int | None) -> None:
        """Take a sequence flow."""
        self.journal.flows.append(flow.id)
        self.arrive(flow.target, scope, flow.id)

    def queue(self, token: Token) -> None:
        """Let the engine run this token when its turn comes."""
        self._queue.append(token)

    def remove(self, token: Token) -> None:
        """The token leaves its element; what was armed or nested on it goes with it."""
        if self.tasks.pop(token.id, None) is not None:
            for other in self.belonging_to(token):
                self.withdraw(other)

    def withdraw(self, token: Token) -> None:
        """Cancel a token and everything that depends on it."""
        if token.id not in self.tasks:
            return
        if token.host is None:
            self.journal.cancelled.append(token.element)
        token.task_spec.withdrawn(token)
        token._set_state(TaskState.CANCELLED)  # noqa: SLF001 - own class
        self.remove(token)

    def belonging_to(self, token: Token) -> list[Token]:
        """Tokens nested in, or armed on, a token."""
        return [t for t in self.tasks.values() if token.id in (t.scope, t.host)]

    def standing(self, scope: int | None) -> Iterator[Token]:
        """Tokens of a scope, armed events left out."""
        return (t for t in self.tasks.values() if t.scope == scope and t.host is None)

    def set(self, values: Mapping[str, object]) -> None:
        """Set instance variables."""
        if values:
            self.variables.merge(values)
            self.expressions.changed()
            self.reconsider()

    def reconsider(self) -> None:
        """Look at conditional events again before the instance comes to rest."""
        self._reconsider = True

    # -- running

    def run(self) -> None:
        """Run until every token waits.

        Raises:
            EndlessLoop: more than STEP_LIMIT elements ran without waiting.
            StuckInstance: a token can neither go on nor wait for anything.
        """
        steps = 0
        while self._queue or self._fire_conditions() or self._fire_joins():
            while self._queue:
                token = self._queue.popleft()
                if token.id not in self.tasks:
                    continue
                steps += 1
                if steps > STEP_LIMIT:
                    raise EndlessLoop(self.spec.name, token.element, STEP_LIMIT)
                token.run()
        self._refuse_to_get_stuck()

    def _fire_joins(self) -> bool:
        # Of those that wait at one join the oldest asks for all.
        waiting: dict[tuple[str, int | None], Token] = {}
        for token in self.tasks.values():
            if token.task_spec.joins_late:
                waiting.setdefault((token.element, token.scope), token)
        return any(t.task_spec.try_join(t) for t in waiting.values() if t.id in self.tasks)

    def _fire_conditions(self) -> bool:
        if not self._reconsider:
            return False
        waiting = [t for t in self.tasks.values() if t.task_spec.place.trigger.kind == CONDITIONAL]
        # Where one has fired, the others are asked again: what it cancelled is gone by then.
        self._reconsider = any(t.task_spec.reconsider(t) for t in waiting if t.id in self.tasks)
        return self._reconsider

    def give_up(self) -> None:
        """End at once; what goes on is cancelled."""
        for token in list(self.tasks.values()):
            self.withdraw(token)
        self.completed = True

    def left(self, token: Token) -> None:
        """A token has left its element: the scope around it may be done."""
        if token.scope in self.tasks:
            around = self.tasks[token.scope]
            around.task_spec.inside_left(around, token)
        elif token.scope is None and not any(True for _ in self.standing(None)):
            self.completed = True
            self.tasks.clear()

    def _refuse_to_get_stuck(self) -> None:
        if self.completed or any(t.task_spec.waits(t) for t in self.tasks.values()):
            return
        raise StuckInstance(self.spec.name, sorted({t.element for t in self.tasks.values()}))
