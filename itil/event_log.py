"""What happened to the cases of a period as a table, for spreadsheets and mining (EVT-09).

A line for each element of the diagram that a case went through, in order, gateways left out; what
has no element, such as a comment, is a line with its action. Columns bear the names by which mining
tools know case, activity, time and resource; times are UTC.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

import orjson
from sqlalchemy import Row, select

from engine.errors import Rejected
from engine.queries import names
from engine.store.tables import definitions, events
from engine.store.unit_of_work import SYSTEM, Reader
from itil.case_record import table as cases
from itil.spreadsheet import cell

#: Cases of one table, at most; and how many are asked for at once.
MOST, _BATCH = 20_000, 500
HEAD = (
    "case:concept:name",
    "concept:name",
    "time:timestamp",
    "org:resource",
    "action",
    "element",
    "version",
    "on_behalf_of",
    "channel",
)


class LogTooLong(Rejected):
    """There are more cases than one table takes."""

    code: ClassVar[str] = "event-log.too-long"

    def __init__(self, count: int) -> None:
        super().__init__(f"{count:,} cases are in this period; {MOST:,} are taken. Shorten it.")


def as_csv(
    reader: Reader, process: str, span: tuple[datetime, datetime], language: str = "en"
) -> str:
    """The events of every case of a process that was recorded in a period, with a head.

    Raises:
        LogTooLong: there are too many cases; nothing is left out silently.
    """
    start, end = span
    query = select(cases.c.instance_id, cases.c.number).where(
        cases.c.process == process, cases.c.recorded_at >= start, cases.c.recorded_at < end
    )
    found = sorted((row.instance_id, row.number) for row in reader.connection.execute(query))
    if len(found) > MOST:
        raise LogTooLong(len(found))
    maps: dict[int, _Map] = {}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEAD)
    for at in range(0, len(found), _BATCH):
        by_stream = {f"instance:{instance}": number for instance, number in found[at : at + _BATCH]}
        for row in _events(reader, list(by_stream)):
            drawn = maps.get(row.definition_id)
            if drawn is None:
                drawn = maps[row.definition_id] = _map(reader, row.definition_id, language)
            for line in _lines(row, drawn):
                writer.writerow(cell(value) for value in (by_stream[row.stream], *line))
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class _Map:
    """What of a version of the diagram the table needs."""

    version: int | None
    names: Mapping[str, str]
    flows: Mapping[str, tuple[str, ...]]  #: flow -> the elements that it says were passed


def _map(reader: Reader, definition_id: int | None, language: str) -> _Map:
    if definition_id is None:
        return _Map(None, {}, {})
    definition = reader.runtime.catalogue.process(reader.connection, definition_id)
    places, flows = definition.drawing.places, {}
    for place in places.values():
        for flow in place.outgoing:
            end = places[flow.target]
            passed = (place, end) if not end.outgoing else (place,)
            flows[flow.id] = tuple(one.id for one in passed if "Gateway" not in one.kind)
    query = select(definitions.c.version).where(definitions.c.id == definition_id)
    version = reader.connection.execute(query).scalar()
    return _Map(version, names.elements(reader, definition_id, language), flows)


def _lines(row: Row[Any], drawn: _Map) -> Iterator[tuple[object, ...]]:
    """Who did an element stands beside it; what followed by itself is the system's."""
    passed = [
        one
        for flow in orjson.loads(row.details).get("flows", ())
        for one in drawn.flows.get(flow, ())
    ]
    elements = list(dict.fromkeys(passed)) or [row.element or ""]
    for element in elements:
        first = element == (row.element or elements[0])
        yield (
            drawn.names.get(element) or row.action,
            row.at.astimezone(UTC).isoformat(),
            row.actor if first else SYSTEM.name,
            row.action,
            element,
            drawn.version,
            row.on_behalf_of if first else None,
            row.channel,
        )


def _events(reader: Reader, streams: Sequence[str]) -> list[Row[Any]]:
    query = (
        select(events).where(events.c.stream.in_(streams)).order_by(events.c.stream, events.c.seq)
    )
    return list(reader.connection.execute(query))
