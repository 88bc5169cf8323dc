"""Processes that a message begins: one instance for each key at a time, the others kept."""

from __future__ import annotations

import pytest

from engine.errors import MessageNotExpected
from tests.conftest import both_databases
from tests.desk import Desk
from tests.drawing import begins, diagram, end, message, user
from tests.drawing import messages as named
from tests.scenarios.engine.test_signals import cases

pytestmark = both_databases

ORDERS = diagram(
    begins("ordered", message("order")),
    user("pack"),
    end(),
    flows=[("ordered", "pack"), ("pack", "done")],
    top=named("order", key="=customer"),
)


def test_of_messages_with_one_key_a_process_begins_one_at_a_time(desk: Desk) -> None:
    desk.deploy(ORDERS)
    assert desk.publish("order", "ann", values={"item": "pen"}) == ["ordered"]
    assert desk.publish("order", "ann", values={"item": "ink"}) == []
    assert desk.publish("order", "bob", values={"item": "cup"}) == ["ordered"]
    with pytest.raises(MessageNotExpected):
        desk.send("order", "ann")
    assert [case.variable("item") for case in cases(desk, "p")] == ["pen", "cup"]

    cases(desk, "p")[0].complete("pack")

    assert [case.variable("item") for case in cases(desk, "p")] == ["pen", "cup", "ink"]
    assert desk.kept() == []


def test_a_message_without_a_key_begins_an_instance_each_time(desk: Desk) -> None:
    desk.deploy(ORDERS)
    desk.publish("order", "")
    desk.publish("order", "")
    assert len(cases(desk, "p")) == 2


def test_a_process_that_runs_through_begins_with_each_of_its_messages(desk: Desk) -> None:
    desk.deploy(
        diagram(
            begins("ordered", message("order")),
            end(),
            flows=[("ordered", "done")],
            top=named("order"),
        ),
    )
    assert [desk.publish("order", "ann") for _ in range(2)] == [["ordered"], ["ordered"]]


def test_a_process_deployed_in_time_begins_with_what_was_kept(desk: Desk) -> None:
    desk.publish("order", "ann")
    desk.publish("order", "ann")
    desk.deploy(ORDERS)
    desk.advance(seconds=5)
    assert [case.waits_at() for case in cases(desk, "p")] == [["pack"]]
    assert desk.kept() == [("order", "ann")]
