"""The service catalogue: items that people ask for, each a document that is versioned (REQ-01).

An item says its form, who may have it, what it costs, who approves, and the tasks that fulfil it;
a request keeps the version it began with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, TypeVar

import orjson
from sqlalchemy import Connection, bindparam, select

from engine.errors import NotFound, Rejected
from engine.store.tables import definitions
from engine.store.unit_of_work import Actor, Reader, UnitOfWork
from itil import people
from itil.roles import ROLES

KIND = "catalogue"
#: What the approval table knows.
APPROVALS = ("none", "manager", "cost-centre", "group")
LANGUAGES = ("en", "zh")
#: What an entitlement begins with; cost centres are groups whose lead answers for the money.
HOLDERS = ("role", "group", "cost-centre")
_SOURCES = select(definitions.c.source).where(definitions.c.kind == KIND, definitions.c.active)
_VERSION = select(definitions.c.source).where(
    definitions.c.id == bindparam("id"), definitions.c.kind == KIND
)
#: Tasks of an item, at most.
MOST_TASKS = 50
Node = TypeVar("Node", "Step", "Part")


class ItemInvalid(Rejected):
    """A catalogue item cannot be like this."""

    code: ClassVar[str] = "catalogue.invalid"

    def __init__(self, key: object, path: str, message: str) -> None:
        super().__init__(f"Catalogue item '{key}', '{path}': {message} Nothing was changed.")


class NotOnOffer(NotFound):
    """There is no such item, or it is not for this person."""

    code: ClassVar[str] = "catalogue.not-found"

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"The catalogue has no item '{key}' for you. Look at what it offers.")


@dataclass(frozen=True, slots=True)
class Step:
    """A task that fulfils an item."""

    key: str
    name: Mapping[str, str]  #: by language
    group: str
    instructions: Mapping[str, str]  #: by language
    after: tuple[str, ...]  #: steps that come first
    hours: int  #: in which it is to be done
    joins: str = ""  #: group that whoever gets the item joins, without anybody's work


@dataclass(frozen=True, slots=True)
class Part:
    """An item that a bundle brings."""

    key: str  #: of the item
    after: tuple[str, ...]  #: other items of the bundle that come first


@dataclass(frozen=True, slots=True)
class Item:
    """Something to ask for."""

    key: str
    name: Mapping[str, str]  #: by language
    about: Mapping[str, str]  #: by language
    category: str
    form: str  #: its fields
    entitled: tuple[str, ...]  #: role:agent, group:network, cost-centre:finance; empty: everybody
    approval: str  #: of APPROVALS
    approver: str  #: group that approves, where the approval is by group
    cost: int
    priority: int  #: 1 to 4: which targets of the service levels hold
    steps: tuple[Step, ...]
    bundle: tuple[Part, ...]  #: items that it consists of
    valid_from: date | None = None  #: first day on offer
    valid_to: date | None = None  #: last day on offer

    def may(self, held: frozenset[str]) -> bool:
        """Whether a person with these `holdings` may have it."""
        return not self.entitled or bool(held & set(self.entitled))

    def valid(self, now: datetime) -> bool:
        """Whether it is on offer at a moment; days begin and end by UTC."""
        today = now.date()
        begun = self.valid_from is None or self.valid_from <= today
        return begun and (self.valid_to is None or today <= self.valid_to)

    def waves(self) -> list[list[Step]]:
        """Its steps in the order of their dependencies; what may go on at once is together."""
        return list(_waves(self.key, "steps", self.steps))

    def part_waves(self) -> list[list[Part]]:
        """The items that it brings, in the order of their dependencies (REQ-09)."""
        return list(_waves(self.key, "bundle", self.bundle))


# -- reading a document


def check(document: Mapping[str, Any], known: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Refuse a document that is no item, or names a form or item that there is not.

    Raises:
        ItemInvalid: names the field and what to do.
    """
    item = read(document)
    if item.form not in known.get("form", frozenset()):
        raise ItemInvalid(item.key, "form", f"there is no form '{item.form}'.")
    missing = sorted({part.key for part in item.bundle} - known.get(KIND, frozenset()))
    if missing:
        raise ItemInvalid(item.key, "bundle", f"there are no items {', '.join(missing)}.")
    return frozenset()


