"""Tokens put on elements by hand, in the right nesting, and taken away.

What can never be right is refused before anything runs: a place that only an event enters, a round
of a repeated activity or an event sub-process from outside, a join that would wait for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from engine.bpmn import joins
from engine.bpmn.activities import SubProcess, listen, store
from engine.bpmn.drawing import Drawing, Place
from engine.bpmn.errors import CannotPlace
from engine.bpmn.events import CatchEvent
from engine.bpmn.gateways import Join
from engine.bpmn.instance import Instance
from engine.bpmn.repeated import Repeated
from engine.bpmn.tokens import Token, TokenWorkflow
from engine.bpmn.undo import UndoEvent


def move(instance: Instance, source: str, target: str) -> None:
    """Take the oldest token from one element, put one on another, and run on.

    Raises:
        CannotPlace: it cannot be right there; says why.
    """
    token = standing(instance, source)
    drawing = instance.definition.drawing
    if target in drawing.places and source in drawing.around(target):
        raise CannotPlace(target, f"it is inside '{source}'. Move a token that is inside too.")

    def act() -> None:
        new = put(instance, target, token)
        _refuse_to_leave(token, new)
        take(token)

    _soundly(instance, act)


def skip(instance: Instance, element: str, values: Mapping[str, object]) -> None:
    """Let the oldest token on an element leave it as if it were done with `values`, and run on.

    A repeated activity is left as a whole; what goes on inside a sub-process is cancelled.

    Raises:
        CannotPlace: there is none, or a join behind would wait for ever.
    """
    token = standing(instance, element)
    _soundly(instance, lambda: _leave(token, values))


def reopen(instance: Instance, element: str, pins: Mapping[str, int] | None = None) -> None:
    """Put a further token on an element, and run on.

    Where no token was left, the instance begins again there: it calls what `pins` say.

    Raises:
        CannotPlace: it cannot be right there; says why.
    """
    if not instance.tokens.tasks:
        instance.tokens.pins = dict(pins or {})
        listen(instance.tokens, instance.definition.diagram.listens, None)
    _soundly(instance, lambda: put(instance, element, None))


def standing(instance: Instance, element: str) -> Token:
    """The oldest token on an element; of a repeated activity the one around its rounds.

    Raises:
        CannotPlace: there is none.
    """
    tokens = instance.tokens.tasks.values()
    found = [token for token in tokens if token.element == element and token.host is None]
    if not found:
        raise CannotPlace(element, "no token stands there now.")
    return min(found, key=lambda token: token.id)


def refusal(drawing: Drawing, element: str) -> str:
    """Why no token can ever be put on an element by hand; empty where one can."""
    place = drawing.places.get(element)
    if place is None:
        return "the diagram has no such element."
    if place.kind == "boundaryEvent":
        return f"a boundary event is not entered. Choose '{place.attached_to}' or what is behind."
    if place.by_event or _begins_by_event(drawing, place):
        return "an event sub-process begins by its event only."
    if "isForCompensation" in place.features:
        return "it only runs to undo something."
    if place.kind in joins.KINDS and len(place.incoming) > 1:
        return "a join needs to know by which flow a token came. Choose an element before it."
    return ""


def _begins_by_event(drawing: Drawing, place: Place) -> bool:
    inside = drawing.places.get(place.parent)
    return place.kind == "startEvent" and inside is not None and inside.by_event


def put(instance: Instance, element: str, near: Token | None) -> Token:
    """Let a new token arrive on an element.

    It is nested in the scopes that `near` is in, else in the only ones there are; what is missing
    of them begins.

    Raises:
        CannotPlace: it cannot be right there, or in which scope is not clear.
    """
    drawing, workflow = instance.definition.drawing, instance.tokens
    reason = refusal(drawing, element)
    if reason:
        raise CannotPlace(element, reason)
    own: dict[str, Token] = {}
    for scope in _scopes(near):
        own.setdefault(scope.element, scope)
    inside: int | None = None
    for parent in drawing.around(element):
        found = own.get(parent) or _scope(workflow, drawing.places[parent], inside, element)
        inside = found.id
    came = drawing.places[element].incoming
    # The flow counts where a gateway joins; a token that somebody put there came by the only one.
    return workflow.arrive(element, inside, came[0].id if len(came) == 1 else None)


def _scopes(token: Token | None) -> Iterator[Token]:
    """The scopes around a token, the innermost first."""
    around = token and token.outer
    while around is not None:
        yield around
        around = around.outer


def _scope(workflow: TokenWorkflow, place: Place, inside: int | None, element: str) -> Token:
    if place.by_event:
        raise CannotPlace(element, f"it is in the event sub-process '{place.id}', outside of it.")
    if place.loop is not None:
        reason = f"'{place.id}' around it is repeated for a list. Choose that activity itself."
        raise CannotPlace(element, reason)
    found = [token for token in workflow.standing(inside) if token.element == place.id]
    if len(found) > 1:
        raise CannotPlace(element, f"'{place.id}' goes on {len(found)} times; which is not clear.")
    return found[0] if found else _begin(workflow, place, inside)


def _begin(workflow: TokenWorkflow, place: Place, inside: int | None) -> Token:
    token = workflow.place(place.id, inside)
    workflow.journal.entered.append(place.id)
    spec: SubProcess = token.task_spec
    spec.enter(token)
    spec.open(token)
    return token


def _refuse_to_leave(token: Token, new: Token) -> None:
    """A round or a compensation that lost its token would never be over."""
    kept = {scope.id for scope in _scopes(new)}
    for scope in _scopes(token):
        if scope.id not in kept and isinstance(scope.task_spec, (Repeated, UndoEvent)):
            reason = f"the token is inside '{scope.element}'. Move '{scope.element}' as a whole."
            raise CannotPlace(token.element, reason)


def take(token: Token) -> None:
    """Cancel a token, and each scope around it that it leaves empty.

    Of an event that competes behind an event-based gateway, the others go too.
    """
    workflow: TokenWorkflow = token.workflow
    around = list(_scopes(token))
    for other in list(workflow.tasks.values()):
        if other is token or (token.group is not None and other.group == token.group):
            workflow.withdraw(other)
    for scope in around:
        if any(True for _ in workflow.standing(scope.id)):
            return
        workflow.withdraw(scope)
    if token.scope not in workflow.tasks:
        workflow.left(token)


def _leave(token: Token, values: Mapping[str, object]) -> None:
    spec, workflow = token.task_spec, token.workflow
    for inside in list(workflow.standing(token.id)):
        workflow.withdraw(inside)
    if isinstance(spec, Join):
        token.set(values)
        spec.consume(token, spec.arrivals(token))
        token._ready()  # noqa: SLF001 - SpiffWorkflow's life cycle
    elif isinstance(spec, CatchEvent):
        token.set(values)
        spec.fire(token)
    else:
        spec.withdrawn(token)
        store(spec, token, values)
        token.complete()


def _soundly(instance: Instance, act: Callable[[], object]) -> None:
    """Act, refuse it where a join would then wait for ever, and run until all waits."""
    workflow, drawing = instance.tokens, instance.definition.drawing
    before = {scope: joins.marking(workflow, scope) for scope in _open_scopes(workflow)}
    act()
    for scope in _open_scopes(workflow):
        now = joins.marking(workflow, scope)
        stuck = joins.newly_stuck(drawing, before.get(scope, joins.Marking()), now)
        if stuck:
            raise CannotPlace(stuck, "a token would wait at this join for ever.")
    workflow.run()


def _open_scopes(workflow: TokenWorkflow) -> list[int | None]:
    inside = (t.id for t in workflow.tasks.values() if isinstance(t.task_spec, SubProcess))
    return [None, *inside]
