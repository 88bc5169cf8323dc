"""Service levels: agreements signed and ended, reports each period, what was missed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from engine.topics import Outcome, Topics, Value
from itil import agreements, changes
from itil.changes import texts
from itil.work import Work

topics = Topics()

_DEFAULTS: dict[str, Value] = {"channel": "web", "group": "service-level-management"}
#: What of an agreement is its content.
_CONTENT = (
    *("targets", "hours", "availability", "calendar", "pause_rules", "exceptions"),
    *("workload_limit", "signers", "review_days", "attainment"),
)


@topics.handles("service-level.record")
def record(case: Mapping[str, object]) -> Outcome:
    """Fill in what was left open."""
    return Outcome({n: v for n, v in _DEFAULTS.items() if case.get(n) is None})


@topics.handles("service-level.signers")
def signers(case: Mapping[str, object]) -> Outcome:
    """Name who has to sign, each for themselves."""
    listed = texts(case.get("signers"))
    return Outcome({"voters": [f"person:{login}" for login in listed]})


@topics.handles("service-level.sign")
def sign(work: Work, case: Mapping[str, object]) -> Outcome:
    """Keep what was signed; the period of the first report begins (SLM-01)."""
    start = changes.moment(case.get("valid_from")) or work.now
    end = changes.moment(case.get("valid_to")) or start + timedelta(days=365)
    values = {
        **{name: str(case.get(name) or "") for name in ("kind", "customer", "service", "provider")},
        "content": {name: case.get(name) for name in _CONTENT},
        "valid_from": start,
        "valid_to": end,
    }
    version = agreements.sign(work, str(case["number"]), values)
    return Outcome({"agreement_version": version, "period_start": work.now.isoformat()})


@topics.handles("service-level.report")
def report(work: Work, case: Mapping[str, object]) -> Outcome:
    """Measure the period that has ended, and say whether the target was missed (SLM-18, SLM-20)."""
    start = changes.moment(case.get("period_start")) or work.now
    number, service = str(case["number"]), str(case.get("service") or "")
    figures = agreements.report(work, number, service, start, work.now)
    wanted, limit = case.get("attainment"), case.get("workload_limit")
    below = [
        name
        for name, one in figures["clocks"].items()
        if isinstance(wanted, int | float)
        and one["achieved"] is not None
        and one["achieved"] < wanted
    ]
    over = isinstance(limit, int | float) and figures["workload"] > limit > 0
    values: dict[str, Value] = {
        "period_start": work.now.isoformat(),
        "last_report": figures,
        "missed_targets": [*below],
        "over_workload": bool(over),
    }
    return Outcome(values, reason=f"Missed: {', '.join(below) or 'none'}.")


@topics.handles("service-level.end")
def end(work: Work, case: Mapping[str, object]) -> Outcome:
    """End the agreement; its versions stay."""
    agreements.end(work, str(case["number"]), str(case.get("end_reason") or ""))
    return Outcome()
