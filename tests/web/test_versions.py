"""Owners and the versions of a process: roll back, suspend, delete, compare, migrate."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.commands import definitions
from engine.jobs import migrations as job
from tests.office import ADMIN, Incident, Office
from tests.web.conftest import Browser
from tests.web.test_work import REPORT

Visitor = Callable[[str], Browser]
ROOT = Path(__file__).parents[2]
DIAGRAM = (ROOT / "workflows" / "incident" / "incident.bpmn").read_bytes()
VERSIONS = "/processes/incident/versions"
MIGRATIONS = "/processes/incident/migrations"


@pytest.fixture
def second(office: Office) -> None:
    deploy_second(office)


def deploy_second(office: Office) -> None:
    """A version in which the diagnosis has another id and another name."""
    changed = (
        DIAGRAM.replace(b'id="diagnose"', b'id="find_cause"')
        .replace(b'"diagnose"', b'"find_cause"')
        .replace(b">diagnose<", b">find_cause<")
        .replace(b'name="Diagnose"', b'name="Find the cause"')
    )
    files = {"incident.bpmn": changed}
    office.runtime.run(ADMIN, lambda work: definitions.deploy(work, files, "clearer names"))


@pytest.mark.usefixtures("second")
def test_a_version_is_rolled_back_suspended_resumed_and_deleted_from_the_page(
    visitor: Visitor,
) -> None:
    olga = visitor("olga")

    for version, action in ((1, "activate"), (2, "suspend"), (2, "resume"), (2, "delete")):
        answer = olga.post(f"{VERSIONS}/{version}/{action}", {"reason": "it was wrong"})
        assert answer.status_code == 303, action

    page = olga.get("/processes/incident").text
    assert "version 1, active" in page
    assert "clearer names" not in page
    audit = olga.get("/audit").text
    for words in ("Version activated", "Version suspended", "Version resumed", "Version deleted"):
        assert words in audit


def test_a_version_in_use_is_refused_on_its_page(visitor: Visitor, incident: Incident) -> None:
    assert incident.number
    answer = visitor("olga").post(f"{VERSIONS}/1/delete", {"reason": "tidy up"})
    assert answer.status_code == 409
    assert "it is the active one" in answer.text
    assert visitor("olga").post(f"{VERSIONS}/1/explode", {"reason": "x"}).status_code == 404
    assert visitor("olga").post(f"{VERSIONS}/9/suspend", {"reason": "x"}).status_code == 404


def test_nobody_reports_an_incident_while_its_process_is_suspended(visitor: Visitor) -> None:
    visitor("olga").post(f"{VERSIONS}/1/suspend", {"reason": "a fault"})
    rita = visitor("rita")
    answer = rita.post("/portal/report", REPORT)
    assert (answer.status_code, "suspended" in answer.text) == (409, True)


@pytest.mark.usefixtures("second")
def test_what_changed_between_two_versions_is_listed_by_element(visitor: Visitor) -> None:
    page = visitor("ada").get("/processes/incident/changes?from=1&to=2").text
    assert "removed" in page
    assert "added" in page
    assert "find_cause" in page
    same = visitor("ada").get("/processes/incident/changes?from=1&to=1").text
    assert "Nothing that runs differs" in same
    assert visitor("ada").get("/processes/incident/changes?from=1&to=9").status_code == 404


def test_instances_are_moved_from_a_plan_that_was_tried_before(
    visitor: Visitor, office: Office, incident: Incident
) -> None:
    olga = visitor("olga")
    incident.complete("classify", "ben", category="network", service="network", impact=3, urgency=3)
    assert incident.waits_at() == ["diagnose"]
    assert office.open_incident().number == "INC-2"
    deploy_second(office)
    asked = f"{MIGRATIONS}?from.1=1&to=2"

    suggested = olga.get(asked).text
    assert '<option value="find_cause" selected>' in suggested
    assert "2 can move" in suggested
    without = olga.get(f"{asked}&map.tried=&map.diagnose=").text
    assert "1 cannot" in without
    assert "“Diagnose” is not in that version" in without
    assert incident.row.version == 1

    plan = {"from.1": "1", "to": "2", "map.diagnose": "find_cause"}
    assert olga.post(MIGRATIONS, plan).status_code == 422
    begun = olga.post(MIGRATIONS, {**plan, "reason": "clearer names"})
    assert begun.headers["Location"] == "/migrations/1"
    assert 'Still to come</dt><dd class="number">2' in olga.get("/migrations/1").text
    stopped = olga.post("/migrations/1/stop", {"reason": "wait"})
    assert stopped.status_code == 303
    assert olga.post("/migrations/1/stop", {"reason": "wait"}).status_code == 409
    olga.post("/migrations/1/resume", {"reason": "now"})
    job.run_due(office.runtime)

    done = olga.get("/migrations/1").text
    assert 'Moved</dt><dd class="number">2' in done
    assert incident.waits_at() == ["find_cause"]
    assert "moved the case to another version" in visitor("ben").get("/cases/INC-1").text
    trail = visitor("ada").get("/instances/1").text
    assert "from version 1 to version 2" in trail


@pytest.mark.parametrize(
    "asked",
    ["from.1=1&to=1", "from.x=1&to=y", "from.1=1&to=99999999999999999999", "to=1", "map.=x"],
)
def test_an_absurd_plan_shows_the_form_and_never_fails(visitor: Visitor, asked: str) -> None:
    olga = visitor("olga")
    assert olga.get(f"{MIGRATIONS}?{asked}").status_code == 200
    fields = dict(pair.split("=", 1) for pair in asked.split("&"))
    sent = olga.post(MIGRATIONS, {**fields, "reason": "x"})
    assert sent.status_code in (404, 422)
    assert olga.get("/migrations/7").status_code == 404
    assert olga.get("/processes/nowhere/migrations").status_code == 404
