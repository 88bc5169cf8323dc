"""Rules on events and what they wait for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.bpmn import timers
from engine.bpmn.drawing import Drawing, Place
from engine.bpmn.lint.rule import Known, Rule, error
from engine.errors import Finding

#: Which triggers run on which kind of event.
_RUNS = {
    "startEvent": {"none"},
    "endEvent": {"none", "error", "terminate"},
    "intermediateThrowEvent": {"none"},
    "intermediateCatchEvent": {"message", "timer"},
    "receiveTask": {"message"},
    "boundaryEvent": {"message", "timer", "error"},
}
_READERS: dict[str, Callable[[str], object]] = {
    "timeDuration": timers.duration,
    "timeDate": timers.date,
    "timeCycle": timers.cycle,
}


def triggers(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Each event has a trigger that runs there."""
    for place in drawing.places.values():
        runs = _RUNS.get(place.kind)
        if runs is None or place.trigger.kind in runs:
            continue
        what = "no trigger" if place.trigger.kind == "none" else f"a {place.trigger.kind} trigger"
        yield error(
            "event.unsupported",
            place.id,
            f"A {place.kind} with {what} does not run.",
            f"Here these run: {', '.join(sorted(runs))}.",
        )


def messages(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """A message has a name to be sent by."""
    for place in drawing.places.values():
        if place.trigger.kind == "message" and not place.trigger.name:
            yield error("message.name", place.id, "Its message has no name.", "Choose or name one.")


def times(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """A timer says when, in a form that can be read."""
    for place in drawing.places.values():
        trigger = place.trigger
        if trigger.kind != "timer":
            continue
        if not trigger.text:
            yield error("timer.empty", place.id, "The timer says no time.", "Write 'PT15M'.")
        elif not trigger.text.startswith("="):
            try:
                _READERS[trigger.timer](trigger.text)
            except ValueError as wrong:
                what, advice = str(wrong).split(". ", 1)
                yield error("timer.text", place.id, f"The {what}.", advice)


def boundaries(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Boundary events sit on an activity and interrupt where they must."""
    for place in drawing.places.values():
        if place.kind != "boundaryEvent":
            continue
        host = drawing.places.get(place.attached_to)
        if host is None or not _is_activity(host):
            yield error(
                "boundary.host",
                place.id,
                f"It is attached to '{place.attached_to}', which is no activity.",
                "Attach it to a task or sub-process.",
            )
        if place.incoming:
            yield error("boundary.incoming", place.id, "A flow leads into it.", "Remove the flow.")
        if place.trigger.kind == "error" and not place.interrupting:
            yield error("boundary.error", place.id, "Errors always interrupt.", "Make it solid.")
        if place.trigger.timer == "timeCycle" and place.interrupting:
            yield error(
                "boundary.cycle",
                place.id,
                "A repeating timer cannot interrupt more than once.",
                "Use a duration, or make it non-interrupting.",
            )


def choices(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Behind an event-based gateway stand events only, each with this one way in."""
    for place in drawing.places.values():
        if place.kind != "eventBasedGateway":
            continue
        for flow in place.outgoing:
            target = drawing.places[flow.target]
            if target.kind not in ("intermediateCatchEvent", "receiveTask"):
                yield error(
                    "gateway.event",
                    place.id,
                    f"'{target.id}' behind it is no event.",
                    "Let it lead to message or timer events.",
                )
            elif len(target.incoming) > 1:
                yield error(
                    "gateway.event",
                    target.id,
                    "Several flows lead into an event behind an event-based gateway.",
                    "Give the gateway an event of its own.",
                )


def _is_activity(place: Place) -> bool:
    return place.kind.endswith("Task") or place.kind in ("task", "subProcess")


RULES: tuple[Rule, ...] = (triggers, messages, times, boundaries, choices)
