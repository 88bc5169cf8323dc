"""Who of a group got an incident, on pages; skills that an admin edits."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from itil import people
from tests.office import Incident, Office
from tests.web.conftest import Browser

Visitor = Callable[[str], Browser]


@pytest.fixture
def given_to_carl(incident: Incident) -> Incident:
    """Rita's incident, given to carl of the servers group."""
    values = {"category": "software", "service": "mail", "impact": 2, "urgency": 2}
    incident.complete("classify", "ben", **values)
    return incident


def test_inc_09_the_timeline_says_who_was_chosen_and_why(
    visitor: Visitor, given_to_carl: Incident
) -> None:
    english = visitor("ben").get(f"/cases/{given_to_carl.number}").text
    chinese = visitor("li").get(f"/cases/{given_to_carl.number}").text
    trail = visitor("ada").get(f"/instances/{given_to_carl.id}").text
    portal = visitor("rita").get(f"/portal/cases/{given_to_carl.number}").text

    assert "Carl Applications got it: fewest open tasks in Servers (0)" in english
    assert "分派给Carl Applications:在服务器组中未完成任务最少(0)" in chinese
    assert "carl got it: fewest open tasks in servers (0)" in trail
    assert "fewest open tasks" not in portal


def test_inc_09_whoever_got_it_gives_it_back_on_its_page(
    visitor: Visitor, given_to_carl: Incident
) -> None:
    task = given_to_carl.open()[0].id
    carl = visitor("carl")

    assert f"/tasks/{task}/release" in carl.get(f"/tasks/{task}").text
    assert carl.post(f"/tasks/{task}/release", {}).status_code == 303
    assert given_to_carl.record.assignee is None


def test_inc_09_an_admin_says_what_somebody_can_do(visitor: Visitor, office: Office) -> None:
    adam = visitor("adam")

    saved = adam.post("/people/ben/skills", {"skills": "Printers, printers ,Scanners"})
    too_long = adam.post("/people/ben/skills", {"skills": "x" * 401})

    with office.runtime.read() as reader:
        assert people.by_login(reader, "ben").skills == "printers, scanners"
    assert (saved.status_code, too_long.status_code) == (303, 422)
    assert 'value="printers, scanners"' in adam.get("/people/ben").text
    assert "Skills changed" in visitor("ada").get("/audit").text
