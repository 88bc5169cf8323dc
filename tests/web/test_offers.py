"""What a diagram offers on a case's page, beside its tasks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.commands import definitions
from tests.office import ADMIN, Incident, Office
from tests.web.conftest import Browser

Visitor = Callable[[str], Browser]

REASSIGN = "/cases/INC-1/offers/reassigned_by_lead"
ANSWERED = "/cases/INC-1/offers/work_resumed"
DIAGRAM = Path(__file__).parents[2] / "workflows" / "incident" / "incident.bpmn"


@pytest.fixture
def diagnosing(incident: Incident) -> Incident:
    """Rita's incident, with the network group."""
    incident.complete("classify", "ben", category="network", service="network", impact=2, urgency=2)
    return incident


def test_a_lead_moves_a_case_to_another_group_from_its_page(
    visitor: Visitor, diagnosing: Incident
) -> None:
    nora = visitor("nora")
    page = nora.get("/cases/INC-1").text
    assert f'href="{REASSIGN}">Reassign</a>' in page
    assert ANSWERED not in page

    answer = nora.post(REASSIGN, {"field.reassign_to": "servers", "field.note": "Disk"}, REASSIGN)

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/cases/INC-1?done=sent"
    assert diagnosing.record.group == "servers"
    assert diagnosing.waits_at() == ["diagnose"]
    assert "noted “Reassigned”" in nora.get("/cases/INC-1?done=sent").text


@pytest.mark.usefixtures("diagnosing")
def test_an_agent_takes_down_the_answer_that_came_by_phone(
    visitor: Visitor, diagnosing: Incident
) -> None:
    diagnosing.complete(
        "diagnose", "nora", outcome="wait_user", question="Which building?",
        pending_until="2026-03-04T10:00:00Z",
    )  # fmt: skip
    ben = visitor("ben")
    assert "Which building?" in ben.get(ANSWERED).text

    shown = ben.post(ANSWERED, {"field.outcome": "resolve", "refresh": "1"}, ANSWERED)
    sent = ben.post(ANSWERED, {"field.answer": "North", "field.outcome": "continue"}, ANSWERED)

    assert 'name="field.resolution_code"' in shown.text
    assert sent.status_code == 303
    assert diagnosing.waits_at() == ["diagnose"]
    assert diagnosing.variable("answer") == "North"


@pytest.mark.usefixtures("diagnosing")
@pytest.mark.parametrize(
    ("path", "fields"),
    [(REASSIGN, {}), ("/tasks/2", {"field.outcome": "reassign", "refresh": "1"})],
)
@pytest.mark.parametrize(("login", "group"), [("nora", "Servers"), ("li", "服务器组")])
def test_a_form_lists_the_groups_in_the_words_of_the_reader(
    visitor: Visitor, path: str, fields: dict[str, str], login: str, group: str
) -> None:
    somebody = visitor(login)

    page = somebody.post(path, fields, path) if fields else somebody.get(path)

    assert f'<option value="servers">{group}</option>' in page.text


def test_a_form_with_faults_comes_back_with_what_was_typed_and_changes_nothing(
    visitor: Visitor, diagnosing: Incident
) -> None:
    nora = visitor("nora")

    answer = nora.post(REASSIGN, {"field.note": "Looks like a disk"}, REASSIGN)
    chosen = nora.post(REASSIGN, {"field.reassign_to": "nobody"}, REASSIGN)

    assert (answer.status_code, chosen.status_code) == (422, 422)
    assert "Looks like a disk" in answer.text
    assert "This is needed." in answer.text
    assert "Choose one of the listed values." in chosen.text
    assert diagnosing.record.group == "network"


