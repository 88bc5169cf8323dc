"""Knowledge on pages: found, read by whom it is for, voted on, proposed on a case."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.store.unit_of_work import UnitOfWork
from itil import knowledge
from itil.knowledge import ArticleInvalid
from tests.office import Office
from tests.web.conftest import Browser

Visitor = Callable[[str], Browser]


def publish(office: Office, key: str, title: str, visibility: str = "customer") -> None:
    def write(work: UnitOfWork) -> None:
        knowledge.write(
            work, key, {"title": title, "body": "**Do this**", "visibility": visibility}
        )
        knowledge.publish(work, key, "ben", None)

    office.runtime.run(office.person("kim"), write)


@pytest.mark.parametrize(
    ("visibility", "readers"),
    [("customer", ["rita", "ben", "ada"]), ("internal", ["ben", "ada"]), ("role:auditor", ["ada"])],
)
def test_kno_06_an_article_is_seen_by_whom_it_is_for(
    visitor: Visitor, office: Office, visibility: str, readers: list[str]
) -> None:
    publish(office, "KNO-1", "Unjam the printer", visibility)

    read = {
        login: visitor(login).get("/knowledge/KNO-1").status_code
        for login in ("rita", "ben", "ada")
    }
    listed = [
        login
        for login in ("rita", "ben", "ada")
        if "Unjam the printer" in visitor(login).get("/knowledge?text=printer").text
    ]

    assert [login for login, status in read.items() if status == 200] == readers
    assert listed == readers


def test_kno_01_nobody_publishes_what_they_wrote_as_its_reviewer(office: Office) -> None:
    def write(work: UnitOfWork) -> None:
        knowledge.write(work, "KNO-1", {"title": "Unjam the printer"})
        knowledge.publish(work, "KNO-1", "kim", None)

    with pytest.raises(ArticleInvalid, match="Let another person review it"):
        office.runtime.run(office.person("kim"), write)


def test_kno_05_each_person_has_one_vote(visitor: Visitor, office: Office) -> None:
    publish(office, "KNO-1", "Unjam the printer")
    rita, ben = visitor("rita"), visitor("ben")

    for browser, helpful in ((rita, "1"), (rita, "0"), (ben, "1")):
        sent = browser.post("/knowledge/KNO-1/votes", {"helpful": helpful}, "/knowledge/KNO-1")
        assert sent.status_code == 303

    assert "1 yes, 1 no" in ben.get("/knowledge/KNO-1").text


def test_inc_17_what_is_known_is_proposed_on_an_open_case(visitor: Visitor, office: Office) -> None:
    publish(office, "KNO-1", "What to do when the printer jams", "internal")
    incident = office.open_incident(summary="The printer on floor 3 jams again")

    page = visitor("ben").get(f"/cases/{incident.number}").text

    assert "What to do when the printer jams" in page


def test_an_article_that_does_not_exist_is_not_found(visitor: Visitor) -> None:
    assert visitor("ben").get("/knowledge/KNO-404").status_code == 404
