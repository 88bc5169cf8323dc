"""Tokens that are moved into sub-processes and rounds, and out of them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.bpmn.errors import CannotPlace
from tests.conftest import both_databases
from tests.desk import Case, Desk
from tests.drawing import (
    boundary,
    diagram,
    end,
    repeated,
    start,
    sub,
    timer,
    user,
)
from tests.scenarios.lifecycle.steps import (
    move,
    skip,
)
from tests.scenarios.lifecycle.test_placing import timers


def nested() -> bytes:
    inner = sub(
        "inner", start("s2"), user("deep"), end("e2"), flows=[("s2", "deep"), ("deep", "e2")]
    )
    outer = sub(
        "outer",
        start("s1"),
        user("first"),
        inner,
        end("e1"),
        flows=[("s1", "first"), ("first", "inner"), ("inner", "e1")],
    )
    return diagram(
        start(),
        user("before"),
        outer,
        user("after", "rescue"),
        end(),
        end("o"),
        boundary("late", "outer", timer("PT1H")),
        flows=[
            ("begin", "before"),
            ("before", "outer"),
            ("outer", "after"),
            ("after", "done"),
            ("late", "rescue"),
            ("rescue", "o"),
        ],
    )


@both_databases
def test_the_sub_processes_around_a_target_begin_with_their_events(desk: Desk) -> None:
    desk.deploy(nested())
    case = desk.start()

    move(case, "before", "deep")

    assert case.waits_at() == ["deep"]
    assert timers(case) == ["late"]
    case.complete("deep")
    assert case.waits_at() == ["after"]


def test_a_move_within_a_sub_process_stays_in_it(desk: Desk) -> None:
    desk.deploy(nested())
    case = desk.start()
    case.complete("before")
    desk.clock.advance(timedelta(minutes=50))

    move(case, "first", "deep")

    assert desk.advance(minutes=15).fired == 1
    assert case.waits_at() == ["rescue"]


def test_a_sub_process_that_loses_its_last_token_goes_with_it(desk: Desk) -> None:
    desk.deploy(nested())
    case = desk.start()
    case.complete("before")

    move(case, "first", "after")

    assert (case.waits_at(), timers(case)) == (["after"], [])
    assert case.path().cancelled == ("first", "outer")


def test_a_sub_process_is_skipped_as_a_whole(desk: Desk) -> None:
    desk.deploy(nested())
    case = desk.start()
    case.complete("before")
    skip(case, "outer")
    assert case.waits_at() == ["after"]


def test_a_move_into_the_sub_process_it_comes_from_is_refused(desk: Desk) -> None:
    desk.deploy(nested())
    case = desk.start()
    case.complete("before")
    with pytest.raises(CannotPlace, match="inside 'outer'"):
        move(case, "outer", "deep")


def rounds(desk: Desk) -> Case:
    inside = sub(
        "each",
        start("s"),
        user("one", "two"),
        end("e"),
        flows=[("s", "one"), ("one", "two"), ("two", "e")],
    )
    desk.deploy(
        diagram(
            start(),
            repeated(inside, "=items", "item", results=("sums", "=item")),
            user("after"),
            end(),
            flows=[("begin", "each"), ("each", "after"), ("after", "done")],
        )
    )
    return desk.start(items=[1, 2])


def test_within_its_round_a_token_may_move_but_not_out_of_it(desk: Desk) -> None:
    case = rounds(desk)

    move(case, "one", "two")

    assert case.waits_at() == ["one", "two"]
    with pytest.raises(CannotPlace, match="Move 'each' as a whole"):
        move(case, "one", "after")
    case.complete("one")
    case.complete("two")
    case.complete("two")
    assert case.waits_at() == ["after"]
    assert case.variable("sums") == [1, 2]


def test_a_repeated_activity_moves_and_is_skipped_as_a_whole(desk: Desk) -> None:
    case = rounds(desk)
    skip(case, "each")
    assert case.waits_at() == ["after"]
    move(case, "after", "each")
    assert case.waits_at() == ["one", "one"]
    move(case, "each", "after")
    assert case.waits_at() == ["after"]
