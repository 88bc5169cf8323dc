"""Answers that agents choose from: filled in, in the requester's language."""

from __future__ import annotations

from collections.abc import Callable

import orjson
import pytest

from engine.commands import definitions
from itil import answers
from tests.office import ADMIN, Incident, Office
from tests.web.conftest import Browser

Visitor = Callable[[str], Browser]
GOOD = {
    "key": "hello",
    "name": {"en": "Hello", "zh": "您好"},
    "text": {"en": "Dear ${requester}, ${number} costs $$5", "zh": "${requester}:${number}"},
}


def test_inc_28_an_answer_is_filled_in_for_its_requester(
    visitor: Visitor, incident: Incident
) -> None:
    ben = visitor("ben")

    page = ben.get(f"/cases/{incident.number}?answer=in-progress").text

    assert "Dear Rita Requester" in page
    assert f"we are working on {incident.number} (The printer is on fire)" in page
    assert "Ben Agent, service desk" in page


def test_inc_28_a_chinese_requester_is_answered_in_chinese(
    visitor: Visitor, office: Office
) -> None:
    case = office.open_incident(as_="wang", summary="打不开邮箱")

    page = visitor("ben").get(f"/cases/{case.number}?answer=in-progress").text

    assert "王芳,您好" in page
    assert "We are working on it" in page  # the agent reads English


def test_inc_28_what_is_sent_is_a_public_comment(visitor: Visitor, incident: Incident) -> None:
    ben = visitor("ben")

    ben.post(f"/cases/{incident.number}/comments", {"public": "1", "text": "Dear Rita Requester"})

    assert "Dear Rita Requester" in visitor("rita").get(f"/portal/cases/{incident.number}").text


def test_inc_28_an_answer_is_for_its_processes(visitor: Visitor, office: Office) -> None:
    case = office.open_case("service_request", "rita", summary="Please", item="password")

    page = visitor("ben").get(f"/cases/{case.number}?answer=workaround").text

    assert 'value="in-progress"' in page
    assert 'value="workaround"' not in page
    assert "Dear Rita" not in page


def test_inc_28_a_new_answer_is_deployed_and_used_without_code(
    visitor: Visitor, office: Office, incident: Incident
) -> None:
    files = {"workflows/answers/hello.json": orjson.dumps(GOOD)}
    office.runtime.run(ADMIN, lambda work: definitions.deploy(work, files, "friendlier"))

    page = visitor("ben").get(f"/cases/{incident.number}?answer=hello").text

    assert f"Dear Rita Requester, {incident.number} costs $5" in page


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"text": {"en": "x"}}, r"text\.zh"),
        ({"name": {"zh": "x"}}, r"name\.en"),
        ({"text": {"en": "${password}", "zh": "x"}}, "nothing is called password"),
        ({"text": {"en": "100 $", "zh": "x"}}, "stands alone"),
        ({"processes": "incident"}, "processes"),
    ],
)
def test_inc_28_an_answer_that_cannot_be_filled_in_is_refused(
    change: dict[str, object], said: str
) -> None:
    answers.read(GOOD)

    with pytest.raises(answers.AnswerInvalid, match=said):
        answers.read({**GOOD, **change})


def test_a_text_that_looks_like_a_name_is_left_alone(visitor: Visitor, office: Office) -> None:
    case = office.open_incident(summary="${agent} <b>x</b> $")

    page = visitor("ben").get(f"/cases/{case.number}?answer=in-progress").text

    assert "(${agent} &lt;b&gt;x&lt;/b&gt; $)" in page
