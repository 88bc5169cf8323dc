"""A diagram as it was drawn: plain values, before anything is judged or compiled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.bpmn.dialect.zeebe import Settings

#: Kinds of events that throw.
THROWS = ("endEvent", "intermediateThrowEvent")
#: Kinds of activities that contain others.
SCOPES = ("subProcess", "transaction", "adHocSubProcess")


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow."""

    id: str
    source: str
    target: str
    condition: str = ""  #: FEEL; empty where it is unconditional
    default: bool = False
    link: bool = False  #: stands for a pair of link events, and is not drawn


@dataclass(frozen=True, slots=True)
class Trigger:
    """What an event waits for or throws."""

    kind: str  #: none, message, timer, error, terminate, ..., or a kind that we refuse
    name: str = ""  #: of the message, signal or link
    key: str = ""  #: correlation key of the message: FEEL, or empty for the business key
    code: str = ""  #: of the error or escalation; empty catches all
    timer: str = ""  #: timeDuration, timeDate or timeCycle
    text: str = ""  #: of the timer or condition
    activity: str = ""  #: what to compensate; empty for everything in the scope


NONE = Trigger("none")


@dataclass(frozen=True, slots=True)
class Loop:
    """How an activity is repeated for the items of a list."""

    sequential: bool
    items: str = ""  #: FEEL giving the list
    item: str = ""  #: variable that holds the item in each round
    results: str = ""  #: variable that gets the list of results
    result: str = ""  #: FEEL giving the result of a round
    until: str = ""  #: FEEL: no further rounds once it holds
    cardinality: str = ""  #: BPMN's other way to count, which zeebe does not know


@dataclass(slots=True)
class Place:
    """A flow node: what it is, where it stands, how it is connected."""

    id: str
    kind: str  #: BPMN tag, such as `userTask`
    name: str
    line: int
    settings: Settings = field(default_factory=Settings)
    trigger: Trigger = NONE
    lane: str = ""
    parent: str = ""  #: enclosing sub-process, empty at the top
    documentation: str = ""
    attached_to: str = ""  #: host of a boundary event
    interrupting: bool = True
    default: str = ""  #: id of the default flow
    features: frozenset[str] = frozenset()  #: markers that change how it runs
    loop: Loop | None = None
    incoming: list[Flow] = field(default_factory=list)
    outgoing: list[Flow] = field(default_factory=list)
    boundary: list[str] = field(default_factory=list)  #: events attached to it
    starts: list[str] = field(default_factory=list)  #: start events inside it
    listens: list[str] = field(default_factory=list)  #: starts of event sub-processes inside it
    undo: str = ""  #: activity that a compensation event runs

    @property
    def by_event(self) -> bool:
        """Whether it is an event sub-process."""
        return "triggeredByEvent" in self.features

    @property
    def activity(self) -> bool:
        """Whether it is an activity that the flow enters."""
        return not self.by_event and (
            self.kind.endswith("Task") or self.kind in ("task", "callActivity", *SCOPES)
        )

    def label(self, language: str = "en") -> str:
        """The name in a language, the drawn one where there is no other, else the id."""
        return self.settings.properties.get(f"name:{language}") or self.name or self.id


@dataclass(slots=True)
class Drawing:
    """One executable process of a file."""

    process_id: str
    name: str
    settings: Settings
    documentation: str = ""
    places: dict[str, Place] = field(default_factory=dict)
    flows: dict[str, Flow] = field(default_factory=dict)
    listens: list[str] = field(default_factory=list)  #: starts of event sub-processes at the top
    duplicates: list[tuple[str, int]] = field(default_factory=list)  #: id, line
    nameless: list[tuple[str, int]] = field(default_factory=list)  #: tag without id, line
    unconnected: list[Flow] = field(default_factory=list)  #: source or target is missing
    strangers: list[tuple[str, str, int]] = field(default_factory=list)  #: tag, id, line
    shown: frozenset[str] = frozenset()  #: ids that have a shape or an edge in the picture

    @property
    def catches(self) -> set[str]:
        """Names of the messages it can catch."""
        return {
            p.trigger.name
            for p in self.places.values()
            if p.trigger.kind == "message" and p.kind not in THROWS
        }

    def reaching(self, target: str, without: str = "") -> set[str]:
        """Elements from which a token can get to `target` without passing one element."""
        found: set[str] = set()
        waiting = [target]
        while waiting:
            current = waiting.pop()
            if current in found or current == without:
                continue
            found.add(current)
            place = self.places[current]
            waiting.extend(flow.source for flow in place.incoming)
            if place.attached_to:
                waiting.append(place.attached_to)
        return found

    def around(self, element: str) -> list[str]:
        """The sub-processes that an element is in, the outermost first."""
        found: list[str] = []
        while parent := self.places[element].parent:
            found.insert(0, parent)
            element = parent
        return found

    def inside(self, parent: str) -> Iterator[Place]:
        """The places directly in a sub-process, or at the top (empty)."""
        return (place for place in self.places.values() if place.parent == parent)
