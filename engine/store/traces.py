"""The way an instance went on its diagram, recomputed from its audit events alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import orjson
from sqlalchemy import select

from engine.store.tables import events

if TYPE_CHECKING:
    from engine.store.unit_of_work import Reader, UnitOfWork


@dataclass(frozen=True, slots=True)
class Walked:
    """What was done on the diagram, in the names of the version that runs now."""

    completed: Counter[str] = field(default_factory=Counter)  #: element -> how often it was left
    cancelled: dict[str, None] = field(default_factory=dict)  #: in the order of their first time
    flows: Counter[str] = field(default_factory=Counter)  #: sequence flow -> how often taken

    def has_left(self, element: str) -> bool:
        """Whether a token has ever left an element, on its way or cancelled."""
        return element in self.completed or element in self.cancelled


def walked(source: UnitOfWork | Reader, instance_id: int, definition_id: int) -> Walked:
    """The whole way; what the version that runs now does not have is left out."""
    query = (
        select(events.c.definition_id, events.c.action, events.c.details)
        .where(events.c.stream == f"instance:{instance_id}")
        .order_by(events.c.seq)
    )
    found = Walked()
    for version, action, details in source.connection.execute(query):
        event = orjson.loads(details)
        if action == "instance.migrated":
            found = _renamed(found, event.get("names", {}))
        _add(source, found, version or definition_id, event)
    drawing = source.runtime.catalogue.process(source.connection, definition_id).drawing
    return Walked(
        Counter({e: n for e, n in found.completed.items() if e in drawing.places}),
        {e: None for e in found.cancelled if e in drawing.places},
        Counter({f: n for f, n in found.flows.items() if f in drawing.flows}),
    )


def _renamed(found: Walked, names: dict[str, str]) -> Walked:
    completed: Counter[str] = Counter()
    for element, times in found.completed.items():
        completed[names.get(element, element)] += times
    cancelled = {names.get(element, element): None for element in found.cancelled}
    return Walked(completed, cancelled, found.flows)


def _add(
    source: UnitOfWork | Reader, found: Walked, definition_id: int, event: dict[str, list[str]]
) -> None:
    flows = event.get("flows", ())
    found.flows.update(flows)
    found.cancelled.update(dict.fromkeys(event.get("cancelled", ())))
    if not flows:
        return
    drawing = source.runtime.catalogue.process(source.connection, definition_id).drawing
    for flow in (drawing.flows[name] for name in flows):
        found.completed[flow.source] += 1
        if not drawing.places[flow.target].outgoing:
            found.completed[flow.target] += 1
