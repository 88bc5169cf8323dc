"""Working on cases through the pages: report, classify, resolve, confirm, and what goes wrong."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from engine.queries import audit
from tests.office import Incident, Office
from tests.web.conftest import Browser

Visitor = Callable[[str], Browser]

REPORT = {
    "field.summary": "VPN drops every ten minutes",
    "field.description": "Since nine",
    "field.service": "network",
    "field.urgency": "2",
}
CLASSIFY = {
    "field.category": "network",
    "field.service": "network",
    "field.impact": "2",
    "field.urgency": "2",
}


def sent_to(answer: TestResponse) -> str:
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return answer.headers["Location"]


def test_a_requester_reports_an_agent_resolves_and_the_requester_confirms(
    visitor: Visitor, office: Office
) -> None:
    rita, ben, nora = visitor("rita"), visitor("ben"), visitor("nora")

    assert sent_to(rita.post("/portal/report", REPORT)) == "/portal/cases/INC-1?done=reported"
    assert "VPN drops" in ben.get("/inbox?tab=groups").text
    claimed = ben.post("/tasks/1/claim", {"then": "open"})
    assert sent_to(claimed) == "/tasks/1"
    assert sent_to(ben.post("/tasks/1", CLASSIFY)) == "/cases/INC-1?done=completed"
    diagnosed = {
        "field.outcome": "resolve",
        "field.resolution_code": "fixed",
        "field.resolution": "Restarted the gateway.",
    }
    assert sent_to(nora.post("/tasks/2", diagnosed)) == "/cases/INC-1?done=completed"
    assert "Does it work again?" in rita.get("/portal/cases/INC-1").text
    sent_to(rita.post("/tasks/3", {"field.confirmed": "true"}))

    assert "This is done." in rita.get("/portal/cases/INC-1").text
    assert office.person("rita").name == "rita"


def test_a_form_with_faults_comes_back_with_its_messages_and_what_was_typed(
    visitor: Visitor,
) -> None:
    rita = visitor("rita")

    answer = rita.post(
        "/portal/report", {**REPORT, "field.summary": "VPN", "field.description": ""}
    )

    assert answer.status_code == 422
    assert "Write at least 5 characters." in answer.text
    assert 'value="VPN"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert '<option value="network" selected>' in answer.text


def test_faults_are_said_in_the_language_of_the_reader(visitor: Visitor) -> None:
    answer = visitor("wang").post("/portal/report", {**REPORT, "field.summary": "VPN"})

    assert answer.status_code == 422
    assert "至少 5 个字符" in answer.text
    assert "什么无法正常使用" in answer.text


def test_a_field_that_steers_others_shows_them_without_sending_the_form(
    visitor: Visitor, incident: Incident
) -> None:
    incident.complete("classify", "ben", category="network", impact=2, urgency=2)
    nora = visitor("nora")
    assert 'name="field.question"' not in nora.get("/tasks/2").text

    answer = nora.post("/tasks/2", {"field.outcome": "wait_user", "refresh": "1"})

    assert answer.status_code == 200
    assert 'name="field.question"' in answer.text
    assert incident.waits_at() == ["diagnose"]


def test_a_moment_is_typed_in_the_persons_zone_and_kept_in_utc(
    visitor: Visitor, incident: Incident
) -> None:
    incident.complete("classify", "ben", category="network", impact=2, urgency=2)

    sent_to(
        visitor("li").post(
            "/tasks/2",
            {
                "field.outcome": "wait_user",
                "field.question": "Which building?",
                "field.pending_until": "2026-03-03T10:00",
            },
        )
    )

    assert incident.variable("pending_until") == "2026-03-03T02:00:00+00:00"


def test_sending_a_form_twice_completes_its_task_once(visitor: Visitor, incident: Incident) -> None:
    ben = visitor("ben")
    csrf, key = ben.tokens("/tasks/1")

    first = ben.client.post("/tasks/1", data={"csrf": csrf, "key": key, **CLASSIFY})
    again = ben.client.post("/tasks/1", data={"csrf": csrf, "key": key, **CLASSIFY})

    assert sent_to(again) == sent_to(first)
    assert [row.action for row in incident.trail()].count("task.completed") == 1


@pytest.mark.parametrize(
    ("login", "sentence"),
    [("sofia", "was already completed by ben"), ("li", "任务已由 ben 完成")],
)
def test_inc_29_the_slower_of_two_agents_reads_who_was_faster(
    visitor: Visitor, incident: Incident, login: str, sentence: str
) -> None:
    slow = visitor(login)
    slow.get("/tasks/1")
    incident.complete("classify", "ben", category="network", impact=2, urgency=2)

    answer = slow.post("/tasks/1", CLASSIFY)

    assert answer.status_code == 409
    assert sentence in answer.text


def test_a_task_of_somebody_else_can_be_read_but_not_sent(
    visitor: Visitor, incident: Incident
) -> None:
    incident.claim("classify", "ben")

    text = visitor("sofia").get("/tasks/1").text

    assert "Ben Agent works on this task." in text
    assert 'name="field.category"' not in text


@pytest.mark.parametrize("path", ["/portal/cases/INC-1", "/tasks/1", "/portal/cases/INC-99"])
def test_a_case_of_somebody_else_looks_like_no_case_at_all(
    visitor: Visitor, incident: Incident, path: str
) -> None:
    assert incident.number == "INC-1"

    assert visitor("wang").get(path).status_code == 404


def test_inc_22_internal_comments_and_values_stay_inside(
    visitor: Visitor, incident: Incident
) -> None:
    ben, rita = visitor("ben"), visitor("rita")
    ben.post("/cases/INC-1/comments", {"text": "She always says that"})
    ben.post("/cases/INC-1/comments", {"text": "We look at it", "public": "1"})

    assert "She always says that" in ben.get("/cases/INC-1").text
    text = rita.get("/portal/cases/INC-1").text
    assert "We look at it" in text
    assert "She always says that" not in text
    assert incident.state == "new"


def test_what_a_case_refuses_is_said_on_its_own_page(visitor: Visitor, incident: Incident) -> None:
    answer = visitor("sofia").post("/cases/INC-1/amendments", {"impact": "1", "reason": " "})

    assert answer.status_code == 422
    assert "needs a reason" in answer.text
    assert incident.record.summary in answer.text


def test_slm_17_a_case_says_why_it_is_due_when_it_is_due(
    visitor: Visitor, incident: Incident
) -> None:
    incident.complete("classify", "ben", category="network", impact=1, urgency=1)

    text = visitor("nora").get("/cases/INC-1").text

    assert "Why this due time" in text
    assert "the target became" in text
    assert "priority changed" in text
    assert re.search(r"So it is due \d", text)


def test_aud_04_an_auditor_reads_the_trail_and_its_proof_but_changes_nothing(
    visitor: Visitor, incident: Incident, office: Office
) -> None:
    incident.complete("classify", "ben", category="network", impact=1, urgency=1)
    ada = visitor("ada")

    text = ada.get("/instances/1").text
    refused = ada.post("/cases/INC-1/comments", {"text": "I was here", "public": "1"})

    assert "The record is whole: all" in text
    assert "Priority: rules matched: 1" in text
    assert refused.status_code == 403
    with office.runtime.read() as reader:
        assert audit.latest(reader, "system", limit=1)[0].action == "refused"


def test_a_broken_record_is_said_aloud(
    visitor: Visitor, incident: Incident, office: Office
) -> None:
    with office.runtime.database.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER events_no_update")
        connection.exec_driver_sql(
            "UPDATE events SET actor = 'nobody' WHERE stream = 'instance:1' AND seq = 1"
        )
        connection.commit()

    assert "event 1 does not fit the hash chain" in visitor("ada").get("/instances/1").text
    assert incident.number == "INC-1"


def test_the_list_shows_fifty_tasks_and_leads_to_the_others(
    visitor: Visitor, office: Office
) -> None:
    for number in range(53):
        office.open_incident(summary=f"Report number {number}")
    ben = visitor("ben")

    first = ben.get("/inbox?tab=groups").text
    following = re.search(r'rel="next" href="([^"]+)"', first)

    assert first.count('data-task="') == 50
    assert following
    second = ben.get(following[1].replace("&amp;", "&")).text
    assert second.count('data-task="') == 3
    assert 'rel="next"' not in second


@pytest.mark.parametrize("cursor", ["x", "1_2_3", "50_9999-99-99T00:00:00+00:00_1", "' OR 1=1"])
def test_a_made_up_cursor_shows_the_first_page(
    visitor: Visitor, incident: Incident, cursor: str
) -> None:
    text = visitor("ben").get("/inbox").text
    assert "Work list" in text

    answer = visitor("ben").client.get("/inbox", query_string={"tab": "groups", "after": cursor})

    assert answer.status_code == 200
    assert incident.record.summary in answer.text


def test_tasks_are_filtered_by_priority_and_lateness(visitor: Visitor, office: Office) -> None:
    urgent = office.open_incident(summary="Everything is down")
    urgent.complete("classify", "ben", category="network", impact=1, urgency=1)
    calm = office.open_incident(summary="A small thing")
    calm.complete("classify", "ben", category="network", impact=3, urgency=3)
    nora = visitor("nora")

    only_first = nora.get("/inbox?tab=groups&priority=1").text
    overdue = nora.get("/inbox?tab=groups&overdue=1").text

    assert "Everything is down" in only_first
    assert "A small thing" not in only_first
    assert "Nothing to do here" in overdue


def test_the_diagram_carries_what_is_due_and_the_case_lists_it(
    visitor: Visitor, incident: Incident, office: Office
) -> None:
    incident.complete("classify", "ben", category="network", impact=1, urgency=1)
    office.advance(hours=1)
    nora = visitor("nora")

    path = nora.get("/instances/1/path.json").get_json()
    text = nora.get("/cases/INC-1").text

    assert "diagnose" in path["active"]
    assert path["completed"]["classify"] == 1
    assert path["due"]["sla_warning"] == "in 1 h"
    assert "Resolution 50 %" in text
    assert "Resolution 100 %" in text


@pytest.mark.parametrize(
    ("login", "said"),
    [("nora", "noted: Resolution clock at 75 %"), ("li", "已用 75%")],
)
def test_the_timeline_tells_staff_of_a_late_clock_and_spares_the_requester(
    visitor: Visitor, incident: Incident, office: Office, login: str, said: str
) -> None:
    incident.complete("classify", "ben", category="network", impact=2, urgency=1)
    office.advance(hours=6)

    assert said in visitor(login).get("/cases/INC-1").text
    assert "noted" not in visitor("rita").get("/portal/cases/INC-1").text
    trace = visitor("ada").get("/instances/1").text
    assert "<div>Clock resolution reached 75 % at priority 2: lead:network told.</div>" in trace


def test_a_timer_is_told_by_its_name_and_to_the_requester_when_it_closes_the_case(
    visitor: Visitor, incident: Incident, office: Office
) -> None:
    incident.complete("classify", "ben", category="network", impact=2, urgency=2)
    waits = {"outcome": "wait_user", "question": "Which floor?"}
    incident.complete("diagnose", "nora", **waits, pending_until="2026-03-03T09:00:00Z")
    office.advance(days=2)
    staff = visitor("ben").get("/cases/INC-1").text
    reminded = visitor("rita").get("/portal/cases/INC-1").text
    incident.complete("await_user", "rita", answer="The third.")
    done = {"outcome": "resolve", "resolution_code": "fixed", "resolution": "Replaced it."}
    incident.complete("diagnose", "nora", **done)
    office.advance(days=5)

    assert "acted on time: “Expected end”" in staff
    assert "on time" not in reminded
    assert "closed the case" in visitor("rita").get("/portal/cases/INC-1").text
    assert "<div>Expected end</div>" in visitor("ada").get("/instances/1").text


def test_a_form_sent_again_with_other_values_is_refused_by_name(visitor: Visitor) -> None:
    rita = visitor("rita")
    csrf, key = rita.tokens("/portal/report")
    sent = {**REPORT, "csrf": csrf, "key": key}

    first = rita.client.post("/portal/report", data=sent)
    again = rita.client.post("/portal/report", data=sent)
    other = rita.client.post("/portal/report", data={**sent, "field.summary": "No phone at all"})

    assert sent_to(first) == sent_to(again) == "/portal/cases/INC-1?done=reported"
    assert other.status_code == 409
    assert "&#39;POST /portal/report&#39;, with other content" in other.text
