"""What has to be done on the incident diagram so that it stands where the log says.

Pure: a position and a logged change in, the next step out. Positions are element ids of
`incident.bpmn`; an incident whose process has ended stands at `ENDED`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from itil.replay.log import Row

CLASSIFY = "classify"
DIAGNOSE = "diagnose"
CONFIRM = "confirm"
REVIEW = "review_major"
ENDED = "ended"
COMPLETE = "complete"  #: the command of a step; any other is the name of a message
#: Where an agent waits, and the outcome that leads there.
WAITS = {
    "await_user": "wait_user",
    "await_vendor": "wait_vendor",
    "await_problem": "wait_problem",
    "await_change": "wait_change",
}
#: User tasks of the main path; leading and escalation reviews go on beside it.
MAIN = frozenset({CLASSIFY, DIAGNOSE, CONFIRM, REVIEW, *WAITS})

_STANDS = {
    "New": DIAGNOSE,
    "Active": DIAGNOSE,
    "Awaiting User Info": "await_user",
    "Awaiting Evidence": "await_user",
    "Awaiting Vendor": "await_vendor",
    "Awaiting Problem": "await_problem",
    "Resolved": CONFIRM,
    "Closed": ENDED,
}
#: The log names no expected end of a wait; this one leaks nothing.
_WAIT = timedelta(days=3)
_RESOLVED: Mapping[str, object] = {
    "resolution_code": "fixed",
    "resolution": "Resolved; the log does not say how.",
}


@dataclass(frozen=True, slots=True)
class Change:
    """A row of the log and the one before it of the same incident."""

    row: Row
    before: Row | None

    @property
    def transition(self) -> str:
        """The states before and after, as they are counted."""
        return f"{'start' if self.before is None else self.before.state} -> {self.row.state}"

    @property
    def regrouped(self) -> bool:
        """Whether another group has the incident now."""
        return (
            self.before is not None
            and self.row.group is not None
            and self.row.group != self.before.group
        )

    @property
    def relevelled(self) -> bool:
        """Whether impact or urgency were changed."""
        before = self.before
        return before is not None and (before.impact, before.urgency) != (
            self.row.impact,
            self.row.urgency,
        )

    @property
    def silent(self) -> bool:
        """Whether nothing was changed that a process could show."""
        before = self.before
        return (
            before is not None
            and not self.regrouped
            and not self.relevelled
            and stands(before) == stands(self.row)
            and before.state == self.row.state
        )

    @property
    def taken_up(self) -> bool:
        """Whether somebody of the group begins to work."""
        return self.row.state == "Active" and (self.before is None or self.before.state == "New")


@dataclass(frozen=True, slots=True)
class Step:
    """One command: complete the task at the position, or send a message."""

    command: str  #: `COMPLETE` or the name of a message
    values: Mapping[str, object] = field(default_factory=dict)


def stands(row: Row) -> str:
    """Where the diagram stands when the log is in the state of this row."""
    place = _STANDS[row.state]
    return "await_change" if place == "await_problem" and row.change else place


def reached(position: str, row: Row) -> bool:
    """Whether a position agrees with the state of a row.

    What the log still calls Resolved may have been confirmed or closed by the timer already.
    """
    wanted = stands(row)
    return position == wanted or (wanted == CONFIRM and position in (REVIEW, ENDED))


def amendments(position: str, change: Change) -> list[Step]:
    """Changed fields; none where the diagram takes no amendment any more, or not yet."""
    if position != DIAGNOSE and position not in WAITS:
        return []
    row, steps = change.row, []
    if change.relevelled:
        levels = {"impact": row.impact, "urgency": row.urgency}
        steps.append(Step("incident-amended", {**levels, "amended": ["impact", "urgency"]}))
    if change.regrouped and position == DIAGNOSE:
        steps.append(Step(COMPLETE, {"outcome": "reassign", "reassign_to": row.group}))
    elif change.regrouped:
        steps.append(Step("incident-amended", {"group": row.group, "amended": ["group"]}))
    return steps


def step(position: str, row: Row, now: datetime) -> Step | None:
    """The next step from a position towards the state of a row; None when no way leads there."""
    wanted = stands(row)
    if position == CLASSIFY and wanted != ENDED:
        return _classify(row, first_contact=wanted == CONFIRM)
    if position == CONFIRM and wanted != CONFIRM:
        return Step(COMPLETE, {"confirmed": wanted == ENDED})
    if position == REVIEW and wanted == ENDED:
        return _REVIEWED
    if position not in (DIAGNOSE, *WAITS) or wanted == ENDED:
        return None
    command = "work-resumed" if position == "await_user" else COMPLETE
    return Step(command, _outcome(wanted, row, now))


def _classify(row: Row, *, first_contact: bool) -> Step:
    values = {
        "category": "other",
        "subcategory": row.category[:120],
        "ci": row.ci,
        "impact": row.impact,
        "urgency": row.urgency,
        "first_contact": first_contact,
    }
    return Step(
        "complete", {**values, **(_RESOLVED if first_contact else {"chosen_group": row.group})}
    )


def _outcome(wanted: str, row: Row, now: datetime) -> dict[str, object]:
    if wanted == CONFIRM:
        return {"outcome": "resolve", **_RESOLVED}
    if wanted == DIAGNOSE:
        return {"outcome": "continue"}
    until = {"outcome": WAITS[wanted], "pending_until": (now + _WAIT).isoformat()}
    if wanted == "await_user":
        return {**until, "question": "Asked; the log does not say what."}
    return {**until, "pending_reason": row.state, "problem": row.problem, "change": row.change}


_REVIEWED = Step(
    COMPLETE,
    {
        "review_timeline": "See the audit trail of the case.",
        "review_cause": "The log does not say.",
        "review_actions": "The log does not say.",
    },
)
