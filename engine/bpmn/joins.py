"""Whether a token would wait at a join for ever, whatever happens.

The tokens of one scope are played on, data left out: a choice goes every way, an activity also
ends by each of its interrupting events. Tokens do not hinder each other, so one goes as far as it
can before the next one moves; that keeps what is looked at small. A situation in which nothing can
move but tokens are left is one in which they wait for ever.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from SpiffWorkflow.util.task import TaskState

from engine.bpmn.drawing import Drawing, Flow, Place
from engine.bpmn.gateways import Join
from engine.bpmn.tokens import TokenWorkflow

#: An element, and the flow by which a token came that waits there to be joined (else empty).
Position: TypeAlias = tuple[str, str]
Marking: TypeAlias = Counter[Position]
_Frozen: TypeAlias = tuple[tuple[Position, int], ...]

#: Situations that are looked at; a scope that has more is not judged.
LIMIT = 2_000
#: Gateways at which tokens wait for others.
KINDS = ("parallelGateway", "inclusiveGateway")
#: End events at which everything else in the scope ends too.
_ENDS_ALL = frozenset({"terminate", "error", "cancel"})


def marking(workflow: TokenWorkflow, scope: int | None) -> Marking:
    """Where the tokens of a scope stand; those behind one event-based gateway stand at it."""
    found: Marking = Counter()
    gates: set[tuple[str, int]] = set()
    for token in workflow.standing(scope):
        if token.group is not None:
            came = [f for f in token.task_spec.place.incoming if f.id == token.flow]
            gates.add((came[0].source if came else token.element, token.group))
        elif isinstance(token.task_spec, Join) and token.state == TaskState.WAITING:
            found[token.element, token.flow or ""] += 1
        else:
            found[token.element, ""] += 1
    found.update((gate, "") for gate, _ in gates)
    return found


def newly_stuck(drawing: Drawing, before: Marking, after: Marking) -> str:
    """A join at which a token would wait for ever as it did not before; empty: none.

    A diagram that can get stuck by itself is not held against what somebody does to its tokens.
    """
    if before == after:
        return ""
    found = stuck_at(drawing, after)
    return "" if found and before and stuck_at(drawing, before) else found


def stuck_at(drawing: Drawing, tokens: Marking) -> str:
    """A join at which a token may come to wait for ever; empty: none, or not judged."""
    if not _can_wait(drawing, tokens):
        return ""
    seen: set[_Frozen] = set()
    waiting = [_frozen(tokens)]
    while waiting and len(seen) < LIMIT:
        current = waiting.pop()
        if current in seen or not current:
            continue
        seen.add(current)
        following = list(_following(drawing, Counter(dict(current))))
        if not following:
            return current[0][0][0]
        waiting.extend(following)
    return ""


def _can_wait(drawing: Drawing, tokens: Marking) -> bool:
    """Whether the scope has a join that waits for every flow; most have none."""
    scope = next((drawing.places[element].parent for element, _ in tokens), None)
    return any(
        place.kind == "parallelGateway" and len(place.incoming) > 1 and place.parent == scope
        for place in drawing.places.values()
    )


def _frozen(tokens: Marking) -> _Frozen:
    return tuple(sorted((+tokens).items()))


def _following(drawing: Drawing, tokens: Marking) -> Iterator[_Frozen]:
    """The situations after one step of one token, or of one join when no token can step."""
    position = min((p for p in tokens if not _joins(drawing, p)), default=None)
    if position is not None:
        yield from _stepped(drawing, tokens, [position])
        return
    full = _full(drawing, tokens) or _late(drawing, tokens)
    if full:
        yield from _stepped(drawing, tokens, full)


def _joins(drawing: Drawing, position: Position) -> bool:
    place = drawing.places[position[0]]
    return place.kind in KINDS and len(place.incoming) > 1 and bool(position[1])


def _full(drawing: Drawing, tokens: Marking) -> list[Position]:
    """What the first parallel join that has a token on every flow would take."""
    for element, _ in sorted(tokens):
        place = drawing.places[element]
        wanted = [(element, flow.id) for flow in place.incoming]
        if place.kind == "parallelGateway" and all(position in tokens for position in wanted):
            return wanted
    return []


def _late(drawing: Drawing, tokens: Marking) -> list[Position]:
    """What an inclusive join would take: one that no other waiting token can still reach."""
    held = sorted({e for e, _ in tokens if drawing.places[e].kind == "inclusiveGateway"})
    elements = {element for element, _ in tokens}
    first = [e for e in held if not (elements - {e}) & drawing.reaching(e)]
    return [p for p in sorted(tokens) if p[0] in (first or held)[:1]]


def _stepped(drawing: Drawing, tokens: Marking, taken: list[Position]) -> Iterator[_Frozen]:
    place = drawing.places[taken[0][0]]
    if place.kind == "endEvent" and place.trigger.kind in _ENDS_ALL:
        yield ()
        return
    left = tokens - Counter(taken)
    for flows in _ways(drawing, place):
        yield _frozen(left + Counter(_arrival(drawing, flow) for flow in flows))


def _arrival(drawing: Drawing, flow: Flow) -> Position:
    return flow.target, flow.id if _joins(drawing, (flow.target, flow.id)) else ""


def _ways(drawing: Drawing, place: Place) -> Iterator[Iterable[Flow]]:
    """Each set of flows that a token may take from here."""
    if place.kind in ("exclusiveGateway", "eventBasedGateway"):
        yield from ([flow] for flow in place.outgoing)
    else:
        yield place.outgoing
        if any(flow.condition or flow.default for flow in place.outgoing):
            yield from ([flow] for flow in place.outgoing)
    for event in (drawing.places[name] for name in place.boundary):
        if event.interrupting and event.trigger.kind != "compensate":
            yield event.outgoing
