"""Configuration items in processes: baselines, and updates that a change stands for."""

from __future__ import annotations

from collections.abc import Mapping

from engine.topics import BpmnError, Outcome, Topics
from itil import baselines, configuration, impact
from itil.changes import texts
from itil.configuration import ItemInvalid, ItemNotFound, NotByChange
from itil.work import Work

topics = Topics()


@topics.handles("configuration.baseline")
def baseline(work: Work, cis: list[str], case: Mapping[str, object]) -> Outcome:
    """Keep what the items of a case are now (CMDB-05, REL-06)."""
    made = baselines.take(work, str(case["number"]), texts(cis))
    return Outcome({"baseline": made}, reason=f"Baseline {made} of {len(cis)} items.")


@topics.handles("configuration.impact")
def services(work: Work, cis: list[str]) -> Outcome:
    """Name the services that fail with these items (CMDB-04)."""
    found = configuration.by_keys(work, [*cis, *impact.affected(work, cis)])
    affected = sorted(key for key, item in found.items() if item.kind == "service")
    return Outcome({"affected_services": [*affected]}, reason=", ".join(affected) or "none")


@topics.handles("configuration.update")
def update(
    work: Work, updates: list[dict[str, object]], changes: list[str] | None = None
) -> Outcome:
    """Change items as the case says, for the change that stands for it (CMDB-03, REL-15).

    `updates` are `{key, status, ...}`; the first of `changes` that is at work answers for them.

    Raises:
        BpmnError: `ci-update-refused`, where an item cannot be like that, or no change is at work.
    """
    done = 0
    for one in updates:
        via = _via(work, changes or [])
        key, values = str(one.get("key") or ""), {n: v for n, v in one.items() if n != "key"}
        try:
            kept, named = configuration.get(work, key).attributes, values.get("attributes")
            if isinstance(named, Mapping):
                values["attributes"] = {**kept, **named}
            done += configuration.put(work, key, values, via)
        except (ItemInvalid, ItemNotFound, NotByChange) as refused:
            raise BpmnError("ci-update-refused", str(refused)) from refused
    return Outcome(reason=f"{done} items changed.")


def _via(work: Work, numbers: list[str]) -> str:
    for number in numbers:
        try:
            configuration.entitled(work, f"change:{number}")
        except NotByChange:
            continue
        return f"change:{number}"
    return f"change:{numbers[0] if numbers else ''}"
