"""Timers and conditions; and listeners, which have no counterpart."""

from __future__ import annotations

import re

from lxml import etree

from engine import feel
from engine.bpmn import cron
from engine.bpmn.expressions import compiled
from engine.bpmn.foreign import juel
from engine.bpmn.foreign.conversion import Conversion, shown, take, take_all
from engine.bpmn.time_texts import TimerInvalid
from engine.bpmn.xml import BPMN, local

#: Five to seven fields of a cron expression.
_CRON = re.compile(r"[\d*?/,LW#A-Za-z-]+(\s+[\d*?/,LW#A-Za-z-]+){4,6}")
_EVERY = re.compile(r"0 (?:0|\*)/(\d+) \* \* \* \?|0 0 (?:0|\*)/(\d+) \* \* \?")
_FEEL = re.compile(r"[=<>(]| (?:in|and|or) ")


def conditions(conversion: Conversion) -> None:
    """Rewrite the conditions of flows and of conditional events."""
    for found in conversion.each("conditionExpression", "condition"):
        owner = found.getparent()
        text = _text(found)
        language = found.get("language") or ""
        if take(found, "resource") or (language and not _known(language)):
            conversion.error(
                "condition",
                owner,
                f"The condition is a script in {language or 'a file'}: `{shown(text)}`.",
                "Write it as FEEL, such as '=approved = true'.",
            )
        elif not text:
            owner.remove(found)
        elif juel.is_expression(text):
            converted = conversion.feel(owner, "condition", text)
            # An unreadable one stays as it was; the check of an upload refuses it.
            found.text = text if converted.endswith(text) else converted
        elif not text.startswith("=") and not _is_feel(text):
            conversion.error(
                "condition",
                owner,
                f"The condition `{shown(text)}` is for readers.",
                "Write what must hold as FEEL, such as '=approved = true'.",
            )


def _text(found: etree._Element) -> str:
    """The text of a condition; some exporters put it into a `body`, which BPMN does not have."""
    body = found.find(BPMN + "body")
    if body is not None and not (found.text or "").strip():
        found.text = body.text
        found.remove(body)
    return (found.text or "").strip()


def _known(language: str) -> bool:
    """XPath is BPMN's default, which exporters write whatever the language really is."""
    return any(word in language.lower() for word in ("juel", "feel", "xpath"))


def _is_feel(text: str) -> bool:
    if text not in ("true", "false") and not _FEEL.search(text):
        return False
    try:
        compiled(text)
    except feel.FeelSyntaxError:
        return False
    return True


def timers(conversion: Conversion) -> None:
    """Rewrite when timers are due; report what is written as cron."""
    for found in conversion.each("timeDuration", "timeDate", "timeCycle"):
        definition = found.getparent()
        around = definition.getparent()
        event = definition if around is None else around
        text = (found.text or "").strip()
        if take(found, "endDate"):
            conversion.warning(
                "timer", event, "The timer had an end.", "Write how often it repeats: 'R3/PT1H'."
            )
        if juel.is_expression(text):
            found.text = conversion.feel(event, "time", text)
        elif local(found) == "timeCycle" and _CRON.fullmatch(text):
            _cron(conversion, event, found, text)


def _is_ours(text: str) -> bool:
    """Whether a cron expression is one of the engine's; those of others have a `?` in them."""
    try:
        cron.parse(text)
    except TimerInvalid:
        return False
    return "?" not in text


def _cron(conversion: Conversion, event: etree._Element, found: etree._Element, text: str) -> None:
    """Write a cron expression as a repetition where it says no more than how often."""
    every = _EVERY.fullmatch(text)
    if every is None and _is_ours(text):
        return
    if every is None:
        conversion.error(
            "cron",
            event,
            f"The timer repeats by the cron expression `{text}`.",
            "Write a repetition such as 'R/PT1H'.",
        )
        return
    found.text = f"R/PT{every[1]}M" if every[1] else f"R/PT{every[2]}H"
    conversion.warning(
        "cron",
        event,
        f"The timer repeated by `{text}` and is now '{found.text}'.",
        "It counts from when the timer begins, not by the clock on the wall.",
    )


def listeners(conversion: Conversion) -> None:
    """Report what was called beside the diagram."""
    for extension in conversion.each("extensionElements"):
        owner = extension.getparent()
        found = [
            one
            for kind in ("taskListener", "executionListener", "eventListener")
            for one in take_all(owner, kind)
        ]
        for one in found:
            names = ("class", "delegateExpression", "expression", "entityType")
            what = next((one.get(name) for name in names if one.get(name)), "a script")
            conversion.warning(
                "listener",
                owner,
                f"On {one.get('event') or one.get('events') or 'every event'} it called "
                f"`{shown(what)}`, which no longer happens.",
                "Draw what it did as a service task, where it matters.",
            )
