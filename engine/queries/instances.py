"""Instances: their data, what they wait for, and the path they took on the diagram."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Row, select

from engine.bpmn.definition import ProcessDefinition
from engine.bpmn.instance import Instance
from engine.bpmn.tokens import NoEffects
from engine.errors import InstanceNotFound
from engine.store import traces
from engine.store.tables import definitions, instances, subscriptions, timers
from engine.store.unit_of_work import Actor, Reader


@dataclass(frozen=True, slots=True)
class InstanceRow:
    """A process instance."""

    id: int
    definition_id: int
    process_id: str
    version: int
    business_key: str | None
    status: str  #: active, suspended, stalled, completed, cancelled
    variables: Mapping[str, Any]
    started_by: str
    started_at: datetime
    ended_at: datetime | None
    revision: int
    parent_id: int | None = None  #: the instance that called it
    suspended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TimerRow:
    """A timer that has not fired yet."""

    element: str
    name: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Path:
    """Which way an instance went, for colouring its diagram."""

    completed: Mapping[str, int]  #: element -> how often a token left it
    active: tuple[str, ...]  #: elements with a token now
    cancelled: tuple[str, ...]  #: elements whose token was taken away
    flows: Mapping[str, int]  #: sequence flow -> how often it was taken


def _select() -> Any:  # noqa: ANN401 - a SQL select
    return select(instances, definitions.c.version).join(
        definitions, definitions.c.id == instances.c.definition_id
    )


def get(reader: Reader, instance_id: int) -> InstanceRow:
    """One instance.

    Raises:
        InstanceNotFound: there is none.
    """
    row = reader.connection.execute(_select().where(instances.c.id == instance_id)).first()
    if row is None:
        raise InstanceNotFound(instance_id)
    return _row(row)


def by_business_key(reader: Reader, key: str) -> InstanceRow:
    """The newest instance with a business key, those that it has called left out.

    Raises:
        InstanceNotFound: there is none.
    """
    query = _select().where(instances.c.business_key == key, instances.c.parent_id.is_(None))
    query = query.order_by(instances.c.id.desc())
    row = reader.connection.execute(query.limit(1)).first()
    if row is None:
        raise InstanceNotFound(key)
    return _row(row)


def of_case(reader: Reader, instance: InstanceRow) -> list[InstanceRow]:
    """An instance, and those that run for its case because it has called them, the oldest first."""
    query = _select().where(
        instances.c.business_key == instance.business_key,
        instances.c.parent_id.is_not(None),
        instances.c.ended_at.is_(None),
    )
    rows = reader.connection.execute(query.order_by(instances.c.id))
    return [instance, *(_row(row) for row in rows)]


def _row(row: Row[Any]) -> InstanceRow:
    return InstanceRow(
        id=row.id,
        definition_id=row.definition_id,
        process_id=row.process_id,
        version=row.version,
        business_key=row.business_key,
        status=row.status,
        variables=row.variables,
        started_by=row.started_by,
        started_at=row.started_at,
        ended_at=row.ended_at,
        revision=row.revision,
        parent_id=row.parent_id,
        suspended_at=row.suspended_at,
    )


def definition(reader: Reader, instance: InstanceRow) -> ProcessDefinition:
    """The compiled definition it runs on."""
    return reader.runtime.catalogue.process(reader.connection, instance.definition_id)


def diagram(reader: Reader, instance: InstanceRow) -> bytes:
    """The BPMN file it runs on, as it was deployed."""
    query = select(definitions.c.source).where(definitions.c.id == instance.definition_id)
    return bytes(reader.connection.execute(query).scalar_one())


def pending_timers(reader: Reader, instance: InstanceRow) -> list[TimerRow]:
    """Timers that have not fired yet, the earliest first."""
    compiled = definition(reader, instance)
    query = (
        select(timers.c.element, timers.c.due_at)
        .where(timers.c.instance_id == instance.id)
        .order_by(timers.c.due_at)
    )
    return [
        TimerRow(row.element, compiled.place(row.element).label(), row.due_at)
        for row in reader.connection.execute(query)
    ]


@dataclass(frozen=True, slots=True)
class Offer:
    """A message that the diagram offers a person to send now."""

    element: str
    names: Mapping[str, str]  #: by language
    form: str  #: empty where there is nothing to fill in


def offers(reader: Reader, instance: InstanceRow, actor: Actor) -> list[Offer]:
    """What the diagram offers this person to do beside the open tasks, in drawing order."""
    compiled = definition(reader, instance)
    query = select(subscriptions.c.element).where(subscriptions.c.instance_id == instance.id)
    waiting = set(reader.connection.execute(query).scalars())
    offered = [
        place
        for place in compiled.drawing.places.values()
        if place.id in waiting and "offeredTo" in place.settings.properties
    ]
    if not offered:
        return []
    variables = {**instance.variables, "number": instance.business_key}
    seen = Instance(compiled, variables, reader.now, NoEffects())
    return [
        Offer(
            place.id,
            {language: place.label(language) for language in ("en", "zh")},
            place.settings.properties.get("form", ""),
        )
        for place in offered
        if seen.offers(place.id, actor.roles, actor.groups)
    ]


def path(reader: Reader, instance: InstanceRow) -> Path:
    """The way it went, recomputed from its audit events alone."""
    way = traces.walked(reader, instance.id, instance.definition_id)
    return Path(way.completed, _active(reader, instance), tuple(way.cancelled), way.flows)


def _active(reader: Reader, instance: InstanceRow) -> tuple[str, ...]:
    query = select(instances.c.state).where(instances.c.id == instance.id)
    state = reader.connection.execute(query).scalar()
    if state is None:
        return ()
    # Rows are [number, element, state, scope, flow, host, ...]; a host marks an armed boundary.
    rows = orjson.loads(state)["t"]
    return tuple(row[1] for row in rows if len(row) < 6 or row[5] is None)  # noqa: PLR2004
