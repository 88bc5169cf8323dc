"""Small files as other products write them."""

from __future__ import annotations

from lxml import etree

from engine.bpmn import reader
from engine.bpmn.drawing import Drawing, Place
from engine.bpmn.foreign.convert import Converted, convert

NAMESPACES = (
    'xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
    'xmlns:operaton="http://operaton.org/schema/1.0/bpmn" '
    'xmlns:activiti="http://activiti.org/bpmn" '
    'xmlns:flowable="http://flowable.org/bpmn" '
    'xmlns:drools="http://www.jboss.org/drools" '
    'xmlns:signavio="http://www.signavio.com" '
)


def file(*body: str, top: str = "", process: str = 'isExecutable="true"') -> bytes:
    """A file with one process `p`."""
    inner = f'<process id="p" {process}>{"".join(body)}</process>'
    return f"<definitions {NAMESPACES}>{top}{inner}</definitions>".encode()


def extended(*extensions: str) -> str:
    return f"<extensionElements>{''.join(extensions)}</extensionElements>"


def flow(source: str, target: str, condition: str = "") -> str:
    inner = condition and f"<conditionExpression>{condition}</conditionExpression>"
    ends = f'sourceRef="{source}" targetRef="{target}"'
    return f'<sequenceFlow id="{source}_{target}" {ends}>{inner}</sequenceFlow>'


def converted(*body: str, top: str = "") -> Converted:
    """The body converted; that a second time changes nothing is checked at every use."""
    once = convert(file(*body, top=top), "a.bpmn")
    assert convert(once.source, "a.bpmn").source == once.source
    return once


def drawing(*body: str, top: str = "") -> Drawing:
    return reader.read(converted(*body, top=top).source, "a.bpmn")


def place(body: str, name: str = "x", top: str = "") -> Place:
    """The place `x` of a body after its conversion."""
    return drawing(body, top=top).places[name]


def rules(found: Converted) -> list[tuple[str, str, str]]:
    """The findings as rule, severity and element."""
    return [(f.rule.removeprefix("import."), f.severity, f.element) for f in found.findings]


def xpath(found: Converted, path: str) -> list[str]:
    root = etree.XML(found.source)
    names = {
        "b": "http://www.omg.org/spec/BPMN/20100524/MODEL",
        "z": "http://camunda.org/schema/zeebe/1.0",
    }
    answer = root.xpath(path, namespaces=names)
    assert isinstance(answer, list)
    return [str(item) for item in answer]
