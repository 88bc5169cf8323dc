"""Everything about a case in one file; samples of cases, as auditors ask (AUD-05, AUD-06).

The file proves itself: it holds every event with its hash, so that whoever has it can follow the
chain without us.
"""

from __future__ import annotations

import csv
import hashlib
import io
import random
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select

from engine.queries import audit, instances
from engine.store.tables import events, user_tasks
from engine.store.unit_of_work import Reader
from itil import attachments, cases, links, timekeeping
from itil.case_record import table as case_rows

#: Says how to check the chain with nothing but Python.
VERIFIER = '''"""Check the events of this case: python3 verify.py"""
import hashlib, json
rows = [json.loads(line) for line in open("events.jsonl", encoding="utf-8")]
previous, columns = "0" * 64, json.load(open("columns.json", encoding="utf-8"))
for number, row in enumerate(rows, 1):
    content = [previous, *(row[name] for name in columns)]
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    if row["seq"] != number or hashlib.sha256(text.encode()).hexdigest() != row["hash"]:
        raise SystemExit(f"Broken at event {number}.")
    previous = row["hash"]
print(f"Whole: {len(rows)} events, head {previous}.")
'''
#: Columns that a hash covers, behind the hash before it.
COLUMNS = (
    *("stream", "seq", "at", "actor", "on_behalf_of", "channel", "address", "action"),
    *("subject", "element", "definition_id", "command_key", "details"),
)


def whole(reader: Reader, number: str) -> bytes:
    """A zip of a case: record, events with their chain, tasks, clocks, diagram with its path.

    Raises:
        CaseNotFound: there is none.
    """
    case = cases.get(reader, number)
    instance = instances.get(reader, case.instance_id)
    path = instances.path(reader, instance)
    stream = f"instance:{case.instance_id}"
    verdict = audit.verify(reader, stream)
    files: dict[str, bytes] = {
        "case.json": _json(asdict(case)),
        "variables.json": _json(instance.variables),
        "links.json": _json([asdict(link) for link in links.of(reader, number)]),
        "tasks.json": _json(_tasks(reader, case.instance_id)),
        "clocks.json": _json(_clocks(reader, case.instance_id)),
        "path.json": _json({"completed": dict(path.completed), "active": list(path.active)}),
        "files.json": _json([asdict(f) for f in attachments.of(reader, number, internal=True)]),
        "diagram.bpmn": instances.diagram(reader, instance),
        "events.jsonl": b"\n".join(_events(reader, stream)) + b"\n",
        "columns.json": _json(COLUMNS),
        "verify.py": VERIFIER.encode(),
    }
    files["proof.json"] = _json(
        {
            "case": number,
            "stream": stream,
            "whole": verdict.ok,
            "events": verdict.length,
            "made_at": reader.now,
            "sha256": {name: hashlib.sha256(text).hexdigest() for name, text in files.items()},
        }
    )
    return _zip(files)


def _json(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)


def _events(reader: Reader, stream: str) -> list[bytes]:
    query = select(events).where(events.c.stream == stream).order_by(events.c.seq)
    lines = []
    for row in reader.connection.execute(query):
        values = {name: getattr(row, name) for name in (*COLUMNS, "hash")}
        values["at"] = row.at.isoformat()
        lines.append(orjson.dumps(values))
    return lines


def _tasks(reader: Reader, instance_id: int) -> list[dict[str, Any]]:
    query = select(user_tasks).where(user_tasks.c.instance_id == instance_id)
    rows = reader.connection.execute(query.order_by(user_tasks.c.id))
    return [dict(zip(row._fields, row, strict=True)) for row in rows]


def _clocks(reader: Reader, instance_id: int) -> list[dict[str, Any]]:
    table = timekeeping.table
    query = select(table).where(table.c.instance_id == instance_id).order_by(table.c.id)
    rows = reader.connection.execute(query)
    return [dict(zip(row._fields, row, strict=True)) for row in rows]


def _zip(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            # The same case gives the same file, whenever it is made.
            info = zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class Sample:
    """The population of a period, and some of it by a seed."""

    numbers: Sequence[str]  #: all of them
    sha256: str  #: of the numbers, one a line
    chosen: Sequence[str]


def sample(
    reader: Reader, process: str, span: tuple[datetime, datetime], size: int, seed: str
) -> Sample:
    """Every case of a process in a period, and a random choice that the same seed repeats."""
    start, end = span
    query = select(case_rows.c.number).where(
        case_rows.c.process == process,
        case_rows.c.recorded_at >= start,
        case_rows.c.recorded_at < end,
    )
    numbers = sorted(reader.connection.execute(query).scalars())
    digest = hashlib.sha256("\n".join(numbers).encode()).hexdigest()
    chosen = random.Random(f"{seed}:{digest}").sample(numbers, min(size, len(numbers)))  # noqa: S311
    return Sample(numbers, digest, sorted(chosen))


def as_csv(found: Sample) -> bytes:
    """A sample as a file: each case of the population, and whether it was chosen."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["number", "chosen", found.sha256])
    chosen = set(found.chosen)
    writer.writerows([number, "yes" if number in chosen else "", ""] for number in found.numbers)
    return out.getvalue().encode()
