"""Event sub-processes: what may happen while a scope is going on."""

import pytest

from engine.errors import DiagramRejected, MessageNotExpected
from engine.topics import BpmnError, Outcome, Topics
from tests.desk import Desk
from tests.drawing import (
    begins,
    boundary,
    conditional,
    diagram,
    end,
    error,
    errors,
    escalation,
    escalations,
    event_sub,
    message,
    parallel,
    repeated,
    service,
    signal,
    signals,
    start,
    sub,
    throw,
    timer,
    user,
)
from tests.drawing import messages as named
from tests.proofs import proves

TOP = named("news") + errors("odd") + signals("outage") + escalations("late")


def process(*more: str) -> bytes:
    """Two tasks side by side, then one; beside them what may happen."""
    return diagram(
        start(),
        parallel("f", "j"),
        user("a", "b", "after"),
        end(),
        *more,
        flows=[
            ("begin", "f"),
            ("f", "a"),
            ("f", "b"),
            ("a", "j"),
            ("b", "j"),
            ("j", "after"),
            ("after", "done"),
        ],
        top=TOP,
    )


@proves("event sub-process message")
def test_a_message_begins_it_beside_the_flow_as_often_as_it_comes(desk: Desk) -> None:
    desk.deploy(process(event_sub("told", message("news"), interrupting=False)))
    case = desk.start(key="C-1")
    desk.send("news", "C-1", what="first")
    desk.send("news", "C-1")
    assert case.waits_at() == ["a", "b", "told_work", "told_work"]
    assert case.variable("what") == "first"

    for element in ("a", "b", "after", "told_work"):
        case.complete(element)
    assert case.status == "active"
    case.complete("told_work")

    assert case.status == "completed"
    with pytest.raises(MessageNotExpected):
        desk.send("news", "C-1")


def test_an_interrupting_one_takes_the_place_of_everything_in_its_scope(desk: Desk) -> None:
    desk.deploy(
        process(event_sub("told", message("news")), event_sub("late", timer("PT1H"))),
    )
    case = desk.start(key="C-1")
    case.complete("a")
    desk.send("news", "C-1")
    assert case.waits_at() == ["told_work"]
    assert desk.advance(hours=2).fired == 0
    with pytest.raises(MessageNotExpected):
        desk.send("news", "C-1")

    case.complete("told_work")
    assert case.status == "completed"


@proves("event sub-process timer")
def test_a_timer_begins_it_and_a_cycle_again_and_again(desk: Desk) -> None:
    desk.deploy(process(event_sub("late", timer("R2/PT1H", "timeCycle"), interrupting=False)))
    case = desk.start()
    for expected in (1, 2, 2):
        desk.advance(hours=1)
        assert case.waits_at().count("late_work") == expected

    quick = desk.start()
    for element in ("a", "b", "after"):
        quick.complete(element)
    assert quick.status == "completed"  # an armed timer keeps nothing going
    assert desk.advance(hours=5).fired == 0


@proves("event sub-process signal")
def test_a_signal_begins_it(desk: Desk) -> None:
    desk.deploy(process(event_sub("dark", signal("outage"))))
    case = desk.start()
    desk.deploy(
        diagram(start(), end("out", signal("outage")), flows=[("begin", "out")], top=TOP, pid="q"),
        file="q.bpmn",
    )
    desk.start("q")
    assert case.waits_at() == ["dark_work"]


@proves("event sub-process conditional")
def test_a_condition_begins_it(desk: Desk) -> None:
    desk.deploy(process(event_sub("hot", conditional("=heat > 30"), interrupting=False)))
    case = desk.start(heat=10)
    case.complete("a", heat=50)
    assert case.waits_at() == ["b", "hot_work"]


@proves("event sub-process error")
def test_an_error_is_handled_inside_before_it_leaves(desk: Desk, topics: Topics) -> None:
    @topics.handles("fail")
    def fail(code: str) -> Outcome:
        raise BpmnError(code)

    desk.deploy(
        diagram(
            start(),
            sub(
                "inside",
                start("i"),
                parallel("f"),
                service("call", "fail"),
                user("b"),
                end("o"),
                event_sub("odd", error("odd")),
                flows=[("i", "f"), ("f", "b"), ("f", "call"), ("call", "o"), ("b", "o")],
            ),
            boundary("any", "inside", error()),
            user("after", "outside"),
            end(),
            end("x"),
            flows=[
                ("begin", "inside"),
                ("inside", "after"),
                ("after", "done"),
                ("any", "outside"),
                ("outside", "x"),
            ],
            top=TOP,
        ),
    )
    inside, outside = desk.start(code="odd"), desk.start(code="other")
    assert (inside.waits_at(), outside.waits_at()) == (["odd_work"], ["outside"])
    inside.complete("odd_work")
    assert inside.waits_at() == ["after"]


@proves("event sub-process escalation")
def test_an_escalation_inside_one_is_not_caught_by_itself(desk: Desk) -> None:
    again = sub(
        "again",
        begins("x", escalation("late"), interrupting=False),
        user("manager"),
        throw("up", escalation("late")),
        end("y"),
        flows=[("x", "manager"), ("manager", "up"), ("up", "y")],
        by_event=True,
    )
    desk.deploy(
        diagram(
            start(),
            sub(
                "inside",
                start("i"),
                throw("raise", escalation("late")),
                user("work"),
                end("o"),
                again,
                flows=[("i", "raise"), ("raise", "work"), ("work", "o")],
            ),
            boundary("board", "inside", escalation(), interrupting=False),
            user("decide"),
            end(),
            end("z"),
            flows=[("begin", "inside"), ("inside", "done"), ("board", "decide"), ("decide", "z")],
            top=TOP,
        ),
    )
    case = desk.start()
    assert case.waits_at() == ["manager", "work"]
    case.complete("manager")
    assert case.waits_at() == ["decide", "work"]


def test_each_round_of_a_repeated_sub_process_has_its_own(desk: Desk) -> None:
    inner = sub(
        "work",
        start("i"),
        user("ask"),
        end("o"),
        event_sub("told", message("news")),
        flows=[("i", "ask"), ("ask", "o")],
    )
    desk.deploy(
        diagram(
            start(),
            repeated(inner, "=orders", "order"),
            end(),
            flows=[("begin", "work"), ("work", "done")],
            top=named("news", key="=order"),
        ),
    )
    case = desk.start(orders=[1, 2])
    desk.send("news", "2")
    assert case.waits_at() == ["ask", "told_work"]
    case.complete("ask")
    assert case.status == "active"
    case.complete("told_work")
    assert case.status == "completed"


@pytest.mark.parametrize(
    ("more", "finding"),
    [
        (event_sub("x", ""), "An event sub-process start with no trigger does not run"),
        (event_sub("x", error(), interrupting=False), "'x_begin': Errors always interrupt"),
        (event_sub("x", timer("R/PT1H", "timeCycle")), "'x_begin': A repeating timer cannot"),
        (
            sub("x", start("i"), begins("k", message("news")), end("o"), by_event=True),
            "'x': There are 2 start events",
        ),
    ],
)
def test_one_that_cannot_run_is_refused(desk: Desk, more: str, finding: str) -> None:
    with pytest.raises(DiagramRejected, match=finding):
        desk.deploy(process(more))
