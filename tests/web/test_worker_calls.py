"""External workers at the REST API: what they get, what they may, what hostile ones cannot do."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

import web
from engine.commands import definitions, instances, jobs
from engine.jobs import workers
from engine.queries import audit
from engine.queries import jobs as queries
from engine.store.unit_of_work import Actor
from itil import api_tokens, sessions
from tests.conftest import MONDAY
from tests.desk import Case
from tests.drawing import (
    boundary,
    diagram,
    end,
    error,
    errors,
    exclusive,
    inputs,
    service,
    start,
    timer,
    user,
)
from tests.office import ADMIN, Office
from tests.web.conftest import Browser
from web.auth import SESSION

OLGA = Actor("olga", frozenset({"process-owner"}), channel="test")
HEADERS = '<zeebe:taskHeaders><zeebe:header key="carrier" value="post"/></zeebe:taskHeaders>'
ORDER = diagram(
    start(),
    service("ship", "parcel.ship", HEADERS + inputs(weight="=kilos * 1000")),
    exclusive("g"),
    user("check"),
    end(),
    boundary("oops", "ship", error("lost")),
    user("search"),
    boundary("late", "ship", timer("P3D")),
    user("hurry"),
    flows=[
        ("begin", "ship"),
        ("ship", "g"),
        ("g", "check", "=sent"),
        ("check", "done"),
        ("oops", "search"),
        ("late", "hurry"),
    ],
    pid="order",
    top=errors("lost"),
)


@dataclass
class Worker:
    """A program with a token."""

    app: Flask
    secret: str
    name: str = "robot"

    def call(self, path: str, body: Any = None, method: str = "POST") -> TestResponse:
        headers = {"Authorization": f"Bearer {self.secret}"}
        sent = {"data": body} if isinstance(body, (bytes, str)) else {"json": body or {}}
        return self.app.test_client().open(
            f"/v2/jobs/{path}", method=method, headers=headers, **sent
        )

    def take(self, most: int = 1, timeout: int = 60_000, **more: Any) -> list[dict[str, Any]]:
        asked = {
            "type": "parcel.ship",
            "worker": self.name,
            "timeout": timeout,
            "maxJobsToActivate": most,
            "requestTimeout": -1,
        }
        answer = self.call("activation", asked | more)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.get_json()["jobs"]
        return found


def token(office: Office, name: str = "robot", *types: str, days: int = 30) -> str:
    secret = api_tokens.new_secret()
    grants = {"jobs": types or ("parcel.ship",)}
    office.runtime.run(ADMIN, lambda work: api_tokens.make(work, name, grants, days, secret))
    return secret


@pytest.fixture
def worker(office: Office, pages: Flask) -> Worker:
    office.runtime.run(ADMIN, lambda work: definitions.deploy(work, {"o.bpmn": ORDER}, "test"))
    return Worker(pages, token(office))


def order(office: Office, number: str = "O-1") -> Case:
    given = {"kilos": 2, "to": "Köln"}
    started = office.runtime.run(ADMIN, lambda work: instances.start(work, "order", given, number))
    return Case(office, started["instance"])


def system(office: Office) -> list[tuple[str, str]]:
    with office.runtime.read() as reader:
        return [(e.action, e.actor) for e in audit.trail(reader, "system", limit=1_000)]


# -- the straight way


def test_a_job_is_taken_in_the_shape_that_workers_know(office: Office, worker: Worker) -> None:
    case = order(office)
    [job] = worker.take()

    until = MONDAY + timedelta(minutes=1)
    assert job == {
        "jobKey": "10001",
        "type": "parcel.ship",
        "worker": "robot",
        "retries": 3,
        "deadline": int(until.timestamp() * 1000),
        "variables": {"kilos": 2, "to": "Köln", "weight": 2000, "number": "O-1"},
        "customHeaders": {"carrier": "post"},
        "elementId": "ship",
        "elementInstanceKey": "1",
        "processInstanceKey": str(case.id),
        "processDefinitionId": "order",
        "processDefinitionKey": str(case.row.definition_id),
        "processDefinitionVersion": 1,
        "tenantId": "<default>",
        "kind": "BPMN_ELEMENT",
        "listenerEventType": "UNSPECIFIED",
        "tags": [],
    }
    assert worker.take() == []


def test_only_the_variables_asked_for_are_sent(office: Office, worker: Worker) -> None:
    order(office)
    [job] = worker.take(fetchVariable=["weight", "nothing"], tenantIds=["<default>"])
    assert job["variables"] == {"weight": 2000}


def test_a_completed_job_moves_the_process_on_under_the_name_of_the_token(
    office: Office, worker: Worker
) -> None:
    case = order(office)
    [job] = worker.take()
    answer = worker.call(f"{job['jobKey']}/completion", {"variables": {"sent": True}})

    assert (answer.status_code, answer.data) == (204, b"")
    assert (case.waits_at(), case.variable("sent"), case.jobs()) == (["check"], True, [])
    event = case.trail()[-1]
    assert (event.action, event.actor, event.channel) == ("job.completed", "token:robot", "api")
    assert event.details["worker"] == "robot"


def test_who_completes_twice_is_told_and_changes_nothing(office: Office, worker: Worker) -> None:
    case = order(office)
    [job] = worker.take()
    done = f"{job['jobKey']}/completion"
    worker.call(done, {"variables": {"sent": True}})
    before = case.trail()

    again = worker.call(done, {"variables": {"sent": False}})

    assert (again.status_code, again.mimetype) == (404, "application/problem+json")
    assert again.get_json()["title"] == "job.not-found"
    assert again.get_json()["instance"] == f"/v2/jobs/{done}"
    assert (case.trail(), case.variable("sent")) == (before, True)


def test_a_job_that_was_not_done_in_time_goes_to_another_and_the_first_is_told(
    office: Office, worker: Worker, pages: Flask
) -> None:
    case = order(office)
    [first] = worker.take(timeout=30_000)
    office.clock.advance(timedelta(seconds=31))
    other = Worker(pages, worker.secret, "twin")
    [second] = other.take()
    assert first["elementInstanceKey"] == second["elementInstanceKey"]

    for path in ("completion", "failure", "error"):
        late = worker.call(f"{first['jobKey']}/{path}", {"errorCode": "lost"})
        assert late.status_code == 409
        assert "worker 'twin' has it" in late.get_json()["detail"]
    late = worker.call(first["jobKey"], {"changeset": {"timeout": 1000}}, "PATCH")
    assert late.status_code == 409

    done = other.call(f"{second['jobKey']}/completion", {"variables": {"sent": True}})
    assert (done.status_code, case.waits_at()) == (204, ["check"])


def test_who_is_late_but_first_may_still_complete(office: Office, worker: Worker) -> None:
    case = order(office)
    [job] = worker.take(timeout=1)
    office.clock.advance(timedelta(hours=1))
    assert worker.call(f"{job['jobKey']}/completion", {"variables": {"sent": True}}).status == (
        "204 NO CONTENT"
    )
    assert case.waits_at() == ["check"]


def test_a_worker_holds_a_job_for_longer(office: Office, worker: Worker) -> None:
    order(office)
    [job] = worker.take(timeout=30_000)
    changes = {"changeset": {"timeout": 120_000, "retries": 7}}
    assert worker.call(job["jobKey"], changes, "PATCH").status_code == 204
    office.clock.advance(timedelta(seconds=119))
    assert worker.take() == []
    office.clock.advance(timedelta(seconds=1))
    [again] = worker.take()
    assert again["retries"] == 7


def test_a_failed_job_waits_as_long_as_its_worker_says_and_keeps_its_word(
    office: Office, worker: Worker
) -> None:
    case = order(office)
    [job] = worker.take()
    said = {
        "retries": 2,
        "errorMessage": "out of stamps",
        "retryBackOff": 60_000,
        "variables": {"seen": 1},
    }
    assert worker.call(f"{job['jobKey']}/failure", said).status_code == 204

    [row] = case.jobs()
    assert (row.state, row.retries, row.attempts, row.error) == ("ready", 2, 1, "out of stamps")
    assert worker.call(f"{job['jobKey']}/completion").status_code == 409
    office.clock.advance(timedelta(seconds=59))
    assert worker.take() == []
    office.clock.advance(timedelta(seconds=1))
    [again] = worker.take()
    assert (again["retries"], again["variables"]["seen"]) == (2, 1)


def test_without_retries_it_stalls_until_an_operator_helps(office: Office, worker: Worker) -> None:
    case = order(office)
    [job] = worker.take()
    worker.call(f"{job['jobKey']}/failure", {"errorMessage": "no such street"})

    [row] = case.jobs()
    assert (row.state, row.error, worker.take()) == ("stalled", "no such street", [])
    late = worker.call(f"{job['jobKey']}/completion")
    assert (late.status_code, late.get_json()["title"]) == (409, "job.stalled")

    office.runtime.run(OLGA, lambda work: jobs.retry(work, row.id))
    assert [again["retries"] for again in worker.take()] == [1]


def test_a_worker_throws_an_error_that_the_diagram_catches(office: Office, worker: Worker) -> None:
    case = order(office)
    [job] = worker.take()
    sent = {"errorCode": "lost", "errorMessage": "gone", "variables": {"where": "Bonn"}}
    assert worker.call(f"{job['jobKey']}/error", sent).status_code == 204
    assert (case.waits_at(), case.variable("where"), case.jobs()) == (["search"], "Bonn", [])


def test_an_error_that_nothing_catches_stalls_the_job(office: Office, worker: Worker) -> None:
    case = order(office)
    [job] = worker.take()
    sent = {"errorCode": "burnt", "errorMessage": "all of it"}
    assert worker.call(f"{job['jobKey']}/error", sent).status_code == 204
    [row] = case.jobs()
    assert row.error == "Nothing catches the modelled error 'burnt': all of it."
    assert row.state == "stalled"


def test_a_timer_takes_the_job_away_and_late_work_is_refused(
    office: Office, worker: Worker
) -> None:
    case = order(office)
    [job] = worker.take()
    office.advance(days=3)
    late = worker.call(f"{job['jobKey']}/completion", {"variables": {"sent": True}})
    assert (late.status_code, case.waits_at(), case.variable("sent")) == (404, ["hurry"], None)


def test_what_the_process_cannot_go_on_with_is_kept_for_an_operator(
    office: Office, worker: Worker
) -> None:
    case = order(office)
    [job] = worker.take()
    answer = worker.call(f"{job['jobKey']}/completion", {"variables": {"parcel": 77}})

    assert (answer.status_code, answer.get_json()["title"]) == (409, "job.stalled")
    assert "no condition holds" in answer.get_json()["detail"]
    [row] = case.jobs()
    assert (row.state, row.result, case.variable("parcel")) == ("stalled", {"parcel": 77}, None)
    office.runtime.run(
        OLGA, lambda work: jobs.skip(work, row.id, {**(row.result or {}), "sent": True}, "mended")
    )
    assert (case.waits_at(), case.variable("parcel")) == (["check"], 77)


def test_a_number_is_never_used_again(office: Office, worker: Worker) -> None:
    keys = []
    for number in ("O-1", "O-2", "O-3"):
        order(office, number)
        [job] = worker.take()
        keys.append(job["jobKey"])
        worker.call(f"{job['jobKey']}/completion", {"variables": {"sent": True}})
    assert len(set(keys)) == 3


def test_a_stalled_instance_gives_no_jobs(office: Office, worker: Worker) -> None:
    case = order(office)

    def stall(work: Any) -> None:
        from engine.store import instances as rows  # noqa: PLC0415

        rows.lock(work, case.id).status = "stalled"

    office.runtime.run(ADMIN, stall)
    assert worker.take() == []


# -- waiting


def waiting(worker: Worker, **more: Any) -> tuple[threading.Thread, list[Any]]:
    found: list[Any] = []
    asked = {"requestTimeout": 30_000, **more}
    thread = threading.Thread(target=lambda: found.append(worker.take(**asked)))
    thread.start()
    return thread, found


@pytest.fixture
def far_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits looks again when the bell rings, not by chance before."""
    monkeypatch.setattr(workers, "LOOK", timedelta(hours=1))


