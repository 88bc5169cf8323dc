"""Several cases changed at once, each by itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.queries import audit
from itil import links
from tests.office import Incident, Office
from tests.web.conftest import Browser

Visitor = Callable[[str], Browser]


@pytest.fixture
def three(office: Office) -> list[Incident]:
    """Incidents of the network group."""
    found = [office.open_incident(summary=f"Number {n}") for n in (1, 2, 3)]
    for one in found:
        one.complete("classify", "ben", category="network", service="network", impact=2, urgency=2)
    return found


def numbers(cases: list[Incident]) -> list[str]:
    return [case.number for case in cases]


def actions(office: Office, case: Incident) -> list[str]:
    with office.runtime.read() as reader:
        return [row.action for row in audit.latest(reader, f"instance:{case.id}", None, 100)]


@pytest.mark.usefixtures("three")
def test_inc_27_the_ticked_cases_are_offered_what_can_be_done(visitor: Visitor) -> None:
    nora = visitor("nora")

    assert nora.get("/cases").text.count('name="number"') == 3
    page = nora.get("/cases/bulk?number=INC-1&number=INC-3&number=INC-99").text

    asked = [f'value="{number}"' in page for number in ("INC-1", "INC-2", "INC-3", "INC-99")]
    assert asked == [True, False, True, False]


def test_inc_27_each_case_gets_a_line_of_its_own_on_record(
    visitor: Visitor, office: Office, three: list[Incident]
) -> None:
    sent = {"number": numbers(three), "action": "assign", "person": "li"}

    answer = visitor("nora").post("/cases/bulk", sent)

    assert answer.status_code == 200
    assert [case.record.assignee for case in three] == ["li", "li", "li"]
    for case in three:
        assert actions(office, case).count("task.assigned") == 1


def test_inc_27_one_that_refuses_leaves_the_others(
    visitor: Visitor, office: Office, three: list[Incident]
) -> None:
    new = office.open_incident(summary="Not yet classified")
    sent = {"number": [*numbers(three), new.number], "action": "close"}
    sent |= {"code": "fixed", "resolution": "The switch was replaced"}

    page = visitor("nora").post("/cases/bulk", sent).text

    assert [case.state for case in three] == ["resolved"] * 3
    assert {case.record.resolution for case in three} == {"The switch was replaced"}
    assert new.state == "new"
    assert page.count("Not done") == 1
    assert f'value="{new.number}" checked' in page  # left to try again


def test_inc_27_many_move_to_another_group(visitor: Visitor, three: list[Incident]) -> None:
    sent = {"number": numbers(three), "action": "reassign", "group": "servers", "note": "Disk"}

    visitor("nora").post("/cases/bulk", sent)

    assert {case.record.group for case in three} == {"servers"}


def test_inc_27_many_hang_under_another(
    visitor: Visitor, office: Office, three: list[Incident]
) -> None:
    first, *others = three
    sent = {"number": numbers(three), "action": "link", "parent": first.number.lower()}

    page = visitor("ben").post("/cases/bulk", sent).text

    with office.runtime.read() as reader:
        assert sorted(links.others(reader, first.number, "parent")) == numbers(others)
    assert "cannot be part of itself" in page


@pytest.mark.parametrize(
    ("login", "action"), [("ben", "assign"), ("ben", "reassign"), ("olga", "close")]
)
def test_inc_27_nobody_may_do_to_many_what_they_may_not_do_to_one(
    visitor: Visitor, three: list[Incident], login: str, action: str
) -> None:
    sent = {"number": numbers(three), "action": action, "person": "li", "group": "servers"}
    sent |= {"note": "x", "code": "fixed", "resolution": "x"}

    page = visitor(login).post("/cases/bulk", sent).text

    assert page.count("Not done") == 3
    assert {(case.state, case.record.group) for case in three} == {("assigned", "network")}


@pytest.mark.parametrize(
    "wrong",
    [
        {"action": "explode"},
        {"action": "close", "code": "magic", "resolution": "x"},
        {"action": "close", "code": "fixed", "resolution": " "},
        {"action": "link", "parent": "INC-77"},
        {"action": "assign", "person": "nobody-known"},
    ],
)
def test_what_cannot_be_done_changes_nothing(
    visitor: Visitor, three: list[Incident], wrong: dict[str, str]
) -> None:
    page = visitor("nora").post("/cases/bulk", {"number": numbers(three), **wrong})

    assert page.status_code == 200
    assert page.text.count("Not done") == 3
    assert {case.state for case in three} == {"assigned"}


def test_too_many_at_once_are_refused(visitor: Visitor) -> None:
    nora = visitor("nora")

    assert nora.post("/cases/bulk", {}).status_code == 422
    many = {"number": [f"INC-{n}" for n in range(101)], "action": "assign"}
    assert nora.post("/cases/bulk", many).status_code == 422


def test_sent_twice_it_is_done_once(
    visitor: Visitor, office: Office, three: list[Incident]
) -> None:
    nora = visitor("nora")
    sent = {"number": numbers(three), "action": "reassign", "group": "servers", "key": "same"}
    nora.post("/cases/bulk", sent)
    recorded = [actions(office, case) for case in three]

    again = nora.post("/cases/bulk", sent)

    assert again.status_code == 200
    assert "Not done" not in again.text
    assert [actions(office, case) for case in three] == recorded
