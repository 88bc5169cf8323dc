"""Notices that a diagram sends by itself: who is told, and which fields may leave the house."""

from __future__ import annotations

from collections.abc import Mapping

from engine.topics import Notice, Outcome, Topics

topics = Topics()

#: The only variables that a notice may carry; comments and internal notes are not among them.
PUBLIC = (
    "number",
    "summary",
    "service",
    "priority",
    "group",
    "question",
    "pending_until",
    "resolution",
    "rejection_reason",
    "clock",
    "level",
)


def public(case: Mapping[str, object]) -> dict[str, object]:
    """What a notice may say about a case: every public variable, empty where it is not set."""
    return {name: "" if case.get(name) is None else case[name] for name in PUBLIC}


def recipient(to: str, case: Mapping[str, object]) -> str | None:
    """The address behind a word of a diagram or table; None when the case names nobody.

    `requester` and `affected-user` are people of the case, `group` and `lead` the group at work
    and its lead, `incident-manager` a role; any other word is the name of a group.
    """
    if to == "requester":
        return _address("person", case.get("requester"))
    if to == "affected-user":
        return _address("person", case.get("affected_user"))
    if to == "group":
        return _address("group", case.get("group"))
    if to == "lead":
        return _address("lead", case.get("group"))
    if to == "incident-manager":
        return "role:incident-manager"
    return f"group:{to}"


def _address(kind: str, name: object) -> str | None:
    return f"{kind}:{name}" if name else None


@topics.handles("notify")
def notify(template: str, to: str, case: Mapping[str, object]) -> Outcome:
    """Send one notice to whom the diagram names."""
    address = recipient(to, case)
    if address is None:
        return Outcome(reason=f"Nobody was told: the case has no {to}.")
    return Outcome(notices=(Notice(address, template, public(case)),))


@topics.handles("notify-role")
def notify_role(template: str, role: str, case: Mapping[str, object]) -> Outcome:
    """Send one notice to everybody who holds a role."""
    return Outcome(notices=(Notice(f"role:{role}", template, public(case)),))
