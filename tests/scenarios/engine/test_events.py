"""Timers, messages, errors and boundary events."""

from datetime import timedelta

import pytest

from engine.errors import MessageNotExpected
from engine.topics import BpmnError, Outcome, Topics
from tests.desk import Desk
from tests.drawing import (
    TERMINATE,
    boundary,
    catch,
    diagram,
    end,
    error,
    errors,
    message,
    messages,
    parallel,
    service,
    start,
    sub,
    timer,
    user,
)
from tests.proofs import proves


@proves("boundaryEvent timer")
def test_an_interrupting_timer_takes_the_task_away(desk: Desk) -> None:
    desk.deploy(
        diagram(
            start(),
            user("work", "escalated"),
            boundary("late", "work", timer("PT4H")),
            end(),
            end("gone"),
            flows=[
                ("begin", "work"),
                ("work", "done"),
                ("late", "escalated"),
                ("escalated", "gone"),
            ],
        ),
    )
    case = desk.start()

    assert desk.advance(hours=3).fired == 0
    assert case.waits_at() == ["work"]
    assert desk.advance(hours=1).fired == 1

    assert case.waits_at() == ["escalated"]
    assert case.path().cancelled == ("work",)


def test_a_non_interrupting_timer_works_beside_the_task(desk: Desk) -> None:
    desk.deploy(
        diagram(
            start(),
            user("work", "reminder"),
            boundary("late", "work", timer("PT1H"), interrupting=False),
            end(),
            end("told"),
            flows=[("begin", "work"), ("work", "done"), ("late", "reminder"), ("reminder", "told")],
        ),
    )
    case = desk.start()
    desk.advance(hours=2)
    assert case.waits_at() == ["reminder", "work"]

    case.complete("work")
    assert case.status == "active"
    case.complete("reminder")

    assert case.status == "completed"


def test_a_cycle_fires_once_after_a_downtime_and_keeps_its_cadence(
    desk: Desk, topics: Topics
) -> None:
    rung = []

    @topics.handles("ring")
    def ring() -> Outcome:
        rung.append(desk.clock.now())
        return Outcome()

    desk.deploy(
        diagram(
            start(),
            user("work"),
            service("alarm", "ring"),
            end(),
            end("rang"),
            boundary("hourly", "work", timer("R/PT1H", "timeCycle"), interrupting=False),
            flows=[("begin", "work"), ("work", "done"), ("hourly", "alarm"), ("alarm", "rang")],
        ),
    )
    case = desk.start()
    begun = desk.clock.now()

    desk.advance(hours=15, minutes=30)  # stock fires fifteen times at once
    assert len(rung) == 1
    desk.advance(minutes=29)
    assert len(rung) == 1
    desk.advance(minutes=1)

    assert rung[1:] == [begun + timedelta(hours=16)]
    assert case.waits_at() == ["work"]


def test_a_limited_cycle_ends(desk: Desk) -> None:
    desk.deploy(
        diagram(
            start(),
            user("work", "nag"),
            end(),
            end("nagged"),
            boundary("twice", "work", timer("R2/PT1H", "timeCycle"), interrupting=False),
            flows=[("begin", "work"), ("work", "done"), ("twice", "nag"), ("nag", "nagged")],
        ),
    )
    case = desk.start()
    for _ in range(5):
        desk.advance(hours=1)

    assert case.waits_at() == ["nag", "nag", "work"]


@proves("intermediateCatchEvent message")
def test_a_message_reaches_the_instance_with_its_key_and_nobody_else(desk: Desk) -> None:
    desk.deploy(
        diagram(
            start(),
            catch("wait", message("paid")),
            user("ship"),
            end(),
            flows=[("begin", "wait"), ("wait", "ship"), ("ship", "done")],
            top=messages("paid", key="=order"),
        ),
    )
    one, two = desk.start(order=17), desk.start(order=18)

    assert desk.send("paid", "18", amount=5) == ["wait"]

    assert (one.waits_at(), two.waits_at()) == ([], ["ship"])
    assert two.variable("amount") == 5
    with pytest.raises(MessageNotExpected, match="'18' does not wait for message 'paid'"):
        desk.send("paid", "18")


