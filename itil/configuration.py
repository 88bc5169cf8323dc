"""Configuration items and how they hang together (CMDB-01, CMDB-02, CMDB-03).

A service is an item, too. Nothing here changes but by a change that was approved, or by an import
that has a name; the history of an item says which.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    bindparam,
    delete,
    insert,
    or_,
    select,
    update,
)

from engine.errors import Forbidden, NotFound, Rejected
from engine.store import audit
from engine.store.columns import Json, Moment, metadata
from engine.store.unit_of_work import Actor, Reader, UnitOfWork
from itil.case_record import table as cases

KINDS = ("service", "application", "server", "database", "network", "client", "document")
STATUSES = ("planned", "in_use", "maintenance", "retired")
ENVIRONMENTS = ("production", "test", "development")
#: "source KIND target": the source is affected when the target fails, but for `connected-to`.
RELATIONS = ("depends-on", "runs-on", "part-of", "uses", "connected-to")
#: What of a relation carries a failure from its target to its source.
CARRIES = ("depends-on", "runs-on", "part-of", "uses")
#: States of a change in which it may change what it names.
AT_WORK = ("approved", "scheduled", "implementing", "verifying", "in_review")
#: Classes that only some roles may see (CMDB-10); the others every agent.
SEEN_BY = {"document": frozenset({"configuration-manager", "change-manager", "auditor", "admin"})}

items = Table(
    "configuration_items",
    metadata,
    Column("key", String(100), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("status", String(20), nullable=False),
    Column("description", Text, nullable=False),
    Column("owner", String(100)),
    Column("group", String(100)),
    Column("location", String(200)),
    Column("environment", String(20), nullable=False),
    Column("criticality", Integer, nullable=False),  # 1 vital to 4 minor
    Column("supplier", String(200)),
    Column("enough", Integer),  # how many of what it stands on have to work; None: all of them
    Column("attributes", Json, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("changed_via", String(120), nullable=False),  # change:CHG-3, import:NAME
)
Index("ix_configuration_items_kind", items.c.kind, items.c.key)
relations = Table(
    "ci_relations",
    metadata,
    Column("source", String(100), primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("target", String(100), primary_key=True),
    sqlite_with_rowid=False,
)
Index("ix_ci_relations_target", relations.c.target, relations.c.kind)
#: What changed on an item, by whom and by which change or import.
history = Table(
    "ci_history",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(100), nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", String(100), nullable=False),
    Column("via", String(120), nullable=False),
    Column("changes", Json, nullable=False),  # field -> [before, after]
)
Index("ix_ci_history_key", history.c.key, history.c.id)

_ONE = select(items).where(items.c.key == bindparam("key"))
_TEXTS = ("name", "description", "owner", "group", "location", "supplier")
_FROM_PEOPLE = (*_TEXTS, "kind", "status", "environment", "criticality", "enough", "attributes")


class ItemNotFound(NotFound):
    """There is no configuration item with this key."""

    code: ClassVar[str] = "ci.not-found"

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"There is no configuration item '{key}' that you may see. Check its key.")


class ItemInvalid(Rejected):
    """A configuration item or relation cannot be like this."""

    code: ClassVar[str] = "ci.invalid"


class NotByChange(Forbidden):
    """Something would change that no change at work stands for (CMDB-03)."""

    code: ClassVar[str] = "ci.no-change"

    def __init__(self, via: str) -> None:
        self.via = via
        super().__init__(
            f"'{via}' is no approved change that is at work. Configuration items are changed by "
            "one, or by an import with a name."
        )


@dataclass(frozen=True, slots=True)
class Item:
    """A configuration item."""

    key: str
    name: str
    kind: str
    status: str
    description: str
    owner: str | None
    group: str | None
    location: str | None
    environment: str
    criticality: int  #: 1 vital to 4 minor
    supplier: str | None
    enough: int | None
    attributes: Mapping[str, Any]
    changed_at: datetime
    changed_via: str


_COLUMNS = tuple(items.c[field.name] for field in fields(Item))

# -- changes


def put(work: UnitOfWork, key: str, values: Mapping[str, object], via: str) -> bool:
    """Make an item, or change the fields named; answers whether anything changed.

    `via` is `change:NUMBER` or `import:NAME`.

    Raises:
        ItemInvalid: a field cannot be like this.
        NotByChange: `via` names no change at work.
    """
    entitled(work, via)
    row = work.connection.execute(_ONE, {"key": key}).mappings().first()
    before: dict[str, Any] = _new() if row is None else dict(row)
    after = checked(key, {**before, **{n: v for n, v in values.items() if n in _FROM_PEOPLE}})
    changes = {n: [before.get(n), after[n]] for n in _FROM_PEOPLE if after[n] != before.get(n)}
    if not changes and row is not None:
        return False
    stamp = {"key": key, "changed_at": work.now, "changed_via": via}
    if row is None:
        work.connection.execute(insert(items), {**after, **stamp})
    else:
        work.connection.execute(update(items).where(items.c.key == key).values({**after, **stamp}))
    _note(work, key, via, changes)
    return True


def _new() -> dict[str, Any]:
    given = {"name": "", "description": "", "kind": "", "status": "in_use", "attributes": {}}
    return {**dict.fromkeys(_FROM_PEOPLE), **given, "environment": "production", "criticality": 3}


def checked(key: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an item, what is not given as usual.

    Raises:
        ItemInvalid: names the field that cannot be like this.
    """
    found = {n: values.get(n, usual) for n, usual in _new().items()}
    if not key.strip() or len(key) > 100 or key != key.strip():  # noqa: PLR2004 - the column
        raise ItemInvalid(f"'{key}' is no key. Write 1 to 100 characters without outer spaces.")
    if not str(found["name"] or "").strip():
        raise ItemInvalid(f"Item '{key}': the name is missing. Write one.")
    for name, known in (("kind", KINDS), ("status", STATUSES), ("environment", ENVIRONMENTS)):
        if found[name] not in known:
            raise ItemInvalid(
                f"Item '{key}': there is no {name} '{found[name]}'. "
                f"Write one of {', '.join(known)}."
            )
    for name, least, most in (("criticality", 1, 4), ("enough", 0, 1000)):
        value = found[name]
        if value is None and name == "enough":
            continue
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ItemInvalid(
                f"Item '{key}': {name} '{value}' is no whole number of {least} to {most}."
            )
    if not isinstance(found["attributes"], Mapping):
        raise ItemInvalid(f"Item '{key}': the attributes are no object. Write them by name.")
    return found


