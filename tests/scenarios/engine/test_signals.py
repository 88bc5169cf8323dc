"""Signals, thrown messages, and what they start."""

import pytest
from sqlalchemy import select

from engine.commands import messages
from engine.errors import MessageNotExpected, NoPlainStart, TooManyReached
from engine.store.tables import instances
from tests.conftest import both_databases
from tests.desk import Case, Desk
from tests.drawing import (
    begins,
    boundary,
    catch,
    choice,
    diagram,
    end,
    extension,
    inputs,
    message,
    parallel,
    signal,
    signals,
    start,
    throw,
    timer,
    user,
)
from tests.drawing import messages as named
from tests.proofs import proves

HEARS = diagram(
    start(),
    catch("hear", signal("outage")),
    user("react"),
    end(),
    flows=[("begin", "hear"), ("hear", "react"), ("react", "done")],
    top=signals("outage"),
    pid="hears",
)


def cases(desk: Desk, process: str) -> list[Case]:
    """The instances of a process, the oldest first."""
    query = select(instances.c.id).where(instances.c.process_id == process)
    with desk.runtime.read() as reader:
        found = reader.connection.execute(query.order_by(instances.c.id)).scalars()
        return [Case(desk, instance) for instance in found]


def broadcast(desk: Desk, name: str, **variables: object) -> list[int]:
    answer = desk.runtime.run(desk.actor, lambda work: messages.signal(work, name, variables))
    reached: list[int] = answer["instances"]
    return reached


@both_databases
@proves("intermediateThrowEvent signal", "intermediateCatchEvent signal")
def test_a_signal_reaches_every_instance_that_waits_for_it(desk: Desk) -> None:
    desk.deploy(HEARS, file="hears.bpmn")
    desk.deploy(
        diagram(
            start(),
            user("watch"),
            throw("shout", signal("outage")),
            end(),
            flows=[("begin", "watch"), ("watch", "shout"), ("shout", "done")],
            top=signals("outage"),
        ),
    )
    one, two = desk.start("hears"), desk.start("hears")
    watcher = desk.start()
    assert (one.waits_at(), two.waits_at()) == ([], [])

    watcher.complete("watch")

    assert (one.waits_at(), two.waits_at()) == (["react"], ["react"])
    assert watcher.status == "completed"
    assert watcher.trail()[-1].details["thrown"] == [["signal", "outage"]]
    assert one.trail()[-1].action == "signal.caught"


@proves("endEvent signal", "boundaryEvent signal")
def test_a_signal_is_heard_in_its_own_instance_too(desk: Desk) -> None:
    desk.deploy(
        diagram(
            start(),
            parallel("f"),
            user("work", "watch", "react", "note"),
            boundary("stop", "work", signal("outage")),
            boundary("also", "watch", signal("other"), interrupting=False),
            end(),
            end("shout", signal("outage")),
            end("x"),
            end("y"),
            flows=[
                ("begin", "f"),
                ("f", "work"),
                ("f", "watch"),
                ("work", "done"),
                ("watch", "shout"),
                ("stop", "react"),
                ("react", "x"),
                ("also", "note"),
                ("note", "y"),
            ],
            top=signals("outage", "other"),
        ),
    )
    case = desk.start()
    assert broadcast(desk, "other", reason="drill") == [case.id]
    assert broadcast(desk, "other") == [case.id]
    assert case.waits_at() == ["note", "note", "watch", "work"]
    assert case.variable("reason") == "drill"

    case.complete("watch")

    assert case.waits_at() == ["note", "note", "react"]
    assert case.path().cancelled == ("work",)


def test_a_signal_behind_an_event_gateway_wins_or_is_disarmed(desk: Desk) -> None:
    desk.deploy(
        diagram(
            start(),
            choice("g"),
            catch("hear", signal("outage")),
            catch("late", timer("PT1H")),
            user("react", "wait"),
            end(),
            end("done2"),
            flows=[
                ("begin", "g"),
                ("g", "hear"),
                ("g", "late"),
                ("hear", "react"),
                ("late", "wait"),
                ("react", "done"),
                ("wait", "done2"),
            ],
            top=signals("outage"),
        ),
    )
    heard, missed = desk.start(), desk.start()
    desk.runtime.run(desk.actor, lambda work: messages.signal(work, "nobody", {}))
    assert broadcast(desk, "outage") == [heard.id, missed.id]
    assert desk.advance(hours=2).fired == 0

    late = desk.start()
    desk.advance(hours=2)
    assert (late.waits_at(), broadcast(desk, "outage")) == (["wait"], [])


