"""Access reviews: who may what, confirmed by whoever answers for it (AUD-11)."""

from __future__ import annotations

from collections.abc import Mapping

from engine.topics import Outcome, Topics, Value
from itil import people
from itil.work import Work

topics = Topics()


@topics.handles("access.list")
def list_(work: Work, case: Mapping[str, object]) -> Outcome:
    """List every group with its members and their roles, for its lead to look at."""
    held = people.roles_held(work)
    names = people.names(work, held)
    teams: list[Value] = [
        {
            "group": group.key,
            "name": group.name,
            "name_zh": group.name_zh,
            "reviewer": group.lead,
            "members": [
                {"login": m, "name": names.get(m, m), "roles": ", ".join(held.get(m, ()))}
                for m in group.members
            ],
        }
        for group in people.directory(work)
        if group.members and group.lead
    ]
    values: dict[str, Value] = {"teams": teams, "revocations": []}
    if not case.get("summary"):
        values |= {"summary": f"Access review {work.now:%Y-%m}", "requester": "system"}
    return Outcome(values, reason=f"{len(teams)} groups.")


@topics.handles("access.revoke")
def revoke(work: Work, revocations: list[dict[str, str]]) -> Outcome:
    """Take people out of groups; what they hold goes back to the others."""
    for one in revocations:
        people.leave(work, one["login"], one["group"], one.get("by") or work.actor.name)
    return Outcome(reason=f"{len(revocations)} revoked.")
