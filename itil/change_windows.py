"""Freeze and maintenance windows, with recurrence, as iCalendar in and out (CHG-17, CHG-18).

A hard freeze forbids to implement, a soft one warns; in a maintenance window a normal change needs
no further approval for its time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from sqlalchemy import Column, Integer, String, Table, Text, delete, insert, select

from engine.errors import NotFound, Rejected
from engine.store import audit
from engine.store.columns import Moment, metadata
from engine.store.unit_of_work import Reader, UnitOfWork

KINDS = ("hard-freeze", "soft-freeze", "maintenance")
#: Occurrences that are looked at, at most; a rule of every minute is none for a window.
MOST = 2_000
_LONGEST = timedelta(days=60)

table = Table(
    "change_windows",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("name", String(200), nullable=False),
    Column("service", String(200)),  # None: every service
    Column("type", String(20)),  # of changes; None: every type
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("rule", Text),  # RRULE of RFC 5545
    Column("zone", String(60), nullable=False),  # in which the rule repeats
)


class WindowInvalid(Rejected):
    """A window cannot be like this."""

    code: ClassVar[str] = "window.invalid"


class WindowNotFound(NotFound):
    """There is no such window."""

    code: ClassVar[str] = "window.not-found"

    def __init__(self, window: int) -> None:
        super().__init__(f"There is no window {window}. Look at the list of windows again.")


@dataclass(frozen=True, slots=True)
class Window:
    """A window as it was written."""

    id: int
    kind: str
    name: str
    service: str | None
    type: str | None
    starts_at: datetime
    ends_at: datetime
    rule: str | None
    zone: str

    def fits(self, service: str | None, kind: str | None) -> bool:
        """Whether it is for changes of a service and type."""
        return self.service in (None, service) and self.type in (None, kind)

    def times(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Its occurrences that touch a span, in order."""
        length = self.ends_at - self.starts_at
        if not self.rule:
            begins: list[datetime] = [self.starts_at]
        else:
            # By the clock on the wall, so that Sunday 02:00 stays that across summer time.
            zone = ZoneInfo(self.zone)
            first = self.starts_at.astimezone(zone).replace(tzinfo=None)
            low, high = ((one.astimezone(zone)).replace(tzinfo=None) for one in (start, end))
            found = rrulestr(self.rule, dtstart=first).xafter(low - length, count=MOST, inc=True)
            begins = []
            for one in found:
                if one > high:
                    break
                begins.append(one.replace(tzinfo=zone).astimezone(UTC))
        for begin in begins:
            if begin < end and begin + length > start:
                yield begin, begin + length


# -- commands


def add(work: UnitOfWork, values: Mapping[str, Any]) -> int:
    """Add a window: kind, name, service, type, starts_at, ends_at, rule, zone; answers its id.

    Raises:
        WindowInvalid: names the field.
    """
    row = {
        "kind": values.get("kind"),
        "name": str(values.get("name") or "").strip()[:200],
        "service": values.get("service") or None,
        "type": values.get("type") or None,
        "starts_at": values.get("starts_at"),
        "ends_at": values.get("ends_at"),
        "rule": str(values.get("rule") or "").strip() or None,
        "zone": str(values.get("zone") or "UTC"),
    }
    _check(row)
    made = work.connection.execute(insert(table).values(row).returning(table.c.id)).scalar_one()
    _record(work, "window.added", made, {k: str(v) for k, v in row.items() if v is not None})
    return int(made)


def remove(work: UnitOfWork, window: int) -> None:
    """Remove a window; what it was stays in the audit trail.

    Raises:
        WindowNotFound: there is none.
    """
    row = work.connection.execute(select(table).where(table.c.id == window)).mappings().first()
    if row is None:
        raise WindowNotFound(window)
    work.connection.execute(delete(table).where(table.c.id == window))
    _record(work, "window.removed", window, {k: str(v) for k, v in row.items() if v is not None})


def _check(row: Mapping[str, Any]) -> None:
    if row["kind"] not in KINDS:
        raise WindowInvalid(f"Window: there is no kind '{row['kind']}'. Write {', '.join(KINDS)}.")
    if not row["name"]:
        raise WindowInvalid("Window: the name is missing. Say what it is for.")
    start, end = row["starts_at"], row["ends_at"]
    if not isinstance(start, datetime) or not isinstance(end, datetime) or start >= end:
        raise WindowInvalid(f"Window '{row['name']}': it has to end after it starts.")
    if end - start > _LONGEST:
        raise WindowInvalid(f"Window '{row['name']}': it is longer than 60 days. Let it repeat.")
    try:
        ZoneInfo(row["zone"])
    except (KeyError, ValueError, OSError) as error:
        raise WindowInvalid(
            f"Window '{row['name']}': there is no time zone '{row['zone']}'. "
            "Write one such as Asia/Shanghai."
        ) from error
    if row["rule"]:
        _check_rule(row["name"], row["rule"])


def _check_rule(name: str, rule: str) -> None:
    said = rule.upper()
    daily = any(f"FREQ={often}" in said for often in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY"))
    reason = "" if daily and "\n" not in rule else "one line that repeats daily or less is wanted"
    if daily:
        try:
            rrulestr(rule, dtstart=datetime(2000, 1, 1))  # noqa: DTZ001 - only read
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            reason = str(error)
    if reason:
        raise WindowInvalid(
            f"Window '{name}': '{rule}' is no rule of recurrence ({reason}). "
            "Write one such as FREQ=WEEKLY;BYDAY=SU."
        )


def _record(work: UnitOfWork, action: str, window: int, details: Mapping[str, object]) -> None:
    work.record(audit.Draft("system", action, f"window:{window}", details))


# -- queries


def every(reader: Reader | UnitOfWork) -> list[Window]:
    """All windows, by their first beginning."""
    query = select(table).order_by(table.c.starts_at, table.c.id).limit(MOST)
    return [Window(*row) for row in reader.connection.execute(query)]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time of a window."""

    window: Window
    start: datetime
    end: datetime


def between(
    reader: Reader | UnitOfWork,
    start: datetime,
    end: datetime,
    service: str | None = None,
    change_type: str | None = None,
) -> list[Occurrence]:
    """Times of windows for changes of a service and type that touch a span, in order."""
    found = [
        Occurrence(window, *times)
        for window in every(reader)
        if window.fits(service, change_type)
        for times in window.times(start, end)
    ]
    return sorted(found, key=lambda one: (one.start, one.window.id))


def inside_maintenance(
    reader: Reader | UnitOfWork, start: datetime, end: datetime, service: str | None
) -> bool:
    """Whether a span lies whole in one maintenance window (CHG-18)."""
    return any(
        one.window.kind == "maintenance" and one.start <= start and end <= one.end
        for one in between(reader, start, end, service)
    )
