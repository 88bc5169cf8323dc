"""Whole stories on one clock: a major incident, an emergency, a refusal, a vendor who is late."""

from __future__ import annotations

from datetime import timedelta

from engine.commands import messages
from itil import changes, clock_changes
from itil.clocks import State
from tests.conftest import MONDAY
from tests.office import Office
from tests.scenarios.change.steps import DONE, PAPERS, PASSED, PLAN


def test_a_major_incident_is_led_resolved_and_reviewed_before_it_closes(office: Office) -> None:
    # given an outage that everybody notices
    incident = office.open_incident(summary="Nobody can sign in")
    incident.complete(
        "classify",
        "ben",
        category="network",
        service="network",
        impact=1,
        urgency=1,
        affected_users=500,
    )
    assert incident.record.major is True
    assert incident.waits_at() == ["diagnose"]
    led = incident.called("major_incident")
    assert led.waits_at() == ["lead_major"]

    # when its manager asks for news every half hour, and the group restores the service
    office.advance(minutes=31)
    assert any("max" in to for to, _ in incident.notices())
    incident.complete(
        "diagnose", "nora", outcome="resolve", resolution_code="fixed", resolution="Switch replaced"
    )
    assert led.status == "completed"
    incident.complete("confirm", "rita", confirmed=True)

    # then it does not close without its review
    assert "review_major" in incident.waits_at()
    assert incident.state != "closed"
    incident.complete(
        "review_major",
        "max",
        review_timeline="09:00 down, 09:40 up",
        review_cause="One switch for all",
        review_actions="Buy a second one: nora",
    )
    assert incident.state == "closed"


def test_an_emergency_change_with_late_papers_stays_in_the_exception_report(
    office: Office,
) -> None:
    # given a change that cannot wait, asked for from an incident
    incident = office.open_incident(summary="Mail is down")
    incident.complete("classify", "ben", category="network", service="mail", impact=1, urgency=1)
    wanted = {"change_summary": "Restart the cluster", "change_reason": "Mail is down"}
    office.runtime.run(
        office.person("nora"),
        lambda work: messages.send_offered(work, incident.id, "change_wanted", wanted),
    )
    change = office.case("CHG-1")
    now = {
        "requested_type": "emergency",
        "window_start": MONDAY.isoformat(),
        "window_end": (MONDAY + timedelta(hours=6)).isoformat(),
        "implementer": "carl",
    }
    change.complete("plan", "chen", **{**PLAN, **now})
    change.complete("triage", "chen", triage_outcome="accept", type="emergency")
    office.does("mei", "vote", vote="approve")
    office.advance()
    change.complete("implement", "carl", **DONE)
    change.complete("verify", "tara", **PASSED)

    # when nobody writes the papers in two working days
    office.advance(days=3)

    # then the report names it, also after they came
    change.complete("papers", "chen", **PAPERS)
    change.complete("close", "chen", close_code="successful")
    change.complete("review", "chen", review_note="Papers are part of the work")
    assert change.state == "closed"
    with office.runtime.read() as reader:
        late = changes.without_papers(reader)
    assert [(one.number, one.papers_done_at is not None) for one in late] == [("CHG-1", True)]


def test_a_refused_request_tells_its_requester_why(office: Office) -> None:
    request = office.open_case(
        "service_request", "wang", summary="笔记本电脑", item="laptop", description="出差使用"
    )
    office.does("mei", "vote", vote="approve")
    office.does("sam", "vote", vote="reject", reject_reason="本季度预算已用完")

    assert request.state == "rejected"
    assert request.variable("rejection_reason") == "本季度预算已用完"
    assert ("wang@example.org", f"{request.number} 已被拒绝") in request.notices()
    assert request.waits_at() == []


def test_a_target_missed_because_of_a_vendor_says_so(office: Office) -> None:
    # given an incident that waits for its supplier
    incident = office.open_incident(summary="The line is down")
    incident.complete("classify", "ben", category="network", service="network", impact=1, urgency=1)
    office.advance(hours=1)
    incident.complete(
        "diagnose",
        "nora",
        outcome="wait_vendor",
        pending_reason="The supplier mends the line",
        pending_until=(MONDAY + timedelta(hours=3)).isoformat(),
    )

    # when the supplier takes five hours where two were agreed
    office.advance(hours=5)
    clocks = incident.clocks()
    assert clocks["supplier"].state is State.BREACHED_RUNNING
    assert clocks["resolution"].state is State.PAUSED
    incident.complete("await_vendor", "nora", outcome="continue")
    office.advance(hours=4)
    assert incident.clocks()["resolution"].state is State.BREACHED_RUNNING

    # then the cause is on record, beside what was missed
    office.runtime.run(
        office.person("nora"),
        lambda work: clock_changes.explain_breach(
            work, incident.number, "supplier", "supplier", "Five hours for the line"
        ),
    )
    kept = incident.clocks()["supplier"]
    assert (kept.cause, kept.excused) == ("supplier", False)
