"""Zeebe extension elements (Camunda 8) read into plain settings.

Attribute list and meaning: Camunda 8 documentation, "zeebe" BPMN extension elements.
Texts that begin with `=` are FEEL; everything else is a literal.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lxml import etree

from engine.bpmn.xml import ZEEBE


@dataclass(frozen=True, slots=True)
class Mapping:
    """One input or output of an element."""

    source: str  #: FEEL with its leading `=`, or a literal
    target: str  #: name of the variable that gets the value


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the zeebe elements of one BPMN element say; empty text means not said."""

    handler: str = ""  #: taskDefinition type
    retries: int = 3
    headers: dict[str, str] = field(default_factory=dict)
    inputs: tuple[Mapping, ...] = ()
    outputs: tuple[Mapping, ...] = ()
    assignee: str = ""
    candidate_groups: str = ""
    candidate_users: str = ""
    due: str = ""
    follow_up: str = ""
    priority: str = ""
    form: str = ""
    decision: str = ""
    result: str = ""  #: resultVariable of a decision or script
    script: str = ""
    properties: dict[str, str] = field(default_factory=dict)
    correlation_key: str = ""  #: of a bpmn:message
    called: str = ""  #: process id of a call activity
    passes_all: bool = True  #: whether the called process gets every variable
    returns_all: bool = True  #: whether every variable of the called process comes back


def read(element: etree._Element) -> Settings:
    """The settings of one element; nothing is checked here, lint does that."""
    extension = element.find("{*}extensionElements")
    if extension is None:
        return Settings()

    def text(tag: str, attribute: str) -> str:
        found = extension.find(ZEEBE + tag)
        return "" if found is None else (found.get(attribute) or "").strip()

    return Settings(
        handler=text("taskDefinition", "type"),
        retries=_number(text("taskDefinition", "retries") or "3"),
        headers=_pairs(extension, "taskHeaders/" + ZEEBE + "header", "key"),
        inputs=_mappings(extension, "input"),
        outputs=_mappings(extension, "output"),
        assignee=text("assignmentDefinition", "assignee"),
        candidate_groups=text("assignmentDefinition", "candidateGroups"),
        candidate_users=text("assignmentDefinition", "candidateUsers"),
        due=text("taskSchedule", "dueDate"),
        follow_up=text("taskSchedule", "followUpDate"),
        priority=text("priorityDefinition", "priority"),
        form=text("formDefinition", "formId"),
        decision=text("calledDecision", "decisionId"),
        result=text("calledDecision", "resultVariable") or text("script", "resultVariable"),
        script=text("script", "expression"),
        properties=_pairs(extension, "properties/" + ZEEBE + "property", "name"),
        correlation_key=text("subscription", "correlationKey"),
        called=text("calledElement", "processId"),
        passes_all=text("calledElement", "propagateAllParentVariables") != "false",
        returns_all=text("calledElement", "propagateAllChildVariables") != "false",
    )


def _number(text: str) -> int:
    """A small whole number; 0 for anything else, which lint then refuses."""
    return int(text) if text.isdecimal() and len(text) < 6 else 0  # noqa: PLR2004 - digits


def _pairs(extension: etree._Element, path: str, key: str) -> dict[str, str]:
    found = extension.findall(ZEEBE + path)
    return {item.get(key) or "": item.get("value") or "" for item in found}


def _mappings(extension: etree._Element, tag: str) -> tuple[Mapping, ...]:
    found = extension.findall(f"{ZEEBE}ioMapping/{ZEEBE}{tag}")
    return tuple(Mapping(item.get("source") or "", item.get("target") or "") for item in found)
