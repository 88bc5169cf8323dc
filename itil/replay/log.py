"""Reads an incident log: 36 columns, one row per logged change, rows of an incident together.

The columns and formats are those of the incident log published as UCI data set 498. What is known
only in the end (`resolved_at`, `closed_at`, `closed_code`, `resolved_by`) is dropped at the door:
a replay that saw it would know the future.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, TextIO

from engine.errors import Finding, Rejected

COLUMNS = [
    "number",
    "incident_state",
    "active",
    "reassignment_count",
    "reopen_count",
    "sys_mod_count",
    "made_sla",
    "caller_id",
    "opened_by",
    "opened_at",
    "sys_created_by",
    "sys_created_at",
    "sys_updated_by",
    "sys_updated_at",
    "contact_type",
    "location",
    "category",
    "subcategory",
    "u_symptom",
    "cmdb_ci",
    "impact",
    "urgency",
    "priority",
    "assignment_group",
    "assigned_to",
    "knowledge",
    "u_priority_confirmation",
    "notify",
    "problem_id",
    "rfc",
    "vendor",
    "caused_by",
    "closed_code",
    "resolved_by",
    "resolved_at",
    "closed_at",
]

#: Final values, the same in every row of an incident.
LEAKING = frozenset({"resolved_at", "closed_at", "closed_code", "resolved_by"})

MISSING = "?"
MOMENT = "%d/%m/%Y %H:%M"
STATES = frozenset(
    {
        "New",
        "Active",
        "Awaiting User Info",
        "Awaiting Evidence",
        "Awaiting Vendor",
        "Awaiting Problem",
        "Resolved",
        "Closed",
    },
)


class LogRejected(Rejected):
    """A log is not of the shape that can be replayed."""

    code: ClassVar[str] = "replay.log"


@dataclass(frozen=True, slots=True)
class Row:
    """One logged change, without what the future will bring."""

    line: int  #: in the file, the header is line 1
    number: str
    state: str
    opened_at: datetime
    updated_at: datetime
    caller: str
    channel: str
    category: str
    symptom: str
    ci: str | None
    impact: int  #: 1 high, 2 medium, 3 low
    urgency: int
    priority: int  #: 1 critical to 4 low, as recorded
    group: str | None
    problem: str | None
    change: str | None
    made_sla: bool


@dataclass(frozen=True, slots=True)
class Log:
    """A whole log in memory."""

    path: Path
    digest: str  #: SHA-256 of the file, hexadecimal
    incidents: Mapping[str, Sequence[Row]]  #: in file order
    broken: tuple[Finding, ...]  #: lines that were left out, and why

    @property
    def events(self) -> int:
        """Rows that were read."""
        return sum(len(rows) for rows in self.incidents.values())


def read(path: Path, *, limit: int | None = None, strict: bool = False) -> Log:
    """The incidents of a csv or csv.gz file, the first `limit` of them.

    Raises:
        LogRejected: no such file, another header, no incident at all, or, when `strict`, a line
            that cannot be used.
    """
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        with _open(path) as stream:
            incidents, broken = _group(csv.reader(stream), path.name, limit)
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise LogRejected(f"{path} cannot be read: {error}. Name a csv or csv.gz file.") from error
    if broken and strict:
        raise LogRejected(
            f"{path.name} has {len(broken)} lines that cannot be used, the first: {broken[0]} "
            "Nothing was replayed.",
            broken,
        )
    if not incidents:
        raise LogRejected(f"{path.name} has no incident that can be used.", broken)
    return Log(path, digest, incidents, tuple(broken))


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def _group(
    lines: Iterator[list[str]],
    name: str,
    limit: int | None,
) -> tuple[dict[str, list[Row]], list[Finding]]:
    _check_header(next(lines, []), name)
    incidents: dict[str, list[Row]] = {}
    broken: list[Finding] = []
    for line, cells in enumerate(lines, start=2):
        if cells and cells[0] not in incidents and len(incidents) == limit:
            continue
        try:
            row = _row(line, cells)
        except ValueError as error:
            broken.append(Finding("replay.line", "warning", f"line {line}", str(error), _ADVICE))
            continue
        incidents.setdefault(row.number, []).append(row)
    return incidents, broken


_ADVICE = "Correct the line; the others are replayed without it."


def _check_header(header: Sequence[str], name: str) -> None:
    if list(header) == COLUMNS:
        return
    missing = [column for column in COLUMNS if column not in header]
    surplus = [column for column in header if column not in COLUMNS]
    wrong = (
        f"lacks {', '.join(missing)}"
        if missing
        else f"has more: {', '.join(surplus)}"
        if surplus
        else "has its columns in another order"
    )
    raise LogRejected(
        f"{name} is not an incident log: its first line {wrong}. It must name these "
        f"{len(COLUMNS)} columns: {', '.join(COLUMNS)}. Nothing was replayed.",
    )


def _row(line: int, cells: Sequence[str]) -> Row:
    if len(cells) != len(COLUMNS):
        raise ValueError(f"It has {len(cells)} fields instead of {len(COLUMNS)}.")
    said = {name: text for name, text in zip(COLUMNS, cells, strict=True) if name not in LEAKING}
    if not said["number"]:
        raise ValueError("It names no incident.")
    if said["incident_state"] not in STATES:
        raise ValueError(f"The state '{said['incident_state']}' is not known.")
    return Row(
        line=line,
        number=said["number"],
        state=said["incident_state"],
        opened_at=_moment(said, "opened_at"),
        updated_at=_moment(said, "sys_updated_at"),
        caller=said["caller_id"],
        channel=said["contact_type"].lower(),
        category=f"{said['category']} / {said['subcategory']}",
        symptom=said["u_symptom"],
        ci=_named(said["cmdb_ci"]),
        impact=_level(said, "impact", 3),
        urgency=_level(said, "urgency", 3),
        priority=_level(said, "priority", 4),
        group=_named(said["assignment_group"]),
        problem=_named(said["problem_id"]),
        change=_named(said["rfc"]),
        made_sla=said["made_sla"] == "true",
    )


def _named(text: str) -> str | None:
    return None if text in ("", MISSING) else " ".join(text.split())


def _moment(said: Mapping[str, str], column: str) -> datetime:
    # The log names no time zone; reading it as UTC keeps every distance.
    try:
        return datetime.strptime(said[column], MOMENT).replace(tzinfo=UTC)
    except ValueError:
        raise ValueError(
            f"{column} is '{said[column]}', not a moment such as 29/2/2016 01:16.",
        ) from None


def _level(said: Mapping[str, str], column: str, lowest: int) -> int:
    text = said[column]
    level = int(text[0]) if text[:1].isdigit() else 0
    if not 1 <= level <= lowest:
        raise ValueError(f"{column} is '{text}', not a level such as '2 - Medium'.")
    return level
