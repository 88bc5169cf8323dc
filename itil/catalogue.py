"""The service catalogue: items that people ask for, each a document that is versioned (REQ-01).

An item says its form, who may have it, what it costs, who approves, and the tasks that fulfil it;
a request keeps the version it began with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import orjson
from sqlalchemy import Connection, select

from engine.errors import NotFound, Rejected
from engine.store.tables import definitions
from engine.store.unit_of_work import Actor, Reader, UnitOfWork

KIND = "catalogue"
#: What the approval table knows.
APPROVALS = ("none", "manager", "cost-centre", "group")
LANGUAGES = ("en", "zh")
_SOURCES = select(definitions.c.source).where(definitions.c.kind == KIND, definitions.c.active)
#: Tasks of an item, at most.
MOST_TASKS = 50


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


@dataclass(frozen=True, slots=True)
class Item:
    """Something to ask for."""

    key: str
    name: Mapping[str, str]  #: by language
    about: Mapping[str, str]  #: by language
    category: str
    form: str  #: its fields
    entitled: tuple[str, ...]  #: role:agent, group:network; empty: everybody
    approval: str  #: of APPROVALS
    approver: str  #: group that approves, where the approval is by group
    cost: int
    priority: int  #: 1 to 4: which targets of the service levels hold
    steps: tuple[Step, ...]
    bundle: tuple[str, ...]  #: items that it consists of

    def may(self, actor: Actor) -> bool:
        """Whether a person may have it."""
        held = {f"role:{r}" for r in actor.roles} | {f"group:{g}" for g in actor.groups}
        return not self.entitled or bool(held & set(self.entitled))

    def waves(self) -> list[list[Step]]:
        """Its steps in the order of their dependencies; what may go on at once is together."""
        return list(_waves(self.key, self.steps))


# -- reading a document


def check(document: Mapping[str, Any], known: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Refuse a document that is no item.

    Raises:
        ItemInvalid: names the field and what to do.
    """
    item = read(document)
    missing = sorted(set(item.bundle) - known.get(KIND, frozenset()))
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
        entitled=tuple(map(str, _list(key, document, "entitled"))),
        approval=approval,
        approver=approver,
        cost=_whole(key, document, "cost", 0, 10_000_000),
        priority=_whole(key, {"priority": 3, **document}, "priority", 1, 4),
        steps=tuple(_step(key, one, n) for n, one in enumerate(steps)),
        bundle=tuple(map(str, _list(key, document, "bundle"))),
    )
    if not item.steps and not item.bundle:
        raise ItemInvalid(key, "steps", "nobody would do anything. Write a step, or a bundle.")
    item.waves()
    return item


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
    )


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


def _waves(key: str, steps: Sequence[Step]) -> Iterator[list[Step]]:
    names = {step.key for step in steps}
    if len(names) < len(steps):
        raise ItemInvalid(key, "steps", "two steps have the same key.")
    unknown = sorted({one for step in steps for one in step.after} - names)
    if unknown:
        raise ItemInvalid(key, "steps.after", f"there are no steps {', '.join(unknown)}.")
    done: set[str] = set()
    while len(done) < len(steps):
        wave = [s for s in steps if s.key not in done and done.issuperset(s.after)]
        if not wave:
            left = ", ".join(sorted(names - done))
            raise ItemInvalid(key, "steps.after", f"these wait for each other: {left}.")
        yield wave
        done |= {step.key for step in wave}


# -- queries


def get(source: Reader | UnitOfWork, key: str, actor: Actor | None = None) -> tuple[Item, int]:
    """An item on offer with the id of its definition.

    Raises:
        NotOnOffer: there is none, or it is not for this person.
    """
    catalogue, connection = source.runtime.catalogue, source.connection
    if key not in catalogue.active(connection).keys(KIND):
        raise NotOnOffer(key)
    item = read(catalogue.document(connection, KIND, key))
    if actor is not None and not item.may(actor):
        raise NotOnOffer(key)
    return item, catalogue.id_of(connection, KIND, key)


def on_offer(source: Reader | UnitOfWork, actor: Actor) -> list[Item]:
    """What a person may have, by category and name."""
    catalogue, connection = source.runtime.catalogue, source.connection
    keys = sorted(catalogue.active(connection).keys(KIND))
    found = [read(catalogue.document(connection, KIND, key)) for key in keys]
    return sorted(
        (item for item in found if item.may(actor)), key=lambda i: (i.category, i.name["en"])
    )


def choices(connection: Connection) -> list[dict[str, Any]]:
    """Items by their names, as options of a form field."""
    rows = connection.execute(_SOURCES.order_by(definitions.c.key)).scalars()
    items = [read(orjson.loads(source)) for source in rows]
    return [{"value": i.key, "label": i.name["en"], "label:zh": i.name["zh"]} for i in items]
