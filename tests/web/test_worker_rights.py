"""External workers at the REST API: what they may, and what hostile ones cannot do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from engine.commands import definitions
from engine.queries import jobs as queries
from itil import api_tokens, sessions
from tests.conftest import MONDAY
from tests.office import ADMIN, Office
from tests.web.conftest import Browser
from tests.web.robots import ORDER, Worker, order, system, token
from web.auth import SESSION


@pytest.fixture
def worker(office: Office, pages: Flask) -> Worker:
    office.runtime.run(ADMIN, lambda work: definitions.deploy(work, {"o.bpmn": ORDER}, "test"))
    return Worker(pages, token(office))


# -- who may


def unauthorised(answer: TestResponse, word: str) -> bool:
    return (
        answer.status_code == 401
        and answer.headers["WWW-Authenticate"] == "Bearer"
        and word in answer.get_json()["detail"]
        and "Set-Cookie" not in answer.headers
    )


def test_every_call_needs_a_token(
    pages: Flask, visitor: Callable[[str], Browser], office: Office
) -> None:
    calls = [rule for rule in pages.url_map.iter_rules() if rule.rule.startswith("/v2/")]
    assert len(calls) == 5
    adam = visitor("adam")
    csrf, _ = adam.tokens("/jobs")
    for rule in calls:
        path = rule.rule.replace("<int:key>", "10001")
        for method in rule.methods - {"HEAD", "OPTIONS"}:  # type: ignore[operator]
            assert unauthorised(pages.test_client().open(path, method=method), "no token")
            # A cookie of somebody who may do everything on pages is not looked at.
            signed_in = adam.client.open(path, method=method, headers={"X-CSRF-Token": csrf})
            assert signed_in.status_code == 401
            office.clock.advance(timedelta(minutes=16))


@pytest.mark.parametrize("header", ["Bearer", "Bearer x", "Basic eDp5", "Bearer sbx_" + "x" * 43])
def test_who_brings_no_token_that_is_known_is_refused_and_on_record(
    office: Office, pages: Flask, header: str
) -> None:
    answer = pages.test_client().post(
        "/v2/jobs/activation", headers={"Authorization": header}, json={}
    )
    assert unauthorised(answer, "This call is refused")
    assert system(office)[-1] == ("token.refused", "nobody")


def test_a_token_ends_by_itself_or_at_once(office: Office, worker: Worker) -> None:
    short = Worker(worker.app, token(office, "short", days=1), "short")
    assert short.take() == []
    office.clock.advance(timedelta(days=1))
    assert unauthorised(short.call("activation"), "'short' is expired")

    office.runtime.run(ADMIN, lambda work: api_tokens.revoke(work, 1))
    assert unauthorised(worker.call("activation"), "'robot' is revoked")
    assert ("token.revoked", "adam") in system(office)


def test_a_token_takes_its_own_types_only(office: Office, worker: Worker) -> None:
    case = order(office)
    other = Worker(worker.app, token(office, "other", "invoice.pay"), "other")
    asked = {"type": "parcel.ship", "timeout": 1000, "maxJobsToActivate": 1}
    refused = other.call("activation", asked)
    assert (refused.status_code, refused.get_json()["title"]) == (403, "job.type-forbidden")

    [job] = worker.take()
    for path, body in (("completion", {}), ("failure", {}), ("error", {"errorCode": "lost"})):
        assert other.call(f"{job['jobKey']}/{path}", body).status_code == 403
    assert len(case.jobs()) == 1
    assert system(office)[-1] == ("refused", "token:other")


def test_a_token_of_another_scope_is_refused(office: Office, worker: Worker) -> None:
    with office.runtime.read() as reader, pytest.raises(api_tokens.TokenRefused) as refused:
        api_tokens.find(reader, worker.secret, "cases", "127.0.0.1")
    assert "is not for 'cases'" in str(refused.value)


def test_a_token_opens_no_page(worker: Worker) -> None:
    client = worker.app.test_client()
    answer = client.get("/jobs", headers={"Authorization": f"Bearer {worker.secret}"})
    assert (answer.status_code, answer.headers["Location"][:8]) == (302, "/sign-in")
    client.set_cookie(SESSION, worker.secret)
    assert client.get("/jobs").status_code == 302


def test_a_session_is_no_token(office: Office, worker: Worker) -> None:
    session = office.runtime.run(
        office.person("adam"), lambda work: sessions.begin(work, "adam", "127.0.0.1")
    )
    assert unauthorised(Worker(worker.app, session).call("activation"), "nobody knows")


def test_many_wrong_tokens_are_not_heard_any_more_but_good_ones_are(
    office: Office, worker: Worker
) -> None:
    wrong = Worker(worker.app, "sbx_wrong")
    before = len(system(office))
    statuses = [wrong.call("activation").status_code for _ in range(12)]

    assert statuses == [401] * 5 + [429] * 7
    assert len(system(office)) == before + 5
    assert worker.take() == []
    office.clock.advance(timedelta(minutes=16))
    assert wrong.call("activation").status_code == 401


def test_the_last_use_of_a_token_is_shown(office: Office, worker: Worker) -> None:
    worker.take()
    with office.runtime.read() as reader:
        [found] = api_tokens.everyone(reader)
    assert found.used_at == MONDAY


# -- hostile bodies

DEEP = b'{"variables":{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}}"
NESTED = b'{"variables":{"a":' + b"[" * 500 + b"]" * 500 + b"}}"
BODIES = {
    "no json": b"{",
    "text": b"hello",
    "latin": b'{"variables":{"a":"\xe9"}}',
    "a list": b"[]",
    "a number": b"1",
    "variables are a list": b'{"variables":[]}',
    "variables are text": b'{"variables":"x"}',
    "no name": b'{"variables":{"":1}}',
    "deep": DEEP,
    "nested": NESTED,
    "infinity": b'{"variables":{"a":Infinity}}',
    "half a character": b'{"variables":{"a":"\\ud800"}}',
    "large": b'{"variables":{"a":"' + b"x" * 300_000 + b'"}}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_that_is_no_outcome_is_refused_and_changes_nothing(
    office: Office, worker: Worker, body: bytes
) -> None:
    case = order(office)
    [job] = worker.take()
    before = (case.row, case.trail())
    for path in ("completion", "failure", "error"):
        answer = worker.call(f"{job['jobKey']}/{path}", body)
        assert answer.status_code == 400, (path, answer.text)
        assert answer.mimetype == "application/problem+json"
    assert (case.row, case.trail()) == before
    assert worker.call(f"{job['jobKey']}/completion", b"x" * 2_100_000).status_code == 413


GOOD = {"type": "parcel.ship", "timeout": 1000, "maxJobsToActivate": 1}
WRONG: dict[str, dict[str, Any]] = {
    "type missing": {"type": None},
    "type empty": {"type": ""},
    "type a number": {"type": 7},
    "type long": {"type": "x" * 201},
    "type with a nul": {"type": "a\0b"},
    "worker a list": {"worker": []},
    "worker long": {"worker": "x" * 101},
    "worker with a line": {"worker": "a\nb"},
    "timeout missing": {"timeout": None},
    "timeout text": {"timeout": "1000"},
    "timeout zero": {"timeout": 0},
    "timeout below": {"timeout": -5},
    "timeout half": {"timeout": 1.5},
    "timeout true": {"timeout": True},
    "timeout endless": {"timeout": 10**15},
    "timeout huge": {"timeout": 2**63},
    "most zero": {"maxJobsToActivate": 0},
    "most text": {"maxJobsToActivate": "all"},
    "fetch text": {"fetchVariable": "a"},
    "fetch numbers": {"fetchVariable": [1]},
    "fetch many": {"fetchVariable": ["a"] * 1_001},
    "wait text": {"requestTimeout": "long"},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_an_activation_with_a_wrong_field_is_refused_by_name(
    office: Office, worker: Worker, wrong: dict[str, Any]
) -> None:
    case = order(office)
    answer = worker.call("activation", GOOD | wrong)
    assert answer.status_code == 400
    assert f"'{next(iter(wrong))}'" in answer.get_json()["detail"]
    assert case.jobs()[0].worker is None


@pytest.mark.parametrize(
    ("path", "method", "body"),
    [
        ("10001/failure", "POST", {"retries": -1}),
        ("10001/failure", "POST", {"retries": "2"}),
        ("10001/failure", "POST", {"retryBackOff": -1}),
        ("10001/failure", "POST", {"retryBackOff": 10**14}),
        ("10001/failure", "POST", {"errorMessage": {}}),
        ("10001/error", "POST", {}),
        ("10001/error", "POST", {"errorCode": ""}),
        ("10001/error", "POST", {"errorCode": 5}),
        ("10001", "PATCH", {}),
        ("10001", "PATCH", {"changeset": {}}),
        ("10001", "PATCH", {"changeset": []}),
        ("10001", "PATCH", {"changeset": {"retries": 0}}),
        ("10001", "PATCH", {"changeset": {"timeout": 0}}),
        ("10001", "PATCH", {"changeset": {"timeout": 2**60}}),
        ("nothing/completion", "POST", {}),
        ("0/completion", "POST", {}),
        ("10000/completion", "POST", {}),
        ("99999999999999999999999999/completion", "POST", {}),
        ("-1/completion", "POST", {}),
        ("10001", "POST", {}),
    ],
)
def test_a_call_that_cannot_be_is_refused_and_changes_nothing(
    office: Office, worker: Worker, path: str, method: str, body: dict[str, Any]
) -> None:
    case = order(office)
    worker.take()
    before = (case.row, case.jobs())
    answer = worker.call(path, body, method)
    assert 400 <= answer.status_code < 500
    assert answer.mimetype == "application/problem+json"
    assert (case.row, case.jobs()) == before


def test_absurd_numbers_of_tries_are_kept_in_bounds(office: Office, worker: Worker) -> None:
    case = order(office)
    [job] = worker.take()
    assert worker.call(f"{job['jobKey']}/failure", {"retries": 2**50}).status_code == 204
    found: list[queries.JobRow] = case.jobs()
    assert found[0].retries == 2**31 - 1
