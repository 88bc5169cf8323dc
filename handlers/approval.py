"""Approvals: reminders to those who have not voted."""

from __future__ import annotations

from collections.abc import Mapping

from engine.topics import Notice, Outcome, Topics
from handlers.notices import public

topics = Topics()


@topics.handles("approval.remind")
def remind(
    approvers: list[str],
    approval_subject: str,
    approval_escalate_to: str,
    case: Mapping[str, object],
) -> Outcome:
    """Tell those who were asked, and to whom the matter escalates, that it waits (REQ-03)."""
    values = {**public(case), "approval_subject": approval_subject}
    told = dict.fromkeys((*approvers, approval_escalate_to))
    return Outcome(
        notices=tuple(Notice(to, "approval.reminder", values) for to in told),
        reason=f"Reminded {', '.join(told)}.",
    )
