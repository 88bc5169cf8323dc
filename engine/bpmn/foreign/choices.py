"""Gateways that nobody told how to choose: a person is asked before them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from lxml import etree

from engine.bpmn import form_schema
from engine.bpmn.drawing import Place
from engine.bpmn.foreign.conversion import shown
from engine.bpmn.foreign.juel import quoted
from engine.bpmn.foreign.shapes import TASK
from engine.bpmn.foreign.sketch import Field, Sketch, user_task
from engine.bpmn.xml import BPMN, ZEEBE

_OTHER = "other"  #: what one can answer besides the only text that a variable is compared with
_CHOOSE = ("exclusiveGateway", "inclusiveGateway")
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
#: A variable that is compared with a literal, as conditions that convert mostly are.
_COMPARED = re.compile(
    r"(?<![\w.\"])([A-Za-z_]\w{0,63})\s*(?:!?=|[<>]=?)\s*"
    r'("(?:[^"\\]|\\.)*"|true\b|false\b|-?\d+(?:\.\d+)?)'
)


def decide(sketch: Sketch, node: Place, open_flows: Iterable[str]) -> bool:
    """Let a person choose among flows that have no condition; whether that could be done."""
    wanted = set(open_flows)
    element = sketch.node(node.id)
    leaving = sketch.leaving(node.id)
    offered = [f for f in leaving if f.get("id") in wanted or f.get("id") == node.default]
    if element is None or not (node.kind in _CHOOSE or _can_ask(element)):
        return False
    if len(offered) == 1:
        return _otherwise(sketch, element, offered[0])
    many = node.kind != "exclusiveGateway"
    variable = sketch.free("decision")
    values = _labels(sketch, offered)
    for flow, value in zip(offered, values, strict=True):
        if flow.get("id") != node.default:
            text = quoted(value)
            said = f"=list contains({variable}, {text})" if many else f"={variable} = {text}"
            _condition(flow, said)
    question: Field = {
        "type": "checklist" if many else "select",
        "id": f"field_{variable}",
        "key": variable,
        "label": shown(node.name) or "Which way?",
        "values": [{"label": value, "value": value} for value in values],
        "validate": {"required": True},
    }
    asked = ask(sketch, element, [question])
    sketch.told("choice", element, task=asked, ways=", ".join(map(quoted, values)))
    return True


def _otherwise(sketch: Sketch, element: etree._Element, flow: etree._Element) -> bool:
    """Take the only flow without condition where no other condition holds."""
    for condition in flow.findall(BPMN + "conditionExpression"):
        flow.remove(condition)
    element.set("default", flow.get("id") or "")
    sketch.told("default", flow)
    return True


def _condition(flow: etree._Element, text: str) -> None:
    found = flow.find(BPMN + "conditionExpression")
    if found is None:
        found = etree.SubElement(flow, BPMN + "conditionExpression")
    for name in list(found.attrib):
        if name != "id":
            del found.attrib[name]
    prefix = next((p for p, uri in flow.nsmap.items() if f"{{{uri}}}" == BPMN), None)
    found.set(_TYPE, f"{prefix}:tFormalExpression" if prefix else "tFormalExpression")
    found.text = text


def _labels(sketch: Sketch, flows: Sequence[etree._Element]) -> list[str]:
    """What each way is called: by its flow, else by where it leads; never twice the same."""
    places = sketch.drawing.places
    named = []
    for flow in flows:
        target = places.get(flow.get("targetRef") or "")
        name = (flow.get("name") or "").strip() or (target.label() if target else "")
        named.append(shown(name) or flow.get("id") or "")
    times = Counter(named)
    return [name if times[name] == 1 else f"{name} ({n})" for n, name in enumerate(named, start=1)]


def ask(sketch: Sketch, element: etree._Element, fields: list[Field]) -> str:
    """Put fields into the form of the task before an element, which is made where there is none.

    Answers the name of that task.
    """
    if _can_ask(element):
        task = element
    else:
        incoming = sketch.entering(element.get("id") or "")
        before = sketch.node(incoming[0].get("sourceRef") or "") if len(incoming) == 1 else None
        usable = before is not None and _can_ask(before)
        leaves = [] if before is None else sketch.leaving(before.get("id") or "")
        task = before if usable and len(leaves) == 1 else _asking(sketch, element, incoming)
    sketch.asked.setdefault(task.get("id") or "", []).extend(fields)
    return shown(task.get("name") or "") or task.get("id") or ""


def _can_ask(element: etree._Element) -> bool:
    """Whether a task's form is ours to write, and what it asks becomes variables outside."""
    if element.tag != BPMN + "userTask":
        return False
    foreign = any(
        element.find(f"{BPMN}extensionElements/{ZEEBE}{tag}") is not None
        for tag in ("formDefinition", "ioMapping")
    )
    return not foreign and element.find(BPMN + "multiInstanceLoopCharacteristics") is None


def _asking(
    sketch: Sketch, element: etree._Element, incoming: list[etree._Element]
) -> etree._Element:
    task = sketch.add(element, "userTask", TASK, 0, -1)
    task.set("name", element.get("name") or "Decide")
    user_task(task)
    for flow in incoming:
        sketch.lead_to(flow, task)
    sketch.join(task, element)
    sketch.told("asking", task, element=element.get("id") or "")
    return task


def unknown_variables(sketch: Sketch) -> None:
    """Ask for variables that conditions compare and that nothing in the process sets.

    They are asked for before each such gateway: the one that comes first depends on the way.
    Nothing is asked where a form of somebody else may set them already.
    """
    places = sketch.drawing.places.values()
    if any(place.settings.form and place.settings.form not in sketch.forms for place in places):
        return
    known = _set_somewhere(sketch)
    for node in [p for p in places if p.kind in _CHOOSE]:
        conditions = " ".join(flow.condition for flow in node.outgoing)
        compared: dict[str, list[str]] = {}
        for name, literal in _COMPARED.findall(conditions):
            if name not in known:
                compared.setdefault(name, []).append(literal)
        element = sketch.node(node.id)
        if not compared or element is None:
            continue
        asked = ask(sketch, element, [_field(name, found) for name, found in compared.items()])
        sketch.told("variable", element, task=asked, variables=", ".join(map(repr, compared)))


def _set_somewhere(sketch: Sketch) -> set[str]:
    known = {str(one["key"]) for fields in sketch.asked.values() for one in fields}
    for place in sketch.drawing.places.values():
        if place.settings.form:
            known |= _keys(sketch.forms[place.settings.form])
        known |= {mapping.target for mapping in place.settings.outputs}
        known.add(place.settings.result)
        if place.loop:
            known |= {place.loop.results, place.loop.item}
    return known


def _keys(form: bytes) -> set[str]:
    """The keys of a form's fields; none of a file that is no form."""
    try:
        schema = json.loads(form)
    except ValueError:
        return set()
    inputs = form_schema.inputs(schema) if isinstance(schema, dict) else ()
    return {str(field.get("key")) for field in inputs}


def _field(name: str, literals: list[str]) -> Field:
    """A field for a variable, of the type that it is compared with."""
    made: Field = {"id": f"field_{name}", "key": name, "label": name}
    if all(text.startswith('"') for text in literals):
        values = [re.sub(r"\\(.)", r"\1", text[1:-1]) for text in dict.fromkeys(literals)]
        values += [_OTHER] if len(values) == 1 else []
        options = [{"label": value, "value": value} for value in values]
        return {**made, "type": "select", "values": options, "validate": {"required": True}}
    if all(text in ("true", "false") for text in literals):
        return {**made, "type": "checkbox"}
    return {**made, "type": "number"}
