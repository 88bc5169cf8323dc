"""Rules on user tasks, handlers, decisions and scripts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from engine.bpmn import timers
from engine.bpmn.drawing import Drawing, Place
from engine.bpmn.jobs import BACKOFF
from engine.bpmn.lint.rule import Known, Rule, error, warning
from engine.errors import Finding

#: Of the type of a job; what a column holds.
LONGEST_TYPE = 200
#: Tries of one job; more is a slip.
MOST_TRIES = 100
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
    """Service tasks name a handler, or a type whose work an external worker does."""
    for place in _of(drawing, "serviceTask", "sendTask"):
        name = place.settings.handler
        if not name:
            yield error("handler.none", place.id, "It names no handler.", "Set its job type.")
        elif name.startswith("=") or len(name) > LONGEST_TYPE:
            yield error(
                "handler.type",
                place.id,
                f"Its job type is an expression, or longer than {LONGEST_TYPE} characters.",
                "Write the name of a handler, or of what external workers do.",
            )
        elif known.topics.find(name) is None:
            near = get_close_matches(name, sorted(known.topics.names()))
            slip = f"If that is a slip, write {_either(near)}; else let" if near else "Let"
            yield warning(
                "handler.unknown",
                place.id,
                f"There is no handler '{name}', so its work waits for an external worker; "
                "which variables that needs cannot be checked here.",
                f"{slip} a worker take jobs of this type.",
            )


def tries(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """How often a job is tried is a number, and the first wait a duration."""
    for place in _of(drawing, "serviceTask", "sendTask"):
        settings = place.settings
        if not 1 <= settings.retries <= MOST_TRIES:
            yield error(
                "handler.retries",
                place.id,
                f"Its retries are {settings.retries}.",
                f"Write a whole number from 1 to {MOST_TRIES}: how often it is tried in all.",
            )
        try:
            timers.duration(settings.headers.get(BACKOFF, "PT1M"))
        except ValueError as wrong:
            said, _dot, advice = str(wrong).partition(". ")
            yield error("handler.backoff", place.id, f"Header '{BACKOFF}': {said}.", advice)


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


def _either(names: Sequence[str]) -> str:
    return " or ".join(f"'{name}'" for name in names)


def _list(names: object) -> str:
    listed = sorted(names)  # type: ignore[call-overload]
    return ", ".join(listed) or "none"


RULES: tuple[Rule, ...] = (people, forms, offers, handlers, tries, decisions, scripts, mappings)
