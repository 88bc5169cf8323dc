"""Opening a case by hand, whatever its process; what every case shows beside its tasks."""

from __future__ import annotations

from collections.abc import Callable

from tests.drawing import diagram, end, start, user
from tests.office import ADMIN, Office
from tests.web.conftest import Browser

Visitor = Callable[[str], Browser]

REPORT = {
    "field.summary": "Kettle leaks",
    "field.description": "Since nine",
    "field.service": "network",
    "field.urgency": "2",
}


def test_staff_choose_what_to_open_and_land_on_the_new_case(visitor: Visitor) -> None:
    ben = visitor("ben")
    assert "/cases/new/incident" in ben.get("/cases/new").text

    sent = ben.post("/cases/new/incident", REPORT, "/cases/new/incident")

    assert sent.status_code == 303
    assert sent.headers["Location"] == "/cases/INC-1?done=opened"


def test_a_form_with_faults_comes_back_with_what_was_typed(visitor: Visitor) -> None:
    sent = visitor("ben").post(
        "/cases/new/incident", {**REPORT, "field.summary": ""}, "/cases/new/incident"
    )

    assert sent.status_code == 422
    assert "Since nine" in sent.text


def test_who_is_not_offered_a_start_neither_sees_nor_opens_it(visitor: Visitor) -> None:
    wang = visitor("wang")

    assert "/cases/new/incident" not in wang.get("/cases/new").text
    assert wang.get("/cases/new/incident").status_code == 403


def test_a_process_without_numbers_has_nothing_to_open(visitor: Visitor, office: Office) -> None:
    office.actor = ADMIN
    flows = [("begin", "a"), ("a", "done")]
    office.deploy(diagram(start(), user("a"), end(), flows=flows))

    assert visitor("ben").get("/cases/new/p").status_code == 404


def test_the_page_of_a_case_lists_its_links_and_what_its_forms_asked(
    visitor: Visitor, office: Office
) -> None:
    parent = office.open_incident(summary="Mail is down")
    child = office.open_incident(parent=parent.number)
    child.complete("classify", "ben", category="network", service="network", impact=2, urgency=2)

    page = visitor("ben").get(f"/cases/{child.number}").text

    assert "Mail is down" in page
    assert "Part of" in page
