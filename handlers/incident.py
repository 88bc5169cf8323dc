"""Incident management: recording, escalation, handing over, announcing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from engine.topics import Decide, Notice, Outcome, Topics, Value
from handlers.notices import public, recipient
from itil import cases, links, timekeeping
from itil.work import Work

topics = Topics()

#: What a report leaves open.
_DEFAULTS: dict[str, Value] = {
    "channel": "web",
    "group": "service-desk",  # until it is assigned; resolved at first contact, it comes back here
    "affected_users": 1,
    "reopened": 0,
    "reassigned": 0,
    "tier": 1,
    "watchers": [],
    "major": False,
}


@topics.handles("incident.record")
def record(requester: str, case: Mapping[str, object]) -> Outcome:
    """Fill in what the report left open; tell the requester.

    The service desk is not written to: its work list shows what is new, and an escalation tells it
    what nobody looks at.
    """
    defaults: dict[str, Value] = {"affected_user": requester, **_DEFAULTS}
    missing = {name: value for name, value in defaults.items() if case.get(name) is None}
    values = public(case)
    return Outcome(missing, (Notice(f"person:{requester}", "incident.recorded", values),))


@topics.handles("incident.escalate")
def escalate(
    template: str,
    clock: str,
    level: int,
    priority: int | None,
    case: Mapping[str, object],
    decide: Decide,
) -> Outcome:
    """Hierarchic escalation: tell whom the table names for this clock, level and priority.

    An incident that nobody classified yet has no priority; the table has rules for that, too.
    """
    named = decide("escalation", {"clock": clock, "level": level, "priority": priority})
    told = _words(named)
    at = "without a priority" if priority is None else f"at priority {priority}"
    reached = f"Clock {clock} reached {level} % {at}"
    addresses = [a for a in (recipient(word, case) for word in told) if a is not None]
    if not addresses:
        return Outcome(reason=f"{reached}: the table names nobody.")
    values = public({**case, "priority": "?" if priority is None else priority})
    return Outcome(
        notices=tuple(Notice(address, template, values) for address in addresses),
        reason=f"{reached}: {', '.join(addresses)} told.",
    )


def _words(named: object) -> list[str]:
    """The answers of a COLLECT table, each once, in the order of its rules."""
    answers = named if isinstance(named, list) else [named]
    return list(dict.fromkeys(word for word in answers if isinstance(word, str)))


@topics.handles("incident.hand-over")
def hand_over(
    reassign_to: str,
    group: str,
    case: Mapping[str, object],
    watchers: list[Value] | None = None,
) -> Outcome:
    """Give the incident to another group; the earlier one goes on watching.

    `outcome` is used up here, so that a later hand-over by message is not taken for an
    escalation to the next tier.
    """
    used_up: dict[str, Value] = {"reassign_to": None, "outcome": None}
    escalated = case.get("outcome") == "escalate"
    if reassign_to == group:
        why = ": it is the highest tier" if escalated else ""
        return Outcome(used_up, reason=f"Stays with '{group}'{why}.")
    keep = [watcher for watcher in watchers or [] if watcher not in {group, reassign_to}]
    moved: dict[str, Value] = {
        **used_up,
        "group": reassign_to,
        "watchers": [*keep, group],
        "reassigned": _count(case.get("reassigned")) + 1,
        "tier": max(1, _count(case.get("tier"))) + escalated,
    }
    values = public({**case, "group": reassign_to})
    return Outcome(
        moved,
        (Notice(f"group:{reassign_to}", "incident.assigned", values),),
        f"From '{group}' to '{reassign_to}'{', one tier up' if escalated else ''}.",
    )


@topics.handles("incident.parts")
def parts(work: Work, case: Mapping[str, object]) -> Outcome:
    """Name the open incidents that hang on this one (INC-16)."""
    hanging = links.others(work, str(case["number"]), "parent")
    found = cases.by_numbers(work, hanging)
    open_ones = [number for number in hanging if number in found and not found[number].closed]
    return Outcome({"parts": [*open_ones]}, reason=f"Parts: {', '.join(open_ones) or 'none'}.")


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0


@topics.handles("incident.announce")
def announce(
    requester: str,
    case: Mapping[str, object],
    affected_user: str | None = None,
) -> Outcome:
    """Tell the requester, and whose work was affected, that the incident is resolved.

    What was answered last time is cleared, so that no form comes up with it after a reopening.
    """
    people = dict.fromkeys(name for name in (requester, affected_user) if name)
    values = public(case)
    return Outcome(
        {"outcome": None, "confirmed": None},
        tuple(Notice(f"person:{name}", "incident.resolved", values) for name in people),
    )


@topics.handles("incident.plan-review")
def plan_review(work: Work, calendar: str, hours: str) -> Outcome:
    """Set until when a review is due: so many hours of business time from now (INC-15)."""
    shelf = timekeeping.Shelf(work)
    due = shelf[shelf.pin(calendar)].add(work.now, timedelta(hours=int(hours)))
    return Outcome({"review_due": due.isoformat()}, reason=f"Due {due.isoformat()}.")
