"""For each rule the smallest file that it finds something in, and one that differs in just that."""

from __future__ import annotations

from tests.drawing import (
    CANCEL,
    begins,
    boundary,
    call,
    catch,
    choice,
    compensate,
    compensating,
    conditional,
    decision,
    diagram,
    end,
    error,
    errors,
    event_sub,
    exclusive,
    extension,
    inclusive,
    inputs,
    link,
    message,
    messages,
    outputs,
    parallel,
    repeated,
    script,
    service,
    start,
    sub,
    throw,
    timer,
    user,
)
from tests.unit.feel.asking import source, table
from tests.unit.lint.asking import Files, form, row

WORK = row(user("work"))
OTHER = WORK.replace(b'"p"', b'"q"')


def properties(**given: str) -> str:
    """Zeebe properties, as `more` of a task."""
    drawn = "".join(f'<zeebe:property name="{k}" value="{v}"/>' for k, v in given.items())
    return f"<zeebe:properties>{drawn}</zeebe:properties>"


def assigned(name: str, more: str = "", **assignment: str) -> str:
    """A user task with an assignment of its own."""
    drawn = "".join(f' {key}="{value}"' for key, value in assignment.items())
    settings = f"<zeebe:userTask/><zeebe:assignmentDefinition{drawn}/>{more}"
    return f'<bpmn:userTask id="{name}" name="{name}">{extension(settings)}</bpmn:userTask>'


def filled(form_id: str = "ask") -> str:
    """What makes a task or the start ask a form."""
    return f'<zeebe:formDefinition formId="{form_id}"/>'


def asking(*elements: str, flows: tuple[tuple[str, ...], ...]) -> dict[str, bytes]:
    """A process whose start asks for a colour, red or green, and nothing else is written."""
    begin = f'<bpmn:startEvent id="begin">{extension(filled())}</bpmn:startEvent>'
    choices = [{"value": "red", "label": "Red"}, {"value": "green", "label": "Green"}]
    colour = {"type": "select", "key": "colour", "values": choices}
    process = diagram(begin, *elements, flows=[("begin", "g"), *flows])
    return {"p.bpmn": process, "forms/ask.form": form(colour)}


def coloured(condition: str) -> dict[str, bytes]:
    gate = exclusive("g", default="g_b")
    flows = (("g", "a", condition), ("g", "b"))
    return asking(gate, end("a"), end("b"), flows=flows)


def split(kind: str, join: str, condition: str = "") -> bytes:
    """Two ways out of `g`, through `a` and `b`, into `j`."""
    draw = {"xor": exclusive, "and": lambda name, _="": parallel(name), "or": inclusive}
    bare = kind == "and"
    flows = [("begin", "g"), ("g", "a") if bare else ("g", "a", condition or "=x"), ("g", "b")]
    flows += [("a", "j"), ("b", "j"), ("j", "done")]
    gate = draw[kind]("g", "" if bare else "g_b")
    return diagram(start(), gate, user("a", "b"), draw[join]("j"), end(), flows=flows)


def chosen(first: str, second: str) -> bytes:
    """Two conditions out of one gateway, and a default flow."""
    flows = [("begin", "g"), ("g", "a", first), ("g", "b", second), ("g", "done")]
    gate = exclusive("g", default="g_done")
    return diagram(start(), gate, end("a"), end("b"), end(), flows=flows)


def guarded(trigger: str, top: str = "", host: str = "", *, interrupting: bool = True) -> bytes:
    """A boundary event on `work`, leading to an end of its own."""
    event = boundary("x", "work", trigger, interrupting=interrupting) + end("late")
    return row(host or user("work"), more=event, top=top, flows=(("x", "late"),))


def waits(trigger: str, top: str = "", more: str = "") -> bytes:
    drawn = catch("x", (extension(more) if more else "") + trigger)
    return row(drawn, top=top)


def compensated(undo: str, flows: tuple[tuple[str, ...], ...] = ()) -> bytes:
    return row(user("work"), more=compensating("work", undo), flows=flows)


def transaction(kind: str = "transaction", *, cancelled: bool = True) -> bytes:
    inside = sub("t", start("i"), end("no", CANCEL), flows=[("i", "no")], kind=kind)
    event = boundary("off", "t", CANCEL) + end("o") if cancelled else ""
    return row(inside, more=event, flows=(("off", "o"),) if cancelled else ())


def events(*behind: str, top: str = "") -> bytes:
    """An event-based gateway and what stands behind it."""
    ids = [text.partition('id="')[2].partition('"')[0] for text in behind]
    flows = [("begin", "g"), *(("g", one) for one in ids), *((one, "done") for one in ids)]
    return diagram(start(), choice("g"), *behind, end(), flows=flows, top=top)


