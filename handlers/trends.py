"""Proactive problem finding: what recurs, by the rules of a table (PRB-02)."""

from __future__ import annotations

from collections.abc import Mapping

from engine.topics import Decide, Outcome, Topics
from itil import trends
from itil.work import Work

topics = Topics()


@topics.handles("trends.find")
def find(work: Work, decide: Decide) -> Outcome:
    """Look for what recurs; the table says how often within how many days."""
    rules = {}
    for by in trends.BY:
        found = decide("trend_rule", {"by": by})
        if isinstance(found, Mapping):
            rules[by] = {name: int(found[name]) for name in ("count", "days")}
    candidates = trends.find(work, rules)
    return Outcome(
        {
            "candidates": [
                {
                    "key": f"{one.by}/{one.value}",
                    "summary": one.summary,
                    "incidents": list(one.incidents),
                    one.by: one.value,
                }
                for one in candidates
            ]
        },
        reason=", ".join(one.summary for one in candidates) or "Nothing recurs.",
    )
