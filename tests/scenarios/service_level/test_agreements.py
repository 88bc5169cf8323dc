"""Agreements: negotiated, signed by everybody, measured each period, reviewed, ended."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from engine.commands import messages
from itil import agreements
from tests.conftest import MONDAY
from tests.office import Incident, Office

TERMS = {
    "customer": "Sales",
    "service": "mail",
    "provider": "servers",
    "targets": "P1 4 h, P2 8 h",
    "hours": 8,
    "attainment": 90,
    "availability": 99,
    "calendar": "weekdays",
    "workload_limit": 1,
    "valid_from": MONDAY.isoformat(),
    "valid_to": (MONDAY + timedelta(days=365)).isoformat(),
    "review_days": 90,
    "signers": ["mei", "nora"],
}


def negotiated(office: Office, kind: str = "sla", **terms: object) -> Incident:
    case = office.open_case("service_level", "sam", summary="Mail for sales", kind=kind)
    case.complete("negotiate", "sam", **{**TERMS, **terms})
    return case


def in_force(office: Office, kind: str = "sla", **terms: object) -> Incident:
    case = negotiated(office, kind, **terms)
    for login in ("mei", "nora"):
        office.does(login, "vote", vote="approve")
    assert case.state == "in_force"
    return case


def mail_incident(office: Office, hours: float) -> None:
    incident = office.open_incident(summary="No mail")
    incident.complete("classify", "ben", category="software", service="mail", impact=1, urgency=1)
    office.advance(hours=hours)
    chosen = str(incident.record.assignee)  # a group whose table chooses a member
    incident.complete(
        "diagnose", chosen, outcome="resolve", resolution_code="fixed", resolution="Restarted"
    )


def test_slm_01_what_everybody_signed_is_kept_by_version(office: Office) -> None:
    case = in_force(office)

    with office.runtime.read() as reader:
        found = agreements.every(reader, in_force=True)
    assert [(one.number, one.version, one.kind, one.service) for one in found] == [
        (case.number, 1, "sla", "mail")
    ]
    content = found[0].content
    for name in ("targets", "availability", "calendar", "workload_limit", "signers", "review_days"):
        assert content[name] == TERMS[name]


def test_slm_01_one_who_does_not_sign_brings_it_back_to_the_table(office: Office) -> None:
    case = negotiated(office)

    office.does("mei", "vote", vote="reject", reject_reason="Too slow")

    assert case.waits_at() == ["negotiate"]


def test_slm_02_a_change_is_a_new_version(office: Office) -> None:
    case = in_force(office)
    office.runtime.run(
        office.person("sam"),
        lambda work: messages.send_offered(
            work, case.id, "change_wanted", {"change_reason": "Faster"}
        ),
    )
    case.complete("negotiate", "sam", **{**TERMS, "hours": 4})
    for login in ("mei", "nora"):
        office.does(login, "vote", vote="approve")

    with office.runtime.read() as reader:
        found = [(one.version, one.ended_at is None) for one in agreements.every(reader)]
    assert found == [(2, True), (1, False)]


def test_slm_03_promises_that_do_not_fit_under_another_are_named(office: Office) -> None:
    in_force(office)
    in_force(office, "ola", hours=6)
    in_force(office, "uc", hours=4)

    with office.runtime.read() as reader:
        found = [(one.service, *hours) for one, *hours in agreements.beyond(reader)]
    assert found == [("mail", 8, 10)]


def test_slm_18_a_report_says_what_an_auditor_can_count_again(office: Office) -> None:
    case = in_force(office)
    mail_incident(office, 1)
    mail_incident(office, 9)

    office.advance(days=30)

    with office.runtime.read() as reader:
        report = agreements.reported(reader)[0]
        counted = reader.connection.execute(
            text(
                "select sum(case when clocks.breached then 1 else 0 end), count(*) from clocks "
                "join cases on cases.number = clocks.number "
                "where cases.service = 'mail' and clocks.name = 'resolution'"
            )
        ).one()
    figures = report.figures["clocks"]["resolution"]
    assert (figures["missed"], figures["met"] + figures["missed"]) == tuple(counted) == (1, 2)
    assert figures["achieved"] == 50.0
    assert (report.number, report.figures["workload"]) == (case.number, 2)
    assert case.variable("over_workload") is True
    office.advance(days=30)
    with office.runtime.read() as reader:
        assert len(agreements.reported(reader)) == 2


def test_slm_19_the_review_is_held_at_its_interval_or_asked_for(office: Office) -> None:
    case = in_force(office)
    office.advance(days=61)
    assert "review" not in case.waits_at()
    office.advance(days=30)
    assert case.waits_at() == ["review"]

    office.advance(days=11)
    assert any("review is overdue" in subject for _, subject in case.notices())
    case.complete("review", "sam", review_note="All fine", review_actions="None; sam")

    assert case.state == "in_force"
    assert str(case.variable("reviewed_at")).startswith("2026-06")


def test_slm_20_a_missed_target_opens_an_improvement(office: Office) -> None:
    case = in_force(office)
    mail_incident(office, 9)

    office.advance(days=30)

    raised = office.case("IMP-1")
    assert raised.record.summary == "Missed service level: mail"
    assert raised.variable("source") == "service-level"
    assert case.state == "in_force"


def test_an_agreement_ends_and_its_versions_stay(office: Office) -> None:
    case = in_force(office)
    office.runtime.run(
        office.person("sam"),
        lambda work: messages.send_offered(work, case.id, "end_wanted", {"end_reason": "Sold"}),
    )

    assert case.state == "closed"
    with office.runtime.read() as reader:
        assert agreements.every(reader, in_force=True) == []
        assert len(agreements.every(reader)) == 1
