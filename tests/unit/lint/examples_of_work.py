"""Examples of rules on people, tasks, calls, messages, variables and duties."""

from __future__ import annotations

from tests.drawing import (
    call,
    catch,
    decision,
    end,
    inputs,
    message,
    messages,
    outputs,
    script,
    service,
    throw,
    timer,
    user,
)
from tests.unit.feel.asking import source, table
from tests.unit.lint.asking import Files, form, row
from tests.unit.lint.drawn import (
    NEWS,
    OTHER,
    SENT,
    WORK,
    asking,
    assigned,
    chosen,
    coloured,
    duties,
    duty,
    events,
    filled,
    laned,
    properties,
    tabled,
    thrown,
    waits,
)


def back_off(text: str) -> str:
    header = f'<zeebe:header key="retryBackoff" value="{text}"/>'
    return f"<zeebe:taskHeaders>{header}</zeebe:taskHeaders>"


TASKS: dict[str, tuple[Files, Files]] = {
    # calls
    "call.fixed": (row(call("c", "=x")), {"p.bpmn": row(call("c", "q")), "q.bpmn": OTHER}),
    "call.unknown": (row(call("c", "q")), {"p.bpmn": row(call("c", "q")), "q.bpmn": OTHER}),
    "call.circle": (row(call("c", "p")), row(user("work"), call("c", "p"))),
    "call.output": (
        {
            "p.bpmn": row(call("c", "q", outputs(a="=recordde"))),
            "q.bpmn": OTHER.replace(
                b"<zeebe:userTask/>", b"<zeebe:userTask/>" + outputs(recorded="=1").encode()
            ),
        },
        {
            "p.bpmn": row(call("c", "q", outputs(a="=recorded"))),
            "q.bpmn": OTHER.replace(
                b"<zeebe:userTask/>", b"<zeebe:userTask/>" + outputs(recorded="=1").encode()
            ),
        },
    ),
    # people
    "task.nobody": (row(assigned("work")), row(assigned("work", assignee="=requester"))),
    "group.unknown": (row(user("work", group="dsk")), row(user("work", group="desk"))),
    "role.unknown": (
        waits(message("sla-breach"), SENT, properties(offeredTo="role:king")),
        waits(message("sla-breach"), SENT, properties(offeredTo="role:agent")),
    ),
    "offer.word": (
        waits(message("sla-breach"), SENT, properties(offeredTo="desk")),
        waits(message("sla-breach"), SENT, properties(offeredTo="group:desk")),
    ),
    "offer.message": (
        waits(timer("PT1H"), "", properties(offeredTo="group:desk")),
        waits(message("sla-breach"), SENT, properties(offeredTo="group:desk")),
    ),
    "task.literal": (
        row(assigned("work", assignee="requester")),
        row(assigned("work", assignee="=requester")),
    ),
    "lane.group": (laned("network"), laned("desk")),
    # tasks
    "form.unknown": (
        {"p.bpmn": row(user("work", more=filled("asc"))), "forms/ask.form": form()},
        {"p.bpmn": row(user("work", more=filled("ask"))), "forms/ask.form": form()},
    ),
    "task.name": (WORK.replace(b' name="work"', b""), WORK),
    "task.priority": (
        row(user("work", more='<zeebe:priorityDefinition priority="high"/>')),
        row(user("work", more='<zeebe:priorityDefinition priority="100"/>')),
    ),
    "task.due": (
        row(user("work", more='<zeebe:taskSchedule dueDate="tomorrow"/>')),
        row(user("work", more='<zeebe:taskSchedule dueDate="2027-03-01T09:00:00Z"/>')),
    ),
    "handler.none": (row(service("x", "")), row(service("x", "record"))),
    "handler.unknown": (row(service("x", "recrod")), row(service("x", "record"))),
    "handler.type": (row(service("x", "=kind")), row(service("x", "record"))),
    "handler.retries": (
        row(service("x", "record").replace('type="record"', 'type="record" retries="0"')),
        row(service("x", "record").replace('type="record"', 'type="record" retries="5"')),
    ),
    "handler.backoff": (
        row(service("x", "record", back_off("soon"))),
        row(service("x", "record", back_off("PT5M"))),
    ),
    "decision.unknown": (
        {"p.bpmn": row(decision("x", "e", "r")), **tabled("-")},
        {"p.bpmn": row(decision("x", "d", "r")), **tabled("-")},
    ),
    "decision.result": (
        {"p.bpmn": row(decision("x", "d", "")), **tabled("-")},
        {"p.bpmn": row(decision("x", "d", "r")), **tabled("-")},
    ),
    "script.feel": (row(script("x", "1", "r")), row(script("x", "=1", "r"))),
    "script.result": (row(script("x", "=1", "")), row(script("x", "=1", "r"))),
    "mapping.input": (
        waits(timer("PT1H"), "", inputs(a="=1")),
        row(user("work", more=inputs(a="=1"))),
    ),
    "mapping.output": (
        waits(timer("PT1H"), "", outputs(a="=1")),
        row(user("work", more=outputs(a="=1"))),
    ),
    "feel.syntax": (chosen("=1 +", "=b"), chosen("=a", "=b")),
    # messages
    "message.unsent": (
        waits(message("sla-breech"), messages("sla-breech")),
        waits(message("sla-breach"), SENT),
    ),
    "message.uncaught": (
        row(throw("x", message("sla-warning")), top=NEWS),
        {
            "p.bpmn": row(throw("x", message("sla-warning")), top=NEWS),
            "q.bpmn": waits(message("sla-warning"), NEWS).replace(b'"p"', b'"q"'),
        },
    ),
    "message.twice": (
        events(catch("a", message("sla-breach")), catch("b", message("sla-breach")), top=NEWS),
        events(catch("a", message("sla-breach")), catch("b", message("sla-warning")), top=NEWS),
    ),
    "message.key": (
        waits(message("sla-breach"), messages("sla-breach", key="all")),
        waits(message("sla-breach"), messages("sla-breach", key="=urgency")),
    ),
    "message.lifetime": (
        thrown("soon"),
        thrown("PT0S"),
    ),
    "message.lifetime-unused": (
        waits(message("sla-breach"), SENT, properties(timeToLive="PT1H")),
        thrown("PT1H"),
    ),
    # variables
    "variable.name": (row(script("x", "=1", "if")), row(script("x", "=1", "number_of"))),
    "variable.reserved": (row(script("x", "=1", "number")), row(script("x", "=1", "total"))),
    "variable.unknown": (coloured('=color = "red"'), coloured('=colour = "red"')),
    "choice.unknown": (coloured('=colour = "reed"'), coloured('=colour in ("red", "green")')),
    "decision.input": (
        {
            "p.bpmn": row(decision("x", "d", "r")),
            "d.dmn": source(table([(["-"], ["1"])], inputs={"urgencyy": "number"})),
        },
        {"p.bpmn": row(decision("x", "d", "r")), **tabled("-")},
    ),
    "handler.input": (
        asking(service("g", "record", outputs(a="=recorded")), end(), flows=(("g", "done"),)),
        asking(service("g", "record", inputs(summary="=colour")), end(), flows=(("g", "done"),)),
    ),
    # duties
    "duty.unknown": (row(duty("a", "aprove", "desk")), row(duty("a", "approve", "desk"))),
    "duty.starter": (
        row(assigned("a", properties(duty="approve"), assignee="=requester")),
        row(assigned("a", properties(duty="approve"), assignee="=manager")),
    ),
    "duty.same-group": (
        duties(duty("a", "request", "desk"), duty("b", "approve", "network, desk")),
        duties(duty("a", "request", "desk"), duty("b", "approve", "network")),
    ),
    "duty.four-eyes": (
        duties(duty("a", "approve", "desk"), duty("b", "approve", "desk")),
        duties(duty("a", "approve", "desk"), duty("b", "approve", "network")),
    ),
    "duty.order": (
        duties(duty("a", "implement", "desk"), duty("b", "approve", "network")),
        duties(duty("b", "approve", "network"), duty("a", "implement", "desk")),
    ),
}