def duties(*tasks: str) -> bytes:
    return row(*tasks)


def duty(name: str, kind: str, group: str) -> str:
    return user(name, group=group, more=properties(duty=kind))


def laned(group: str) -> bytes:
    lane = (
        '<bpmn:laneSet id="l"><bpmn:lane id="desks" name="Service desk">'
        "<bpmn:flowNodeRef>work</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>"
    )
    return row(user("work", group=group), more=lane)


def pictured(*drawn: str) -> bytes:
    shapes = "".join(f'<di:BPMNShape bpmnElement="{name}"/>' for name in drawn)
    picture = (
        f'<di:BPMNDiagram><di:BPMNPlane bpmnElement="p">{shapes}</di:BPMNPlane></di:BPMNDiagram>'
    )
    where = b'xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI" id="d"'
    whole = WORK.replace(b'id="d"', where, 1)
    return whole.replace(b"</bpmn:definitions>", f"{picture}</bpmn:definitions>".encode())


def tabled(*cells: str, policy: str = "UNIQUE") -> dict[str, bytes]:
    drawn = table([([cell], ["1"]) for cell in cells], inputs={"urgency": "number"}, policy=policy)
    return {"d.dmn": source(drawn)}


def component(**more: object) -> dict[str, bytes]:
    return {"a.form": form({"type": "textfield", "key": "a", **more})}


def nested(levels: int) -> dict[str, bytes]:
    inner: dict[str, object] = {"type": "textfield", "key": "a"}
    for _ in range(levels):
        inner = {"type": "group", "components": [inner]}
    return {"a.form": form(inner)}


def fields(count: int) -> dict[str, bytes]:
    return {"a.form": form(*({"type": "textfield", "key": f"k{n}"} for n in range(count)))}


def without_id(source: bytes, element: bytes) -> bytes:
    return source.replace(b' id="' + element + b'"', b"", 1)


