"""The steps of releases in scenarios."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from tests.conftest import MONDAY
from tests.office import Incident, Office
from tests.scenarios.change.steps import approved

DIGEST = "ab" * 32
DEPLOYS = MONDAY + timedelta(days=3)
PLAN: Mapping[str, object] = {
    "version": "2.1",
    "release_type": "minor",
    "service": "mail",
    "cis": ["srv-mail"],
    "method": "big-bang",
    "acceptance_criteria": "Mail arrives within a minute",
    "rollback_plan": "Put 2.0 back when mail is late",
    "planned_at": DEPLOYS.isoformat(),
    "rollback_by": (DEPLOYS + timedelta(hours=4)).isoformat(),
    "build_group": "applications",
    "acceptance_group": "management",
    "deployer": "nora",
}
DEPLOYED = {"deployment": "done", "deployed_digest": DIGEST}


def opened(office: Office, **plan: object) -> tuple[Incident, Incident]:
    """A release of an approved change, planned; the release and the change."""
    change = approved(office, window_end=(DEPLOYS + timedelta(days=2)).isoformat())
    release = office.open_case("release", "rob", summary="Mail")
    release.complete("plan", "rob", **{**PLAN, "changes": [change.number], **plan})
    return release, change


def built(office: Office, **plan: object) -> tuple[Incident, Incident]:
    release, change = opened(office, **plan)
    release.complete("build", "carl", digest=DIGEST, source_location="git: mail 2.1")
    release.complete("test", "tara", test_result="passed", test_evidence="All green")
    release.complete("accept", "mei", acceptance="accepted", acceptance_note="Good")
    release.complete("stage", "carl", rehearsal="Forth and back in an hour")
    return release, change


def decided(office: Office, **plan: object) -> tuple[Incident, Incident]:
    release, change = built(office, **plan)
    office.does("mei", "vote", vote="approve")
    office.move_to(DEPLOYS)
    assert release.waits_at() == ["deploy"]
    return release, change


def early(office: Office, **plan: object) -> tuple[Incident, Incident]:
    release, change = decided(office, **plan)
    release.complete("deploy", "nora", **DEPLOYED)
    release.complete("verify", "tara", verification="passed", evidence="Mail arrives")
    assert release.state == "early_life"
    return release, change
