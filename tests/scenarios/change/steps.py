"""The steps of changes in scenarios."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from tests.conftest import MONDAY
from tests.office import Incident, Office

OPENS = MONDAY + timedelta(days=2)
PLAN: Mapping[str, object] = {
    "plan_outcome": "go",
    "requested_type": "normal",
    "service": "mail",
    "cis": ["srv-mail"],
    "environment": "production",
    "plan": "Install the new release",
    "test_plan": "Send a mail",
    "test_evidence": "Sent one on the test system",
    "backout_plan": "Put the old release back",
    "backout_tested": True,
    "window_start": OPENS.isoformat(),
    "window_end": (OPENS + timedelta(hours=3)).isoformat(),
    "outage": True,
    "outage_text": "No mail for an hour",
    "tell": ["service-desk"],
    "builder": "carl",
    "implementer": "nora",
    "verifier": "tara",
    "risk_users": "many",
    "risk_complexity": "several",
    "risk_experience": "seldom",
}
DONE = {
    "implementation": "done",
    "work_done": "Installed",
    "started_at": OPENS.isoformat(),
    "ended_at": (OPENS + timedelta(hours=1)).isoformat(),
}
PASSED = {"verification": "passed", "evidence": "Mail arrives; log sha256:ab12"}
UNDONE = {
    "back_out": "restored",
    "back_out_started": (OPENS + timedelta(hours=1)).isoformat(),
    "back_out_ended": (OPENS + timedelta(hours=2)).isoformat(),
    "back_out_note": "The old release is back",
}
PAPERS = {
    "plan": "Install the fix",
    "test_evidence": "None before; verified after",
    "backout_plan": "Remove the fix",
    "emergency_reason": "Mail was down",
}


def planned(office: Office, **plan: object) -> Incident:
    change = office.open_case("change", "ben", summary="New mail release", reason="Security")
    change.complete("plan", "chen", **{**PLAN, **plan})
    return change


def accept(change: Incident, **more: object) -> None:
    given = {"triage_outcome": "accept", "type": change.variable("proposed_type"), **more}
    if change.variable("conflicts"):
        given.setdefault("conflict_decision", "Both teams have talked")
    change.complete("triage", "chen", **given)


def triaged(office: Office, **plan: object) -> Incident:
    change = planned(office, **plan)
    accept(change)
    return change


def approved(office: Office, **plan: object) -> Incident:
    change = triaged(office, **plan)
    for login in ("mei", "sam"):
        office.does(login, "vote", vote="approve")
    assert change.state == "scheduled"
    return change


def implementing(office: Office, **plan: object) -> Incident:
    change = approved(office, **plan)
    office.move_to(OPENS)
    assert change.state == "implementing"
    return change


def closing(office: Office, **plan: object) -> Incident:
    change = implementing(office, **plan)
    change.complete("implement", "nora", **DONE)
    change.complete("verify", "tara", **PASSED)
    assert change.waits_at() == ["close"]
    return change
