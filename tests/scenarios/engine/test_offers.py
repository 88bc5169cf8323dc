"""Messages that a diagram offers to people (property `offeredTo`)."""

import pytest

from engine.commands import messages
from engine.errors import DiagramRejected, MessageNotExpected, NotOffered
from engine.queries import instances as queries
from engine.store.unit_of_work import Actor
from tests.desk import Desk
from tests.drawing import boundary, diagram, end, message, start, timer, user
from tests.drawing import messages as named

LEAD = Actor("lea", frozenset({"team-lead"}), frozenset(), channel="test")
OFFER = (
    '<bpmn:extensionElements><zeebe:properties><zeebe:property name="offeredTo" '
    'value="role:team-lead"/></zeebe:properties></bpmn:extensionElements>'
)


def offered(trigger: str = "") -> bytes:
    return diagram(
        start(),
        user("work", "other"),
        end(),
        end("gone"),
        boundary("move", "work", OFFER + (trigger or message("moved"))),
        flows=[("begin", "work"), ("work", "done"), ("move", "other"), ("other", "gone")],
        top=named("moved"),
    )


def seen_by(desk: Desk, instance: int, actor: Actor) -> list[str]:
    with desk.runtime.read() as reader:
        row = queries.get(reader, instance)
        return [offer.element for offer in queries.offers(reader, row, actor)]


def test_a_diagram_offers_a_message_to_whom_it_says_and_while_it_waits(desk: Desk) -> None:
    desk.deploy(offered())
    case = desk.start(key="C-1")
    assert seen_by(desk, case.id, LEAD) == ["move"]
    assert seen_by(desk, case.id, desk.actor) == []

    desk.runtime.run(LEAD, lambda work: messages.send_offered(work, case.id, "move", {"why": 1}))

    assert case.waits_at() == ["other"]
    assert case.variable("why") == 1
    assert (case.trail()[-1].action, case.trail()[-1].actor) == ("message.sent", "lea")
    assert seen_by(desk, case.id, LEAD) == []
    with pytest.raises(MessageNotExpected):
        desk.runtime.run(LEAD, lambda work: messages.send_offered(work, case.id, "move", {}))


@pytest.mark.parametrize("element", ["move", "work", "nowhere"])
def test_what_is_not_offered_is_refused(desk: Desk, element: str) -> None:
    desk.deploy(offered())
    case = desk.start(key="C-1")
    with pytest.raises(NotOffered, match=f"does not offer '{element}' to ann"):
        desk.runtime.run(desk.actor, lambda work: messages.send_offered(work, case.id, element, {}))
    assert case.waits_at() == ["work"]


def test_only_messages_can_be_offered(desk: Desk) -> None:
    with pytest.raises(DiagramRejected, match="'move': It is offered to people, but waits for no"):
        desk.deploy(offered(timer("PT1H")))
