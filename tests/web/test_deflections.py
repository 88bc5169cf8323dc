"""What is known already is shown before something is sent, and what that saves is counted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from itil import cases, deflections, figures, knowledge
from tests.conftest import MONDAY
from tests.office import Office
from tests.web.conftest import Browser
from tests.web.test_knowledge import publish

REPORT = {
    "field.summary": "The printer jams",
    "field.description": "Paper stays inside the printer",
    "field.urgency": "2",
    "field.service": "printing",
}


def reported(office: Office) -> int:
    with office.runtime.read() as reader:
        return len(cases.search(reader, cases.Search(requester="rita")))


def deflected(office: Office) -> int:
    with office.runtime.read() as reader:
        return deflections.count(reader, MONDAY)


def test_kno_03_a_report_shows_what_is_known_before_it_is_sent(
    visitor: Callable[[str], Browser], office: Office
) -> None:
    publish(office, "KNO-1", "Unjam the printer")
    rita = visitor("rita")

    first = rita.post("/portal/report", REPORT, "/portal/report")

    assert first.status_code == 200
    assert "Unjam the printer" in first.text
    assert "The printer jams" in first.text
    assert reported(office) == 0
    assert rita.post("/portal/report?seen=1", REPORT, "/portal/report").status_code == 303
    assert reported(office) == 1


def test_kno_03_a_report_about_something_unknown_is_sent_at_once(
    visitor: Callable[[str], Browser], office: Office
) -> None:
    publish(office, "KNO-1", "Unjam the printer", "internal")

    assert visitor("rita").post("/portal/report", REPORT, "/portal/report").status_code == 303


def test_kno_03_what_an_article_saved_is_counted_once_a_day(
    visitor: Callable[[str], Browser], office: Office
) -> None:
    publish(office, "KNO-1", "Unjam the printer")
    rita, said = visitor("rita"), {"about": "incident"}
    address = "/knowledge/KNO-1/solved"

    assert rita.post(address, said).headers["Location"] == "/knowledge/KNO-1?done=solved"
    rita.post(address, said)

    assert deflected(office) == 1
    office.clock.advance(timedelta(days=2))
    visitor("rita").post(address, said)
    visitor("wang").post(address, said)
    assert deflected(office) == 3
    with office.runtime.read() as reader:
        assert knowledge.get(reader, "KNO-1").used == 3
        assert figures.management(reader, MONDAY)["deflected"] == 3
    assert "3" in visitor("ben").get("/reports").text


def test_kno_03_nobody_is_helped_by_what_they_may_not_read(
    visitor: Callable[[str], Browser], office: Office
) -> None:
    publish(office, "KNO-1", "Unjam the printer", "internal")

    sent = visitor("rita").post("/knowledge/KNO-1/solved", {"about": "incident"})

    assert sent.status_code == 404
    assert deflected(office) == 0


def test_kno_03_an_item_of_the_catalogue_shows_what_is_known(
    visitor: Callable[[str], Browser], office: Office
) -> None:
    publish(office, "KNO-1", "Password reset of an account by yourself")

    page = visitor("rita").get("/catalogue/password").text

    assert "/knowledge/KNO-1/solved" in page
    assert 'name="about" value="password"' in page


def test_deflections_are_counted_on_either_database(either_office: Office) -> None:
    publish(either_office, "KNO-1", "Unjam the printer")

    for login in ("rita", "wang", "rita"):
        who = either_office.person(login)
        either_office.runtime.run(who, lambda work: deflections.add(work, "KNO-1", "incident"))

    assert deflected(either_office) == 2