AGAIN = (("g", "m", "=x"),)
SENT = messages("sla-breach")
NEWS = messages("sla-breach", "sla-warning")
LEVELS = [{"value": "1", "label": "1"}]
UNCHECKED = WORK.replace(b'isExecutable="true"', b'isExecutable="false"')
#: An example is a diagram, or files by their paths.
EXAMPLES: dict[str, tuple[Files, Files]] = {
    # files
    "file.kind": ({"a.py": b"print(1)"}, {"p.bpmn": WORK}),
    "file.twice": ({"a.bpmn": WORK, "b.bpmn": WORK}, {"a.bpmn": WORK, "b.bpmn": OTHER}),
    "json.syntax": ({"a.form": b"{"}, {"a.form": form()}),
    "json.object": ({"a.form": b"[]"}, {"a.form": form()}),
    "dmn.read": ({"d.dmn": b"<a/>"}, tabled("-")),
    "document.kind": ({"x/y.json": b"{}"}, {"calendars/y.json": b'{"key": "y", "zone": "UTC"}'}),
    "document.key": (
        {"calendars/y.json": b'{"zone": "UTC"}'},
        {"calendars/y.json": b'{"key": "y", "zone": "UTC"}'},
    ),
    "document.refused": (
        {"calendars/y.json": b'{"key": "y"}'},
        {"calendars/y.json": b'{"key": "y", "zone": "UTC"}'},
    ),
    "xml.size": (WORK + b" " * 4_000_000, WORK),
    "xml.syntax": (WORK[:-3], WORK),
    "xml.doctype": (WORK.replace(b"?>", b"?><!DOCTYPE a>", 1), WORK),
    "xml.depth": (b"<a>" * 101 + b"</a>" * 101, WORK),
    "xml.nodes": (b"<a>" + b"<b/>" * 60_000 + b"</a>", WORK),
    "bpmn.root": (b"<a/>", WORK),
    "bpmn.process": (UNCHECKED, WORK),
    "bpmn.id": (without_id(WORK, b"p"), WORK),
    # ids
    "id.duplicate": (row(user("work"), more=end("work")), WORK),
    "id.form": (row(user("a b")), WORK),
    "id.missing": (without_id(WORK, b"work"), WORK),
    "id.reserved": (row(user("work.link")), WORK),
    "id.case": (row(user("work"), user("Work")), row(user("work"), user("play"))),
    "name.long": (
        WORK.replace(b'name="work"', b'name="' + b"x" * 301 + b'"'),
        WORK.replace(b'name="work"', b'name="' + b"x" * 300 + b'"'),
    ),
    # structure
    "element.unsupported": (row('<bpmn:complexGateway id="x"/>'), row(exclusive("x"))),
    "flow.unconnected": (row(user("work"), flows=(("work", "nowhere"),)), WORK),
    "flow.scope": (
        row(sub("s", start("i"), end("o"), flows=[("i", "o")]), flows=(("i", "done"),)),
        row(sub("s", start("i"), end("o"), flows=[("i", "o")])),
    ),
    "start.one": (diagram(start(), start("two"), end(), flows=[("begin", "done")]), WORK),
    "reach.none": (row(user("work"), more=user("lost")), WORK),
    "end.outgoing": (row(user("work"), more=end("x"), flows=(("done", "x"),)), WORK),
    "end.implicit": (diagram(start(), user("work"), flows=[("begin", "work")]), WORK),
    "end.never": (
        diagram(start(), user("work"), flows=[("begin", "work"), ("work", "work")]),
        row(exclusive("m"), user("work"), flows=(("work", "m", "=again"),)),
    ),
    "loop.endless": (
        row(
            exclusive("m"),
            script("s", "=1", "x"),
            exclusive("g", "g_done"),
            flows=(("g", "m", "=x"),),
        ),
        row(exclusive("m"), user("s"), exclusive("g", "g_done"), flows=AGAIN),
    ),
    # events
    "event.unsupported": (waits(error()), waits(timer("PT1H"))),
    "event.name": (waits("<bpmn:messageEventDefinition/>"), waits(message("sla-breach"), SENT)),
    "link.target": (
        diagram(start(), throw("t", link("far")), flows=[("begin", "t")]),
        diagram(
            start(),
            throw("t", link("far")),
            catch("c", link("far")),
            end(),
            flows=[("begin", "t"), ("c", "done")],
        ),
    ),
    "condition.empty": (waits(conditional("")), waits(conditional("urgency = 1"))),
    "boundary.host": (
        row(user("work"), more=boundary("x", "done", timer("PT1H"))),
        guarded(timer("PT1H")),
    ),
    "boundary.incoming": (
        row(user("work"), more=boundary("x", "work", timer("PT1H")), flows=(("begin", "x"),)),
        guarded(timer("PT1H")),
    ),
    "boundary.error": (
        guarded(error("e"), errors("e"), service("work", "record"), interrupting=False),
        guarded(error("e"), errors("e"), service("work", "record")),
    ),
    "boundary.unthrown": (
        guarded(error("e"), errors("e")),
        guarded(error("e"), errors("e"), service("work", "record")),
    ),
    "error.uncaught": (
        diagram(start(), end("x", error("e")), flows=[("begin", "x")], top=errors("e")),
        row(
            sub("s", start("i"), end("x", error("e")), flows=[("i", "x")]),
            more=boundary("b", "s", error("e")) + end("z"),
            flows=(("b", "z"),),
            top=errors("e"),
        ),
    ),
    # timers
    "timer.empty": (waits(timer("")), waits(timer("PT1H"))),
    "timer.text": (waits(timer("PT0S")), waits(timer("PT1H"))),
    "boundary.cycle": (
        guarded(timer("R/PT1H", "timeCycle")),
        guarded(timer("R/PT1H", "timeCycle"), interrupting=False),
    ),
    "timer.once": (waits(timer("R3/PT1H", "timeCycle")), waits(timer("PT1H"))),
    "timer.past": (
        waits(timer("2020-01-01T00:00:00Z", "timeDate")),
        waits(timer("2027-01-01T00:00:00Z", "timeDate")),
    ),
    "timer.long": (waits(timer("P11Y")), waits(timer("P9Y"))),
    "timer.start-variables": (
        diagram(begins("b", timer("=pause")), end(), flows=[("b", "done")]),
        diagram(begins("b", timer('=duration("PT1H")')), end(), flows=[("b", "done")]),
    ),
    # scopes
    "loop.activity": (
        row(repeated(exclusive("x").replace("/>", "></bpmn:exclusiveGateway>"), "=l")),
        row(repeated(user("x"), "=l")),
    ),
    "loop.list": (row(repeated(user("x"), "l")), row(repeated(user("x"), "=l"))),
    "loop.count": (
        row(repeated(user("x"), "=for i in 1..1001 return i")),
        row(repeated(user("x"), "=for i in 1..3 return i")),
    ),
    "loop.results": (
        row(repeated(user("x"), "=l", results=("votes", ""))),
        row(repeated(user("x"), "=l", results=("votes", "=vote"))),
    ),
    "scope.event": (
        row(event_sub("s", timer("PT1H"))),
        row(user("work"), more=event_sub("s", timer("PT1H"))),
    ),
    "scope.event-kind": (
        row(user("work"), more=event_sub("s", timer("PT1H")).replace("subProcess", "transaction")),
        row(user("work"), more=event_sub("s", timer("PT1H"))),
    ),
    "cancel.transaction": (transaction(kind="subProcess"), transaction()),
    "cancel.boundary": (transaction(cancelled=False), transaction()),
    "compensation.activity": (
        row(user("work"), more=boundary("x", "work", compensate())),
        compensated(user("undo")),
    ),
    "compensation.unknown": (
        row(throw("x", compensate("nowhere"))),
        row(user("work"), throw("x", compensate("work")), more=compensating("work", user("undo"))),
    ),
    "compensation.flow": (
        compensated(user("undo"), flows=(("undo", "done"),)),
        compensated(user("undo")),
    ),
    "compensation.unused": (
        row(
            user("work"),
            more=user("undo").replace("<bpmn:userTask", '<bpmn:userTask isForCompensation="true"'),
        ),
        compensated(user("undo")),
    ),
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
    # gateways
    "gateway.condition": (chosen("", "=b"), chosen("=a", "=b")),
    "gateway.default": (
        diagram(start(), exclusive("g"), end(), flows=[("begin", "g"), ("g", "done", "=a")]),
        chosen("=a", "=b"),
    ),
    "flow.never": (chosen("=a", "= a"), chosen("=a", "=b")),
    "flow.ignored": (
        diagram(
            start(),
            parallel("g"),
            end("a"),
            end("b"),
            flows=[("begin", "g"), ("g", "a", "=x"), ("g", "b")],
        ),
        chosen("=a", "=b"),
    ),
    "gateway.idle": (row(parallel("g")), WORK),
    "gateway.event": (
        events(user("a"), catch("b", timer("PT1H"))),
        events(catch("a", timer("PT2H")), catch("b", timer("PT1H"))),
    ),
    "gateway.event-shared": (
        diagram(
            start(),
            exclusive("x", default="x_c"),
            choice("g"),
            catch("b", timer("PT1H")),
            catch("c", timer("PT1H")),
            end(),
            flows=[
                ("begin", "x"),
                ("x", "g", "=a"),
                ("x", "c"),
                ("g", "b"),
                ("g", "c"),
                ("b", "done"),
                ("c", "done"),
            ],
        ),
        events(catch("a", timer("PT2H")), catch("b", timer("PT1H"))),
    ),
    "gateway.event-single": (
        events(catch("a", timer("PT2H"))),
        events(catch("a", timer("PT2H")), catch("b", timer("PT1H"))),
    ),
    # joins
    "join.stuck": (split("xor", "and"), split("xor", "xor")),
    "join.partial": (split("or", "and"), split("or", "or")),
    "join.twice": (split("and", "xor"), split("and", "and")),
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
    # picture
    "picture.none": (WORK, pictured("begin")),
    "picture.part": (
        pictured("begin", "work", "done", "begin_work"),
        pictured("begin", "work", "done", "begin_work", "work_done"),
    ),
    # forms
    "form.shape": ({"a.form": b'{"components": 3}'}, {"a.form": form()}),
    "form.fields": (fields(301), fields(300)),
    "form.key-twice": (
        {"a.form": form({"type": "textfield", "key": "a"}, {"type": "number", "key": "a"})},
        {"a.form": form({"type": "textfield", "key": "a"}, {"type": "number", "key": "b"})},
    ),
    "form.depth": (nested(9), nested(8)),
    "form.markup": (component(type="html"), component(type="text")),
    "form.component": (component(type="dynamiclist"), component()),
    "form.key": (component(key="a.b"), component()),
    "form.path": (
        {"a.form": form({"type": "group", "path": "g", "components": []})},
        {"a.form": form({"type": "group", "components": []})},
    ),
    "form.options": (component(type="select"), component(type="select", values=LEVELS)),
    "form.pattern": (component(validate={"pattern": "(["}), component(validate={"pattern": "a+"})),
    "form.template": (
        component(label="{{#if a}}b{{/if}}"),
        component(label="{{if a then b else c}}"),
    ),
    "form.expression": (component(readonly="=1 +"), component(readonly="=a")),
    # decisions
    "dmn.decision": (tabled("1 +"), tabled("1", "-", policy="FIRST")),
    "dmn.gap": (tabled("< 3"), tabled("< 3", ">= 3")),
    "dmn.overlap": (tabled("<= 3", ">= 3"), tabled("< 3", ">= 3")),
    "dmn.unchecked": (tabled("> limit"), tabled("-")),
}