@proves("boundaryEvent message")
def test_a_non_interrupting_message_can_be_caught_again_and_again(desk: Desk) -> None:
    desk.deploy(
        diagram(
            start(),
            sub("inside", start("i"), user("work"), end("o"), flows=[("i", "work"), ("work", "o")]),
            user("read"),
            boundary("news", "inside", message("news"), interrupting=False),
            end(),
            end("done2"),
            flows=[("begin", "inside"), ("inside", "done"), ("news", "read"), ("read", "done2")],
            top=messages("news"),
        ),
    )
    case = desk.start(key="C-1")
    for _ in range(3):
        desk.send("news", "C-1")  # stock catches the first one only

    assert case.waits_at() == ["read", "read", "read", "work"]
    case.complete("work")
    with pytest.raises(MessageNotExpected):
        desk.send("news", "C-1")


@proves("boundaryEvent error")
def test_a_modelled_error_is_caught_by_the_nearest_boundary(desk: Desk, topics: Topics) -> None:
    @topics.handles("pay")
    def pay(amount: int) -> Outcome:
        raise BpmnError("too-much" if amount > 100 else "declined")

    desk.deploy(
        diagram(
            start(),
            sub(
                "buying",
                start("i"),
                service("paying", "pay"),
                end("o"),
                boundary("own", "paying", error("declined")),
                user("ask"),
                end("asked"),
                flows=[("i", "paying"), ("paying", "o"), ("own", "ask"), ("ask", "asked")],
            ),
            boundary("any", "buying", error()),
            user("manager"),
            end(),
            end("m"),
            flows=[("begin", "buying"), ("buying", "done"), ("any", "manager"), ("manager", "m")],
            top=errors("declined", "too-much"),
        ),
    )

    assert desk.start(amount=10).waits_at() == ["ask"]
    assert desk.start(amount=1000).waits_at() == ["manager"]


def test_a_handlers_error_that_nothing_catches_leaves_a_stalled_job(
    desk: Desk, topics: Topics
) -> None:
    @topics.handles("pay")
    def pay() -> Outcome:
        raise BpmnError("declined")

    desk.deploy(
        diagram(
            start(),
            user("work"),
            service("paying", "pay"),
            end(),
            flows=[("begin", "work"), ("work", "paying"), ("paying", "done")],
        ),
    )
    case = desk.start()

    case.complete("work")

    [job] = case.jobs()
    assert (job.element, job.state, job.retries) == ("paying", "stalled", 0)
    assert job.error == "Nothing catches the modelled error 'declined'."


@proves("endEvent error")
def test_an_error_end_event_leaves_the_sub_process(desk: Desk) -> None:
    desk.deploy(
        diagram(
            start(),
            sub(
                "inside",
                start("i"),
                parallel("f"),
                user("a", "b"),
                end("ok"),
                end("bad", error("broken")),
                flows=[("i", "f"), ("f", "a"), ("f", "b"), ("a", "ok"), ("b", "bad")],
            ),
            boundary("oops", "inside", error("broken")),
            user("repair"),
            end(),
            end("r"),
            flows=[("begin", "inside"), ("inside", "done"), ("oops", "repair"), ("repair", "r")],
            top=errors("broken"),
        ),
    )
    case = desk.start()
    case.complete("b")

    assert case.waits_at() == ["repair"]


@proves("endEvent terminate")
def test_terminate_ends_everything_in_its_scope(desk: Desk) -> None:
    desk.deploy(
        diagram(
            start(),
            parallel("f"),
            user("a", "b"),
            end(),
            end("stop", TERMINATE),
            flows=[("begin", "f"), ("f", "a"), ("f", "b"), ("a", "done"), ("b", "stop")],
        ),
    )
    case = desk.start()
    case.complete("b")

    assert case.status == "completed"
    assert case.waits_at() == []


def test_timers_that_fell_due_together_fire_in_order_and_only_while_armed(desk: Desk) -> None:
    desk.deploy(
        diagram(
            start(),
            user("work", "first", "second"),
            boundary("early", "work", timer("PT1H")),
            boundary("late", "work", timer("PT2H")),
            end(),
            end("x"),
            end("y"),
            flows=[
                ("begin", "work"),
                ("work", "done"),
                ("early", "first"),
                ("late", "second"),
                ("first", "x"),
                ("second", "y"),
            ],
        ),
    )
    case = desk.start()
    desk.advance(days=3)

    assert case.waits_at() == ["first"]
    assert desk.advance(days=3).fired == 0
