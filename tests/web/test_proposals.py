"""What fits a case is proposed on it, and whoever uses it is on record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from engine.commands import instances
from engine.queries import audit
from itil import figures, knowledge, links
from tests.conftest import MONDAY
from tests.office import ADMIN, Incident, Office
from tests.web.conftest import Browser
from tests.web.test_knowledge import publish

Visitor = Callable[[str], Browser]


@pytest.fixture
def jammed(office: Office) -> Incident:
    """An incident that an article and another open incident are about, too."""
    publish(office, "KNO-1", "What to do when the printer jams", "internal")
    office.open_incident(summary="Printer jams in the basement")
    return office.open_incident(summary="The printer on floor 3 jams again")


def use(browser: Browser, number: str, key: str) -> int:
    return browser.post(f"/cases/{number}/proposals", {"proposal": key}).status_code


def test_inc_17_similar_open_incidents_are_proposed_and_closed_ones_are_not(
    visitor: Visitor, office: Office, jammed: Incident
) -> None:
    path = f"/cases/{jammed.number}"
    before = visitor("ben").get(path).text
    other = office.case("INC-1")
    other.complete("classify", "ben", category="hardware", impact=3, urgency=3)
    other.complete(
        "diagnose", "ben", outcome="resolve", resolution_code="fixed", resolution="Unjammed."
    )
    other.complete("confirm", "rita", confirmed=True)

    assert "Printer jams in the basement" in before
    assert "Printer jams in the basement" not in visitor("ben").get(path).text


def test_inc_17_what_is_used_is_linked_recorded_and_counted(
    visitor: Visitor, office: Office, jammed: Incident
) -> None:
    ben = visitor("ben")
    answers = [use(ben, jammed.number, key) for key in ("KNO-1", "INC-1", "INC-1")]

    with office.runtime.read() as reader:
        rows = audit.trail(reader, f"instance:{jammed.id}", 0, 50)
        pack = figures.management(reader, reader.now - timedelta(days=1))
        article = knowledge.get(reader, "KNO-1")
        related = links.others(reader, jammed.number)
    taken = [row for row in rows if row.action == "proposal.accepted"]
    assert answers == [303, 303, 303]
    assert [
        (r.actor, r.details["proposal"], r.details["kind"], r.details["rank"]) for r in taken
    ] == [
        ("ben", "KNO-1", "article", 1),
        ("ben", "INC-1", "incident", 1),
    ]
    assert all(row.details["score"] > 0 for row in taken)
    assert related == ["INC-1", "KNO-1"]
    assert (pack["proposals"], article.used) == (2, 1)
    page = ben.get(f"/cases/{jammed.number}").text
    assert page.count("Use and link") == 0
    assert "used what was proposed" in page


def test_kno_07_closed_cases_for_which_an_article_was_used_are_counted(
    visitor: Visitor, office: Office, jammed: Incident
) -> None:
    for key in ("KNO-1", "INC-1"):
        use(visitor("ben"), jammed.number, key)

    def counted() -> object:
        with office.runtime.read() as reader:
            return figures.management(reader, MONDAY)["closed_with_article"]

    assert counted() == 0
    office.runtime.run(ADMIN, lambda work: instances.cancel(work, jammed.id, "solved"))
    assert counted() == 1


def test_inc_17_what_is_not_proposed_cannot_be_used(
    visitor: Visitor, office: Office, jammed: Incident
) -> None:
    office.open_incident(summary="Payroll shows wrong sums")

    assert use(visitor("ben"), jammed.number, "INC-3") == 409
    assert use(visitor("ben"), "INC-99", "KNO-1") == 404
    assert use(visitor("ada"), jammed.number, "KNO-1") == 403
    assert "Use and link" not in visitor("ada").get(f"/cases/{jammed.number}").text
