"""Jobs and stalled instances that an operator helps; what no job can be made of."""

from collections.abc import Callable
from typing import Any

import pytest

from engine.commands import jobs
from engine.commands.jobs import NotAnOperator, NotStalled
from engine.commands.variables import VariablesInvalid
from engine.errors import DiagramRejected, InstanceChanged, Rejected
from engine.queries import audit
from engine.queries import jobs as queries
from engine.store.jobs import JobNotFound
from engine.store.unit_of_work import UnitOfWork
from engine.topics import Topics
from tests.conftest import both_databases
from tests.desk import Desk
from tests.drawing import (
    catch,
    diagram,
    end,
    exclusive,
    inputs,
    outputs,
    service,
    start,
    timer,
    user,
)
from tests.scenarios.engine.payments import (
    HEADER,
    Line,
    job_of,
    operate,
    paying,
    rows,
    stalled,
    tried,
    waiting,
)


@pytest.fixture
def line(topics: Topics) -> Line:
    return Line(topics)


# -- operators


@both_databases
def test_an_operator_mends_a_variable_and_tries_again(desk: Desk, line: Line) -> None:
    case = stalled(desk, line)
    job = job_of(case)

    revision = case.row.revision
    operate(desk, lambda work: jobs.edit(work, job.id, {"amount": 2}, "mistyped", revision))
    edited = case.trail()[-1]
    assert (edited.action, edited.actor) == ("job.edited", "olga")
    assert edited.details["changes"] == {"amount": [1, 2]}
    assert edited.details["reason"] == "mistyped"
    assert job_of(case).state == "stalled"

    line.fault = None
    answer = operate(desk, lambda work: jobs.retry(work, job.id))
    assert (answer["failed"], line.seen[-1], case.waits_at()) == ("", 2, ["check"])


def test_what_a_task_was_given_is_mended_where_the_task_keeps_it(desk: Desk, line: Line) -> None:
    case = stalled(desk, line, task=service("pay", "pay", inputs(amount="=amount * 100")))
    job = job_of(case)
    with desk.runtime.read() as reader:
        assert queries.seen(reader, job.id).variables == {"amount": 100}

    revision = case.row.revision
    operate(desk, lambda work: jobs.edit(work, job.id, {"amount": 5}, "cents", revision))
    line.fault = None
    operate(desk, lambda work: jobs.retry(work, job.id))

    assert line.seen == [100, 5]
    assert case.trail()[-2].details["changes"] == {"amount": [100, 5]}
    assert case.variable("amount") == 1


def test_who_read_an_older_state_does_not_write_over_a_newer_one(desk: Desk, line: Line) -> None:
    case = stalled(desk, line)
    job, revision = job_of(case), case.row.revision
    operate(desk, lambda work: jobs.edit(work, job.id, {"amount": 2}, "first", revision))
    with pytest.raises(InstanceChanged, match="changed by olga"):
        operate(desk, lambda work: jobs.edit(work, job.id, {"amount": 3}, "second", revision))


def test_a_retry_that_fails_again_says_so_and_stays(desk: Desk, line: Line) -> None:
    case = stalled(desk, line)
    answer = operate(desk, lambda work: jobs.retry(work, job_of(case).id))
    assert answer["failed"] == "OSError: the line is dead"
    assert (job_of(case).state, job_of(case).attempts) == ("stalled", 2)


def test_a_job_in_back_off_can_be_tried_at_once(desk: Desk, line: Line) -> None:
    case = waiting(desk, paying())
    line.fault = None
    operate(desk, lambda work: jobs.retry(work, job_of(case).id))
    assert case.waits_at() == ["check"]
    assert desk.advance(hours=1).fired == 0


def test_more_tries_wake_a_stalled_job_with_the_next_sweep(desk: Desk, line: Line) -> None:
    case = stalled(desk, line)
    operate(desk, lambda work: jobs.allow(work, job_of(case).id, 2))
    assert (job_of(case).state, job_of(case).retries) == ("backoff", 2)
    line.fault = None
    assert desk.advance(seconds=1).fired == 1
    assert case.waits_at() == ["check"]


def test_a_job_is_skipped_as_if_it_was_done(desk: Desk, line: Line) -> None:
    case = stalled(desk, line, task=service("pay", "pay", outputs(receipt="=paid")))
    job = job_of(case)
    operate(desk, lambda work: jobs.skip(work, job.id, {"paid": "by hand"}, "paid in cash"))
    assert (case.waits_at(), rows(desk)) == (["check"], 0)
    assert (case.variable("receipt"), case.variable("paid")) == ("by hand", None)
    skipped = case.trail()[-1]
    assert (skipped.action, skipped.details["reason"]) == ("job.skipped", "paid in cash")
    assert skipped.details["values"] == {"paid": "by hand"}


