"""Jobs: work of service tasks that failed, waits, and stalls, wherever it may happen."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from engine.commands import instances, jobs
from engine.errors import ErrorUncaught
from engine.store.jobs import JobNotFound
from engine.topics import BpmnError, Outcome, Retry, Topics
from tests.conftest import MONDAY, both_databases
from tests.desk import Case, Desk
from tests.drawing import (
    boundary,
    call,
    compensate,
    compensating,
    diagram,
    end,
    error,
    outputs,
    parallel,
    repeated,
    service,
    start,
    sub,
    throw,
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
    tried,
    waiting,
)
from tests.scenarios.engine.test_signals import cases


@pytest.fixture
def line(topics: Topics) -> Line:
    return Line(topics)


# -- failure keeps the work


@both_databases
def test_evt_11_a_handler_that_fails_keeps_what_was_done_and_is_tried_again(
    desk: Desk, line: Line
) -> None:
    case = waiting(desk, paying(), amount=7)

    job = job_of(case)
    assert (job.element, job.type, job.state) == ("pay", "pay", "backoff")
    assert (job.retries, job.attempts, job.due_at) == (2, 1, MONDAY + timedelta(minutes=1))
    assert job.error == "OSError: the line is dead"
    assert case.row.status == "active"
    assert case.path().active == ("pay",)

    line.fault = None
    assert desk.advance(seconds=59).fired == 0
    assert desk.advance(seconds=1).fired == 1

    assert (case.waits_at(), rows(desk)) == (["check"], 0)
    assert case.variable("paid") == 7
    assert [event.action for event in case.trail()][-1] == "job.retried"
    assert case.chain().ok


@both_databases
@pytest.mark.usefixtures("line")
def test_evt_11_waits_double_and_the_last_failure_stalls_the_job(desk: Desk) -> None:
    case = waiting(desk, paying(task=tried("4", HEADER.format("PT10S"))))

    moments = []
    while (job := job_of(case)).due_at is not None:
        moments.append((job.due_at - desk.clock.now()).total_seconds())
        desk.move_to(job.due_at)

    assert moments == [10, 20, 40]
    assert (job.state, job.retries, job.attempts) == ("stalled", 0, 4)
    assert desk.advance(days=30).fired == 0
    assert case.status == "active"


def test_a_handler_says_when_it_may_be_asked_again_or_that_it_makes_no_sense(
    desk: Desk, line: Line
) -> None:
    line.fault = Retry(timedelta(hours=5), "the bank opens at two")
    case = waiting(desk, paying())
    job = job_of(case)
    assert (job.due_at, job.error) == (MONDAY + timedelta(hours=5), "the bank opens at two")

    line.fault = Retry(None, "this account was closed")
    desk.advance(hours=5)

    job = job_of(case)
    assert (job.state, job.error, job.due_at) == ("stalled", "this account was closed", None)


def test_the_key_stays_for_every_try_and_is_new_for_every_visit(desk: Desk, line: Line) -> None:
    case = waiting(desk, paying())
    desk.advance(minutes=1)
    line.fault = None
    desk.advance(minutes=2)
    other = desk.start()
    other.complete("work")

    assert len(line.keys) == 4
    assert line.keys[0] == line.keys[1] == line.keys[2] != line.keys[3]
    assert line.keys[0].startswith(f"{case.id}.")


def test_in_a_loop_every_visit_has_a_key_of_its_own(desk: Desk, line: Line) -> None:
    line.fault = None
    desk.deploy(
        diagram(
            start(),
            repeated(service("pay", "pay"), "=[1,2,3]", "amount"),
            end(),
            flows=[("begin", "pay"), ("pay", "done")],
        )
    )
    desk.start()
    assert len(set(line.keys)) == len(line.keys) == 3


def test_a_modelled_error_goes_to_its_event_also_when_a_retry_throws_it(
    desk: Desk, line: Line
) -> None:
    more = (boundary("oops", "pay", error("declined")), user("call"))
    case = waiting(desk, paying(*more, flows=(("oops", "call"),)))

    line.fault = BpmnError("declined")
    desk.advance(minutes=1)

    assert (case.waits_at(), rows(desk)) == (["call"], 0)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (None, "TypeError: the handler returned NoneType, no Outcome"),
        (Outcome({"x": object()}), "TypeError: Type is not JSON serializable: object"),  # type: ignore[dict-item]
        (Outcome({"big": 10**30}), "TypeError: Integer exceeds 64-bit range"),
    ],
)
@both_databases
def test_what_no_variable_can_hold_is_a_failure_like_any_other(
    desk: Desk, topics: Topics, answer: Any, sentence: str
) -> None:
    @topics.handles("pay")
    def pay() -> Outcome:
        return answer  # type: ignore[no-any-return]

    case = waiting(desk, paying())
    assert (job_of(case).state, job_of(case).error) == ("backoff", sentence)


@both_databases
def test_a_reason_that_no_column_takes_is_written_as_far_as_it_can(desk: Desk, line: Line) -> None:
    line.fault = ValueError("a\0b \ud800 " + "x" * 5_000)
    case = waiting(desk, paying())
    assert job_of(case).error.startswith("ValueError: a\N{REPLACEMENT CHARACTER}b ? xx")
    assert len(job_of(case).error) == 2_000
    assert case.chain().ok


def test_an_output_mapping_that_fails_is_part_of_the_job(desk: Desk, line: Line) -> None:
    line.fault = None
    endless = outputs(sum="=count(for a in 1..9999, b in 1..9999 return a)")
    case = waiting(desk, paying(task=service("pay", "pay", endless)), amount=1)
    job = job_of(case)
    assert (job.state, job.element) == ("backoff", "pay")
    assert job.error.startswith("'pay': the expression")
    assert case.variable("sum") is None


def test_work_that_is_done_at_once_costs_no_statement_about_jobs(desk: Desk, line: Line) -> None:
    line.fault = None
    desk.deploy(paying())
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    event.listen(desk.runtime.database.engine, "before_cursor_execute", note)
    case = desk.start(amount=7)
    case.complete("work")
    event.remove(desk.runtime.database.engine, "before_cursor_execute", note)

    assert case.variable("paid") == 7
    assert len(seen) > 8
    assert [statement for statement in seen if "jobs" in statement] == []


# -- where it may happen


def test_branches_beside_a_job_go_on(desk: Desk, line: Line) -> None:
    desk.deploy(
        diagram(
            start(),
            parallel("f", "j"),
            service("pay", "pay"),
            user("pack"),
            user("send"),
            end(),
            flows=[
                ("begin", "f"),
                ("f", "pay"),
                ("f", "pack"),
                ("pay", "j"),
                ("pack", "j"),
                ("j", "send"),
                ("send", "done"),
            ],
        )
    )
    case = desk.start()
    assert case.waits_at() == ["pack"]
    case.complete("pack")
    assert (case.waits_at(), len(case.jobs())) == ([], 1)

    line.fault = None
    desk.advance(minutes=1)
    assert case.waits_at() == ["send"]


@pytest.mark.usefixtures("line")
def test_a_timer_on_the_task_takes_the_job_away(desk: Desk) -> None:
    more = (boundary("late", "pay", timer("PT90S")), user("call"))
    case = waiting(desk, paying(*more, flows=(("late", "call"),)))
    job = job_of(case)

    desk.advance(seconds=60)
    assert job_of(case).attempts == 2
    desk.advance(seconds=30)

    assert (case.waits_at(), rows(desk)) == (["call"], 0)
    with pytest.raises(JobNotFound):
        operate(desk, lambda work: jobs.retry(work, job.id))
    assert desk.advance(hours=1).fired == 0


@pytest.mark.usefixtures("line")
def test_a_timer_beside_the_task_leaves_the_job(desk: Desk) -> None:
    more = (boundary("late", "pay", timer("PT30S"), interrupting=False), user("call"), end("o"))
    case = waiting(desk, paying(*more, flows=(("late", "call"), ("call", "o"))))
    desk.advance(seconds=30)
    assert (case.waits_at(), job_of(case).attempts) == (["call"], 1)


@pytest.mark.parametrize("sequential", [True, False])
def test_a_round_that_fails_waits_for_itself_alone(
    desk: Desk, topics: Topics, *, sequential: bool
) -> None:
    broken = {2}

    @topics.handles("pay")
    def pay(amount: int) -> Outcome:
        if amount in broken:
            raise OSError("not this one")
        return Outcome({"paid": amount * 10})

    task = repeated(
        service("pay", "pay"),
        "=[1,2,3]",
        "amount",
        results=("all", "=paid"),
        sequential=sequential,
    )
    case = waiting(desk, paying(task=task))
    assert len(case.jobs()) == 1

    broken.clear()
    desk.advance(minutes=1)

    assert (case.waits_at(), case.variable("all")) == (["check"], [10, 20, 30])
    assert rows(desk) == 0


@pytest.mark.usefixtures("line")
def test_a_timer_on_a_repeated_task_takes_the_jobs_of_all_rounds(desk: Desk) -> None:
    task = repeated(service("pay", "pay"), "=[1,2,3]", "amount")
    more = (boundary("late", "pay", timer("PT30S")), user("call"))
    case = waiting(desk, paying(*more, task=task, flows=(("late", "call"),)))
    assert len(case.jobs()) == 3
    desk.advance(seconds=30)
    assert (case.waits_at(), rows(desk)) == (["call"], 0)


@pytest.mark.usefixtures("line")
def test_a_job_inside_a_sub_process_and_its_error_outside(desk: Desk) -> None:
    inside = sub(
        "pay",
        start("i"),
        service("transfer", "pay"),
        end("o"),
        flows=[("i", "transfer"), ("transfer", "o")],
    )
    more = (boundary("oops", "pay", error("declined")), user("call"))
    case = waiting(desk, paying(*more, task=inside, flows=(("oops", "call"),)))
    assert job_of(case).element == "transfer"

    operate(desk, lambda work: jobs.throw(work, job_of(case).id, "declined", "they said no"))

    assert (case.waits_at(), rows(desk)) == (["call"], 0)


def called_with(desk: Desk, *more: str, flows: tuple[Any, ...] = ()) -> Case:
    inner = diagram(
        start(),
        service("transfer", "pay"),
        user("more"),
        end(),
        flows=[("begin", "transfer"), ("transfer", "more"), ("more", "done")],
        pid="inner",
    )
    desk.deploy(inner, file="inner.bpmn")
    return waiting(desk, paying(*more, task=call("pay", "inner"), flows=flows))


def test_a_job_in_a_called_process(desk: Desk, line: Line) -> None:
    case = called_with(desk)
    [inner] = cases(desk, "inner")
    assert (job_of(inner).element, case.jobs()) == ("transfer", [])
    line.fault = None
    desk.advance(minutes=1)
    assert inner.waits_at() == ["more"]


def test_an_error_in_a_called_process_is_caught_by_its_caller(desk: Desk, line: Line) -> None:
    more = (boundary("oops", "pay", error("declined")), user("call"))
    line.fault = BpmnError("declined")
    case = called_with(desk, *more, flows=(("oops", "call"),))
    assert (case.waits_at(), rows(desk)) == (["call"], 0)


def test_an_error_that_no_caller_catches_stalls_the_job_and_loses_nothing(
    desk: Desk, line: Line
) -> None:
    line.fault = BpmnError("declined", "no money")
    case = called_with(desk)
    [inner] = cases(desk, "inner")
    assert (inner.status, case.status) == ("active", "active")
    assert job_of(inner).error == "Nothing catches the modelled error 'declined': no money."
    with pytest.raises(ErrorUncaught, match="Nothing catches the modelled error 'declined'"):
        operate(desk, lambda work: jobs.throw(work, job_of(inner).id, "declined", "try"))
    assert job_of(inner).state == "stalled"


def test_what_undoes_an_activity_may_fail_and_is_tried_again(desk: Desk, line: Line) -> None:
    desk.deploy(
        diagram(
            start(),
            user("book"),
            compensating("book", service("unbook", "pay")),
            throw("regret", compensate()),
            user("after"),
            end(),
            flows=[("begin", "book"), ("book", "regret"), ("regret", "after"), ("after", "done")],
        )
    )
    case = desk.start()
    case.complete("book")
    assert (job_of(case).element, case.waits_at()) == ("unbook", [])
    line.fault = None
    desk.advance(minutes=1)
    assert (case.waits_at(), rows(desk)) == (["after"], 0)


@pytest.mark.usefixtures("line")
def test_who_cancels_a_case_takes_its_jobs_along(desk: Desk) -> None:
    case = waiting(desk, paying())
    operate(desk, lambda work: instances.cancel(work, case.id, "not needed"))
    assert (case.status, rows(desk)) == ("cancelled", 0)
    assert desk.advance(days=1).fired == 0
