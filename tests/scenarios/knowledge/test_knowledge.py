"""Articles: written by one person, reviewed by another, published, looked at again, retired."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.commands import messages
from itil import knowledge
from itil.duties import DutiesApart
from tests.conftest import MONDAY
from tests.office import Incident, Office

REVIEWED = {
    "review_outcome": "publish",
    "review_at": (MONDAY + timedelta(days=90)).isoformat(),
}


def written(office: Office, as_: str = "ben") -> Incident:
    return office.open_case(
        "knowledge",
        as_,
        summary="Reset the printer",
        body="Hold the button",
        visibility="customer",
    )


def found(office: Office, login: str) -> list[str]:
    with office.runtime.read() as reader:
        return [a.key for a in knowledge.find(reader, office.person(login), "printer")]


def test_kno_01_nobody_finds_an_article_before_another_person_has_reviewed_it(
    office: Office,
) -> None:
    case = written(office)
    assert (case.state, found(office, "rita")) == ("in_review", [])

    case.complete("review", "kim", **REVIEWED)

    assert (case.state, found(office, "rita")) == ("published", [case.number])


def test_kno_01_its_author_does_not_review_it(office: Office) -> None:
    case = written(office, as_="kim")

    with pytest.raises(DutiesApart):
        case.complete("review", "kim", **REVIEWED)

    assert case.waits_at() == ["review"]
    assert found(office, "rita") == []


def test_kno_01_versions_are_kept(office: Office) -> None:
    case = written(office)
    case.complete("review", "kim", **REVIEWED)
    office.advance(days=90)
    assert case.waits_at() == ["write"]  # KNO-05: its date has come

    case.complete(
        "write", "ben", summary="Reset the printer", body="Pull the plug", visibility="internal"
    )
    case.complete("review", "kim", **REVIEWED)

    with office.runtime.read() as reader:
        versions = [(row.version, row.body) for row in knowledge.history(reader, case.number)]
    assert versions == [(2, "Pull the plug"), (1, "Hold the button")]
    assert found(office, "rita") == []  # KNO-06: for staff now
    assert found(office, "ben") == [case.number]


def test_kno_01_a_retired_article_is_no_longer_found(office: Office) -> None:
    case = written(office)
    case.complete("review", "kim", **REVIEWED)

    office.runtime.run(
        office.person("kim"),
        lambda work: messages.send_offered(
            work, case.id, "retire_wanted", {"change_reason": "The printer is gone"}
        ),
    )

    assert (case.state, found(office, "ben")) == ("retired", [])


def test_what_a_reviewer_sends_back_is_written_again(office: Office) -> None:
    case = written(office)

    case.complete("review", "kim", review_outcome="back", change_reason="Which button?")

    assert case.waits_at() == ["write"]
    case.complete(
        "write", "ben", summary="Reset the printer", body="The red one", visibility="customer"
    )
    assert case.waits_at() == ["review"]


def test_kno_04_what_helped_with_an_incident_becomes_an_article_in_one_step(
    office: Office,
) -> None:
    incident = office.open_incident(summary="Printer jams")
    text = {"article_title": "Printer jams", "article_body": "Open the back"}
    office.runtime.run(
        office.person("ben"),
        lambda work: messages.send_offered(work, incident.id, "article_wanted", text),
    )

    article = office.case("KNO-1")
    assert (article.state, article.record.requester) == ("in_review", "ben")
    article.complete("review", "kim", **REVIEWED)
    assert found(office, "ben") == ["KNO-1"]
