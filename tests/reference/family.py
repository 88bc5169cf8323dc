"""Several instances of the reference: what they call, and the signals and messages between them.

A called process is an instance of its own (13.3.5). What leaves an instance arrives when that has
come to rest, in the order in which it left; BPMN leaves this open. A message that nobody waits for
is kept for an hour, for whoever begins to wait for it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from engine.bpmn.drawing import Drawing
from tests.randomly.sight import KEY, Seen, Sight
from tests.reference.interpreter import Reference
from tests.reference.marking import Active, Armed, Sent


@dataclass(eq=False)
class Member:
    """One instance, by the path of those that called it."""

    name: str
    process: str
    run: Reference
    caller: tuple[Member, Active] | None = None
    cancelled: bool = False

    @property
    def status(self) -> str:
        if self.cancelled:
            return "cancelled"
        return "completed" if self.run.ended else "active"

    @property
    def next_due(self) -> datetime | None:
        dues = [armed.due for armed in self.run.waiting() if armed.due is not None]
        return min(dues) if dues and self.status == "active" else None


class Family:
    """An instance and those that it has called."""

    def __init__(
        self, drawings: Mapping[str, Drawing], variables: Mapping[str, object], now: datetime
    ) -> None:
        self.drawings = drawings
        self.now = now
        self.members: list[Member] = []
        self.kept: list[tuple[str, datetime]] = []  #: names of messages, and until when
        self._move(self._new("p", variables, None), Reference.start)

    # -- what can be done from outside

    def complete(self, instance: str, element: str, values: Mapping[str, object]) -> None:
        member = next(m for m in self.members if m.name == instance)
        active = min(
            (a for a in member.run.all() if a.place.id == element and a.items is None),
            key=lambda a: a.number,
        )
        self._move(member, lambda run: run.complete(active, values))

    def send(self, name: str, key: str | None, values: Mapping[str, object]) -> None:
        found = self._expecting(name, key or KEY)
        assert found is not None
        member, armed = found
        self._move(member, lambda run: _deliver(run, armed, values))

    def signal(self, name: str, values: Mapping[str, object]) -> None:
        for member in self._listening(name, None):
            if member.status == "active":
                self._move(member, lambda run: _hear(run, name, values))

    def move_to(self, moment: datetime) -> None:
        """Fire what is due: by instance, the one with the earliest first, as after a downtime."""
        self.now = moment
        while due := [m for m in self.members if m.next_due and m.next_due <= moment]:
            for member in sorted(due, key=lambda m: (m.next_due, self.members.index(m))):
                if member.next_due is not None and member.next_due <= moment:
                    self._move(member, _fire_due)

    # -- what can be seen from outside

    def look(self) -> Sight:
        return {member.name: _seen(member) for member in self.members}

    # -- between instances

    def _new(
        self,
        process: str,
        variables: Mapping[str, object],
        caller: tuple[Member, Active] | None,
    ) -> Member:
        name = process if caller is None else f"{caller[0].name}/{process}"
        same = sum(m.process == process and m.caller is not None for m in self.members)
        run = Reference(self.drawings[process], variables, self.now)
        run.called = caller is not None
        member = Member(f"{name}#{same}" if caller else name, process, run, caller)
        self.members.append(member)
        return member

    def _move(self, first: Member, act: Callable[[Reference], None]) -> None:
        waiting = deque(self._leaving(first, act))
        while waiting:
            sender, sent = waiting.popleft()
            for member, errand in self._errands(sender, sent):
                if member.status == "active" or errand is Reference.start:
                    waiting.extend(self._leaving(member, errand))

    def _leaving(
        self, member: Member, act: Callable[[Reference], None]
    ) -> list[tuple[Member, Sent]]:
        member.run.now = self.now
        act(member.run)
        sent, member.run.sent = member.run.sent, []
        if member.caller and member.run.ended and not (member.cancelled or member.run.failed):
            sent.append(Sent("return", member.process, values=dict(member.run.variables)))
        if member.status == "active":
            awaited = {a.event.trigger.name for a in member.run.waiting()}
            sent += [Sent("expect", name) for name in sorted(awaited & {n for n, _ in self.kept})]
        return [(member, one) for one in sent]

    def _errands(
        self, sender: Member, sent: Sent
    ) -> list[tuple[Member, Callable[[Reference], None]]]:
        if sent.kind == "call":
            assert sent.active is not None
            if sent.active not in set(sender.run.all()):
                return []
            return [(self._new(sent.name, sent.values, (sender, sent.active)), Reference.start)]
        if sent.kind == "uncall":
            called = [m for m in self.members if m.caller == (sender, sent.active)]
            return [(m, partial(_cancel, m)) for m in called if m.status == "active"]
        if sent.kind == "signal":
            hear = partial(_hear, name=sent.name, values={})
            return [(member, hear) for member in self._listening(sent.name, sender)]
        if sent.kind == "message":
            return self._to_who_waits(sent.name) or self._keep(sent.name)
        if sent.kind == "expect":
            return self._to_who_waits(sent.name) if self._take_out(sent.name) else []
        return self._to_the_caller(sender, sent)

    def _to_who_waits(self, name: str) -> list[tuple[Member, Callable[[Reference], None]]]:
        found = self._expecting(name, KEY)
        return [(found[0], partial(_deliver, armed=found[1], values={}))] if found else []

    def _keep(self, name: str) -> list[tuple[Member, Callable[[Reference], None]]]:
        self.kept.append((name, self.now + timedelta(hours=1)))
        return []

    def _take_out(self, name: str) -> bool:
        """The oldest kept message of a name, where somebody waits for it."""
        self.kept = [(n, until) for n, until in self.kept if until > self.now]
        place = next((i for i, (n, _) in enumerate(self.kept) if n == name), None)
        if place is None or self._expecting(name, KEY) is None:
            return False
        del self.kept[place]
        return True

    def _to_the_caller(
        self, sender: Member, sent: Sent
    ) -> list[tuple[Member, Callable[[Reference], None]]]:
        assert sender.caller is not None
        caller, active = sender.caller
        if active not in set(caller.run.all()):
            return []  # nobody waits for it any more
        if sent.kind == "return":
            return [(caller, lambda run: run.returned(active, sent.values))]
        return [(caller, lambda run: _raise(run, active, sent))]

    def _listening(self, name: str, but: Member | None) -> list[Member]:
        return [
            member
            for member in self.members
            if member is not but
            and member.status == "active"
            and any(
                (a.event.trigger.kind, a.event.trigger.name) == ("signal", name)
                for a in member.run.waiting()
            )
        ]

    def _expecting(self, name: str, key: str) -> tuple[Member, Armed] | None:
        for member in self.members:
            for armed in member.run.waiting() if member.status == "active" else ():
                trigger = armed.event.trigger
                wanted = (trigger.kind, trigger.name, armed.key or KEY)
                if wanted == ("message", name, key):
                    return member, armed
        return None


def _cancel(member: Member, run: Reference) -> None:
    member.cancelled = True
    run.give_up()


def _deliver(run: Reference, armed: Armed, values: Mapping[str, object]) -> None:
    run.deliver(armed, values)
    run.run()


def _hear(run: Reference, name: str, values: Mapping[str, object]) -> None:
    run.variables.update(values)
    run.hear(name)
    run.run()


def _raise(run: Reference, active: Active, sent: Sent) -> None:
    run.raise_at(active, active.scope, sent.kind, sent.name)
    run.run()


def _fire_due(run: Reference) -> None:
    while due := [a for a in run.waiting() if a.due is not None and a.due <= run.now]:
        run.fire(min(due, key=lambda a: (a.due, a.number)))
        run.run()


def _seen(member: Member) -> Seen:
    run = member.run
    tasks = [
        (a.place.id, tuple(sorted(run.seen(a, a.scope).items(), key=str)))
        for a in run.all()
        if a.place.kind == "userTask" and a.items is None
    ]
    waits = [
        (a.event.trigger.kind, a.event.id, a.event.trigger.name, a.key, a.due)
        for a in run.outside()
    ]
    return Seen(member.status, tasks, waits, run.variables)