def until_somebody_waits(office: Office) -> None:
    for _ in range(10_000_000):
        if office.runtime.bell._rung._waiters:  # type: ignore[attr-defined]
            return
    pytest.fail("Nobody waits.")


@pytest.mark.usefixtures("far_look")
def test_a_worker_that_waits_gets_the_job_of_the_next_commit(
    office: Office, worker: Worker
) -> None:
    thread, found = waiting(worker)
    until_somebody_waits(office)
    order(office)
    thread.join(20)
    assert [job["elementId"] for job in found[0]] == ["ship"]


def test_a_wait_ends_with_an_empty_list_when_its_time_is_over(
    office: Office, worker: Worker
) -> None:
    thread, found = waiting(worker)
    until_somebody_waits(office)
    office.clock.advance(timedelta(seconds=30))
    office.runtime.bell.ring()
    thread.join(20)
    assert found == [[]]


def test_where_all_seats_are_taken_the_answer_comes_at_once(office: Office, worker: Worker) -> None:
    small = web.build(office.runtime, web.Settings(waiting=1))
    thread, found = waiting(Worker(small, worker.secret))
    until_somebody_waits(office)
    assert Worker(small, worker.secret).take(requestTimeout=60_000) == []
    order(office)
    thread.join(20)
    assert len(found[0]) == 1


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
