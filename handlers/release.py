"""Releases: what may be in them, whether what is deployed is what was approved, early life."""

from __future__ import annotations

from collections.abc import Mapping

from engine.topics import BpmnError, Notice, Outcome, Topics, Value
from handlers.notices import public
from itil import boards, changes, conflicts, release_windows, releases
from itil.changes import texts
from itil.work import Work

topics = Topics()

_DEFAULTS: dict[str, Value] = {
    "channel": "web",
    "group": "release-management",
    "release_type": "minor",
    "changes": [],
    "problems": [],
    "incidents": [],
    "cis": [],
    "waves": [],
}
#: States of a change in which a release may carry it.
APPROVED = ("approved", "scheduled", "implementing", "verifying", "in_review", "closed")


@topics.handles("release.record")
def record(case: Mapping[str, object]) -> Outcome:
    """Fill in what was left open (REL-02)."""
    return Outcome({n: v for n, v in _DEFAULTS.items() if case.get(n) is None})


@topics.handles("release.check-content")
def check_content(work: Work, case: Mapping[str, object]) -> Outcome:
    """Only approved changes may be in it, and its artefact has a digest (REL-03, REL-07)."""
    reasons = []
    for number in texts(case.get("changes")):
        change = changes.get(work, number)
        state = "unknown" if change is None else change.state
        closed_badly = change is not None and change.close_code not in (None, "successful")
        if state not in APPROVED or closed_badly:
            reasons.append(f"{number} is {state}, not approved.")
    if not str(case.get("digest") or ""):
        reasons.append("The artefact has no digest.")
    return Outcome({"content_wrong": " ".join(reasons)}, reason=" ".join(reasons) or "As approved.")


@topics.handles("release.check-window")
def check_window(work: Work, case: Mapping[str, object]) -> Outcome:
    """Name what else goes on, or is frozen, when its waves are deployed (REL-14)."""
    waves = release_windows.of(str(case["number"]), "", "", case)
    found = conflicts.of_waves(work, waves)
    said = "\n".join(
        f"- {one.kind}: {one.with_} ({one.about}){f', {one.wave}' if one.wave else ''}"
        for one in found
    )
    return Outcome(
        {"conflicts": [dict(one.as_json()) for one in found], "conflicts_text": said},
        reason=f"{len(found)} conflicts in {len(waves)} windows.",
    )


@topics.handles("release.board")
def board(work: Work, policy: Mapping[str, object], case: Mapping[str, object]) -> Outcome:
    """Name who decides on go or no-go; not who built it or deploys it (REL-05, REL-08)."""
    involved = (str(case.get(name) or "") for name in ("requester", "built_by", "deployer"))
    quorum = policy.get("quorum")
    needed = max(1, int(quorum)) if isinstance(quorum, int | float) else 1
    called = boards.convene(work, texts(policy.get("approvers")), involved)
    return Outcome(
        {"voters": [*called.asked(needed)], "quorum": needed}, reason=called.reason(needed)
    )


@topics.handles("release.check-deployer")
def check_deployer(case: Mapping[str, object]) -> Outcome:
    """Whoever built it does not deploy it (REL-08).

    Raises:
        BpmnError: `same-person`.
    """
    if case.get("built_by") and case.get("built_by") == case.get("deployer"):
        raise BpmnError("same-person", f"{case['built_by']} built it and may not deploy it.")
    return Outcome()


@topics.handles("release.check-digest")
def check_digest(work: Work, deployed_digest: str, case: Mapping[str, object]) -> Outcome:
    """What was deployed has to be what was approved (REL-07)."""
    same = deployed_digest == case.get("digest")
    values: dict[str, Value] = {"digest_fits": same}
    if same and not case.get("deployed_at"):
        values["deployed_at"] = work.now.isoformat()
    return Outcome(values, reason="As approved." if same else "Another artefact than approved.")


@topics.handles("release.note")
def note(work: Work, variable: str) -> Outcome:
    """Keep the present moment in a variable."""
    return Outcome({variable: work.now.isoformat()})


@topics.handles("release.count")
def count(work: Work, case: Mapping[str, object]) -> Outcome:
    """Incidents since the deployment (REL-10)."""
    since = changes.moment(case.get("deployed_at")) or work.now
    service = str(case.get("service") or "") or None
    found = releases.incidents_since(work, since, texts(case.get("cis")), service)
    return Outcome({"incidents_after": found}, reason=f"{found} incidents since {since}.")


@topics.handles("release.announce")
def announce(template: str, case: Mapping[str, object]) -> Outcome:
    """Tell interested parties what comes when, and how it went (REL-11)."""
    names = ("version", "planned_at", "release_result")
    values = {**public(case), **{name: case.get(name) or "" for name in names}}
    groups = [f"group:{key}" for key in texts(case.get("tell"))]
    told = dict.fromkeys(("group:service-desk", "group:change-management", *groups))
    return Outcome(notices=tuple(Notice(to, template, values) for to in told))
