"""Cases that nobody opened by a form: begun by a message, a signal or a timer; and called parts."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

import wiring
from engine.commands import definitions, messages
from engine.store.unit_of_work import Actor
from itil import cases
from tests.drawing import (
    begins,
    call,
    catch,
    diagram,
    end,
    extension,
    message,
    signal,
    signals,
    start,
    timer,
    user,
)
from tests.drawing import messages as named
from tests.office import ADMIN, Incident, Office

LEVELS = json.loads((wiring.ROOT / "workflows/incident/service_levels.json").read_text("utf-8"))


def properties(**given: str) -> str:
    listed = "".join(f'<zeebe:property name="{n}" value="{v}"/>' for n, v in given.items())
    return f"<zeebe:properties>{listed}</zeebe:properties>"


def requests(prefix: str = "REQ") -> bytes:
    drawn = diagram(
        start(),
        begins("asked", message("ask")),
        begins("alarm", signal("outage")),
        begins("nightly", timer("0 0 2 * * *", "timeCycle")),
        user("work", more=properties(caseState="assigned", caseStateClaimed="in_progress")),
        catch("late", message("sla-breach")),
        end(),
        flows=[
            ("begin", "work"),
            ("asked", "work"),
            ("alarm", "work"),
            ("nightly", "work"),
            ("work", "late"),
            ("late", "done"),
        ],
        top=named("ask", "sla-breach") + signals("outage"),
        pid="request",
    )
    head = '<bpmn:process id="request" name="request" isExecutable="true">'
    named_prefix = extension(properties(casePrefix=prefix)) if prefix else ""
    return drawn.replace(head.encode(), f"{head}{named_prefix}".encode())


def levels(process: str) -> bytes:
    text = json.dumps({**LEVELS, "key": process}).replace("sla-warning", "sla-breach")
    return text.encode()


def deploy(office: Office, **files: bytes) -> None:
    named_ = {f"request/{name.replace('__', '.')}": source for name, source in files.items()}
    office.runtime.run(ADMIN, lambda work: definitions.deploy(work, named_, "try"))


def found(office: Office, number: str) -> Incident:
    with office.runtime.read() as reader:
        return Incident(office, cases.get(reader, number).instance_id, number=number)


def begin(office: Office, how: str) -> None:
    if how == "message":
        office.publish("ask", "4711", values={"summary": "A new laptop", "requester": "rita"})
    elif how == "signal":
        office.runtime.run(ADMIN, lambda work: messages.signal(work, "outage", {}))
    else:
        office.advance(hours=17)


@pytest.mark.parametrize("how", ["message", "signal", "timer"])
def test_a_case_that_begins_by_itself_has_number_record_and_clocks(
    office: Office, how: str
) -> None:
    deploy(office, request__bpmn=requests(), service_levels__json=levels("request"))

    begin(office, how)

    case = found(office, "REQ-1")
    assert case.state == "assigned"
    assert case.record.summary == ("A new laptop" if how == "message" else "request")
    assert set(case.clocks()) == {"response", "resolution"}
    [task] = case.open()
    assert task.business_key == "REQ-1"
    assert task.due_at is not None
    assert [entry.business_key for entry in case.open()] == ["REQ-1"]
    assert case.chain().ok


def test_the_message_of_a_level_reaches_a_case_that_began_by_itself(office: Office) -> None:
    deploy(office, request__bpmn=requests(), service_levels__json=levels("request"))
    begin(office, "message")
    case = found(office, "REQ-1")
    case.complete("work", Actor("ben", groups=frozenset({"desk"})))
    office.advance(hours=60)
    assert case.status == "completed"


def test_a_process_whose_diagram_says_no_prefix_has_no_cases(office: Office) -> None:
    deploy(office, request__bpmn=requests(prefix=""))
    begin(office, "message")
    with pytest.raises(cases.CaseNotFound):
        found(office, "REQ-1")


CALLED = diagram(
    start(),
    user(
        "ask_vendor",
        more=properties(caseState="pending_vendor"),
    ),
    user("use_answer", more=properties(caseState="in_progress", caseStateClaimed="in_progress")),
    end(),
    flows=[("begin", "ask_vendor"), ("ask_vendor", "use_answer"), ("use_answer", "done")],
    pid="vendor",
)


def test_the_states_of_a_called_process_move_the_case_and_clocks_of_its_caller(
    office: Office,
) -> None:
    calling = diagram(
        start(),
        user("work", more=properties(caseState="in_progress")),
        call("part", "vendor", everything=False),
        user("finish", more=properties(caseState="assigned")),
        catch("late", message("sla-breach")),
        end(),
        flows=[
            ("begin", "work"),
            ("work", "part"),
            ("part", "finish"),
            ("finish", "late"),
            ("late", "done"),
        ],
        top=named("sla-breach"),
        pid="request",
    )
    levels_ = levels("request")
    deploy(office, request__bpmn=calling, vendor__bpmn=CALLED, service_levels__json=levels_)
    given = {"summary": "A new laptop", "requester": "rita", "priority": 1}
    opened = office.runtime.run(ADMIN, lambda work: cases.open_case(work, "request", given))
    case = Incident(office, opened["instance"], number=opened["number"])
    desk = Actor("nora", frozenset({"agent"}), frozenset({"desk"}), channel="test")
    due = case.clocks()["resolution"].reading.due_at

    case.complete("work", desk)
    assert (case.state, case.clocks()["resolution"].state) == ("pending_vendor", "paused")
    part = Incident(office, opened["instance"] + 1, number=case.number)
    office.advance(hours=3)
    part.complete("ask_vendor", desk, priority=4, group="network")

    resolution = case.clocks()["resolution"]
    assert (case.state, resolution.state) == ("in_progress", "running")
    assert due is not None
    assert resolution.reading.due_at == due + timedelta(hours=3)
    [task] = part.open()
    assert task.due_at == resolution.reading.due_at
    assert (case.record.priority, case.record.group) == (1, None)  # of the caller, not of the part
    part.complete("use_answer", desk)
    assert (case.waits_at(), case.state) == (["finish"], "assigned")
    assert (case.chain().ok, part.chain().ok) == (True, True)