def read(document: Mapping[str, Any]) -> Item:
    """The item of a document.

    Raises:
        ItemInvalid: names the field and what to do.
    """
    key = str(document.get("key") or "")
    approval = document.get("approval", "none")
    if approval not in APPROVALS:
        raise ItemInvalid(key, "approval", f"write one of {', '.join(APPROVALS)}.")
    approver = str(document.get("approver") or "")
    if approval == "group" and not approver:
        raise ItemInvalid(key, "approver", "name the group that approves.")
    form = str(document.get("form") or "")
    if not form:
        raise ItemInvalid(key, "form", "name the form that people fill in.")
    steps = _list(key, document, "steps")
    if len(steps) > MOST_TASKS:
        raise ItemInvalid(key, "steps", f"there are {len(steps)}; {MOST_TASKS} are taken at most.")
    item = Item(
        key=key,
        name=_texts(key, document, "name", ""),
        about=_texts(key, document, "about", ""),
        category=str(document.get("category") or "other"),
        form=form,
        entitled=_entitled(key, document),
        approval=approval,
        approver=approver,
        cost=_whole(key, document, "cost", 0, 10_000_000),
        priority=_whole(key, {"priority": 3, **document}, "priority", 1, 4),
        steps=tuple(_step(key, one, n) for n, one in enumerate(steps)),
        bundle=tuple(_part(key, one, n) for n, one in enumerate(_list(key, document, "bundle"))),
        valid_from=_day(key, document, "valid_from"),
        valid_to=_day(key, document, "valid_to"),
    )
    _whole_item(item)
    return item


def _whole_item(item: Item) -> None:
    """Refuse what only shows where its fields are seen together."""
    if item.valid_from and item.valid_to and item.valid_to < item.valid_from:
        raise ItemInvalid(item.key, "valid_to", "it ends before it begins.")
    if not item.steps and not item.bundle:
        raise ItemInvalid(item.key, "steps", "nobody would do anything. Write a step, or a bundle.")
    item.waves()
    item.part_waves()


def _part(key: str, one: object, position: int) -> Part:
    path = f"bundle[{position}]"
    if isinstance(one, str):
        one = {"item": one}
    if not isinstance(one, Mapping) or not one.get("item"):
        raise ItemInvalid(key, path, "write the key of an item, or an object with item and after.")
    if one["item"] == key:
        raise ItemInvalid(key, path, "it would bring itself.")
    return Part(str(one["item"]), tuple(map(str, _list(key, one, "after", f"{path}."))))


def _step(key: str, one: object, position: int) -> Step:
    path = f"steps[{position}]"
    if not isinstance(one, Mapping):
        raise ItemInvalid(key, path, "write an object with key, name, group and instructions.")
    name, group = str(one.get("key") or ""), str(one.get("group") or "")
    if not name or not group:
        raise ItemInvalid(key, path, "its key or its group is missing.")
    return Step(
        key=name,
        name=_texts(key, one, "name", f"{path}."),
        group=group,
        instructions=_texts(key, one, "instructions", f"{path}."),
        after=tuple(map(str, _list(key, one, "after", f"{path}."))),
        hours=_whole(key, {"hours": 8, **one}, "hours", 1, 10_000, f"{path}."),
        joins=str(one.get("joins") or ""),
    )


def _entitled(key: str, document: Mapping[str, Any]) -> tuple[str, ...]:
    found = tuple(map(str, _list(key, document, "entitled")))
    for one in found:
        kind, _, name = one.partition(":")
        if kind not in HOLDERS or not name or (kind == "role" and name not in ROLES):
            advice = f"'{one}' is nobody. Write role:, group: or cost-centre: and its key."
            raise ItemInvalid(key, "entitled", advice)
    return found


def _day(key: str, document: Mapping[str, Any], name: str) -> date | None:
    found = document.get(name)
    if found is None:
        return None
    try:
        return date.fromisoformat(found)
    except (TypeError, ValueError):
        raise ItemInvalid(key, name, "write a day, such as 2026-12-31.") from None


