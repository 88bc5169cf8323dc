"""Processes that begin at a moment."""

from datetime import timedelta

from engine.commands import definitions
from engine.topics import Outcome, Topics
from tests.conftest import both_databases
from tests.desk import Desk
from tests.drawing import begins, diagram, end, exclusive, service, start, timer, user
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
