"""Messages and those who wait for them, at the same moment: each message is caught exactly once."""

from __future__ import annotations

from threading import Thread

import pytest

from engine.commands import instances, messages
from engine.commands.messages import MessagePublishedBefore
from engine.store.unit_of_work import UnitOfWork
from tests.conftest import both_databases
from tests.desk import Case, Desk
from tests.scenarios.engine.test_message_starts import ORDERS
from tests.scenarios.engine.test_signals import SHIPS, cases
from tests.store.test_locks import beside, until_somebody_waits

on_postgres = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
MANY = 12


def begin(work: UnitOfWork) -> int:
    return int(instances.start(work, "p", {"order": 7})["instance"])


def publish(work: UnitOfWork, message_id: str | None = None) -> list[str]:
    caught: list[str] = messages.publish(work, "paid", "7", {}, message_id=message_id)["caught"]
    return caught


@on_postgres
def test_of_two_instances_that_begin_to_wait_at_once_one_gets_the_message(desk: Desk) -> None:
    desk.deploy(SHIPS)
    desk.publish("paid", "7")
    second, answered = beside(lambda: desk.runtime.run(desk.actor, begin))

    def first(work: UnitOfWork) -> int:
        begun = begin(work)
        second.start()
        second.join()  # nobody waits for anybody here
        return begun

    mine = desk.runtime.run(desk.actor, first)

    assert [case.id for case in cases(desk, "p")] == [mine, *answered]
    assert [case.waits_at() for case in cases(desk, "p")] == [["ship"], []]
    assert desk.kept() == []


@on_postgres
def test_a_message_and_a_wait_that_do_not_see_each_other_meet_in_the_sweep(desk: Desk) -> None:
    desk.deploy(SHIPS)
    second, answered = beside(lambda: desk.runtime.run(desk.actor, publish))

    def first(work: UnitOfWork) -> int:
        begun = begin(work)
        second.start()
        second.join()
        return begun

    case = Case(desk, desk.runtime.run(desk.actor, first))
    assert (answered, case.waits_at(), desk.kept()) == ([[]], [], [("paid", "7")])

    desk.advance(seconds=5)

    assert (case.waits_at(), desk.kept()) == (["ship"], [])


@on_postgres
def test_a_message_is_not_lost_on_an_instance_that_has_just_moved_on(desk: Desk) -> None:
    desk.deploy(SHIPS)
    first_case, other = desk.start(order=7), desk.start(order=7)
    second, answered = beside(lambda: desk.runtime.run(desk.actor, publish))

    def first(work: UnitOfWork) -> list[str]:
        caught = publish(work)
        second.start()
        until_somebody_waits(work)
        return caught

    assert desk.runtime.run(desk.actor, first) == ["wait"]
    second.join()

    assert answered == [["wait"]]
    assert (first_case.waits_at(), other.waits_at()) == (["ship"], ["ship"])


@on_postgres
def test_of_two_messages_with_one_id_at_once_the_second_is_refused(desk: Desk) -> None:
    second, answered = beside(lambda: desk.runtime.run(desk.actor, lambda w: publish(w, "A-1")))

    def first(work: UnitOfWork) -> None:
        publish(work, "A-1")
        second.start()
        until_somebody_waits(work)

    desk.runtime.run(desk.actor, first)
    second.join()

    assert isinstance(answered[0], MessagePublishedBefore)
    assert desk.kept() == [("paid", "7")]


@on_postgres
def test_of_two_messages_with_one_key_at_once_one_begins_the_process(desk: Desk) -> None:
    desk.deploy(ORDERS)

    def order(work: UnitOfWork) -> list[str]:
        caught: list[str] = messages.publish(work, "order", "ann", {})["caught"]
        return caught

    second, answered = beside(lambda: desk.runtime.run(desk.actor, order))

    def first(work: UnitOfWork) -> None:
        order(work)
        second.start()
        until_somebody_waits(work)

    desk.runtime.run(desk.actor, first)
    second.join()

    assert (answered, len(cases(desk, "p"))) == ([[]], 1)
    assert desk.kept() == [("order", "ann")]


@both_databases
def test_many_messages_and_many_who_wait_at_once_make_as_many_pairs(desk: Desk) -> None:
    desk.deploy(SHIPS)

    def send() -> None:
        for number in range(MANY):
            desk.publish("paid", "7", values={"amount": number})

    def wait() -> None:
        for _ in range(MANY):
            desk.runtime.run(desk.actor, begin)

    threads = [Thread(target=act) for act in (send, wait, send, wait)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    desk.advance(seconds=5)

    found = cases(desk, "p")
    assert [case.waits_at() for case in found] == [["ship"]] * 2 * MANY
    assert sorted(str(case.variable("amount")) for case in found) == sorted(
        str(number) for number in range(MANY) for _ in range(2)
    )
    assert desk.kept() == []
