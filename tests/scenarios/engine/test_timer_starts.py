"""Processes that begin at a moment."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.commands import definitions
from engine.errors import DiagramRejected
from engine.topics import Outcome, Topics
from tests.conftest import both_databases
from tests.desk import Desk
from tests.drawing import (
    begins,
    boundary,
    diagram,
    end,
    event_sub,
    exclusive,
    service,
    start,
    timer,
    user,
)
from tests.proofs import proves
from tests.scenarios.engine.test_signals import cases


def nightly(text: str, kind: str = "timeCycle") -> bytes:
    return diagram(
        start(),
        begins("night", timer(text, kind)),
        user("check"),
        end(),
        flows=[("begin", "check"), ("night", "check"), ("check", "done")],
    )


@both_databases
@proves("startEvent timer")
def test_a_cycle_starts_an_instance_each_time_and_once_after_a_downtime(desk: Desk) -> None:
    desk.deploy(nightly("R/P1D"))
    begun = desk.clock.now()
    assert desk.advance(hours=23).fired == 0

    desk.advance(hours=1)
    assert [case.waits_at() for case in cases(desk, "p")] == [["check"]]
    desk.advance(days=5, hours=1)
    assert len(cases(desk, "p")) == 2
    desk.move_to(begun + timedelta(days=7))
    assert len(cases(desk, "p")) == 3

    first = cases(desk, "p")[0].trail()[0]
    assert (first.action, first.actor, first.element) == ("instance.started", "system", "night")


def test_a_limited_cycle_and_a_date_start_as_often_as_they_say(desk: Desk) -> None:
    desk.deploy(nightly("R2/PT1H"))
    for _ in range(4):
        desk.advance(hours=1)
    assert len(cases(desk, "p")) == 2

    moment = desk.clock.now() + timedelta(hours=1)
    desk.deploy(nightly(moment.isoformat(), "timeDate"))
    desk.advance(hours=3)
    desk.advance(hours=3)
    assert len(cases(desk, "p")) == 3


def test_only_the_active_version_starts_by_timer(desk: Desk) -> None:
    desk.deploy(nightly("R/PT1H"))
    desk.deploy(nightly("R/PT2H"))
    desk.advance(hours=1)
    assert cases(desk, "p") == []
    desk.advance(hours=1)
    assert len(cases(desk, "p")) == 1

    back = lambda work: definitions.activate(work, "process", "p", 1, "as before")  # noqa: E731
    desk.runtime.run(desk.actor, back)
    desk.advance(hours=1)
    assert len(cases(desk, "p")) == 2


def test_a_start_that_fails_is_left_out_and_on_record(desk: Desk, topics: Topics) -> None:
    broken = [True]

    @topics.handles("look")
    def look() -> Outcome:
        return Outcome({"seen": not broken[0]})

    desk.deploy(
        diagram(
            begins("night", timer("R/P1D", "timeCycle")),
            service("looking", "look"),
            exclusive("dark"),
            user("check"),
            end(),
            flows=[
                ("night", "looking"),
                ("looking", "dark"),
                ("dark", "check", "=seen"),
                ("check", "done"),
            ],
        ),
    )
    assert desk.advance(days=1).failed == 1
    assert desk.advance(hours=1).failed == 0
    broken[0] = False
    assert desk.advance(hours=23).fired == 1
    assert [case.waits_at() for case in cases(desk, "p")] == [["check"]]


@both_databases
def test_a_process_starts_by_cron_in_the_zone_of_the_installation(desk: Desk) -> None:
    desk.runtime = replace(desk.runtime, zone=ZoneInfo("Asia/Shanghai"))
    desk.deploy(nightly("0 0 9 * * MON-FRI"))  # 09:00 there is 01:00 UTC; it is Monday, 09:00 UTC
    desk.advance(hours=15)
    assert cases(desk, "p") == []
    desk.advance(hours=1)
    assert len(cases(desk, "p")) == 1
    for _ in range(6 * 24):
        desk.advance(hours=1)
    assert len(cases(desk, "p")) == 1 + 4


@both_databases
def test_a_monthly_start_keeps_its_day(desk: Desk) -> None:
    desk.move_to(datetime(2026, 12, 31, 9, tzinfo=UTC))
    desk.deploy(nightly("R/P1M"))
    begun = [f"{desk.clock.now():%m-%d}" for _ in range(100) if desk.advance(days=1).fired]
    assert begun == ["01-31", "02-28", "03-31"]


def test_a_boundary_event_and_an_event_sub_process_repeat_by_cron_and_by_month(desk: Desk) -> None:
    desk.move_to(datetime(2026, 1, 31, 9, tzinfo=UTC))
    desk.deploy(
        diagram(
            start(),
            user("work", "nag"),
            boundary("daily", "work", timer("0 0 8 * * *", "timeCycle"), interrupting=False),
            event_sub("monthly", timer("R/P1M", "timeCycle"), interrupting=False),
            end(),
            end("nagged"),
            flows=[("begin", "work"), ("work", "done"), ("daily", "nag"), ("nag", "nagged")],
        ),
    )
    case = desk.start()
    desk.move_to(datetime(2026, 2, 1, 8, tzinfo=UTC))
    assert case.waits_at() == ["nag", "work"]
    for month, day in ((2, 28), (3, 28), (3, 31), (4, 30)):
        desk.move_to(datetime(2026, month, day, 9, tzinfo=UTC))
    assert case.waits_at().count("monthly_work") == 3
    assert case.waits_at().count("nag") == 5


def test_a_cron_expression_that_cannot_be_read_is_found_at_upload(desk: Desk) -> None:
    with pytest.raises(DiagramRejected, match="'night': The cron expression has '25' as hour"):
        desk.deploy(nightly("0 0 25 * * *"))
