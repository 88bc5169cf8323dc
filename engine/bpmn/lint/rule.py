"""What a check of a diagram gets, and the words that checks share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.bpmn.drawing import Drawing, Place
from engine.findings import Finding, Said
from engine.topics import Topics

#: Fields of a form by key: what can be chosen, or None where anything can be given.
Fields = Mapping[str, frozenset[str] | None]


@dataclass(frozen=True, slots=True)
class Names:
    """What exists outside of the deployed files; None where nobody could say."""

    groups: Mapping[str, frozenset[str]] | None = None  #: key -> what people call it
    roles: frozenset[str] | None = None
    variables: frozenset[str] = frozenset()  #: that every case may have
    starters: frozenset[str] = frozenset()  #: variables that name who began the case
    #: sent by what is no diagram; `{process}` stands for the id of the process
    messages: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What a diagram may refer to."""

    topics: Topics
    forms: frozenset[str] = frozenset()
    decisions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  #: id -> inputs
    processes: Mapping[str, Drawing] = field(default_factory=dict)  #: id -> drawing
    fields: Mapping[str, Fields] = field(default_factory=dict)  #: of each form
    names: Names = field(default_factory=Names)
    now: datetime | None = None


Check = Callable[[Drawing, Known], Iterator[Finding]]

#: Kinds of elements that wait for something from outside.
WAITS = frozenset({"userTask", "receiveTask", "intermediateCatchEvent", "eventBasedGateway"})
VARIABLE = re.compile(r"[^\W\d]\w*")
_MOST = 10  #: names in a list
_SHORT = 4  #: letters below which two names may well differ by one on purpose
_LONG = 60


def of_kind(drawing: Drawing, *kinds: str) -> Iterator[Place]:
    """The elements of these kinds."""
    return (place for place in drawing.places.values() if place.kind in kinds)


def after(place: Place) -> list[str]:
    """Where a token may go on from an element: its flows, its boundary events, what undoes it."""
    found = [flow.target for flow in place.outgoing] + place.boundary
    return [*found, place.undo] if place.undo else found


def waits(place: Place, known: Known) -> bool:
    """Whether an element by itself waits for something; scopes do by what is inside."""
    if place.kind in WAITS:
        return place.trigger.kind != "link"
    if place.kind in ("serviceTask", "sendTask"):
        return known.topics.find(place.settings.handler) is None
    return place.kind == "callActivity"


def shown(place: Place) -> Said:
    """An element by its name, or as `this` one."""
    if not place.name:
        return Said(f"this {place.kind}", f"此 {place.kind}")
    return Said(f'{place.kind} "{place.name}"', f'{place.kind}"{place.label("zh")}"')


def listed(names: Iterable[str]) -> Said:
    """Names for a sentence, the first of many."""
    found = sorted(names)
    if not found:
        return Said("none", "无")
    more = ", …" if len(found) > _MOST else ""
    text = ", ".join(found[:_MOST]) + more
    return Said(text, text)


class Near:
    """Finds the name that was probably meant: one letter more, less, other or exchanged."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = frozenset(names)
        self._shorter: dict[str, str] = {}
        for name in sorted(self.names):
            for text in (name, *_shorter(name)):
                self._shorter.setdefault(text, name)

    def find(self, name: str) -> str:
        """The nearest name; empty where none is near."""
        if len(name) < _SHORT:
            return ""
        for text in (name, *_shorter(name)):
            found = self._shorter.get(text, "")
            if len(found) >= _SHORT and _stem(found) != _stem(name):
                return found
        return ""

    def guess(self, name: str) -> Said:
        """`Did you mean ...?` before an advice; empty where no name is near."""
        found = self.find(name)
        return Said(f"Did you mean '{found}'? ", f"是否想写'{found}'? ") if found else Said("", "")


def _shorter(name: str) -> Iterator[str]:
    if len(name) <= _LONG:
        yield from (name[:at] + name[at + 1 :] for at in range(len(name)))


def _stem(name: str) -> str:
    """A name without digits and plural: `item1`, `item2` and `items` differ on purpose."""
    return re.sub(r"\d", "", name).removesuffix("s")
