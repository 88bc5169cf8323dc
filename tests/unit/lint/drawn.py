"""Small files that the examples of rules are made of."""

from __future__ import annotations

from tests.drawing import (
    CANCEL,
    boundary,
    catch,
    choice,
    compensating,
    diagram,
    end,
    exclusive,
    extension,
    inclusive,
    message,
    messages,
    parallel,
    start,
    sub,
    throw,
    user,
)
from tests.unit.feel.asking import source, table
from tests.unit.lint.asking import form, row

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


def thrown(lives: str) -> bytes:
    """A message that is kept so long where nobody waits for it."""
    told = extension(properties(timeToLive=lives)) + message("sla-warning")
    return row(throw("x", told), top=NEWS)


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
