"""The record of a case: its table, its fields, its states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from engine.errors import Conflict, Forbidden, NotFound, Rejected
from engine.store.columns import Moment, metadata

table = Table(
    "cases",
    metadata,
    Column("number", String(100), primary_key=True),
    Column("process", String(200), nullable=False),
    Column("instance_id", ForeignKey("instances.id"), nullable=False),
    Column("state", String(30), nullable=False),
    Column("summary", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("requester", String(100)),
    Column("affected_user", String(100)),
    Column("channel", String(30)),
    Column("service", String(200)),
    Column("ci", String(200)),
    Column("category", String(200)),
    Column("subcategory", String(200)),
    Column("impact", Integer),
    Column("urgency", Integer),
    Column("priority", Integer),
    Column("group", String(100)),
    Column("assignee", String(100)),
    Column("major", Boolean),
    Column("occurred_at", String(40)),
    Column("recorded_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("responded_at", Moment),
    Column("resolved_at", Moment),
    Column("closed_at", Moment),
    Column("resolution_code", String(100)),
    Column("resolution", Text),
    Column("reopened", Integer),
    Column("reassigned", Integer),
)
Index("ix_cases_requester", table.c.requester, table.c.recorded_at)
Index("ix_cases_state", table.c.state, table.c.priority, table.c.recorded_at)
Index("ix_cases_instance", table.c.instance_id)

#: The last number given for each prefix; taken in the transaction that uses it, so without gaps.
numbers = Table(
    "case_numbers",
    metadata,
    Column("prefix", String(20), primary_key=True),
    Column("last", Integer, nullable=False),
)

#: Process variables that are fields of the case.
FIELDS = (
    "summary",
    "description",
    "requester",
    "affected_user",
    "channel",
    "service",
    "ci",
    "category",
    "subcategory",
    "impact",
    "urgency",
    "priority",
    "group",
    "major",
    "occurred_at",
    "resolution_code",
    "resolution",
    "reopened",
    "reassigned",
)
#: States in which a case can only be read.
CLOSED = ("closed", "cancelled", "rejected", "retired", "terminated")
#: Every state that a diagram may say, in the order in which lists offer them; web/texts has what it
#: is called.
STATES = (
    *("new", "draft", "submitted", "assessing", "assessed", "assigned", "negotiating", "planned"),
    *("pending_approval", "approved", "scheduled", "in_progress", "under_investigation"),
    *("known_error", "fix_in_progress", "building", "testing", "implementing", "deploying"),
    *("verifying", "early_life", "in_fulfilment", "fulfilled", "measuring", "resolved"),
    *("resolved_monitoring", "risk_accepted", "in_review", "published", "in_force"),
    *("pending_user", "pending_vendor", "pending_problem", "pending_change"),
    *CLOSED,
)


class CaseNotFound(NotFound):
    """There is no case with this number."""

    code = "case.not-found"

    def __init__(self, number: str) -> None:
        super().__init__(f"There is no case '{number}'. Check the number.")


class CaseClosed(Forbidden):
    """A closed case is read-only."""

    code = "case.closed"

    def __init__(self, number: str) -> None:
        super().__init__(f"Case '{number}' is closed and can only be read. Open a new one.")


class CaseStillOpen(Conflict):
    """Only a closed case is gone on from by a new one."""

    code = "case.still-open"

    def __init__(self, number: str) -> None:
        super().__init__(f"Case '{number}' is open. Say on it what is the matter.")


class CaseInvalid(Rejected):
    """A case cannot be opened or changed like this."""

    code = "case.invalid"


@dataclass(frozen=True, slots=True)
class Case:
    """The record of a case."""

    number: str
    process: str
    instance_id: int
    state: str
    summary: str
    description: str
    requester: str | None
    affected_user: str | None
    channel: str | None
    service: str | None
    ci: str | None
    category: str | None
    subcategory: str | None
    impact: int | None  #: 1 high, 2 medium, 3 low
    urgency: int | None  #: 1 high, 2 medium, 3 low
    priority: int | None  #: 1 to 4
    group: str | None
    assignee: str | None
    major: bool | None
    occurred_at: str | None
    recorded_at: datetime
    updated_at: datetime
    responded_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    resolution_code: str | None
    resolution: str | None
    reopened: int | None
    reassigned: int | None

    @property
    def closed(self) -> bool:
        """Whether it can only be read."""
        return self.state in CLOSED


@dataclass(frozen=True, slots=True)
class Entry:
    """Something in the history of a case."""

    seq: int
    at: datetime
    actor: str
    action: str
    element: str | None
    details: Mapping[str, Any]


#: What a Case is made of, in its order: `Case(*row)`.
COLUMNS = tuple(table.c[field.name] for field in fields(Case))
