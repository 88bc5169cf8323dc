"""Who does a user task, by when, and with which form."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from lxml import etree

from engine.bpmn.foreign import forms, juel
from engine.bpmn.foreign.conversion import Conversion, put, shown, take, take_all, zeebe
from engine.bpmn.foreign.variables import unbound
from engine.bpmn.xml import BPMN, ZEEBE

_MEMBER = re.compile(r"(user|group)\(([^()]*)\)")
_DURATION = re.compile(r"P(?=.)[\dYMWDTHS.]+")
_NUMBER = re.compile(r"-?[0-9]{1,9}")
_RANGE = 100


def user_tasks(conversion: Conversion) -> None:
    """Rewrite people, due dates, priorities and forms of user tasks, and forms of start events."""
    for element in conversion.each("userTask"):
        if element.find(f"{BPMN}extensionElements/{ZEEBE}userTask") is None:
            zeebe(element, "userTask")
        _people(conversion, element)
        _schedule(conversion, element)
        _priority(conversion, element)
        _form(conversion, element)
    for element in conversion.each("startEvent"):
        _form(conversion, element)
        initiator = take(element, "initiator")
        if initiator:
            conversion.warning(
                "initiator",
                element,
                f"Who starts it is not put into the variable '{initiator}'.",
                "Use the field of the start form that names the requester.",
            )


def _people(conversion: Conversion, element: etree._Element) -> None:
    users, groups = _standard(element)
    jboss = _jboss(element)
    assignee = take(element, "assignee") or users.pop("humanPerformer", "") or jboss.get("ActorId")
    candidates = {
        "candidateUsers": take(element, "candidateUsers") or users.get("potentialOwner", ""),
        "candidateGroups": take(element, "candidateGroups") or groups or jboss.get("GroupId", ""),
    }
    put(
        element,
        "assignmentDefinition",
        assignee=conversion.feel(element, "assignee", assignee or ""),
        **{name: conversion.feel(element, name, text) for name, text in candidates.items()},
    )


def _standard(element: etree._Element) -> tuple[dict[str, str], str]:
    """What BPMN's own performers say: users by kind of performer, and groups."""
    users: dict[str, str] = {}
    groups: list[str] = []
    for kind in ("humanPerformer", "performer", "potentialOwner"):
        for performer in element.findall(BPMN + kind):
            text = " ".join(performer.itertext()).strip()
            element.remove(performer)
            if not text:
                continue
            members = _MEMBER.findall(text)
            named = [name.strip() for what, name in members if what == "user"]
            groups += [name.strip() for what, name in members if what == "group"]
            if not members and kind == "potentialOwner":
                # Activiti's rule: a bare name is a group.
                groups.append(text)
            elif named or not members:
                key = "potentialOwner" if kind == "potentialOwner" else "humanPerformer"
                users[key] = ",".join(named) or text
    return users, ",".join(groups)


def _jboss(element: etree._Element) -> dict[str, str]:
    """What jBPM assigns to the task's inputs `ActorId` and `GroupId`."""
    names = {e.get("id"): e.get("name") for e in element.iter(BPMN + "dataInput")}
    found = {}
    for association in element.iterfind(BPMN + "dataInputAssociation"):
        name = names.get((association.findtext(BPMN + "targetRef") or "").strip())
        text = (association.findtext(f"{BPMN}assignment/{BPMN}from") or "").strip()
        if name in ("ActorId", "GroupId") and text:
            found[name] = text
    return found


def _schedule(conversion: Conversion, element: etree._Element) -> None:
    for name in ("dueDate", "followUpDate"):
        text = take(element, name)
        if _DURATION.fullmatch(text):
            text = f"=now() + duration({juel.quoted(text)})"
        put(element, "taskSchedule", **{name: conversion.feel(element, name, text)})
    if take(element, "businessCalendarName"):
        conversion.warning(
            "calendar",
            element,
            "Its due date was counted by a business calendar.",
            "Here the case's service level counts working hours.",
        )


def _priority(conversion: Conversion, element: etree._Element) -> None:
    """There 100 comes first, here 0."""
    text = take(element, "priority")
    if not text:
        return
    converted = conversion.feel(element, "priority", text)
    if _NUMBER.fullmatch(converted):
        converted = str(min(max(_RANGE - int(converted), 0), _RANGE))
    elif converted.startswith("=") and not converted.startswith(("=$", "=#")):
        converted = f"={_RANGE} - ({converted[1:]})"
    put(element, "priorityDefinition", priority=converted)


def _form(conversion: Conversion, element: etree._Element) -> None:
    key, named = take(element, "formKey"), take(element, "formRef")
    take(element, "formHandlerClass")
    fields = take_all(element, "formData") + take_all(element, "formProperty")
    form = named or _path(key)
    if juel.is_expression(form):
        conversion.error(
            "form",
            element,
            f"Its form is chosen by `{shown(form)}`.",
            "Name one form; it can show and hide fields by expressions.",
        )
        return
    if fields and not form:
        form = forms.written(conversion, element, fields)
    if form and form != key and not named and not fields:
        conversion.warning(
            "form",
            element,
            f"Its form was the page '{shown(key)}'.",
            f"Draw it in the form editor as '{form}' and deploy it with the diagram.",
        )
    put(element, "formDefinition", formId=form)
    unbound(conversion, element, "formRef")


def _path(key: str) -> str:
    """The key of a form here for a form key of theirs, such as `embedded:app:forms/ask.html`."""
    if juel.is_expression(key):
        return key
    path = key.rpartition(":")[2].strip("/").removeprefix("forms/")
    return str(PurePosixPath(path).with_suffix("")) if path else ""
