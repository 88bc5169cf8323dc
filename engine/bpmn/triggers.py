"""Reads what an event waits for or throws: event definitions with what they refer to."""

from __future__ import annotations

from lxml import etree

from engine.bpmn.dialect import zeebe
from engine.bpmn.drawing import NONE, Trigger
from engine.bpmn.xml import BPMN, local

_TIMERS = ("timeDuration", "timeDate", "timeCycle")
_REFERRED = ("message", "error", "escalation", "signal")


class Triggers:
    """The messages, errors, escalations and signals of a file, and the triggers that name them."""

    def __init__(self, root: etree._Element) -> None:
        self._known = {
            (kind, found.get("id")): found
            for kind in _REFERRED
            for found in root.iterfind(BPMN + kind)
        }

    def read(self, element: etree._Element) -> Trigger:
        """The trigger of an event, or of a task that names a message."""
        found = [e for e in element if local(e).endswith("EventDefinition")]
        if not found:
            return self._message(element, element) if element.get("messageRef") else NONE
        if len(found) > 1:
            return Trigger("multiple")
        return self._definition(found[0], element)

    def _definition(self, definition: etree._Element, element: etree._Element) -> Trigger:
        kind = local(definition).removesuffix("EventDefinition")
        if kind == "message":
            return self._message(definition, element)
        if kind in _REFERRED:
            named = self._known.get((kind, definition.get(f"{kind}Ref")))
            get = (lambda _: None) if named is None else named.get
            return Trigger(kind, name=get("name") or "", code=get(f"{kind}Code") or "")
        if kind == "timer":
            for timer in _TIMERS:
                text = definition.find(BPMN + timer)
                if text is not None:
                    return Trigger(kind, timer=timer, text=(text.text or "").strip())
        if kind == "conditional":
            condition = definition.find(BPMN + "condition")
            return Trigger(kind, text="" if condition is None else (condition.text or "").strip())
        if kind == "link":
            return Trigger(kind, name=(definition.get("name") or "").strip())
        return Trigger(kind, activity=definition.get("activityRef") or "")

    def _message(self, definition: etree._Element, element: etree._Element) -> Trigger:
        message = self._known.get(("message", definition.get("messageRef")))
        if message is None:
            return Trigger("message")
        key = zeebe.read(message).correlation_key or zeebe.read(element).correlation_key
        return Trigger("message", name=message.get("name") or "", key=key)