def test_a_signal_for_too_many_is_refused_whole(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.commands.messages.REACH_LIMIT", 2)
    monkeypatch.setattr("engine.commands.advance.REACH_LIMIT", 2)
    desk.deploy(HEARS, file="hears.bpmn")
    desk.deploy(
        diagram(
            start(),
            end("shout", signal("outage")),
            flows=[("begin", "shout")],
            top=signals("outage"),
        ),
    )
    waiting = [desk.start("hears") for _ in range(3)]

    with pytest.raises(TooManyReached, match="more than 2 instances at once"):
        broadcast(desk, "outage")
    with pytest.raises(TooManyReached):
        desk.start()

    assert [case.waits_at() for case in waiting] == [[], [], []]


@proves("startEvent signal")
def test_a_signal_starts_a_process(desk: Desk) -> None:
    desk.deploy(
        diagram(
            begins("called", signal("outage")),
            user("react"),
            end(),
            flows=[("called", "react"), ("react", "done")],
            top=signals("outage"),
        ),
    )
    [started] = broadcast(desk, "outage", where="Berlin")

    case = Case(desk, started)
    assert (case.waits_at(), case.variable("where")) == (["react"], "Berlin")
    with pytest.raises(NoPlainStart, match="'p' has no plain start event"):
        desk.start()


def pays(trigger: str, kind: str = "throw") -> bytes:
    payload = extension(inputs(amount="=sum"))
    drawn = throw("tell", payload + trigger) if kind == "throw" else end("tell", payload + trigger)
    return diagram(
        start(),
        user("pay"),
        drawn,
        *([end()] if kind == "throw" else []),
        flows=[("begin", "pay"), ("pay", "tell"), *([("tell", "done")] if kind == "throw" else [])],
        top=named("paid", key="=order"),
        pid="pays",
    )


SHIPS = diagram(
    start(),
    catch("wait", message("paid")),
    user("ship"),
    end(),
    flows=[("begin", "wait"), ("wait", "ship"), ("ship", "done")],
    top=named("paid", key="=order"),
)


@pytest.mark.parametrize("kind", ["throw", "end"])
@proves("intermediateThrowEvent message", "endEvent message")
def test_a_thrown_message_reaches_the_instance_with_its_key(desk: Desk, kind: str) -> None:
    desk.deploy(SHIPS)
    desk.deploy(pays(message("paid"), kind), file="pays.bpmn")
    other, mine = desk.start(order=1), desk.start(order=2)
    payer = desk.start("pays", order=2)

    payer.complete("pay", sum=70)

    assert (other.waits_at(), mine.waits_at()) == ([], ["ship"])
    assert mine.variable("amount") == 70
    assert mine.variable("sum") is None
    assert payer.status == "completed"
    assert (mine.chain().ok, payer.chain().ok) == (True, True)


def test_a_thrown_message_that_nobody_waits_for_is_on_record(desk: Desk) -> None:
    desk.deploy(pays(message("paid")), file="pays.bpmn")
    payer = desk.start("pays", order=2)
    payer.complete("pay", sum=70)

    assert payer.status == "completed"
    last = payer.trail()[-1]
    assert (last.action, last.subject) == ("message.kept", "message:paid")
    assert last.details["key"] == "2"


def test_two_instances_may_talk_to_each_other(desk: Desk) -> None:
    desk.deploy(
        diagram(
            start(),
            throw("ask", extension(inputs(topic="=topic")) + message("question")),
            catch("hear", message("answer")),
            user("read"),
            end(),
            flows=[("begin", "ask"), ("ask", "hear"), ("hear", "read"), ("read", "done")],
            top=named("question", "answer", key="=topic"),
            pid="asks",
        ),
        file="asks.bpmn",
    )
    desk.deploy(
        diagram(
            begins("asked", message("question")),
            user("think"),
            end("reply", message("answer")),
            flows=[("asked", "think"), ("think", "reply")],
            top=named("question", "answer", key="=topic"),
        ),
    )
    asking = desk.start("asks", topic="weather")
    [answering] = cases(desk, "p")
    assert answering.waits_at() == ["think"]

    answering.complete("think")

    assert asking.waits_at() == ["read"]


@proves("startEvent message")
def test_a_message_starts_a_process_when_no_instance_waits(desk: Desk) -> None:
    desk.deploy(
        diagram(
            start(),
            begins("ordered", message("order")),
            user("pack"),
            catch("more", message("order")),
            end(),
            flows=[("begin", "pack"), ("ordered", "pack"), ("pack", "more"), ("more", "done")],
            top=named("order", key="=customer"),
        ),
    )
    assert desk.send("order", "ann", customer="ann") == ["ordered"]
    [case] = cases(desk, "p")
    assert (case.waits_at(), case.variable("customer")) == (["pack"], "ann")
    case.complete("pack")

    assert desk.send("order", "ann") == ["more"]

    assert case.status == "completed"
    assert desk.start().waits_at() == ["pack"]
    with pytest.raises(MessageNotExpected):
        desk.send("unheard", "ann")
