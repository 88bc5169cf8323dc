"""Rules on events and what they wait for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.bpmn import timers
from engine.bpmn.drawing import Drawing, Place
from engine.bpmn.lint.rule import Known, Rule, error, warning
from engine.bpmn.throws import TIME_TO_LIVE
from engine.errors import Finding

#: Which triggers run on which kind of event.
TRIGGERS = {
    "startEvent": {"none", "message", "timer", "signal"},
    "event sub-process start": {
        "message",
        "timer",
        "signal",
        "error",
        "escalation",
        "conditional",
    },
    "sub-process start": {"none"},
    "endEvent": {
        "none",
        "error",
        "terminate",
        "escalation",
        "signal",
        "message",
        "compensate",
        "cancel",
    },
    "intermediateThrowEvent": {"none", "link", "escalation", "signal", "message", "compensate"},
    "intermediateCatchEvent": {"message", "timer", "signal", "conditional", "link"},
    "receiveTask": {"message"},
    "boundaryEvent": {
        "message",
        "timer",
        "error",
        "escalation",
        "signal",
        "conditional",
        "compensate",
        "cancel",
    },
}
_NAMED = ("message", "signal", "link")
_READERS: dict[str, Callable[[str], object]] = {
    "timeDuration": timers.duration,
    "timeDate": timers.date,
    "timeCycle": timers.cycle_or_cron,
}


def triggers(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Each event has a trigger that runs there."""
    for place in drawing.places.values():
        kind = _kind(drawing, place)
        runs = TRIGGERS.get(kind)
        if runs is None or place.trigger.kind in runs:
            continue
        what = "no trigger" if place.trigger.kind == "none" else f"a {place.trigger.kind} trigger"
        yield error(
            "event.unsupported",
            place.id,
            f"{'An' if kind[0] in 'aei' else 'A'} {kind} with {what} does not run.",
            f"Here these run: {', '.join(sorted(runs))}.",
        )


def _kind(drawing: Drawing, place: Place) -> str:
    around = drawing.places.get(place.parent)
    if place.kind != "startEvent" or around is None:
        return place.kind
    return "event sub-process start" if around.by_event else "sub-process start"


def names(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """A message, signal or link has a name by which its two sides find each other."""
    for place in drawing.places.values():
        kind = place.trigger.kind
        if kind in _NAMED and not place.trigger.name:
            yield error(f"{kind}.name", place.id, f"Its {kind} has no name.", "Choose or name one.")


def links(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Throwing link events lead to exactly one catching one of the same name and scope."""
    links = [p for p in drawing.places.values() if p.trigger.kind == "link" and p.trigger.name]
    for link in links:
        same = (link.parent, link.trigger.name)
        targets = [
            p
            for p in links
            if p.kind == "intermediateCatchEvent" and (p.parent, p.trigger.name) == same
        ]
        if len(targets) != 1:
            yield error(
                "link.target",
                link.id,
                f"{len(targets)} catching link events are named '{link.trigger.name}' here.",
                "Draw exactly one in the same scope.",
            )


def conditions(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """A conditional event says its condition."""
    for place in drawing.places.values():
        if place.trigger.kind == "conditional" and not place.trigger.text:
            yield error("condition.empty", place.id, "It has no condition.", "Write one in FEEL.")


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


def lifetimes(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """A message says how long it is kept in a form that can be read, and only where it is sent."""
    for place in drawing.places.values():
        text = place.settings.properties.get(TIME_TO_LIVE, "")
        if not text:
            continue
        throws = place.kind in ("endEvent", "intermediateThrowEvent")
        if not throws or place.trigger.kind != "message":
            message = f"It throws no message, so '{TIME_TO_LIVE}' has no effect."
            yield warning("message.lifetime", place.id, message, "Remove the property.")
        elif not text.startswith("="):
            try:
                timers.lifetime(text)
            except ValueError as wrong:
                what, advice = str(wrong).split(". ", 1)
                yield error("message.lifetime", place.id, f"Its message's {what}.", advice)


def boundaries(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Boundary events sit on an activity and interrupt where they must."""
    for place in drawing.places.values():
        if place.kind != "boundaryEvent":
            continue
        host = drawing.places.get(place.attached_to)
        if host is None or not host.activity:
            yield error(
                "boundary.host",
                place.id,
                f"It is attached to '{place.attached_to}', which is no activity.",
                "Attach it to a task or sub-process.",
            )
        if place.incoming:
            yield error("boundary.incoming", place.id, "A flow leads into it.", "Remove the flow.")


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
                    "Let it lead to catching events.",
                )
            elif len(target.incoming) > 1:
                yield error(
                    "gateway.event",
                    target.id,
                    "Several flows lead into an event behind an event-based gateway.",
                    "Give the gateway an event of its own.",
                )


def interrupting(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Errors and cancellations interrupt; repeating timers do not."""
    for place in drawing.places.values():
        kind = place.trigger.kind
        catches = place.kind == "boundaryEvent" or _kind(drawing, place).startswith("event")
        if catches and kind in ("error", "cancel") and not place.interrupting:
            what = "Errors always interrupt." if kind == "error" else "Cancelling interrupts."
            yield error("boundary.error", place.id, what, "Make it solid.")
        if catches and place.trigger.timer == "timeCycle" and place.interrupting:
            yield error(
                "boundary.cycle",
                place.id,
                "A repeating timer cannot interrupt more than once.",
                "Use a duration, or make it non-interrupting.",
            )


RULES: tuple[Rule, ...] = (
    triggers,
    names,
    links,
    conditions,
    times,
    lifetimes,
    boundaries,
    interrupting,
    choices,
)