def test_sending_twice_counts_once_and_sending_late_is_said(
    visitor: Visitor, diagnosing: Incident
) -> None:
    nora = visitor("nora")
    csrf, key = nora.tokens(REASSIGN)
    fields = {"csrf": csrf, "key": key, "field.reassign_to": "servers"}

    first, again = (nora.client.post(REASSIGN, data=fields) for _ in range(2))
    diagnosing.complete(
        "diagnose", "carl", outcome="resolve", resolution_code="fixed", resolution="Replaced it."
    )
    late = nora.post(REASSIGN, {"field.reassign_to": "network"})

    assert (first.status_code, again.status_code) == (303, 303)
    assert [row.action for row in diagnosing.trail()].count("message.sent") == 1
    assert late.status_code == 409
    assert nora.get(REASSIGN).status_code == 409
    assert REASSIGN not in nora.get("/cases/INC-1").text


@pytest.mark.usefixtures("diagnosing")
@pytest.mark.parametrize(
    ("login", "path", "status"),
    [
        ("ben", REASSIGN, 403),
        ("rita", REASSIGN, 403),
        ("ada", REASSIGN, 403),
        ("wang", REASSIGN, 404),
        ("nora", "/cases/INC-1/offers/diagnose", 403),
        ("nora", "/cases/INC-1/offers/nowhere", 403),
        ("nora", "/cases/INC-9/offers/reassigned_by_lead", 404),
    ],
)
def test_what_is_not_offered_can_neither_be_opened_nor_sent(
    visitor: Visitor, login: str, path: str, status: int
) -> None:
    browser = visitor(login)

    assert browser.get(path).status_code == status
    assert browser.post(path, {"field.reassign_to": "servers"}).status_code == status
    if login == "ben":
        assert REASSIGN not in browser.get("/cases/INC-1").text


def test_what_is_offered_to_requesters_is_on_their_own_case_only(
    visitor: Visitor, office: Office
) -> None:
    drawn = DIAGRAM.read_bytes()
    asked = drawn.replace(b'value="incident/reassign"', b'value=""').replace(
        b'value="=[&#34;role:team-lead&#34;, &#34;role:incident-manager&#34;, ',
        b'value="=[&#34;role:requester&#34;, ',
    )
    assert asked != drawn
    files = {"incident.bpmn": asked}
    office.runtime.run(ADMIN, lambda work: definitions.deploy(work, files, "test"))
    case = office.open_incident(as_="rita")
    case.complete("classify", "ben", category="network", service="network", impact=2, urgency=2)
    rita, ben, wang = visitor("rita"), visitor("ben"), visitor("wang")

    assert f'href="{REASSIGN}">Reassigned</a>' in rita.get("/portal/cases/INC-1").text
    assert "Nothing has to be filled in" in rita.get(REASSIGN).text
    assert REASSIGN not in ben.get("/cases/INC-1").text
    assert ben.post(REASSIGN, {}).status_code == 403
    assert wang.post(REASSIGN, {}).status_code == 404
    sent = rita.post(REASSIGN, {}, REASSIGN)

    assert sent.headers["Location"] == "/portal/cases/INC-1?done=sent"
    assert [row.actor for row in case.trail() if row.action == "message.sent"] == ["rita"]


def test_inc_14_what_a_called_process_offers_and_asks_is_on_the_page_of_its_case(
    visitor: Visitor, incident: Incident
) -> None:
    outage = {"category": "network", "service": "network", "affected_users": 300}
    incident.complete("classify", "ben", **outage, impact=1, urgency=1)
    update = "/cases/INC-1/offers/update_given"
    max_ = visitor("max")

    page = max_.get("/cases/INC-1").text
    sent = max_.post(update, {"field.major_status": "Half is back."}, update)

    assert "Lead the major incident" in page
    assert f'href="{update}">Tell where the major incident stands</a>' in page
    assert update not in visitor("nora").get("/cases/INC-1").text
    assert sent.status_code == 303
    assert "主导重大事件" in visitor("li").get("/cases/INC-1").text
    told = ("mei@example.org", "Major incident INC-1: where it stands")
    assert told in incident.notices()
