"""What events refer to: messages, signals, errors and escalations, each defined and named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count

from lxml import etree

from engine.bpmn.foreign import juel
from engine.bpmn.foreign.conversion import Conversion, shown, take
from engine.bpmn.xml import BPMN, local

_ID = re.compile(r"[^\W\d][\w.-]{0,99}")
_REFERRED = ("message", "signal", "error", "escalation")
_LONGEST = 100  #: characters of a name that is taken from an event


def definitions(conversion: Conversion) -> None:
    """Define what events refer to: a code or name may stand there without any definition."""
    first = next(
        (e for e in conversion.root if local(e) in ("process", "collaboration")),
        None,
    )
    if first is None:
        return
    for kind in _REFERRED:
        _defined(conversion, kind, first)
        for element in conversion.root.iterfind(BPMN + kind):
            _name(conversion, element, kind)
    for definition in conversion.each("errorEventDefinition", "escalationEventDefinition"):
        _variables(conversion, definition)


def _defined(conversion: Conversion, kind: str, first: etree._Element) -> None:
    """Define before the element `first` whatever of a kind is referred to without definition."""
    taken = {e.get("id") for e in conversion.root.iter() if e.get("id")}
    known = {e.get("id") for e in conversion.root.iterfind(BPMN + kind)}
    free = (f"{kind}_{n}" for n in count(1) if f"{kind}_{n}" not in taken)
    for reference in _references(conversion, kind):
        text = reference.get(f"{kind}Ref") or ""
        if text in known or not (text or _needs_name(reference, kind)):
            continue
        made = text if _ID.fullmatch(text) and text not in taken else next(free)
        called = text or _called(conversion, reference, kind)
        first.addprevious(etree.Element(BPMN + kind, id=made, name=called))
        reference.set(f"{kind}Ref", made)
        known.add(made)
        taken.add(made)


def _references(conversion: Conversion, kind: str) -> Iterator[etree._Element]:
    yield from conversion.each(f"{kind}EventDefinition")
    if kind == "message":
        yield from conversion.each("receiveTask", "sendTask")


def _needs_name(reference: etree._Element, kind: str) -> bool:
    """Whether two sides find each other by it; a send task finds its handler by type."""
    return kind in ("message", "signal") and local(reference) != "sendTask"


def _called(conversion: Conversion, reference: etree._Element, kind: str) -> str:
    """The name of what an event waits for or throws without saying what: the event's own."""
    around = reference.getparent()
    event = around if local(reference).endswith("Definition") and around is not None else reference
    words = (event.get("name") or event.get("id") or local(event)).split()
    called = " ".join(words)[:_LONGEST]
    conversion.warning(
        "name",
        event,
        f"Its {kind} had no name and is now called '{called}'.",
        "Give it the name by which the other side knows it.",
    )
    return called


def _name(conversion: Conversion, element: etree._Element, kind: str) -> None:
    """What is sent and caught by: a name, and for errors and escalations a code."""
    if not element.get("name") and element.get("id"):
        element.set("name", element.get(f"{kind}Code") or element.get("id"))
    if kind in ("error", "escalation") and not element.get(f"{kind}Code"):
        element.set(f"{kind}Code", element.get("name") or "")
    for attribute in ("name", f"{kind}Code"):
        if juel.is_expression(element.get(attribute) or ""):
            conversion.error(
                "name",
                element,
                f"Its name `{shown(element.get(attribute))}` is computed.",
                "Give it one name; who is meant is found by the case, or by a correlation key.",
            )
            break


def _variables(conversion: Conversion, definition: etree._Element) -> None:
    variables = [
        take(definition, f"{kind}{part}Variable")
        for kind in ("error", "escalation")
        for part in ("Code", "Message", "")
    ]
    for variable in filter(None, variables):
        conversion.warning(
            "error",
            definition,
            f"The variable '{variable}' is not set when the event catches something.",
            "Attach one event for each code, and set the variable behind it.",
        )
