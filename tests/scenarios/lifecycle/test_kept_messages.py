"""What is kept for those who cannot catch it now, and for those who are put where they can."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from engine.commands import versions
from engine.commands.errors import InstanceSuspended
from engine.errors import MessageNotExpected
from engine.store import messages as rows
from engine.store import tables
from tests.conftest import both_databases
from tests.desk import Desk
from tests.drawing import (
    begins,
    boundary,
    catch,
    diagram,
    end,
    extension,
    message,
    start,
    throw,
    timer,
    user,
)
from tests.drawing import messages as named
from tests.scenarios.engine.test_signals import cases
from tests.scenarios.lifecycle.steps import (
    WHY,
    last,
    migrate,
    move,
    reopen,
    resume,
    run,
    suspend,
    system,
    two_steps,
)
from tests.scenarios.lifecycle.test_deletion import delete

pytestmark = both_databases

#: What `two_steps` waits for while its first task is open.
STOP = ("stop", "A-1")


def tells(lives: str = "") -> bytes:
    """A process that throws the message which `two_steps` waits for."""
    kept = f'<zeebe:properties><zeebe:property name="timeToLive" value="{lives}"/>'
    told = (extension(f"{kept}</zeebe:properties>") if lives else "") + message("stop")
    return diagram(
        start(),
        throw("tell", told),
        end(),
        flows=[("begin", "tell"), ("tell", "done")],
        top=named("stop"),
        pid="tells",
    )


def test_a_message_for_a_suspended_instance_reaches_it_when_it_is_resumed(desk: Desk) -> None:
    desk.deploy(two_steps())
    case = desk.start(key="A-1")
    suspend(case)

    assert desk.publish(*STOP) == []
    desk.advance(seconds=5)
    assert (case.waits_at(), desk.kept()) == (["check"], [STOP])

    resume(case)
    assert (case.waits_at(), desk.kept()) == (["called_off"], [])
    assert last(case).action == "message.caught"
    assert case.chain().ok


def test_it_does_not_reach_it_when_its_time_has_ended(desk: Desk) -> None:
    desk.deploy(two_steps())
    case = desk.start(key="A-1")
    suspend(case)
    desk.publish(*STOP, lives="PT10M")

    desk.advance(minutes=11)
    resume(case)

    assert (case.waits_at(), desk.kept()) == (["check"], [])
    assert system(desk)[-1].action == "message.expired"


def test_what_a_diagram_throws_for_it_is_kept_too_unless_it_is_now_or_never(desk: Desk) -> None:
    desk.deploy(two_steps())
    desk.deploy(tells(), file="tells.bpmn")
    case = desk.start(key="A-1")
    suspend(case)

    told = desk.start("tells", key="A-1")
    assert (told.status, last(told).action) == ("completed", "message.kept")
    desk.deploy(tells("PT0S"), file="tells.bpmn")
    assert last(desk.start("tells", key="A-1")).action == "message.undelivered"
    assert case.waits_at() == ["check"]

    resume(case)
    assert case.waits_at() == ["called_off"]


def test_now_or_never_from_outside_is_refused_with_the_reason(desk: Desk) -> None:
    desk.deploy(two_steps())
    case = desk.start(key="A-1")
    suspend(case)

    with pytest.raises(InstanceSuspended):
        desk.send(*STOP)
    assert desk.kept() == []

    resume(case)
    assert desk.send(*STOP) == ["stop"]


def test_who_can_catch_it_now_comes_before_who_is_suspended(desk: Desk) -> None:
    desk.deploy(two_steps())
    first, second = desk.start(key="A-1"), desk.start(key="A-1")
    suspend(first)

    assert desk.send(*STOP) == ["stop"]

    assert (first.waits_at(), second.waits_at()) == (["check"], ["called_off"])


def test_a_message_for_it_begins_no_other_process_either(desk: Desk) -> None:
    desk.deploy(two_steps())
    other = diagram(
        begins("told", message("stop")),
        user("look"),
        end(),
        flows=[("told", "look"), ("look", "done")],
        top=named("stop"),
        pid="other",
    )
    desk.deploy(other, file="other.bpmn")
    case = desk.start(key="A-1")
    suspend(case)

    desk.publish(*STOP)
    desk.advance(seconds=5)
    assert cases(desk, "other") == []
    with desk.runtime.read() as reader:  # the sweep does not even look for somebody
        assert rows.wanted(reader.connection, reader.now, [("other", "stop")]) == []

    resume(case)
    assert (case.waits_at(), cases(desk, "other"), desk.kept()) == (["called_off"], [], [])


def test_a_suspended_version_does_not_begin_until_it_is_resumed(desk: Desk) -> None:
    desk.deploy(
        diagram(
            begins("told", message("stop")),
            user("look"),
            end(),
            flows=[("told", "look"), ("look", "done")],
            top=named("stop"),
        )
    )
    run(desk, lambda work: versions.suspend(work, "p", 1, WHY))

    with pytest.raises(MessageNotExpected):
        desk.send(*STOP)
    desk.publish(*STOP)
    desk.advance(seconds=5)
    assert (cases(desk, "p"), desk.kept()) == ([], [STOP])

    run(desk, lambda work: versions.resume(work, "p", 1, WHY))
    desk.advance(seconds=5)
    assert ([case.waits_at() for case in cases(desk, "p")], desk.kept()) == ([["look"]], [])


def listening(*, waits: bool) -> bytes:
    """A task that can be stopped by a message, or not; a wait for it stands behind."""
    event = boundary("stop", "check", message("stop")) + end("stopped")
    return diagram(
        start(),
        user("check"),
        catch("hold", message("stop")),
        user("approve"),
        event if waits else "",
        end(),
        flows=[
            ("begin", "check"),
            ("check", "hold"),
            ("hold", "approve"),
            ("approve", "done"),
            *([("stop", "stopped")] if waits else []),
        ],
        top=named("stop"),
    )


def test_an_instance_that_begins_to_wait_by_migrating_catches_what_was_kept(desk: Desk) -> None:
    desk.deploy(listening(waits=False))
    case, rests = desk.start(key="A-1"), desk.start(key="A-2")
    suspend(rests)
    desk.publish(*STOP)
    desk.publish("stop", "A-2")
    desk.deploy(listening(waits=True))

    assert migrate(desk).moved == 2

    assert (case.status, rests.status) == ("completed", "suspended")
    assert desk.kept() == [("stop", "A-2")]
    resume(rests)
    assert (rests.status, desk.kept()) == ("completed", [])


def test_a_token_that_is_put_where_it_waits_catches_what_was_kept(desk: Desk) -> None:
    desk.deploy(listening(waits=False))
    case = desk.start(key="A-1")
    desk.publish(*STOP)

    move(case, "check", "hold")
    assert (case.waits_at(), desk.kept()) == (["approve"], [])

    case.complete("approve")
    desk.publish(*STOP)
    reopen(case, "hold")
    assert (case.status, case.waits_at(), desk.kept()) == ("active", ["approve"], [])


def test_what_a_deleted_instance_threw_is_still_kept_and_expires(desk: Desk) -> None:
    desk.deploy(tells(), file="tells.bpmn")
    told = desk.start("tells", key="A-1")

    delete(told)

    assert desk.kept() == [STOP]
    with desk.runtime.read() as reader:
        assert reader.connection.execute(select(tables.messages.c.instance_id)).all() == [(None,)]
    assert told.chain().ok
    desk.advance(hours=2)
    assert (desk.kept(), system(desk)[-1].action) == ([], "message.expired")


def test_a_cycle_of_months_keeps_its_day_when_its_instance_migrates(desk: Desk) -> None:
    def reminding(task: str) -> bytes:
        monthly = timer("R/2026-03-31T09:00:00Z/P1M", "timeCycle")
        return diagram(
            start(),
            user("check"),
            boundary("monthly", "check", monthly, interrupting=False),
            user(task),
            end(),
            end("told"),
            flows=[("begin", "check"), ("check", "done"), ("monthly", task), (task, "told")],
        )

    desk.deploy(reminding("remind"))
    case = desk.start()
    desk.move_to(datetime(2026, 3, 31, 9, tzinfo=UTC))
    desk.deploy(reminding("call"))
    assert migrate(desk, names={"remind": "call"}).moved == 1

    desk.move_to(datetime(2026, 4, 30, 9, tzinfo=UTC))
    assert case.waits_at() == ["call", "call", "check"]
    desk.move_to(datetime(2026, 5, 30, 9, tzinfo=UTC))
    assert case.waits_at() == ["call", "call", "check"]
    desk.move_to(datetime(2026, 5, 31, 9, tzinfo=UTC))
    assert case.waits_at() == ["call", "call", "call", "check"]