def _list(key: str, values: Mapping[str, Any], name: str, path: str = "") -> Sequence[Any]:
    found = values.get(name, [])
    if not isinstance(found, list):
        raise ItemInvalid(key, path + name, "write a list.")
    return found


def _texts(key: str, values: Mapping[str, Any], name: str, path: str) -> Mapping[str, str]:
    found = values.get(name)
    for language in LANGUAGES:
        text = found.get(language) if isinstance(found, Mapping) else None
        if not isinstance(text, str) or not text.strip():
            raise ItemInvalid(key, f"{path}{name}.{language}", "the text is missing. Write it.")
    return {language: found[language] for language in LANGUAGES} if found else {}


def _whole(
    key: str, values: Mapping[str, Any], name: str, least: int, most: int, path: str = ""
) -> int:
    found = values.get(name, least)
    if not isinstance(found, int) or isinstance(found, bool) or not least <= found <= most:
        raise ItemInvalid(key, path + name, f"write a whole number of {least} to {most}.")
    return found


def _waves(key: str, path: str, nodes: Sequence[Node]) -> Iterator[list[Node]]:
    names = {node.key for node in nodes}
    if len(names) < len(nodes):
        raise ItemInvalid(key, path, "two have the same key.")
    unknown = sorted({one for node in nodes for one in node.after} - names)
    if unknown:
        raise ItemInvalid(key, f"{path}.after", f"there are no {path} {', '.join(unknown)}.")
    done: set[str] = set()
    while len(done) < len(nodes):
        wave = [node for node in nodes if node.key not in done and done.issuperset(node.after)]
        if not wave:
            left = ", ".join(sorted(names - done))
            raise ItemInvalid(key, f"{path}.after", f"these wait for each other: {left}.")
        yield wave
        done |= {node.key for node in wave}


# -- queries


def holdings(source: Reader | UnitOfWork, actor: Actor) -> frozenset[str]:
    """What a person holds that an item may ask for: roles, groups and their cost centre."""
    held = {f"role:{r}" for r in actor.roles} | {f"group:{g}" for g in actor.groups}
    person = people.find(source, actor.name)
    if person is not None and person.cost_centre:
        held.add(f"cost-centre:{person.cost_centre}")
    return frozenset(held)


def get(source: Reader | UnitOfWork, key: str, actor: Actor | None = None) -> tuple[Item, int]:
    """An item on offer with the id of its definition.

    Raises:
        NotOnOffer: there is none now, or it is not for this person.
    """
    catalogue, connection = source.runtime.catalogue, source.connection
    if key not in catalogue.active(connection).keys(KIND):
        raise NotOnOffer(key)
    item = read(catalogue.document(connection, KIND, key))
    if not item.valid(source.now):
        raise NotOnOffer(key)
    if actor is not None and not item.may(holdings(source, actor)):
        raise NotOnOffer(key)
    return item, catalogue.id_of(connection, KIND, key)


def of_version(source: Reader | UnitOfWork, definition_id: int) -> Item:
    """The item as a version of it says, whatever is on offer now.

    Raises:
        NotOnOffer: there is no such version.
    """
    row = source.connection.execute(_VERSION, {"id": definition_id}).scalar()
    if row is None:
        raise NotOnOffer(str(definition_id))
    return read(orjson.loads(row))


def every(source: Reader | UnitOfWork) -> list[Item]:
    """All items, on offer or not, by category and name."""
    catalogue, connection = source.runtime.catalogue, source.connection
    keys = catalogue.active(connection).keys(KIND)
    found = [read(catalogue.document(connection, KIND, key)) for key in keys]
    return sorted(found, key=lambda item: (item.category, item.name["en"]))


def on_offer(source: Reader | UnitOfWork, actor: Actor) -> list[Item]:
    """What a person may have now, by category and name."""
    held = holdings(source, actor)
    return [item for item in every(source) if item.may(held) and item.valid(source.now)]


def choices(connection: Connection) -> list[dict[str, Any]]:
    """Items by their names, as options of a form field."""
    rows = connection.execute(_SOURCES.order_by(definitions.c.key)).scalars()
    items = [read(orjson.loads(source)) for source in rows]
    return [{"value": i.key, "label": i.name["en"], "label:zh": i.name["zh"]} for i in items]
