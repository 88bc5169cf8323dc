"""Rules on call activities: what they call exists, and no process calls itself for ever."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.bpmn.drawing import Drawing
from engine.bpmn.lint.rule import Known, Rule, error
from engine.errors import Finding

_WAITS = ("userTask", "receiveTask", "intermediateCatchEvent", "eventBasedGateway")


def called_at_once(drawing: Drawing) -> frozenset[str]:
    """The processes that an instance calls before it has waited for anything."""
    waiting = [p.id for p in drawing.inside("") if p.kind == "startEvent"]
    reached: set[str] = set()
    called: set[str] = set()
    while waiting:
        place = drawing.places[waiting.pop()]
        if place.id in reached or (place.kind in _WAITS and place.trigger.kind != "link"):
            continue
        reached.add(place.id)
        if place.kind == "callActivity":
            called.add(place.settings.called)
        else:
            waiting += [*place.starts, *(flow.target for flow in place.outgoing)]
    return frozenset(called)


def processes(drawing: Drawing, known: Known) -> Iterator[Finding]:
    """Processes that call activities name exist."""
    exist = {*known.calls, drawing.process_id}
    for place in drawing.places.values():
        if place.kind != "callActivity":
            continue
        called = place.settings.called
        if called.startswith("="):
            yield error(
                "call.fixed",
                place.id,
                "Which process it calls is an expression.",
                "Name the process; choose between several with a gateway.",
            )
        elif called not in exist:
            yield error(
                "call.unknown",
                place.id,
                f"There is no process '{called}'.",
                f"Deploy it before or with this one, or choose one of: {_list(exist)}.",
            )


def circles(drawing: Drawing, known: Known) -> Iterator[Finding]:
    """No process calls itself, by way of others or not, before anything waits."""
    calls = {**known.calls, drawing.process_id: called_at_once(drawing)}
    if drawing.process_id in _reached(calls, drawing.process_id):
        yield error(
            "call.circle",
            drawing.process_id,
            "It calls itself, or a process that calls it, before anything waits.",
            "Put a user task, a timer or a message before the call.",
        )


def _reached(calls: Mapping[str, frozenset[str]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = [*calls[start]]
    while waiting:
        process_id = waiting.pop()
        if process_id not in found:
            found.add(process_id)
            waiting += calls.get(process_id, ())
    return found


def _list(names: set[str]) -> str:
    return ", ".join(sorted(names))


RULES: tuple[Rule, ...] = (processes, circles)
