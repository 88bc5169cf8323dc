"""A diagram as it was drawn: plain values, before anything is judged or compiled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.bpmn.dialect.zeebe import Settings


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow."""

    id: str
    source: str
    target: str
    condition: str = ""  #: FEEL; empty where it is unconditional
    default: bool = False


@dataclass(frozen=True, slots=True)
class Trigger:
    """What an event waits for or throws."""

    kind: str  #: none, message, timer, error, terminate, or a kind that we refuse
    name: str = ""  #: of the message
    key: str = ""  #: correlation key of the message: FEEL, or empty for the business key
    code: str = ""  #: of the error; empty catches all
    timer: str = ""  #: timeDuration, timeDate or timeCycle
    text: str = ""  #: of the timer


NONE = Trigger("none")


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
    features: frozenset[str] = frozenset()  #: markers that change how it runs, such as `loop`
    incoming: list[Flow] = field(default_factory=list)
    outgoing: list[Flow] = field(default_factory=list)
    boundary: list[str] = field(default_factory=list)  #: events attached to it
    starts: list[str] = field(default_factory=list)  #: start events inside it

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
    duplicates: list[tuple[str, int]] = field(default_factory=list)  #: id, line
    nameless: list[tuple[str, int]] = field(default_factory=list)  #: tag without id, line
    unconnected: list[Flow] = field(default_factory=list)  #: source or target is missing
    strangers: list[tuple[str, str, int]] = field(default_factory=list)  #: tag, id, line

    @property
    def messages(self) -> set[str]:
        """Names of the messages it can catch."""
        return {p.trigger.name for p in self.places.values() if p.trigger.kind == "message"}

    def inside(self, parent: str) -> Iterator[Place]:
        """The places directly in a sub-process, or at the top (empty)."""
        return (place for place in self.places.values() if place.parent == parent)
