"""The engine as random walks use it: in memory, or by the commands on a database.

In memory, what leaves an instance is brought to the others as `engine.commands.advance` does it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from typing import Any

from engine.bpmn import codec
from engine.bpmn.definition import ProcessDefinition
from engine.bpmn.instance import Instance
from engine.bpmn.tokens import Thrown
from engine.topics import BpmnError, Outcome, Topics
from tests.randomly.sight import KEY, Seen, Sight, Task

#: What the decision `tens` answers.
TABLE: Mapping[object, int] = {0: 10, 1: 11, 2: 12}


def risky(c0: int | None = None) -> Outcome:
    """A handler that fails by a modelled error in one case of three."""
    if c0 == 1:
        raise BpmnError("oops")
    return Outcome({"served": c0})


def topics() -> Topics:
    """What random processes call."""
    found = Topics()
    found.handles("risky")(risky)
    return found


@dataclass
class Effects:
    """Handlers and decisions without a unit of work."""

    family: InMemory
    instance: Instance | None = None
    zone: tzinfo = UTC

    def handles(self, handler: str) -> bool:
        return handler == "risky"

    def catches(self, code: str) -> bool:
        """Whether an instance that called this one catches a modelled error."""
        member = next(m for m in self.family.members if m.instance is self.instance)
        while member.caller is not None:
            member, token = member.caller
            if member.status != "active" or not codec.stands(member.state, token):
                return False
            if member.instance.catches(token, code):
                return True
        return False

    def handle(
        self, element: str, handler: str, given: Mapping[str, object], visit: int
    ) -> Outcome:
        assert self.instance is not None
        return risky({**self.instance.variables, **given}.get("c0"))  # type: ignore[arg-type]

    def decide(
        self, element: str, decision: str, variables: Mapping[str, object]
    ) -> tuple[object, dict[str, object]]:
        return TABLE.get(variables.get("c0")), {}


@dataclass(eq=False)
class Member:
    """One instance in memory."""

    name: str
    process: str
    instance: Instance
    caller: tuple[Member, int] | None = None
    state: bytes = b""

    @property
    def status(self) -> str:
        if self.instance.cancelled:
            return "cancelled"
        return "completed" if self.instance.ended else "active"


@dataclass
class InMemory:
    """An instance and those it has called; with `saves` each is restored before every move."""

    definitions: Mapping[str, ProcessDefinition]
    now: datetime
    saves: bool
    members: list[Member] = field(default_factory=list)
    kept: list[tuple[str, datetime]] = field(default_factory=list)  #: messages, and until when

    def start(self, variables: Mapping[str, object]) -> None:
        self._move(self._new("p", variables, None), lambda i: i.start("", self._pins()))

    def complete(self, instance: str, element: str, values: Mapping[str, object]) -> None:
        member = next(m for m in self.members if m.name == instance)
        self._move(member, lambda i: i.complete(oldest_task(i, element), values))

    def send(self, name: str, key: str | None, values: Mapping[str, object]) -> None:
        found = self._expecting(name, key or KEY)
        assert found is not None, f"nothing waits for {name} {key}"
        member, token = found
        self._move(member, lambda i: i.catch(token, values))

    def signal(self, name: str, values: Mapping[str, object]) -> None:
        for member in self._listening(name, None):
            if member.status == "active":
                self._move(member, lambda i: i.catch_signal(name, values))

    def move_to(self, moment: datetime) -> None:
        self.now = moment
        while due := [(d, m) for m in self.members if (d := next_due(m.instance)) and d <= moment]:
            for _, member in sorted(due, key=lambda found: (found[0], self._place(found[1]))):
                if (again := next_due(member.instance)) and again <= moment:
                    self._move(member, Instance.fire_due)

    def look(self) -> Sight:
        found = {}
        for member in self.members:
            instance = self._taken_up(member) if member.status == "active" else member.instance
            waits = [(w.kind, w.element, w.name, w.key, w.due) for w in instance.waiting()]
            variables = {k: v for k, v in instance.variables.items() if k != "number"}
            found[member.name] = Seen(member.status, tasks(instance), waits, variables)
        return found

    # -- between instances

    def _place(self, member: Member) -> int:
        return self.members.index(member)

    def _pins(self) -> dict[str, int]:
        return dict.fromkeys(self.definitions, 0)

    def _fresh(self, process: str, variables: Mapping[str, object]) -> Instance:
        effects = Effects(self)
        instance = Instance(self.definitions[process], variables, self.now, effects)
        effects.instance = instance
        return instance

    def _taken_up(self, member: Member) -> Instance:
        if self.saves and member.state:
            member.instance = self._fresh(member.process, dict(member.instance.variables))
            member.instance.restore(member.state)
        workflow = member.instance._workflow
        workflow.now = workflow.expressions._now = self.now
        return member.instance

    def _new(
        self, process: str, variables: Mapping[str, object], caller: tuple[Member, int] | None
    ) -> Member:
        same = sum(m.process == process and m.caller is not None for m in self.members)
        name = f"{caller[0].name}/{process}#{same}" if caller else process
        given = {**variables, "number": KEY}
        member = Member(name, process, self._fresh(process, given), caller)
        self.members.append(member)
        return member

    def _move(self, first: Member, act: Callable[[Instance], object]) -> None:
        waiting = deque(self._leaving(first, act))
        while waiting:
            sender, thrown = waiting.popleft()
            for member, errand in self._errands(sender, thrown):
                if member.status == "active":
                    waiting.extend(self._leaving(member, errand))

    def _leaving(
        self, member: Member, act: Callable[[Instance], object]
    ) -> list[tuple[Member, Thrown]]:
        instance = self._taken_up(member)
        act(instance)
        thrown = [*instance.journal.thrown]
        instance.journal.thrown.clear()
        if member.status == "active":
            member.state = instance.state()
        failed = any(one.kind == "error" for one in thrown)
        if member.caller and instance.ended and not instance.cancelled and not failed:
            thrown.append(Thrown("return", member.process, "", variables=dict(instance.variables)))
        if member.status == "active":
            awaited = {w.name for w in instance.waiting() if w.kind == "message"}
            names = sorted(awaited & {name for name, _ in self.kept})
            thrown += [Thrown("expect", name, "") for name in names]
        return [(member, one) for one in thrown]

    def _errands(
        self, sender: Member, thrown: Thrown
    ) -> list[tuple[Member, Callable[[Instance], object]]]:
        name, values = thrown.name, thrown.variables
        if thrown.kind == "call":
            depth = sender.name.count("/") + 1
            member = self._new(name, values, (sender, thrown.token))
            return [(member, lambda i: i.start("", self._pins(), depth))]
        if thrown.kind == "uncall":
            called = [m for m in self.members if m.caller == (sender, thrown.token)]
            active = [m for m in called if m.status == "active"]
            return [(m, Instance.withdraw_all) for m in active]
        if thrown.kind == "signal":
            heard = self._listening(name, sender)
            return [(m, lambda i: i.catch_signal(name, values)) for m in heard]
        if thrown.kind == "message":
            found = self._expecting(name, thrown.key or KEY)
            if found is None:
                self.kept.append((name, self.now + timedelta(hours=1)))
            return [] if found is None else [(found[0], partial(_catch, found[1], values))]
        if thrown.kind == "expect":
            return self._of_kept(name)
        assert sender.caller is not None
        caller, token = sender.caller
        if caller.status != "active" or not codec.stands(caller.state, token):
            return []
        if thrown.kind == "return":
            return [(caller, lambda i: i.returned(token, values))]
        return [(caller, lambda i: i.thrown_at(token, thrown.kind, name))]

    def _of_kept(self, name: str) -> list[tuple[Member, Callable[[Instance], object]]]:
        """The oldest kept message of a name reaches who waits for it now."""
        self.kept = [(n, until) for n, until in self.kept if until > self.now]
        place = next((i for i, (n, _) in enumerate(self.kept) if n == name), None)
        found = self._expecting(name, KEY)
        if place is None or found is None:
            return []
        del self.kept[place]
        return [(found[0], partial(_catch, found[1], {}))]

    def _listening(self, name: str, but: Member | None) -> list[Member]:
        return [
            m
            for m in self.members
            if m is not but
            and m.status == "active"
            and any((w.kind, w.name) == ("signal", name) for w in m.instance.waiting())
        ]

    def _expecting(self, name: str, key: str) -> tuple[Member, int] | None:
        for member in self.members:
            for wait in member.instance.waiting() if member.status == "active" else ():
                if (wait.kind, wait.name, wait.key or KEY) == ("message", name, key):
                    return member, wait.token
        return None


def _catch(token: int, values: Mapping[str, object], instance: Instance) -> None:
    instance.catch(token, values)


def oldest_task(instance: Instance, element: str) -> int:
    """The token of the oldest open user task on an element."""
    tokens = instance._workflow.tasks.values()
    return min(t.id for t in tokens if t.element == element and is_task(t))


def is_task(token: Any) -> bool:
    """Whether a token is a task that a person can do; not the whole of a repeated one."""
    return token.task_spec.place.kind == "userTask" and token.rounds is None


def tasks(instance: Instance) -> list[Task]:
    """Open user tasks with what they see in front of the variables of the instance."""
    return [
        (t.element, tuple(sorted(t.visible().items(), key=str)))
        for t in instance._workflow.tasks.values()
        if is_task(t)
    ]


def next_due(instance: Instance) -> datetime | None:
    """When its earliest timer is due."""
    if instance.ended or instance.cancelled:
        return None
    return min((w.due for w in instance.waiting() if w.due), default=None)
