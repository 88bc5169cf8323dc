"""Rules on user tasks, handlers, decisions and scripts."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.drawing import Drawing, Place
from engine.bpmn.lint.rule import Known, Rule, error
from engine.errors import Finding

_THROWS = ("intermediateThrowEvent", "endEvent")
#: Tasks that end without a result to map.
_PASSED = ("task", "manualTask", "receiveTask")


def _of(drawing: Drawing, *kinds: str) -> Iterator[Place]:
    return (place for place in drawing.places.values() if place.kind in kinds)


def _form(place: Place, form: str, known: Known) -> Iterator[Finding]:
    if form and form not in known.forms:
        yield error(
            "form.unknown",
            place.id,
            f"There is no form '{form}'.",
            f"Deploy it with the diagram, or choose one of: {_list(known.forms)}.",
        )


def people(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Somebody can do every user task."""
    for place in _of(drawing, "userTask"):
        settings = place.settings
        if not (settings.assignee or settings.candidate_groups or settings.candidate_users):
            yield error(
                "task.nobody",
                place.id,
                "No assignee, candidate group or candidate user is named.",
                "Name a group or set an assignee.",
            )


def forms(drawing: Drawing, known: Known) -> Iterator[Finding]:
    """Forms that user tasks name exist."""
    for place in _of(drawing, "userTask"):
        yield from _form(place, place.settings.form, known)


def offers(drawing: Drawing, known: Known) -> Iterator[Finding]:
    """What a diagram offers people to send is a message, and its form exists."""
    for place in drawing.places.values():
        properties = place.settings.properties
        if "offeredTo" in properties and place.trigger.kind != "message":
            yield error(
                "offer.message",
                place.id,
                "It is offered to people, but waits for no message.",
                "Remove the property 'offeredTo', or make it a message event.",
            )
        yield from _form(place, properties.get("form", ""), known)


def handlers(drawing: Drawing, known: Known) -> Iterator[Finding]:
    """Handlers that service tasks name exist and get their inputs."""
    for place in _of(drawing, "serviceTask", "sendTask"):
        name = place.settings.handler
        if not name:
            yield error("handler.none", place.id, "It names no handler.", "Set its job type.")
        elif known.topics.find(name) is None:
            yield error(
                "handler.unknown",
                place.id,
                f"There is no handler '{name}'.",
                f"Choose one of: {_list(known.topics.names())}.",
            )


def decisions(drawing: Drawing, known: Known) -> Iterator[Finding]:
    """Decisions that business rule tasks name exist, and their result has a name."""
    for place in _of(drawing, "businessRuleTask"):
        settings = place.settings
        if settings.decision not in known.decisions:
            yield error(
                "decision.unknown",
                place.id,
                f"There is no decision '{settings.decision}'.",
                f"Deploy its table with the diagram, or choose one of: {_list(known.decisions)}.",
            )
        if not settings.result:
            yield error("decision.result", place.id, "Its result has no name.", "Name it.")


def scripts(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Script tasks hold a FEEL expression, and their result has a name."""
    for place in _of(drawing, "scriptTask"):
        settings = place.settings
        if not settings.script.startswith("="):
            yield error(
                "script.feel",
                place.id,
                "It holds no FEEL expression; scripts in other languages never run.",
                "Write '=' and a FEEL expression.",
            )
        if not settings.result:
            yield error("script.result", place.id, "Its result has no name.", "Name it.")


def mappings(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Inputs and outputs are mapped only where they take effect."""
    for place in drawing.places.values():
        # What a message carries are the inputs of the event that throws it.
        sends = place.kind in _THROWS and place.trigger.kind == "message"
        if place.settings.inputs and not (place.activity or sends):
            yield error(
                "mapping.input",
                place.id,
                f"A {place.kind} takes no input mapping.",
                "Its expressions and its form see every variable of the process.",
            )
        if place.settings.outputs and (not place.activity or place.kind in _PASSED):
            yield error(
                "mapping.output",
                place.id,
                f"A {place.kind} takes no output mapping.",
                "Set the variable in a script task.",
            )


def _list(names: object) -> str:
    listed = sorted(names)  # type: ignore[call-overload]
    return ", ".join(listed) or "none"


RULES: tuple[Rule, ...] = (people, forms, offers, handlers, decisions, scripts, mappings)
