"""Each plain element does its part in a process that has them all."""

from itertools import pairwise

import pytest

from engine.topics import Outcome, Topics
from tests.desk import Desk
from tests.drawing import (
    boundary,
    decision,
    diagram,
    end,
    messages,
    script,
    service,
    start,
    sub,
    throw,
    timer,
    user,
)
from tests.proofs import proves
from tests.scenarios.engine.test_repeated import DMN


def chain(*names: str) -> list[tuple[str, ...]]:
    return list(pairwise(names))


@proves(
    "startEvent none",
    "endEvent none",
    "userTask",
    "serviceTask",
    "sendTask",
    "businessRuleTask",
    "scriptTask",
    "task",
    "manualTask",
    "intermediateThrowEvent none",
    "subProcess",
    "laneSet",
)
def test_a_process_of_all_plain_elements_runs_to_its_end(desk: Desk, topics: Topics) -> None:
    called = []

    @topics.handles("note")
    def note(size: str) -> Outcome:
        called.append(size)
        return Outcome({"noted": len(called)})

    lanes = (
        '<bpmn:laneSet id="lanes"><bpmn:lane id="l" name="Network">'
        "<bpmn:flowNodeRef>ask</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>"
    )
    inside = sub("inside", start("i"), user("check"), end("o"), flows=chain("i", "check", "o"))
    desk.deploy(
        diagram(
            lanes,
            start(),
            user("ask"),
            decision("judge", "size", "size"),
            service("tell", "note"),
            service("send", "note").replace("serviceTask", "sendTask"),
            script("count", "=noted * 10", "tens"),
            '<bpmn:task id="any"/><bpmn:manualTask id="hand"/>',
            throw("passing", ""),
            inside,
            end(),
            flows=chain(
                "begin",
                "ask",
                "judge",
                "tell",
                "send",
                "count",
                "any",
                "hand",
                "passing",
                "inside",
                "done",
            ),
        ),
        size__dmn=DMN,
    )
    case = desk.start()
    assert [(task.element, task.lane) for task in case.open()] == [("ask", "Network")]
    case.complete("ask", item=50)

    assert (called, case.variable("tens")) == (["big", "big"], 20)
    assert case.waits_at() == ["check"]
    case.complete("check")
    assert case.status == "completed"
    assert all(times == 1 for times in case.path().completed.values())


@proves("receiveTask")
@pytest.mark.parametrize("heard", [True, False])
def test_a_receive_task_waits_for_its_message_and_has_boundary_events(
    desk: Desk, *, heard: bool
) -> None:
    desk.deploy(
        diagram(
            start(),
            '<bpmn:receiveTask id="wait" messageRef="m_paid"/>',
            boundary("late", "wait", timer("PT1H")),
            user("ship", "remind"),
            end(),
            end("x"),
            flows=[*chain("begin", "wait", "ship", "done"), *chain("late", "remind", "x")],
            top=messages("paid"),
        ),
    )
    case = desk.start(key="C-1")
    if heard:
        desk.send("paid", "C-1")
    assert desk.advance(hours=1).fired == (0 if heard else 1)
    assert case.waits_at() == (["ship"] if heard else ["remind"])


@proves("intermediateCatchEvent timer")
def test_a_timer_event_lets_go_when_it_is_due(desk: Desk) -> None:
    desk.deploy(
        diagram(
            start(),
            f'<bpmn:intermediateCatchEvent id="wait">{timer("=due", "timeDate")}'
            "</bpmn:intermediateCatchEvent>",
            user("work"),
            end(),
            flows=chain("begin", "wait", "work", "done"),
        ),
    )
    case = desk.start(due="2026-03-02T12:00:00Z")
    desk.advance(hours=2)
    assert case.waits_at() == []
    desk.advance(hours=1)
    assert case.waits_at() == ["work"]
