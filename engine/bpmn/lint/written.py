"""Which variables a diagram writes: what its forms ask, its tasks give, its mappings set.

Not every writer can be known: a handler answers what it likes. Where there is such a one, a name
is doubted only if it looks like a slip of a known one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from engine.bpmn.drawing import Drawing, Place
from engine.bpmn.lint.rule import Fields, Known, Near

#: What the engine itself gives.
GIVEN = frozenset(
    {
        "number",
        "loopCounter",
        "numberOfInstances",
        "numberOfActiveInstances",
        "numberOfCompletedInstances",
    },
)
_CARRIES = ("message", "signal")  #: triggers that bring variables


@dataclass(slots=True)
class Written:
    """The variables of a process."""

    names: set[str] = field(default_factory=set)
    anything: bool = False  #: whether something writes variables that nobody can name
    choices: dict[str, set[str]] = field(default_factory=dict)  #: what forms let people choose
    free: set[str] = field(default_factory=set)  #: written by something else than a choice

    def add(self, names: Iterable[str]) -> None:
        """Variables that may get any value."""
        self.names.update(names)
        self.free.update(names)

    def add_fields(self, fields: Fields) -> None:
        """Variables of a form."""
        for name, choices in fields.items():
            self.names.add(name)
            if choices is None:
                self.free.add(name)
            else:
                self.choices.setdefault(name, set()).update(choices)

    def is_closed(self, name: str) -> bool:
        """Whether a variable gets no value but those that can be chosen."""
        return not self.anything and name not in self.free


def written(drawing: Drawing, known: Known) -> Written:
    """What a diagram writes."""
    found = Written()
    found.add((*GIVEN, *known.names.variables))
    for place in drawing.places.values():
        found.add(mapping.target for mapping in place.settings.inputs)
        found.add(mapping.target for mapping in place.settings.outputs)
        if place.loop:
            found.add(name for name in (place.loop.item, place.loop.results) if name)
        form = _form(place)
        if form in known.fields:
            found.add_fields(known.fields[form])
        elif _gives_anything(place):
            found.anything = True
        if place.settings.result:
            found.add([place.settings.result])
    return found


def _form(place: Place) -> str:
    properties = place.settings.properties
    return properties.get("form", "") or place.settings.form


def _gives_anything(place: Place) -> bool:
    """Whether a place without a known form may set variables that it does not name."""
    kind = place.kind
    if kind == "startEvent" and not place.parent and place.trigger.kind != "timer":
        return True
    if place.trigger.kind in _CARRIES:
        return kind not in ("endEvent", "intermediateThrowEvent")
    if kind == "callActivity":
        return place.settings.returns_all and not place.settings.outputs
    return kind in ("userTask", "serviceTask", "sendTask") and not place.settings.outputs


class Doubts:
    """Which names are probably wrong."""

    def __init__(self, found: Written) -> None:
        self.known = found
        self._near = Near(found.names)

    def of(self, names: Iterable[str]) -> Iterator[str]:
        """Those names that nothing writes, or that look like a slip of one that is written."""
        for name in names:
            unknown = name not in self.known.names
            if unknown and (not self.known.anything or self._near.find(name)):
                yield name

    @property
    def near(self) -> Near:
        """The names that are written."""
        return self._near
