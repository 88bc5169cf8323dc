"""Messages that nobody waits for yet: kept for a time, delivered in order, each once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.event import listen

from engine.commands import mailbox
from engine.commands.messages import MessagePublishedBefore
from engine.errors import (
    DiagramRejected,
    ExpressionFailed,
    MessageNotExpected,
    Rejected,
)
from engine.queries import audit
from engine.store import instances
from engine.store.messages import MessageNotKept
from engine.store.unit_of_work import UnitOfWork
from tests.conftest import both_databases
from tests.desk import Case, Desk
from tests.drawing import (
    boundary,
    catch,
    diagram,
    end,
    extension,
    message,
    script,
    start,
    throw,
    user,
)
from tests.drawing import messages as named
from tests.scenarios.engine.test_signals import SHIPS, pays
from tests.scenarios.lifecycle.steps import resume

pytestmark = both_databases


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def stall(desk: Desk, case: Case) -> None:
    """What many failures in a row do."""

    def change(work: UnitOfWork) -> None:
        instances.lock(work, case.id).status = instances.STALLED

    desk.runtime.run(desk.actor, change)


def lives(text: str) -> str:
    return (
        f'<zeebe:properties><zeebe:property name="timeToLive" value="{text}"/></zeebe:properties>'
    )


def system(desk: Desk) -> list[tuple[str, str]]:
    """What the system's own trail says of messages, the oldest first."""
    with desk.runtime.read() as reader:
        rows = reversed(audit.latest(reader, "system"))
    return [(row.action, row.subject) for row in rows if row.subject.startswith("message:")]


def test_a_message_that_came_too_early_is_caught_as_soon_as_somebody_waits(desk: Desk) -> None:
    desk.deploy(SHIPS)
    assert desk.publish("paid", "7", values={"amount": 70}) == []
    assert desk.kept() == [("paid", "7")]
    other = desk.start(order=8)
    assert other.waits_at() == []

    mine = desk.start(order=7)

    assert (mine.waits_at(), mine.variable("amount")) == (["ship"], 70)
    assert (other.waits_at(), desk.kept()) == ([], [])
    caught = mine.trail()[-1]
    assert (caught.action, caught.details["sender"]) == ("message.caught", "ann")
    assert system(desk) == [("message.kept", "message:paid")]
    assert mine.chain().ok


def test_kept_messages_are_delivered_in_order_and_each_once(desk: Desk) -> None:
    desk.deploy(SHIPS)
    for number in (1, 2, 3):
        desk.publish("paid", "7", values={"amount": number})

    shipped = [desk.start(order=7) for _ in range(4)]

    assert [case.variable("amount") for case in shipped] == [1, 2, 3, None]
    assert [case.waits_at() for case in shipped] == [["ship"]] * 3 + [[]]


def test_a_message_whose_time_has_ended_is_gone_and_on_record(desk: Desk) -> None:
    desk.deploy(SHIPS)
    desk.publish("paid", "7", lives="PT30M")
    desk.advance(minutes=29)
    assert desk.kept() == [("paid", "7")]

    desk.clock.advance(minutes(1))  # it is nobody's even before the sweep has come by
    assert desk.start(order=7).waits_at() == []
    assert desk.kept() == []
    desk.advance(minutes=1)

    assert system(desk)[-1] == ("message.expired", "message:paid")
    with desk.runtime.read() as reader:
        last = audit.latest(reader, "system")[0]
    assert last.details["sender"] == "ann"


def test_a_message_without_a_time_is_now_or_never(desk: Desk) -> None:
    desk.deploy(SHIPS)
    assert desk.publish("paid", "7", lives="PT0S") == []
    assert (desk.kept(), system(desk)) == ([], [("message.undelivered", "message:paid")])
    with pytest.raises(MessageNotExpected):
        desk.send("paid", "7")

    case = desk.start(order=7)
    assert case.waits_at() == []
    assert desk.publish("paid", "7", lives="PT0S") == ["wait"]
    assert case.waits_at() == ["ship"]


