"""Whoever reads what is sensitive is on record; what cannot be recorded is not shown."""

from __future__ import annotations

from collections.abc import Callable

import orjson
import pytest
from flask import Flask

import wiring
from engine.commands import definitions
from engine.errors import Rejected
from engine.queries import audit
from engine.queries.audit import AuditRow
from itil import api_tokens
from tests.office import ADMIN, Incident, Office
from tests.web.conftest import Browser

Visitor = Callable[[str], Browser]
POLICY = "workflows/policy/sensitive.json"


@pytest.fixture
def leak(incident: Incident) -> Incident:
    """Rita's incident, which is about security."""
    values = {"category": "security", "service": "mail", "impact": 2, "urgency": 2}
    incident.complete("classify", "ben", **values)
    return incident


def reads(office: Office) -> list[AuditRow]:
    """Reads on record, the newest first."""
    with office.runtime.read() as reader:
        return audit.latest(reader, "system", action="record.read")


def test_aud_04_a_read_of_a_sensitive_case_is_on_record_once_an_hour(
    visitor: Visitor, office: Office, leak: Incident
) -> None:
    ada, ben = visitor("ada"), visitor("ben")
    for browser in (ada, ada, ben):
        assert browser.get(f"/cases/{leak.number}").status_code == 200
    office.advance(minutes=61)
    ada.get(f"/instances/{leak.id}")

    found = [(row.actor, row.subject, row.details) for row in reversed(reads(office))]

    case = f"case:{leak.number}"
    assert found == [
        ("ada", case, {"way": "page", "why": "security"}),
        ("ben", case, {"way": "page", "why": "security"}),
        ("ada", case, {"way": "trail", "why": "security"}),
    ]
    assert {(row.channel, row.address) for row in reads(office)} == {("web", "127.0.0.1")}


def test_aud_04_other_cases_and_one_s_own_are_read_without_a_record(
    visitor: Visitor, office: Office, leak: Incident
) -> None:
    plain = office.open_incident(summary="Paper jam")

    visitor("ben").get(f"/cases/{plain.number}")
    visitor("rita").get(f"/portal/cases/{leak.number}")

    assert reads(office) == []


def test_aud_04_a_task_of_a_sensitive_case_is_a_read_of_it(
    visitor: Visitor, office: Office, leak: Incident
) -> None:
    visitor("carl").get(f"/tasks/{leak.open()[0].id}")

    assert [(row.actor, row.subject) for row in reads(office)] == [("carl", f"case:{leak.number}")]


def test_aud_04_files_that_are_taken_away_are_on_record_each_time(
    visitor: Visitor, office: Office
) -> None:
    number = office.open_incident().number
    ada = visitor("ada")
    for _ in range(2):
        ada.get(f"/cases/{number}/file.zip")
    ada.get("/samples?process=incident&from=2026-01-01&to=2026-12-31&seed=x&as=csv")

    found = [(row.subject, row.details["way"]) for row in reversed(reads(office))]
    page = ada.get("/audit?reads=1").text

    assert found == [(f"case:{number}", "case-file")] * 2 + [("sample:incident", "sample")]
    assert reads(office)[0].details["cases"] == 1
    assert page.count("Took the case file") == 2
    assert "Person saved" not in page


def test_aud_04_a_request_about_people_is_sensitive_by_its_item(
    visitor: Visitor, office: Office
) -> None:
    opened = [
        office.open_case("service_request", "rita", summary="New", item=item)
        for item in ("onboarding", "laptop")
    ]

    for case in opened:
        visitor("ada").get(f"/cases/{case.number}")

    assert [(r.subject, r.details["why"]) for r in reads(office)] == [
        (f"case:{opened[0].number}", "people")
    ]


def test_aud_04_programs_that_read_are_on_record_too(
    visitor: Visitor, office: Office, leak: Incident
) -> None:
    secret = api_tokens.new_secret()
    office.runtime.run(
        ADMIN, lambda work: api_tokens.make(work, "archive", {"read": ["cases"]}, 30, secret)
    )
    client = visitor("ben").client
    headers = {"Authorization": f"Bearer {secret}"}

    rows = client.get("/api/v1/cases?process=incident", headers=headers)
    client.get(f"/api/v1/cases/{leak.number}", headers=headers)

    assert [row["number"] for row in rows.get_json()["items"]] == [leak.number]
    assert [(r.actor, r.channel, r.details["way"]) for r in reads(office)] == [
        ("token:archive", "api", "program")
    ]


def test_aud_04_what_cannot_be_recorded_is_not_shown(
    visitor: Visitor, office: Office, leak: Incident
) -> None:
    ada = visitor("ada")
    with office.runtime.database.write() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
        connection.commit()

    page = ada.get(f"/cases/{leak.number}")

    assert page.status_code == 503
    assert "could not be recorded" in page.text
    assert "The printer is on fire" not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert ada.get("/cases").status_code == 200


def test_aud_04_what_is_sensitive_is_a_document(
    visitor: Visitor, office: Office, leak: Incident
) -> None:
    document = orjson.loads(wiring.shipped_files()[POLICY])
    document["cases"] = [{"key": "money", "when": {"service": ["erp", "mail"]}}]
    files = {POLICY: orjson.dumps(document)}
    office.runtime.run(ADMIN, lambda work: definitions.deploy(work, files, "other rules"))

    visitor("ada").get(f"/cases/{leak.number}")

    assert [row.details["why"] for row in reads(office)] == ["money"]


@pytest.mark.parametrize(
    "rules",
    [None, [{"key": "a"}], [{"when": {"service": ["erp"]}}], [{"key": "a", "when": {"x": ["y"]}}]],
)
def test_aud_04_a_policy_that_says_nothing_is_refused(office: Office, rules: object) -> None:
    document = orjson.loads(wiring.shipped_files()[POLICY])
    files = {POLICY: orjson.dumps({**document, "cases": rules})}

    with pytest.raises(Rejected, match="Sensitive, "):
        office.runtime.run(ADMIN, lambda work: definitions.deploy(work, files, "a slip"))


def test_aud_04_no_page_takes_anything_from_an_auditor_but_how_they_sign_in(pages: Flask) -> None:
    audience = pages.extensions["signalbox"].audience
    takes = {
        rule.endpoint
        for rule in pages.url_map.iter_rules()
        if {"POST", "PUT", "PATCH", "DELETE"} & (rule.methods or set())
        and "auditor" in audience.get(rule.endpoint, ())
    }

    own = {f"second_factor.{page}" for page in ("begin", "confirm", "remove")}
    assert takes == own | {"auth.sign_out"}
