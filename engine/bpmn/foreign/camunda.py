"""Activities of Activiti, Flowable, Camunda 7, Operaton and jBPM in zeebe's words.

Source: the vendors' lists of BPMN extensions. What they call a process's variables, ours are too.
"""

from __future__ import annotations

import re

from lxml import etree

from engine.bpmn.foreign import juel
from engine.bpmn.foreign.conversion import (
    JBOSS,
    PREFIXES,
    Conversion,
    add,
    inside,
    put,
    shown,
    take,
    take_all,
)
from engine.bpmn.foreign.variables import mappings, unbound
from engine.bpmn.xml import BPMN, ZEEBE, local

_CODE = ("class", "delegateExpression", "expression")
_RESULT = "resultVariableName"
_NAME_LENGTH = 60
#: Ends of class and bean names that say nothing about what is done.
_EMPTY_WORDS = re.compile(r"_(?:java_?)?(?:delegate|bean|service|task|handler|impl|listener)$")


def tasks(conversion: Conversion) -> None:
    """Rewrite what does the work of service, send, business rule and script tasks."""
    for element in conversion.each("task"):
        if element.get(JBOSS + "taskName"):
            element.tag = BPMN + "serviceTask"
    for element in conversion.each("businessRuleTask", "serviceTask", "sendTask"):
        if not _decides(conversion, element):
            _handled(conversion, element)
    for element in conversion.each("scriptTask"):
        _script(conversion, element)
    for tag in ("intermediateThrowEvent", "endEvent"):
        for event in conversion.each(tag):
            for sent in event.iterfind(BPMN + "messageEventDefinition"):
                _sent(conversion, event, sent)


def _decides(conversion: Conversion, element: etree._Element) -> bool:
    """Rewrite a task that asks a decision; whether it is one."""
    decision = take(element, "decisionRef")
    if not decision:
        return element.find(f"{BPMN}extensionElements/{ZEEBE}calledDecision") is not None
    how, result = take(element, "mapDecisionResult"), take(element, "resultVariable")
    element.tag = BPMN + "businessRuleTask"
    put(
        element,
        "calledDecision",
        decisionId=conversion.feel(element, "decision", decision),
        resultVariable=result,
    )
    unbound(conversion, element, "decisionRef")
    if result and how in ("", "resultList"):
        conversion.warning(
            "decision",
            element,
            f"The variable '{result}' was a list of rows; here it is what the decision gives.",
            "Where a condition takes the first row of it, write the variable alone.",
        )
    return True


def _handled(conversion: Conversion, element: etree._Element) -> None:
    """Name the handler of a task whose work is done by a program."""
    kind, topic = take(element, "type"), take(element, "topic")
    code = [(name, text) for name in _CODE if (text := take(element, name))]
    if len(code) == 1 and code[0][0] == "expression" and _computes(conversion, element, code[0][1]):
        return
    work_item = element.attrib.pop(JBOSS + "taskName", "")
    connectors = take_all(element, "connector")
    for connector in connectors:
        code += [("connector", (e.text or "").strip()) for e in inside(connector, "connectorId")]
        mappings(conversion, element, inside(connector, "inputOutput"))
    if kind in ("external", "external-worker") or (topic and not kind):
        code.append(("external worker for topic", topic))
    elif kind or work_item:
        code.append(("task of type", kind or work_item))
    for field in take_all(element, "field"):
        texts = [field.get("stringValue"), field.get("expression"), *(e.text for e in field)]
        text = next((text.strip() for text in texts if text and text.strip()), "")
        source = conversion.feel(element, f"field '{field.get('name')}'", text)
        add(element, ("ioMapping",), "input", source=source, target=field.get("name") or "")
    for what, text in code[:1]:
        _names(conversion, element, what, text)
    result = take(element, "resultVariable") or take(element, _RESULT)
    if result:
        add(element, ("ioMapping",), "output", source="=result", target=result)
    for retry in take_all(element, "failedJobRetryTimeCycle"):
        found = re.match(r"R(\d+)/", (retry.text or "").strip())
        if found:
            put(element, "taskDefinition", retries=found[1])


def _computes(conversion: Conversion, element: etree._Element, text: str) -> bool:
    """Rewrite a task that only computes a variable; whether it is one."""
    feel = conversion.convertible(text)
    results = [element.get(p + n) for p in PREFIXES for n in ("resultVariable", _RESULT)]
    if not feel or not any(results) or local(element) == "sendTask":
        return False
    result = take(element, "resultVariable") or take(element, _RESULT)
    element.tag = BPMN + "scriptTask"
    put(element, "script", expression=feel, resultVariable=result)
    return True


def _names(conversion: Conversion, element: etree._Element, what: str, text: str) -> None:
    external = what.startswith("external")
    handler = suggested(text) if what in _CODE or juel.is_expression(text) else text
    if local(element) == "businessRuleTask":
        element.tag = BPMN + "serviceTask"
    put(element, "taskDefinition", type=handler)
    report = conversion.warning if external else conversion.error
    report(
        "handler",
        element,
        f"Its work was done by the {what} `{shown(text)}`.",
        f"Write a handler and register it as '{handler}', or name another one.",
    )


def suggested(text: str) -> str:
    """The type a handler could have: `SendMailDelegate` gives `send_mail`."""
    bare = re.sub(r"\(.*", "", text.strip("${# }"), flags=re.DOTALL)
    words = re.findall(r"\w+", bare) or ["handler"]
    last = words[-1][-_NAME_LENGTH:]
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", last).lower()
    while (shorter := _EMPTY_WORDS.sub("", snake)) != snake:
        snake = shorter
    return snake


def _sent(conversion: Conversion, event: etree._Element, sent: etree._Element) -> None:
    texts = [take(sent, name) for name in (*_CODE, "topic")]
    take(sent, "type")
    for text in filter(None, texts):
        conversion.warning(
            "handler",
            event,
            f"The message was sent by `{shown(text)}`.",
            "Here the event itself sends it; draw a service task before it for what else was done.",
        )


def _script(conversion: Conversion, element: etree._Element) -> None:
    result = take(element, "resultVariable")
    language = (element.get("scriptFormat") or "").lower()
    script = element.find(BPMN + "script")
    text = "" if script is None else (script.text or "").strip()
    if take(element, "resource") or (text and language not in ("", "feel", "juel")):
        plain = False
    else:
        plain = juel.is_expression(text) or (bool(text) and language == "feel")
    if result:
        put(element, "script", resultVariable=result)
    if plain:
        feel = "=" + text.lstrip("=") if language == "feel" else None
        feel = feel or conversion.feel(element, "script", text)
        put(element, "script", expression=feel)
        element.remove(script)
        element.attrib.pop("scriptFormat", None)
    elif element.find(f"{BPMN}extensionElements/{ZEEBE}script[@expression]") is None:
        what = f"a script in {language}" if language else "no expression"
        conversion.error(
            "script",
            element,
            f"It holds {what}.",
            "Write one FEEL expression, or make it a service task with a handler.",
        )
