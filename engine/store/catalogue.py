"""Deployed definitions, compiled once per process and shared by every unit of work.

Rows are immutable, so a compiled definition never grows stale; only which version is active
changes. One tiny query per transaction asks whether it did.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar, cast
from weakref import WeakKeyDictionary

import orjson
from sqlalchemy import Connection, func, select

from engine.bpmn import reader
from engine.bpmn.definition import ProcessDefinition, compile_drawing
from engine.errors import DefinitionNotFound
from engine.feel import dmn
from engine.store.tables import definitions

T = TypeVar("T")
_VERDICTS = 1_000  #: that are remembered


@dataclass(frozen=True, slots=True)
class Active:
    """Which versions are active now."""

    stamp: tuple[int, ...]
    ids: Mapping[tuple[str, str], int]  #: (kind, key) -> definition id
    decisions: Mapping[str, int] = field(default_factory=dict)  #: decision id -> definition id
    suspended: frozenset[int] = frozenset()  #: definition ids on which nothing may start

    def keys(self, kind: str) -> list[str]:
        """Keys deployed of a kind."""
        return sorted(key for k, key in self.ids if k == kind)


class Catalogue:
    """Finds definitions by key and gives their compiled form."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[int, object], object] = {}
        self._active: Active | None = None
        self._seen: WeakKeyDictionary[Connection, Active] = WeakKeyDictionary()
        self._verdicts: dict[tuple[str, tuple[int, ...]], object] = {}
        self._lock = threading.Lock()

    def active(self, connection: Connection) -> Active:
        """What is active as this transaction sees it."""
        seen = self._seen.get(connection)
        if seen is None:
            stamp = _stamp(connection)
            seen = self._active
            if seen is None or seen.stamp != stamp:
                with self._lock:
                    seen = self._active = self._read(connection, stamp)
            self._seen[connection] = seen
        return seen

    def changed(self, connection: Connection) -> None:
        """Look again: this transaction has deployed something."""
        self._seen.pop(connection, None)

    def process(self, connection: Connection, definition_id: int) -> ProcessDefinition:
        """A compiled process definition."""
        return self.compiled(connection, definition_id, _compile_process)

    def decision(self, connection: Connection, decision_id: str) -> tuple[int, dmn.Model]:
        """The active model that holds a decision, with its definition id.

        Raises:
            DefinitionNotFound: no deployed model has this decision.
        """
        active = self.active(connection)
        if decision_id not in active.decisions:
            raise DefinitionNotFound("decision", decision_id, active.decisions)
        definition_id = active.decisions[decision_id]
        return definition_id, self.compiled(connection, definition_id, dmn.load)

    def document(self, connection: Connection, kind: str, key: str) -> dict[str, object]:
        """The active JSON document of a kind, such as a form.

        Raises:
            DefinitionNotFound: none is deployed.
        """
        return self.compiled(connection, self.id_of(connection, kind, key), _document)

    def id_of(self, connection: Connection, kind: str, key: str) -> int:
        """Id of the active version.

        Raises:
            DefinitionNotFound: none is deployed.
        """
        active = self.active(connection)
        if (kind, key) not in active.ids:
            raise DefinitionNotFound(kind, key, active.keys(kind))
        return active.ids[kind, key]

    def compiled(
        self, connection: Connection, definition_id: int, build: Callable[[bytes], T]
    ) -> T:
        """What `build` makes of a definition's source, made once per process."""
        key = (definition_id, build)
        if key not in self._compiled:
            query = select(definitions.c.source).where(definitions.c.id == definition_id)
            self._compiled[key] = build(connection.execute(query).scalar_one())
        return cast("T", self._compiled[key])

    def verdict(self, connection: Connection, content: str, judge: Callable[[], T]) -> T:
        """What `judge` finds about a content, known by its stamp, beside what is active now."""
        key = (content, self.active(connection).stamp)
        if key not in self._verdicts:
            if len(self._verdicts) >= _VERDICTS:
                self._verdicts.clear()
            self._verdicts[key] = judge()
        return cast("T", self._verdicts[key])

    def _read(self, connection: Connection, stamp: tuple[int, ...]) -> Active:
        query = select(
            definitions.c.id, definitions.c.kind, definitions.c.key, definitions.c.suspended
        ).where(definitions.c.active)
        rows = connection.execute(query).all()
        ids = {(row.kind, row.key): row.id for row in rows}
        decisions = {}
        for (kind, _), definition_id in ids.items():
            if kind == "decision":
                model = self.compiled(connection, definition_id, dmn.load)
                decisions.update(dict.fromkeys(model.decisions, definition_id))
        return Active(stamp, ids, decisions, frozenset(row.id for row in rows if row.suspended))


def _compile_process(source: bytes) -> ProcessDefinition:
    return compile_drawing(reader.read(source, "definition"))


def _document(source: bytes) -> dict[str, object]:
    return cast("dict[str, object]", orjson.loads(source))


#: Deploying adds a row, rolling back moves `active` to another, suspending marks one: each changes
#: one of these.
_STAMP = select(
    func.count(),
    func.coalesce(func.max(definitions.c.id), 0),
    func.coalesce(func.sum(definitions.c.id).filter(definitions.c.active), 0),
    func.coalesce(
        func.sum(definitions.c.id).filter(definitions.c.active, definitions.c.suspended), 0
    ),
)


def _stamp(connection: Connection) -> tuple[int, ...]:
    return tuple(int(value) for value in connection.execute(_STAMP).one())
