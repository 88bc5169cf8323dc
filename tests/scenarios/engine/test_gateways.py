"""Gateways, in and out of loops."""

import pytest

from engine.errors import DiagramRejected, NoFlowTaken
from tests.desk import Desk
from tests.drawing import (
    catch,
    choice,
    diagram,
    end,
    exclusive,
    inclusive,
    message,
    messages,
    rounds,
    start,
    timer,
    user,
)
from tests.proofs import proves


@proves("exclusiveGateway")
def test_an_exclusive_gateway_takes_the_first_flow_whose_condition_holds(desk: Desk) -> None:
    desk.deploy(
        diagram(
            start(),
            exclusive("g", default="g_c"),
            user("a", "b", "c"),
            end(),
            flows=[
                ("begin", "g"),
                ("g", "a", "=n > 5"),
                ("g", "b", "=n > 3"),
                ("g", "c"),
                ("a", "done"),
                ("b", "done"),
                ("c", "done"),
            ],
        ),
    )

    assert desk.start(n=9).waits_at() == ["a"]
    assert desk.start(n=4).waits_at() == ["b"]
    assert desk.start(n=1).waits_at() == ["c"]
    assert desk.start().waits_at() == ["c"]  # null is not true


def test_a_gateway_without_a_way_on_refuses_the_step_by_name(desk: Desk) -> None:
    desk.deploy(
        diagram(
            start(),
            user("t"),
            exclusive("which"),
            user("a", "b"),
            end(),
            flows=[
                ("begin", "t"),
                ("t", "which"),
                ("which", "a", "=n = 1"),
                ("which", "b", "=n = 2"),
                ("a", "done"),
                ("b", "done"),
            ],
        ),
    )
    case = desk.start(n=3)

    with pytest.raises(NoFlowTaken, match="'which'"):
        case.complete("t")

    assert case.waits_at() == ["t"]


LOOP = rounds("=more")


@proves("parallelGateway")
def test_a_parallel_join_in_a_loop_waits_for_both_in_every_round(desk: Desk) -> None:
    desk.deploy(LOOP)
    case = desk.start(more=True)
    for _ in range(5):
        assert case.waits_at() == ["a", "b"]
        case.complete("b")
        assert case.waits_at() == ["a"]  # stock SpiffWorkflow offers "d" here from round two on
        case.complete("a")
        assert case.waits_at() == ["d"]
        case.complete("d", more=True)

    case.complete("a")
    case.complete("b")
    case.complete("d", more=False)

    assert case.status == "completed"


@proves("inclusiveGateway")
def test_an_inclusive_join_waits_for_the_chosen_branches_only(desk: Desk) -> None:
    desk.deploy(
        diagram(
            start(),
            exclusive("again"),
            inclusive("f", default="f_c"),
            inclusive("j"),
            user("a", "b", "c", "d"),
            exclusive("g", default="g_done"),
            end(),
            flows=[
                ("begin", "again"),
                ("again", "f"),
                ("f", "a", "=n > 3"),
                ("f", "b", "=n > 1"),
                ("f", "c"),
                ("a", "j"),
                ("b", "j"),
                ("c", "j"),
                ("j", "d"),
                ("d", "g"),
                ("g", "done"),
                ("g", "again", "=n > 0"),
            ],
        ),
    )
    case = desk.start(n=5)
    assert case.waits_at() == ["a", "b"]
    case.complete("a")
    assert case.waits_at() == ["b"]
    case.complete("b")
    assert case.waits_at() == ["d"]

    case.complete("d", n=2)
    assert case.waits_at() == ["b"]
    case.complete("b")
    case.complete("d", n=1)
    assert case.waits_at() == ["c"]
    case.complete("c")
    case.complete("d", n=0)

    assert case.status == "completed"


@proves("eventBasedGateway")
def test_the_first_event_behind_an_event_based_gateway_wins(desk: Desk) -> None:
    desk.deploy(
        diagram(
            start(),
            choice("either"),
            catch("answer", message("answered")),
            catch("early", timer("PT1H")),
            catch("late", timer("PT2H")),
            user("read", "remind", "drop"),
            end(),
            flows=[
                ("begin", "either"),
                ("either", "answer"),
                ("either", "early"),
                ("either", "late"),
                ("answer", "read"),
                ("early", "remind"),
                ("late", "drop"),
                ("read", "done"),
                ("remind", "done"),
                ("drop", "done"),
            ],
            top=messages("answered"),
        ),
    )
    waiting, answered = desk.start(key="C-1"), desk.start(key="C-2")

    assert desk.send("answered", "C-2") == ["answer"]
    desk.advance(minutes=61)

    assert answered.waits_at() == ["read"]
    assert waiting.waits_at() == ["remind"]  # stock fires the two-hour timer too
    desk.advance(hours=3)
    assert waiting.waits_at() == ["remind"]


def test_an_event_based_gateway_must_lead_to_events(desk: Desk) -> None:
    with pytest.raises(DiagramRejected, match="'either'"):
        desk.deploy(
            diagram(
                start(),
                choice("either"),
                user("a"),
                end(),
                flows=[("begin", "either"), ("either", "a"), ("a", "done")],
            ),
        )
