"""What goes on in one instance: tokens on sequence flows, activities, and events that wait.

After BPMN 2.0.2, chapter 13. Where the engine moves tokens from element to element, this marks
flows and fires what is enabled, as a Petri net does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.bpmn.drawing import Drawing, Place
from tests.reference.texts import value

#: What an event waits for that comes from outside.
OUTSIDE = ("message", "signal", "timer")


@dataclass(eq=False)
class Armed:
    """An event that waits: in the flow, at an activity, or at the head of an event sub-process."""

    event: Place
    number: int  #: in the order in which they were armed
    scope: Scope
    host: Active | None = None  #: the activity it is at, or the waiting that it is in the flow
    due: datetime | None = None
    left: int = 0  #: how often a cycle still fires; -1 without end
    held: bool = False  #: whether its condition was true when last looked at
    key: str | None = None

    @property
    def in_flow(self) -> bool:
        return self.host is not None and self.host.wait is self


@dataclass(eq=False)
class Active:
    """An activity that goes on, or something else that takes time."""

    place: Place
    scope: Scope
    number: int
    own: dict[str, object] = field(default_factory=dict)  #: variables of its own
    armed: list[Armed] = field(default_factory=list)  #: its boundary events
    wait: Armed | None = None  #: what it waits for itself
    inside: Scope | None = None
    choice: int | None = None  #: the event-based gateway it competes behind
    items: list[object] | None = None  #: of a repeated activity: those not begun
    results: list[object] = field(default_factory=list)
    done: int = 0

    @property
    def inputs(self) -> set[str]:
        """Variables that come in by its own mappings; the rounds of a repeated one have them."""
        return set() if self.items is not None else {m.target for m in self.place.settings.inputs}


@dataclass(eq=False)
class Left:
    """What a completed activity left to undo (13.5.5)."""

    number: int
    event: Place


@dataclass(eq=False)
class Scope:
    """A process, sub-process, set of rounds or undoing that goes on."""

    owner: Active | None
    flows: Counter[str] = field(default_factory=Counter)
    active: list[Active] = field(default_factory=list)
    heads: list[Armed] = field(default_factory=list)  #: starts of event sub-processes
    left: list[Left] = field(default_factory=list)

    def empty(self) -> bool:
        return not self.active and not +self.flows


@dataclass(frozen=True)
class Sent:
    """Something that leaves an instance: message, signal, call, uncall, error, escalation."""

    kind: str
    name: str
    active: Active | None = None  #: the call activity
    values: Mapping[str, object] = field(default_factory=dict)


class Marking:
    """The state of one instance and how to look at it; nothing here moves."""

    def __init__(self, drawing: Drawing, variables: Mapping[str, object], now: datetime) -> None:
        self.drawing = drawing
        self.variables = dict(variables)
        self.now = now
        self.top = Scope(None)
        self.sent: list[Sent] = []
        self.called = False  #: whether another instance waits for it
        self.failed = False  #: ended by an error that its caller gets
        self._count = 0

    def number(self) -> int:
        self._count += 1
        return self._count

    def scopes(self) -> Iterator[Scope]:
        waiting = [self.top]
        for scope in waiting:
            waiting.extend(a.inside for a in scope.active if a.inside is not None)
        return iter(waiting)

    def all(self) -> Iterator[Active]:
        return (active for scope in self.scopes() for active in scope.active)

    def waiting(self) -> list[Armed]:
        """Every event that waits, the oldest first."""
        found = [head for scope in self.scopes() for head in scope.heads]
        for active in self.all():
            found += [*active.armed, *([active.wait] if active.wait else [])]
        return sorted(found, key=lambda armed: armed.number)

    def still(self, armed: Armed) -> bool:
        return armed in self.waiting()

    # -- variables: kept in the nearest scope that has them, else in the instance (10.4)

    def around(self, active: Active | None, scope: Scope) -> Iterator[Active]:
        """An activity and those around it, outwards."""
        if active is not None:
            yield active
        owner = scope.owner
        while owner is not None:
            yield owner
            owner = owner.scope.owner

    def seen(self, active: Active | None, scope: Scope) -> dict[str, object]:
        """Variables of its own that can be seen from somewhere, without those of the instance."""
        found: dict[str, object] = {}
        for owner in self.around(active, scope):
            found = {**owner.own, **found}
        return found

    def value(self, text: str, active: Active | None, scope: Scope, **more: object) -> object:
        return value(text, {**self.variables, **self.seen(active, scope), **more})

    def put(self, values: Mapping[str, object], active: Active | None, scope: Scope) -> None:
        """Set variables as an activity does."""
        rest = dict(values)
        for owner in self.around(active, scope):
            hidden = owner.inputs if owner is active else set()
            for name in owner.own.keys() - hidden & rest.keys():
                if name in rest:
                    owner.own[name] = rest.pop(name)
        self.variables.update(rest)
