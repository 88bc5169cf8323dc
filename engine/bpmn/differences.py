"""What differs between two versions of a drawing, element by element, and what became of what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from engine.bpmn.drawing import Drawing, Place

#: What changes nothing about an element: where it is in the file, and who refers to it.
_SILENT = frozenset({"id", "line", "incoming", "boundary", "starts", "listens", "default"})


@dataclass(frozen=True, slots=True)
class Change:
    """One element that differs."""

    element: str
    name: str
    kind: str  #: BPMN tag, such as `userTask`
    what: str  #: added, removed or changed
    settings: tuple[tuple[str, str, str], ...] = ()  #: setting, old, new


def between(old: Drawing, new: Drawing) -> list[Change]:
    """Elements that were added, removed or changed, in the order of the newer drawing."""
    found = [
        Change(place.id, place.label(), place.kind, "removed")
        for place in old.places.values()
        if place.id not in new.places
    ]
    for place in new.places.values():
        before = old.places.get(place.id)
        if before is None:
            found.append(Change(place.id, place.label(), place.kind, "added"))
        elif settings := tuple(_settings(before, place)):
            found.append(Change(place.id, place.label(), place.kind, "changed", settings))
    return found


def _settings(old: Place, new: Place) -> Iterator[tuple[str, str, str]]:
    before, after = _flat(old), _flat(new)
    for name in sorted(before.keys() | after.keys()):
        if before.get(name, "") != after.get(name, ""):
            yield name, before.get(name, ""), after.get(name, "")


def _flat(place: Place) -> dict[str, str]:
    found = {name: value for name, value in asdict(place).items() if name not in _SILENT}
    flows = found.pop("outgoing")
    for flow in flows:
        default = " (default)" if flow["default"] else ""
        found[f"flow {flow['id']}"] = f"{flow['target']} {flow['condition']}{default}".strip()
    return dict(_texts("", found))


def _texts(path: str, value: object) -> Iterator[tuple[str, str]]:
    """Every leaf of nested settings with its path, such as `trigger.text`."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(f"{path}.{name}" if path else str(name), inner)
    elif isinstance(value, (list, tuple, set, frozenset)):
        shown = [str(item) if not isinstance(item, dict) else _pair(item) for item in value]
        yield path, ", ".join(sorted(shown))
    elif value is not None:
        yield path, str(value)


def _pair(mapping: dict[str, object]) -> str:
    return f"{mapping.get('target')} = {mapping.get('source')}"


def successors(old: Drawing, new: Drawing) -> dict[str, str]:
    """What probably took the place of elements that are gone, by id.

    It has the same kind and name, or is the only new one where only one of its kind is gone.
    """
    gone = [place for place in old.places.values() if place.id not in new.places]
    fresh = [place for place in new.places.values() if place.id not in old.places]
    found: dict[str, str] = {}
    for place in gone:
        same = [p for p in fresh if p.kind == place.kind]
        named = [p for p in same if p.name == place.name]
        alone = len(same) == 1 and sum(p.kind == place.kind for p in gone) == 1
        if len(named) == 1 or alone:
            found[place.id] = (named or same)[0].id
    return found