REFUSED: dict[str, tuple[Callable[[UnitOfWork, int], Any], type[Exception]]] = {
    "skip without a reason": (lambda work, job: jobs.skip(work, job, {}, " "), Rejected),
    "error without a reason": (lambda work, job: jobs.throw(work, job, "declined", ""), Rejected),
    "edit without a reason": (lambda work, job: jobs.edit(work, job, {"a": 1}, "", 2), Rejected),
    "a list": (lambda work, job: jobs.skip(work, job, [1], "why"), VariablesInvalid),
    "no name": (lambda work, job: jobs.skip(work, job, {"": 1}, "why"), VariablesInvalid),
    "huge": (lambda work, job: jobs.skip(work, job, {"a": "x" * 300_000}, "w"), VariablesInvalid),
    "no tries": (lambda work, job: jobs.allow(work, job, 0), Rejected),
    "endless tries": (lambda work, job: jobs.allow(work, job, 101), Rejected),
    "another job": (lambda work, job: jobs.retry(work, job + 1), JobNotFound),
    "no number of a job": (lambda work, _: jobs.retry(work, 2**70), JobNotFound),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_is_refused_and_changes_nothing(desk: Desk, line: Line, what: str) -> None:
    case = stalled(desk, line)
    job = job_of(case)
    before = (case.row, case.trail())
    act, refusal = REFUSED[what]
    with pytest.raises(refusal):
        operate(desk, lambda work: act(work, job.id))
    assert (case.row, case.trail(), job_of(case)) == (*before, job)


def test_deep_variables_are_refused(desk: Desk, line: Line) -> None:
    case = stalled(desk, line)
    deep: dict[str, object] = {}
    for _ in range(40):
        deep = {"a": deep}
    with pytest.raises(VariablesInvalid, match="nest deeper than 32"):
        operate(desk, lambda work: jobs.skip(work, job_of(case).id, deep, "why"))


def test_only_operators_change_jobs_and_others_are_on_record(desk: Desk, line: Line) -> None:
    case = stalled(desk, line)
    with pytest.raises(NotAnOperator, match="ann may not"):
        operate(desk, lambda work: jobs.retry(work, job_of(case).id), desk.actor)
    with desk.runtime.read() as reader:
        assert audit.trail(reader, "system")[-1].subject == "job.operators-only"


def test_a_stalled_instance_is_mended_and_taken_up_again(desk: Desk) -> None:
    desk.deploy(
        diagram(
            start(),
            catch("wait", timer("PT1H")),
            exclusive("g"),
            user("check"),
            end(),
            flows=[("begin", "wait"), ("wait", "g"), ("g", "check", "=ok"), ("check", "done")],
        )
    )
    case = desk.start(ok=False)
    for _ in range(6):
        desk.advance(hours=1)
    assert case.status == "stalled"
    with desk.runtime.read() as reader:
        [found], more = queries.stalled_instances(reader)
        assert (found.id, found.attempts, more, queries.stalled(reader)) == (case.id, 5, None, 1)
        assert "no condition holds" in found.reason

    with pytest.raises(Rejected, match="no condition holds"):
        operate(desk, lambda work: jobs.retry_instance(work, case.id))
    assert case.status == "stalled"
    revision = case.row.revision
    operate(desk, lambda work: jobs.edit_instance(work, case.id, {"ok": True}, "yes", revision))
    assert case.trail()[-1].details["changes"] == {"ok": [False, True]}
    operate(desk, lambda work: jobs.retry_instance(work, case.id))

    assert (case.status, case.waits_at()) == ("active", ["check"])
    with pytest.raises(NotStalled):
        operate(desk, lambda work: jobs.retry_instance(work, case.id))


# -- at upload


@pytest.mark.parametrize(
    ("task", "rule"),
    [
        pytest.param(service("pay", "=kind"), "handler.type", id="a type that is computed"),
        pytest.param(service("pay", "x" * 201), "handler.type", id="a long type"),
        pytest.param(service("pay", "pay", HEADER.format("soon")), "handler.backoff", id="a wait"),
        pytest.param(tried("=n"), "handler.retries", id="retries that are computed"),
        pytest.param(tried("0"), "handler.retries", id="no retries"),
        pytest.param(tried("1000"), "handler.retries", id="many retries"),
    ],
)
@pytest.mark.usefixtures("line")
def test_what_no_job_can_be_made_of_is_refused(desk: Desk, task: str, rule: str) -> None:
    with pytest.raises(DiagramRejected) as refused:
        desk.deploy(paying(task=task))
    assert [finding.rule for finding in refused.value.findings if finding.severity == "error"] == [
        rule
    ]