def relate(work: UnitOfWork, source: str, kind: str, target: str, via: str) -> bool:
    """Say that one item stands in a relation to another; answers whether that is new.

    Raises:
        ItemInvalid: there is no such kind, or an item is related to itself.
        ItemNotFound: one of them does not exist.
        NotByChange: `via` names no change at work.
    """
    entitled(work, via)
    if kind not in RELATIONS or source == target:
        raise ItemInvalid(
            f"'{source} {kind} {target}' cannot be. Name two items and one of "
            f"{', '.join(RELATIONS)}."
        )
    for key in (source, target):
        if work.connection.execute(_ONE, {"key": key}).first() is None:
            raise ItemNotFound(key)
    row = {"source": source, "kind": kind, "target": target}
    same = [relations.c[name] == value for name, value in row.items()]
    if work.connection.execute(select(relations.c.source).where(*same)).first():
        return False
    work.connection.execute(insert(relations), row)
    _note(work, source, via, {"relations": [None, f"{kind} {target}"]})
    return True


def unrelate(work: UnitOfWork, source: str, kind: str, target: str, via: str) -> bool:
    """Take a relation away; answers whether there was one.

    Raises:
        NotByChange: `via` names no change at work.
    """
    entitled(work, via)
    row = {"source": source, "kind": kind, "target": target}
    same = [relations.c[name] == value for name, value in row.items()]
    if not work.connection.execute(delete(relations).where(*same)).rowcount:
        return False
    _note(work, source, via, {"relations": [f"{kind} {target}", None]})
    return True


