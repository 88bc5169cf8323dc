"""Steps of a drawing that no program does yet, given to people."""

from __future__ import annotations

import re

from lxml import etree

from engine.bpmn.foreign.conversion import add, put, shown
from engine.bpmn.foreign.sketch import Field, Sketch, forget, user_task
from engine.bpmn.xml import BPMN, ZEEBE, local

#: What a program needs and a person does not.
_PROGRAM = ("taskDefinition", "taskHeaders", "ioMapping", "script", "calledDecision")
_ATTRIBUTES = ("scriptFormat", "implementation", "operationRef", "messageRef", "instantiate")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_KIND = {
    "task": "task without a type",
    "manualTask": "manual task",
    "serviceTask": "service task",
    "sendTask": "send task",
    "scriptTask": "script task",
    "businessRuleTask": "business rule task",
    "callActivity": "call activity",
    "subProcess": "sub-process without anything in it",
    "transaction": "transaction without anything in it",
}


def plain_tasks(sketch: Sketch) -> None:
    """Make tasks without a type, and manual ones, tasks of people."""
    for place in sketch.drawing.places.values():
        element = sketch.node(place.id) if place.kind in ("task", "manualTask") else None
        if element is not None:
            by_hand(sketch, element)


def by_hand(sketch: Sketch, element: etree._Element) -> None:
    """Make a step a user task; what it would have set becomes fields of its form."""
    what = _KIND.get(local(element), local(element))
    for name in _results(element):
        sketch.asked.setdefault(element.get("id") or "", []).append(_text(name))
    forget(element, *_PROGRAM, "calledElement")
    for name in _ATTRIBUTES:
        element.attrib.pop(name, None)
    for child in element.findall(BPMN + "script"):
        element.remove(child)
    user_task(element)
    sketch.told("by-hand", element, kind=what)


def _results(element: etree._Element) -> list[str]:
    """The variables that a step would have set."""
    inside = element.find(BPMN + "extensionElements")
    if inside is None:
        return []
    found = [one.get("target") for one in inside.iterfind(f"{ZEEBE}ioMapping/{ZEEBE}output")]
    found += [
        one.get("resultVariable")
        for tag in ("calledDecision", "script")
        for one in inside.iterfind(ZEEBE + tag)
    ]
    return [name for name in dict.fromkeys(found) if name and _VARIABLE.fullmatch(name)]


def _text(name: str) -> Field:
    return {"type": "textfield", "id": f"field_{name}", "key": name, "label": name}


def empty_scope(sketch: Sketch, element: etree._Element) -> None:
    """Make a sub-process without content, as collapsed ones are drawn, one user task."""
    element.attrib.pop("triggeredByEvent", None)
    by_hand(sketch, element)


def assign(sketch: Sketch, element: etree._Element) -> None:
    """Give a user task that names nobody to the group of its lane."""
    identity = element.get("id") or ""
    place = sketch.drawing.places[identity]
    group = sketch.group_of(identity)
    put(element, "assignmentDefinition", candidateGroups=group)
    change = "lane" if place.lane else "group"
    sketch.told(change, element, lane=shown(place.lane), group=group)


def without_form(sketch: Sketch, element: etree._Element) -> None:
    """Leave out a form that does not exist."""
    inside = element.find(BPMN + "extensionElements")
    form = inside.find(ZEEBE + "formDefinition") if inside is not None else None
    if form is None:
        return
    forget(element, "formDefinition")
    sketch.told("form", element, form=shown(form.get("formId") or ""))


def offer(sketch: Sketch, element: etree._Element) -> None:
    """Let the group of the lane say that an awaited message has come."""
    identity = element.get("id") or ""
    group = sketch.group_of(identity)
    add(element, ("properties",), "property", name="offeredTo", value=f"group:{group}")
    awaited = shown(sketch.drawing.places[identity].trigger.name)
    sketch.told("message", element, message=awaited, group=group)
