"""Owners intervene in a case: suspend, resume, cancel, delete, move, skip, reopen."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.office import Incident
from tests.web.conftest import Browser

Visitor = Callable[[str], Browser]
CLASSIFIED = {"category": "network", "service": "network", "impact": 3, "urgency": 3}
WHY = "the supplier asked for it"


def steer(browser: Browser, action: str, **fields: str) -> tuple[int, str]:
    sent = {"reason": WHY, **fields}
    answer = browser.post(f"/instances/1/steer/{action}", sent)
    return answer.status_code, answer.text


def test_a_case_is_suspended_and_everybody_is_told(visitor: Visitor, incident: Incident) -> None:
    olga, ben = visitor("olga"), visitor("ben")

    assert steer(olga, "suspend")[0] == 303

    assert "This instance rests" in ben.get("/cases/INC-1").text
    assert "This case is suspended" in ben.get("/tasks/1").text
    refused = ben.post("/tasks/1/claim", {})
    assert (refused.status_code, "is suspended" in refused.text) == (409, True)
    assert steer(olga, "resume")[0] == 303
    assert incident.status == "active"
    incident.complete("classify", "ben", **CLASSIFIED)


def test_a_token_is_moved_from_a_form_that_lists_where_it_could_go(
    visitor: Visitor, incident: Incident
) -> None:
    olga = visitor("olga")
    page = olga.get("/instances/1/steer").text
    assert '<option value="classify">Classify (classify)</option>' in page
    assert '<option value="sla_warning_desk"' not in page

    assert steer(olga, "move", source="classify", target="diagnose")[0] == 303

    assert incident.waits_at() == ["diagnose"]
    trail = visitor("ada").get("/instances/1").text
    assert "Token moved" in trail
    assert "from Classify to" in trail
    assert WHY in trail


def test_an_element_is_skipped_with_values_and_reopened(
    visitor: Visitor, incident: Incident
) -> None:
    olga = visitor("olga")
    values = '{"category": "network", "service": "network", "impact": 3, "urgency": 3}'

    assert steer(olga, "skip", source="classify", values=values)[0] == 303
    assert incident.variable("impact") == 3
    assert incident.waits_at() == ["diagnose"]

    assert steer(olga, "reopen", target="classify")[0] == 303
    assert incident.waits_at() == ["classify", "diagnose"]


@pytest.mark.parametrize(
    ("action", "fields", "status", "sentence"),
    [
        ("move", {"source": "classify", "target": "nowhere"}, 422, "no such element"),
        ("move", {}, 422, "no token stands there"),
        ("move", {"source": "classify", "target": "record", "reason": " "}, 422, "needs a reason"),
        ("skip", {"source": "classify", "values": "[1]"}, 422, "Write a JSON object"),
        ("skip", {"source": "classify", "values": "[" * 15_000}, 422, "Write a JSON object"),
        ("skip", {"source": "classify", "values": '{"a": NaN}'}, 422, "Write a JSON object"),
        ("reopen", {"target": "diagnose"}, 422, "nothing has been done there"),
        ("resume", {}, 409, "is active"),
        ("delete", {}, 403, "Only an admin may"),
        ("explode", {}, 404, ""),
    ],
)
def test_what_cannot_be_is_said_on_the_page_and_changes_nothing(
    visitor: Visitor,
    incident: Incident,
    action: str,
    fields: dict[str, str],
    status: int,
    sentence: str,
) -> None:
    revision = incident.row.revision

    found, text = steer(visitor("olga"), action, **fields)

    assert (found, sentence in text) == (status, True)
    assert incident.row.revision == revision


def test_what_was_typed_is_there_again_after_a_refusal(
    visitor: Visitor, incident: Incident
) -> None:
    assert incident.number
    _, text = steer(visitor("olga"), "move", source="classify", target="")
    assert f'value="{WHY}"' in text
    assert '<option value="classify" selected>' in text


def test_an_admin_deletes_a_cancelled_case(visitor: Visitor, incident: Incident) -> None:
    adam = visitor("adam")
    assert steer(adam, "delete")[0] == 409
    assert steer(adam, "cancel")[0] == 303

    answer = adam.post("/instances/1/steer/delete", {"reason": WHY})

    assert answer.headers["Location"] == "/cases?done=steer-delete"
    assert adam.get("/cases/INC-1").status_code == 404
    assert "Instance deleted" in adam.get("/audit").text
    assert incident.chain().ok


def test_a_requester_reads_nothing_of_moves_and_their_reasons(
    visitor: Visitor, incident: Incident
) -> None:
    steer(visitor("olga"), "move", source="classify", target="diagnose")
    assert incident.waits_at() == ["diagnose"]
    assert WHY not in visitor("rita").get("/portal/cases/INC-1").text
