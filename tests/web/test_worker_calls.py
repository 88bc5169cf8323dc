"""External workers at the REST API: what they get, and how they say how it went."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

import web
from engine.commands import definitions, jobs
from engine.jobs import workers
from tests.conftest import MONDAY
from tests.office import ADMIN, Office
from tests.web.robots import OLGA, ORDER, Worker, order, token


@pytest.fixture
def worker(office: Office, pages: Flask) -> Worker:
    office.runtime.run(ADMIN, lambda work: definitions.deploy(work, {"o.bpmn": ORDER}, "test"))
    return Worker(pages, token(office))


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
