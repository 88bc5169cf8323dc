"""Where no token can be put: joins that would wait for ever, places that only events enter."""

from __future__ import annotations

import pytest

from engine.bpmn.errors import CannotPlace
from tests.desk import Desk
from tests.drawing import (
    boundary,
    compensate,
    compensating,
    diagram,
    end,
    event_sub,
    inclusive,
    message,
    messages,
    parallel,
    repeated,
    start,
    sub,
    throw,
    timer,
    user,
)
from tests.scenarios.lifecycle.steps import (
    beside,
    move,
    reopen,
)


@pytest.mark.parametrize(
    ("done", "source", "target"),
    [
        ((), "before", "left"),  # the join would wait for the right branch
        (("before",), "left", "after"),  # the join would wait for the left branch
        (("before", "left"), "right", "left"),
    ],
)
def test_a_move_that_lets_a_join_wait_for_ever_is_refused(
    desk: Desk, done: tuple[str, ...], source: str, target: str
) -> None:
    desk.deploy(beside())
    case = desk.start()
    for element in done:
        case.complete(element)
    before = case.row.revision

    with pytest.raises(CannotPlace, match="'join': a token would wait at this join for ever"):
        move(case, source, target)

    assert case.row.revision == before


def test_within_its_branch_or_from_the_join_a_token_may_move(desk: Desk) -> None:
    desk.deploy(beside())
    case = desk.start()
    case.complete("before")
    case.complete("left")

    move(case, "join", "left")

    assert case.waits_at() == ["left", "right"]
    case.complete("right")
    case.complete("left")
    assert case.waits_at() == ["after"]


def test_reopening_one_branch_while_its_token_waits_at_the_join_is_refused(desk: Desk) -> None:
    desk.deploy(beside())
    case = desk.start()
    case.complete("before")
    case.complete("left")
    with pytest.raises(CannotPlace, match="join"):
        reopen(case, "left")


def test_reopening_before_the_fork_runs_both_branches_again(desk: Desk) -> None:
    desk.deploy(beside())
    case = desk.start()
    for element in ("before", "left", "right"):
        case.complete(element)
    reopen(case, "before")
    case.complete("before")
    assert case.waits_at() == ["after", "left", "right"]


def test_an_inclusive_join_waits_for_a_token_that_was_placed_before_it(desk: Desk) -> None:
    desk.deploy(
        diagram(
            start(),
            inclusive("split"),
            inclusive("merge"),
            user("a", "b", "c", "after"),
            end(),
            flows=[
                ("begin", "split"),
                ("split", "a", "=true"),
                ("split", "b", "=both"),
                ("split", "c", "=false"),
                ("a", "merge"),
                ("b", "merge"),
                ("c", "merge"),
                ("merge", "after"),
                ("after", "done"),
            ],
        )
    )
    case = desk.start(both=True)
    case.complete("a")
    move(case, "b", "c")
    assert case.waits_at() == ["c"]
    case.complete("c")
    assert case.waits_at() == ["after"]


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("join", "by which flow a token came"),
        ("late", "a boundary event is not entered. Choose 'left'"),
        ("news_begin", "begins by its event only"),
        ("news", "begins by its event only"),
        ("news_work", "in the event sub-process 'news'"),
        ("revert", "only runs to undo something"),
        ("inner", "'each' around it is repeated"),
        ("nowhere", "no such element"),
    ],
)
def test_a_place_where_no_token_can_be_put_is_refused_with_the_reason(
    desk: Desk, target: str, reason: str
) -> None:
    each = repeated(
        sub("each", start("s"), user("inner"), end("e"), flows=[("s", "inner"), ("inner", "e")]),
        "=items",
        "item",
    )
    desk.deploy(
        diagram(
            start(),
            parallel("fork", "join"),
            user("left", "right"),
            end(),
            each,
            boundary("late", "left", timer("PT1H")),
            end("o"),
            event_sub("news", message("m")),
            compensating("right", user("revert")),
            throw("undo", compensate()),
            flows=[
                ("begin", "fork"),
                ("fork", "left"),
                ("fork", "right"),
                ("left", "join"),
                ("right", "join"),
                ("join", "each"),
                ("each", "undo"),
                ("undo", "done"),
                ("late", "o"),
            ],
            top=messages("m"),
        )
    )
    case = desk.start(items=[1, 2], key="A-1")
    with pytest.raises(CannotPlace, match=reason):
        move(case, "left", target)
    assert case.waits_at() == ["left", "right"]