@pytest.mark.parametrize("caught", [False, True])
def test_a_message_with_an_id_counts_once_as_long_as_it_lives(desk: Desk, caught: bool) -> None:  # noqa: FBT001
    desk.deploy(SHIPS)
    case = desk.start(order=7) if caught else None
    desk.publish("paid", "7", message_id="A-1")

    with pytest.raises(MessagePublishedBefore, match="'paid' for '7' with the id 'A-1' was"):
        desk.publish("paid", "7", message_id="A-1")
    desk.publish("paid", "8", message_id="A-1")
    desk.publish("paid", "7", message_id="A-2")
    if case is None:
        case = desk.start(order=7)
    assert case.waits_at() == ["ship"]
    with pytest.raises(MessagePublishedBefore):
        desk.publish("paid", "7", message_id="A-1")

    desk.clock.advance(minutes(60))
    desk.publish("paid", "7", message_id="A-1")


def test_a_thrown_message_waits_for_an_hour_or_as_long_as_its_event_says(desk: Desk) -> None:
    desk.deploy(SHIPS)
    desk.deploy(pays(message("paid")), file="pays.bpmn")
    desk.deploy(throws(lives("=duration(&quot;P&quot; + string(days) + &quot;D&quot;)")), "t.bpmn")
    payer = desk.start("pays", order=7)
    payer.complete("pay", sum=70)
    assert payer.trail()[-1].action == "message.kept"
    thrower = desk.start("throws", order=8, days=2)
    desk.advance(hours=2)
    assert payer.trail()[-1].action == "message.expired"
    assert desk.kept() == [("paid", "8")]

    late, served = desk.start(order=7), desk.start(order=8)

    assert (late.waits_at(), served.waits_at()) == ([], ["ship"])
    assert (payer.chain().ok, thrower.chain().ok) == (True, True)
    with pytest.raises(ExpressionFailed, match=r"'tell': .* gave a duration 'None' cannot"):
        desk.start("throws", order=9, days="x")


def throws(property_: str) -> bytes:
    return diagram(
        start(),
        end("tell", extension(property_) + message("paid")),
        flows=[("begin", "tell")],
        top=named("paid", key="=order"),
        pid="throws",
    )


def test_a_lifetime_that_cannot_be_read_or_has_no_effect_is_found_at_upload(desk: Desk) -> None:
    with pytest.raises(DiagramRejected, match="'tell': Its message's duration '1 hour' cannot"):
        desk.deploy(throws(lives("1 hour")))
    with pytest.raises(DiagramRejected, match=r"The time to live `1 \+`"):
        desk.deploy(throws(lives("=1 +")))
    with pytest.raises(Rejected, match="The message's duration 'soon' cannot be read"):
        desk.publish("paid", "7", lives="soon")
    with pytest.raises(Rejected, match="A message needs a name"):
        desk.publish(" ", "7")


def test_a_repeating_event_takes_everything_that_is_kept_for_it(desk: Desk) -> None:
    desk.deploy(
        diagram(
            start(),
            user("work"),
            boundary("hear", "work", message("news"), interrupting=False),
            script("count", "=heard + 1", "heard"),
            end(),
            end("noted"),
            flows=[("begin", "work"), ("work", "done"), ("hear", "count"), ("count", "noted")],
            top=named("news"),
        ),
    )
    for _ in range(3):
        desk.publish("news", "C-1")

    case = desk.start(key="C-1", heard=0)

    assert (case.variable("heard"), desk.kept()) == (3, [])
    assert case.waits_at() == ["work"]


