"""Examples of rules on elements, events, timers, scopes and gateways."""

from __future__ import annotations

from tests.drawing import (
    begins,
    boundary,
    catch,
    choice,
    compensate,
    compensating,
    conditional,
    diagram,
    end,
    error,
    errors,
    event_sub,
    exclusive,
    inclusive,
    link,
    message,
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
from tests.unit.lint.asking import Files, row
from tests.unit.lint.drawn import (
    AGAIN,
    SENT,
    WORK,
    chosen,
    compensated,
    events,
    guarded,
    pictured,
    split,
    transaction,
    waits,
)


def joined(ways: int) -> bytes:
    """So many ways into one inclusive join."""
    names = [f"t{number}" for number in range(ways)]
    flows = [*(("s", name) for name in names), *((name, "j") for name in names)]
    flows += [("begin", "s"), ("j", "done")]
    return diagram(start(), parallel("s"), user(*names), inclusive("j"), end(), flows=flows)


FLOW: dict[str, tuple[Files, Files]] = {
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
    "gateway.joins": (joined(720), joined(2)),
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
    "timer.text": (
        waits(timer("* * * * * *", "timeCycle")),
        guarded(timer("0 0 9 * * MON-FRI", "timeCycle"), interrupting=False),
    ),
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
    "loop.none": (row(repeated(user("x"), "=[]")), row(repeated(user("x"), "=[1]"))),
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
    # picture
    "picture.none": (WORK, pictured("begin")),
    "picture.part": (
        pictured("begin", "work", "done", "begin_work"),
        pictured("begin", "work", "done", "begin_work", "work_done"),
    ),
}
