"""What is on record, for how long, about whom; and approvals that are signed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.commands import definitions, tasks
from engine.errors import Rejected
from engine.queries import audit
from itil import cases, people, privacy, retention, sessions
from itil.signatures import SignatureNeeded
from tests.office import ADMIN, Incident, Office
from tests.scenarios.change.steps import triaged

CLASSIFIED = {"category": "network", "service": "network", "impact": 2, "urgency": 2}
HIGH = {"risk_users": "everybody", "risk_complexity": "complex", "risk_experience": "never"}


def test_aud_01_every_kind_of_change_is_an_event_with_who_when_and_what(office: Office) -> None:
    incident = office.open_incident()
    incident.claim("classify", "ben")
    incident.complete("classify", "ben", **CLASSIFIED)
    incident.comment("We look at it", "nora")
    incident.amend("nora", impact=1)
    office.runtime.run(ADMIN, lambda work: sessions.begin(work, "ben", "192.0.2.7") and None)
    office.runtime.run(ADMIN, lambda work: people.regrant(work, "tara", ["agent"], ["testers"]))
    document = b'{"key": "x", "texts": {}}'
    files = {"workflows/x/notices.json": document}
    office.runtime.run(ADMIN, lambda work: definitions.deploy(work, files, "a test"))

    with office.runtime.read() as reader:
        own = audit.latest(reader, f"instance:{incident.id}", None, 50)
        system = audit.latest(reader, "system", None, 10)
    actions = {row.action for row in own}
    assert {"instance.started", "task.claimed", "task.completed", "case.commented"} <= actions
    assert {"person.regranted", "definition.deployed"} <= {row.action for row in system}
    completed = next(row for row in own if row.action == "task.completed")
    assert (completed.actor, completed.element, completed.channel) == ("ben", "classify", "test")
    assert completed.definition_id
    assert completed.details["changes"]["priority"] == [None, 3]


def closed(office: Office) -> Incident:
    incident = office.open_incident()
    resolved = {"first_contact": True, "resolution_code": "fixed", "resolution": "Restarted"}
    incident.complete("classify", "ben", **{**CLASSIFIED, **resolved})
    incident.complete("confirm", "rita", confirmed=True)
    assert incident.state == "closed"
    return incident


def test_aud_09_closed_cases_are_purged_after_their_time_and_the_chain_stays(
    office: Office,
) -> None:
    old = closed(office)
    office.advance(days=200)
    young = closed(office)
    with pytest.raises(Rejected, match="180"):
        retention.purge(office.runtime, ADMIN, "incident", 90)

    assert retention.purge(office.runtime, ADMIN, "incident", 180) == 1

    with office.runtime.read() as reader:
        with pytest.raises(cases.CaseNotFound):
            cases.get(reader, old.number)
        assert cases.get(reader, young.number)
        assert audit.verify(reader, f"instance:{old.id}").ok
        assert audit.verify(reader, "system").ok
        last = audit.latest(reader, "system", None, 1)[0]
    assert (last.action, last.details["reason"]) == ("instance.deleted", "Kept for 180 days")


def test_aud_12_everything_about_a_person_comes_in_one_answer(office: Office) -> None:
    incident = closed(office)

    with office.runtime.read() as reader:
        found = privacy.export(reader, "rita")

    assert found["email"] == "rita@example.org"
    assert [row["number"] for row in found["cases"]] == [incident.number]
    assert {row["name"] for row in found["tasks"]} == {"Confirm the resolution"}
    assert found["events"]


def test_aud_12_a_name_is_taken_away_and_the_chain_stays_whole(office: Office) -> None:
    incident = closed(office)

    office.runtime.run(ADMIN, lambda work: privacy.erase(work, "rita"))

    with office.runtime.read() as reader:
        person = people.by_login(reader, "rita")
        assert audit.verify(reader, f"instance:{incident.id}").ok
    assert (person.name, person.email, person.active) == ("Former rita", "", False)
    assert all("rita@example.org" not in to for to, _ in incident.notices())


def vote(office: Office) -> int:
    return office.inbox("mei", "vote")[0].id


def test_aud_13_an_approval_of_high_risk_is_signed(office: Office) -> None:
    triaged(office, **HIGH)
    task, mei = vote(office), office.person("mei")

    with pytest.raises(SignatureNeeded):
        office.runtime.run(mei, lambda work: tasks.complete(work, task, {"vote": "approve"}))
    office.runtime.run(mei, lambda work: tasks.claim(work, task))
    signed = replace(mei, confirmed=True)
    office.runtime.run(signed, lambda work: tasks.complete(work, task, {"vote": "approve"}))


def test_aud_13_of_lower_risk_it_is_not(office: Office) -> None:
    triaged(office)

    office.does("mei", "vote", vote="approve")
