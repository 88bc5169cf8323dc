"""What is armed on active elements when an instance moves to another version."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.conftest import MONDAY
from tests.desk import Desk
from tests.drawing import (
    boundary,
    catch,
    choice,
    conditional,
    diagram,
    end,
    event_sub,
    message,
    signal,
    start,
    timer,
    user,
)
from tests.scenarios.lifecycle.steps import (
    migrate,
    resume,
    suspend,
)
from tests.scenarios.lifecycle.test_migration import TOP, straight, waiting
from tests.scenarios.lifecycle.test_placing import timers


def task_with(*events: str) -> bytes:
    """A task with boundary events; each leads to an end of its own."""
    names = [event.partition('id="')[2].partition('"')[0] for event in events]
    return diagram(
        start(),
        user("work"),
        end(),
        *events,
        *[end(f"{name}_end") for name in names],
        flows=[("begin", "work"), ("work", "done"), *[(n, f"{n}_end") for n in names]],
        top=TOP,
    )


def test_events_are_armed_and_disarmed_as_the_version_says(desk: Desk) -> None:
    desk.deploy(
        task_with(boundary("one", "work", timer("PT1H")), boundary("m", "work", message("m")))
    )
    case = desk.start(key="A-1")
    desk.deploy(
        task_with(
            boundary("n", "work", message("n")),
            boundary("two", "work", timer("PT2H"), interrupting=False),
        )
    )
    desk.clock.advance(timedelta(minutes=30))

    migrate(desk)

    assert timers(case) == ["two"]
    assert waiting(case, "timers")[0][3] == str(MONDAY + timedelta(hours=2, minutes=30))
    assert [row[4] for row in waiting(case, "subscriptions")] == ["n"]


@pytest.mark.parametrize(
    ("text", "hours"),
    [("PT1H", 1), ("PT3H", 3.5)],
    ids=["unchanged: kept", "changed: counted anew"],
)
def test_a_timer_keeps_its_moment_unless_it_is_drawn_otherwise(
    desk: Desk, text: str, hours: float
) -> None:
    desk.deploy(task_with(boundary("late", "work", timer("PT1H"), interrupting=False)))
    case = desk.start()
    desk.deploy(task_with(boundary("late", "work", timer(text))))
    desk.clock.advance(timedelta(minutes=30))

    migrate(desk)

    assert waiting(case, "timers")[0][3] == str(MONDAY + timedelta(hours=hours))
    desk.advance(hours=6)
    assert case.status == "completed", "it interrupts now"


def test_a_reminder_that_has_fired_is_not_armed_again(desk: Desk) -> None:
    late = boundary("late", "work", timer("PT1H"), interrupting=False)
    desk.deploy(task_with(late))
    case = desk.start()
    assert desk.advance(hours=2).fired == 1
    desk.deploy(task_with(late) + b"\n")

    migrate(desk)

    assert timers(case) == []


def test_a_cycle_keeps_its_rhythm_and_what_is_left_of_it(desk: Desk) -> None:
    nag = boundary("nag", "work", timer("R3/PT1H", "timeCycle"), interrupting=False)
    desk.deploy(task_with(nag))
    desk.start()
    assert desk.advance(hours=1).fired == 1
    desk.deploy(task_with(nag) + b"\n")
    migrate(desk)
    assert [desk.advance(hours=1).fired for _ in range(4)] == [1, 1, 0, 0]


def test_event_sub_processes_come_and_go_with_the_version(desk: Desk) -> None:
    def drawn(*subs: str) -> bytes:
        return straight(user("work"), more=("work",), extra="".join(subs))

    desk.deploy(drawn(event_sub("old", message("m"))))
    case = desk.start(key="A-1")
    desk.deploy(drawn(event_sub("new", message("n"), interrupting=False)))

    migrate(desk)

    assert [row[2] for row in waiting(case, "subscriptions")] == ["new_begin"]
    desk.send("n", "A-1")
    assert case.waits_at() == ["new_work", "work"]


def test_within_an_event_sub_process_an_instance_moves_too(desk: Desk) -> None:
    desk.deploy(straight(user("work"), more=("work",), extra=event_sub("news", message("m"))))
    case = desk.start(key="A-1")
    desk.send("m", "A-1")
    again = event_sub("news", message("m")) + event_sub("other", message("n"))
    desk.deploy(straight(user("work"), more=("work",), extra=again))

    migrate(desk)

    assert case.waits_at() == ["news_work"]
    assert waiting(case, "subscriptions") == [], "the scope was taken over"
    case.complete("news_work")
    assert case.status == "completed"


def test_events_behind_an_event_based_gateway_follow_the_version(desk: Desk) -> None:
    def drawn(*events: str) -> bytes:
        names = [event.partition('id="')[2].partition('"')[0] for event in events]
        return diagram(
            start(),
            choice("which"),
            *events,
            *[end(f"{name}_end") for name in names],
            flows=[
                ("begin", "which"),
                *[("which", name) for name in names],
                *[(name, f"{name}_end") for name in names],
            ],
            top=TOP,
        )

    day, answer = catch("day", timer("P1D")), catch("answer", message("m"))
    desk.deploy(drawn(day, answer))
    case = desk.start(key="A-1")
    desk.deploy(drawn(day, catch("cry", signal("s"))))
    desk.clock.advance(timedelta(hours=3))

    migrate(desk)

    assert waiting(case, "timers")[0][3] == str(MONDAY + timedelta(days=1))
    assert [row[2] for row in waiting(case, "subscriptions")] == ["cry"]
    desk.advance(days=1)
    assert (case.status, waiting(case, "subscriptions")) == ("completed", [])


def test_a_condition_that_holds_in_the_new_version_is_acted_on_at_once(desk: Desk) -> None:
    desk.deploy(task_with())
    case = desk.start(amount=5)
    desk.deploy(task_with(boundary("large", "work", conditional("=amount > 3"))))
    migrate(desk)
    assert case.status == "completed"


def test_a_suspended_instance_moves_and_stays_suspended(desk: Desk) -> None:
    desk.deploy(task_with())
    case = desk.start(amount=5)
    suspend(case)
    desk.deploy(task_with(boundary("large", "work", conditional("=amount > 3"))))

    migrate(desk)

    assert (case.status, case.row.version, case.waits_at()) == ("suspended", 2, ["work"])
    resume(case)
    assert case.status == "completed"
