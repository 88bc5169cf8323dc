"""Rules on the FEEL in a diagram: it compiles, and gateways have somewhere to go."""

from __future__ import annotations

from collections.abc import Iterator

from engine import feel
from engine.bpmn.drawing import Drawing, Place
from engine.bpmn.expressions import compiled
from engine.bpmn.lint.rule import Known, Rule, error, warning
from engine.errors import Finding


def conditions(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Conditions compile."""
    for flow in drawing.flows.values():
        if flow.condition:
            yield from _compiles(flow.id, "condition", flow.condition.removeprefix("="))


def texts(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Every other text that begins with `=` compiles."""
    for place in drawing.places.values():
        for what, text in _texts(place):
            if text.startswith("="):
                yield from _compiles(place.id, what, text[1:])
        if place.trigger.kind == "conditional":
            yield from _compiles(place.id, "condition", place.trigger.text.removeprefix("="))
        if place.loop and place.loop.until:
            until = place.loop.until.removeprefix("=")
            yield from _compiles(place.id, "completion condition", until)


def choices(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """A gateway that chooses has a condition on each flow but the default one."""
    for place in drawing.places.values():
        if place.kind not in ("exclusiveGateway", "inclusiveGateway") or len(place.outgoing) < 2:  # noqa: PLR2004 - a choice
            continue
        bare = [flow.id for flow in place.outgoing if not flow.condition and not flow.default]
        for flow in bare:
            yield error(
                "gateway.condition",
                flow,
                f"The flow leaves gateway '{place.id}' without a condition.",
                "Write a condition, or mark it as the default flow.",
            )
        if not bare and not any(flow.default for flow in place.outgoing):
            yield warning(
                "gateway.default",
                place.id,
                "No flow is the default; where no condition holds, the process cannot go on.",
                "Mark one flow as default.",
            )


def _texts(place: Place) -> Iterator[tuple[str, str]]:
    settings = place.settings
    yield "assignee", settings.assignee
    yield "candidate groups", settings.candidate_groups
    yield "candidate users", settings.candidate_users
    yield "due date", settings.due
    yield "follow-up date", settings.follow_up
    yield "priority", settings.priority
    yield "script", settings.script
    yield "time to live", settings.properties.get("timeToLive", "")
    yield "offer", settings.properties.get("offeredTo", "")
    yield "timer", "" if place.trigger.kind == "conditional" else place.trigger.text
    if place.loop:
        yield "list", place.loop.items
        yield "result", place.loop.result
    yield "correlation key", place.trigger.key
    for mapping in (*settings.inputs, *settings.outputs):
        yield f"mapping of '{mapping.target}'", mapping.source


def _compiles(element: str, what: str, text: str) -> Iterator[Finding]:
    try:
        compiled(text)
    except feel.FeelSyntaxError as wrong:
        yield error(
            "feel.syntax",
            element,
            f"The {what} `{text}` is not FEEL: {wrong}",
            'Write it as FEEL, for example `priority = 1 and group = "network"`.',
        )


RULES: tuple[Rule, ...] = (conditions, texts, choices)