def entitled(work: UnitOfWork, via: str) -> None:
    """Refuse what neither a change at work nor a named import stands for (CMDB-03).

    Raises:
        NotByChange: as it says.
    """
    way, _, name = via.partition(":")
    if way == "import" and name.strip():
        return
    state = select(cases.c.state).where(cases.c.number == name, cases.c.process == "change")
    if way != "change" or work.connection.execute(state).scalar() not in AT_WORK:
        raise NotByChange(via)


def _note(work: UnitOfWork, key: str, via: str, changes: Mapping[str, object]) -> None:
    row = {"key": key, "at": work.now, "by": work.actor.name, "via": via, "changes": changes}
    work.connection.execute(insert(history), row)
    work.record(audit.Draft("system", "ci.changed", f"ci:{key}", {"via": via, **changes}))


# -- queries


def may_see(actor: Actor, kind: str) -> bool:
    """Whether a person may see items of a class (CMDB-10)."""
    return kind not in SEEN_BY or bool(SEEN_BY[kind] & actor.roles)


def get(reader: Reader | UnitOfWork, key: str, actor: Actor | None = None) -> Item:
    """One item.

    Raises:
        ItemNotFound: there is none, or it is not for this person.
    """
    row = reader.connection.execute(select(*_COLUMNS).where(items.c.key == key)).first()
    if row is None or (actor is not None and not may_see(actor, row.kind)):
        raise ItemNotFound(key)
    return Item(*row)


def by_keys(reader: Reader | UnitOfWork, keys: Iterable[str]) -> dict[str, Item]:
    """Items by key; keys without an item are left out."""
    query = select(*_COLUMNS).where(items.c.key.in_(sorted(set(keys))))
    return {row.key: Item(*row) for row in reader.connection.execute(query)}


def search(
    reader: Reader,
    actor: Actor,
    text: str = "",
    kind: str = "",
    after: str = "",
    limit: int = 50,
) -> list[Item]:
    """Items by key, from behind the key `after`; `text` is in key, name or description."""
    hidden = [one for one in KINDS if not may_see(actor, one)]
    query = select(*_COLUMNS).where(items.c.key > after, items.c.kind.not_in(hidden))
    if kind:
        query = query.where(items.c.kind == kind)
    if text:
        columns = (items.c.key, items.c.name, items.c.description)
        query = query.where(or_(*(c.icontains(text, autoescape=True) for c in columns)))
    return [
        Item(*row) for row in reader.connection.execute(query.order_by(items.c.key).limit(limit))
    ]


@dataclass(frozen=True, slots=True)
class Relation:
    """How one item is related to another."""

    source: str
    kind: str
    target: str


def relations_of(reader: Reader | UnitOfWork, key: str) -> list[Relation]:
    """Relations in which an item is source or target."""
    query = select(relations).where(or_(relations.c.source == key, relations.c.target == key))
    query = query.order_by(relations.c.source, relations.c.kind, relations.c.target).limit(1000)
    return [Relation(*row) for row in reader.connection.execute(query)]


def history_of(reader: Reader, key: str, limit: int = 100) -> list[Any]:
    """What changed on an item, the newest first."""
    query = select(history).where(history.c.key == key).order_by(history.c.id.desc()).limit(limit)
    return list(reader.connection.execute(query))


def choices(connection: Any, kind: str | None = None) -> list[dict[str, Any]]:  # noqa: ANN401
    """Items in use, as options of a form field."""
    query = select(items.c.key, items.c.name).where(items.c.status != "retired")
    query = query.where(items.c.kind == kind) if kind else query.where(items.c.kind != "service")
    rows = connection.execute(query.order_by(items.c.key).limit(500))
    return [{"value": r.key, "label": r.name, "label:zh": r.name} for r in rows]
