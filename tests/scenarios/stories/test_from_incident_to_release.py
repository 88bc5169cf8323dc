"""A story on one clock: recurring incidents, a problem, a change with its board, a release."""

from __future__ import annotations

from datetime import timedelta

from engine.commands import messages
from itil import links
from tests.conftest import MONDAY
from tests.office import Incident, Office
from tests.scenarios.change.steps import DONE, PASSED, PLAN
from tests.scenarios.problem.test_problem import CATEGORISE, CAUSE, CHANGE, REVIEW
from tests.scenarios.release.steps import DEPLOYED, DEPLOYS, DIGEST
from tests.scenarios.release.steps import PLAN as RELEASE

CLASSIFIED = {"category": "network", "service": "mail", "impact": 2, "urgency": 2}


def waiting(office: Office) -> Incident:
    """An incident that waits for the solution of problem PRB-1."""
    incident = office.open_incident(summary="Mail does not arrive", ci="srv-mail")
    incident.complete("classify", "ben", **CLASSIFIED)
    incident.complete(
        "diagnose",
        incident_group(incident),
        outcome="wait_problem",
        pending_reason="Known cause",
        pending_until=(MONDAY + timedelta(days=30)).isoformat(),
        problem="PRB-1",
    )
    return incident


def incident_group(incident: Incident) -> str:
    return {"network": "nora", "servers": "carl", "applications": "carl"}[
        str(incident.record.group)
    ]


def test_recurring_incidents_end_with_the_release_that_removes_their_cause(  # noqa: PLR0915
    office: Office,
) -> None:
    # given an incident behind which somebody suspects a cause, and two more of the same
    first = office.open_incident(summary="Mail does not arrive", ci="srv-mail")
    first.complete("classify", "ben", **CLASSIFIED)
    office.runtime.run(
        office.person("nora"),
        lambda work: messages.send_offered(
            work, first.id, "problem_wanted", {"problem_summary": "Queue fills up"}
        ),
    )
    problem = office.case("PRB-1")
    others = [waiting(office), waiting(office)]

    # when the cause is found and a change is asked for
    problem.complete("categorise", "pia", **{**CATEGORISE, "service": "mail"})
    problem.complete("investigate", "nora", **CAUSE)
    problem.complete("propose", "nora", **CHANGE)
    change = office.case("CHG-1")
    assert change.record.requester == "nora"
    window = {"window_end": (DEPLOYS + timedelta(days=2)).isoformat(), "implementer": "carl"}
    change.complete("plan", "chen", **{**PLAN, "builder": "ben", **window})
    change.complete("triage", "chen", triage_outcome="accept", type="normal")
    for login in ("mei", "sam"):
        office.does(login, "vote", vote="approve")
    assert change.state == "scheduled"

    # and a release carries it
    release = office.open_case("release", "rob", summary="Mail")
    incidents = [first.number, *(one.number for one in others)]
    release.complete("plan", "rob", **{**RELEASE, "changes": ["CHG-1"], "incidents": incidents})
    release.complete("build", "carl", digest=DIGEST, source_location="git: mail 2.1")
    release.complete("test", "tara", test_result="passed", test_evidence="All green")
    release.complete("accept", "mei", acceptance="accepted", acceptance_note="Good")
    release.complete("stage", "carl", rehearsal="Forth and back")
    office.does("kim", "vote", vote="approve")
    office.move_to(DEPLOYS)
    change.complete("implement", "carl", **DONE)
    release.complete("deploy", "nora", **DEPLOYED)
    change.complete("verify", "tara", **PASSED)
    release.complete("verify", "tara", verification="passed", evidence="Mail arrives")

    # then every incident that it carries is resolved, and closes when its requester agrees
    assert {one.state for one in (first, *others)} == {"resolved"}
    for one in (first, *others):
        one.complete("confirm", "rita", confirmed=True)
        assert one.state == "closed"
        assert one.record.resolution == "Release 2.1"

    # and the problem goes on to be watched when its change is closed, and then closes itself
    change.complete("close", "chen", close_code="successful")
    assert change.state == "closed"
    assert problem.state == "resolved_monitoring"
    office.advance(days=40)
    problem.complete("review", "nora", **REVIEW)
    problem.complete("approve_closure", "pia", closure_approved=True)
    assert problem.state == "closed"
    with office.runtime.read() as reader:
        linked = {link.other for link in links.of(reader, "PRB-1")}
    assert linked == {"CHG-1", *incidents}