def test_what_is_too_much_for_one_transaction_is_left_to_the_sweep(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.commands.advance.REACH_LIMIT", 2)
    desk.deploy(CHAIN)
    for _ in range(4):
        desk.publish("news", "C-1")

    case = desk.start(key="C-1")
    assert (len(desk.kept()), case.status) == (2, "active")
    desk.advance(seconds=5)

    assert (desk.kept(), case.status) == ([], "completed")


CHAIN = diagram(
    start(),
    *(catch(f"w{n}", message("news")) for n in range(4)),
    end(),
    flows=[("begin", "w0"), ("w0", "w1"), ("w1", "w2"), ("w2", "w3"), ("w3", "done")],
    top=named("news"),
)


def test_an_empty_key_reaches_nobody_by_accident(desk: Desk) -> None:
    desk.deploy(CHAIN)
    keyless, case = desk.start(), desk.start(key="C-1")
    for key in ("", "C-2"):
        with pytest.raises(MessageNotExpected):
            desk.send("news", key)
        assert desk.publish("news", key) == []
    desk.advance(seconds=5)

    assert (keyless.path().active, case.path().active) == (("w0",), ("w0",))
    assert desk.kept() == [("news", ""), ("news", "C-2")]


def test_a_message_with_a_key_passes_by_who_waits_with_another(desk: Desk) -> None:
    desk.deploy(
        diagram(
            start(),
            user("work"),
            boundary("mine", "work", message("own"), interrupting=False),
            boundary("other", "work", message("foreign"), interrupting=False),
            user("a", "b"),
            end(),
            flows=[
                ("begin", "work"),
                ("work", "done"),
                ("mine", "a"),
                ("other", "b"),
                ("a", "done"),
                ("b", "done"),
            ],
            # The same name twice: once with the case's number, once with a key of its own.
            top='<bpmn:message id="m_own" name="news"/><bpmn:message id="m_foreign" name="news">'
            + extension('<zeebe:subscription correlationKey="=friend"/>')
            + "</bpmn:message>",
        ),
    )
    case = desk.start(key="C-1", friend="C-9")

    assert desk.send("news", "C-9") == ["other"]
    assert desk.send("news", "C-1") == ["mine"]

    assert case.waits_at() == ["a", "b", "work"]


def test_an_operator_drops_a_message_with_a_reason(desk: Desk) -> None:
    desk.deploy(SHIPS)
    desk.publish("paid", "7")
    with pytest.raises(Rejected, match="dropped with a reason"):
        desk.runtime.run(desk.actor, lambda work: mailbox.drop(work, 1, " "))
    desk.runtime.run(desk.actor, lambda work: mailbox.drop(work, 1, "sent by mistake"))

    assert system(desk)[-1] == ("message.dropped", "message:paid")
    assert (desk.start(order=7).waits_at(), desk.kept()) == ([], [])
    with pytest.raises(MessageNotKept, match="Message 1 is not kept any more"):
        desk.runtime.run(desk.actor, lambda work: mailbox.drop(work, 1, "again"))
    desk.publish("paid", "7")
    with desk.runtime.read() as reader:
        assert audit.verify(reader, "system").ok
    with pytest.raises(MessageNotKept):  # a number never means another message
        desk.runtime.run(desk.actor, lambda work: mailbox.drop(work, 1, "again"))


def test_a_delivery_that_fails_takes_nothing_out_of_the_letter_box(desk: Desk) -> None:
    desk.deploy(
        diagram(
            start(),
            user("before"),
            catch("wait", message("news")),
            throw("tell", extension(lives("=how_long")) + message("told")),
            end(),
            flows=[("begin", "before"), ("before", "wait"), ("wait", "tell"), ("tell", "done")],
            top=named("news", "told"),
        ),
    )
    desk.publish("news", "C-1", values={"how_long": "PT"})
    case = desk.start(key="C-1")
    with pytest.raises(ExpressionFailed):
        case.complete("before")
    assert (case.waits_at(), desk.kept()) == (["before"], [("news", "C-1")])

    desk.runtime.run(desk.actor, lambda work: mailbox.drop(work, 1, "unreadable"))
    desk.publish("news", "C-1", values={"how_long": "PT1H"})
    case.complete("before")
    assert (case.status, desk.kept()) == ("completed", [("told", "C-1")])


def test_a_message_for_a_case_that_stands_still_waits_for_it(desk: Desk) -> None:
    desk.deploy(SHIPS)
    case = desk.start(order=7)
    stall(desk, case)
    desk.publish("paid", "7")
    desk.advance(seconds=5)
    assert case.waits_at() == []

    resume(case)

    assert (case.waits_at(), desk.kept()) == (["ship"], [])


def test_beginning_to_wait_costs_one_look_up_by_an_index(desk: Desk) -> None:
    desk.deploy(CHAIN)
    for number in range(50):
        desk.publish("news", f"other-{number}")
    said: list[str] = []
    listen(desk.runtime.database.engine, "before_cursor_execute", lambda *a: said.append(a[2]))

    desk.start(key="C-1")

    asked = [statement for statement in said if "FROM messages" in statement]
    assert len(asked) == 1
    if desk.runtime.database.is_sqlite:
        with desk.runtime.read() as reader:
            plan = reader.connection.execute(
                text("EXPLAIN QUERY PLAN " + asked[0].replace("?", "'x'"))
            )
            assert "USING INDEX ix_messages_waiting (key=? AND name=?)" in str(plan.all())
