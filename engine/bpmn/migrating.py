"""An instance carried from one version of its process to another, token by token.

`names` says which element of the other version takes the place of an old one; without an entry it
is the one with the same id. A token keeps its number, its variables and, where its event is drawn
as before, its due time and key. What is armed beside the flow follows the other version: what is
gone there is disarmed, what is new or drawn otherwise is armed now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from SpiffWorkflow.util.task import TaskState

from engine.bpmn import joins
from engine.bpmn.activities import SubProcess
from engine.bpmn.definition import ProcessDefinition
from engine.bpmn.drawing import Drawing, Place
from engine.bpmn.errors import CannotMigrate, Obstacle
from engine.bpmn.events import CatchEvent
from engine.bpmn.gateways import Join
from engine.bpmn.instance import Instance
from engine.bpmn.tokens import Token

_UNDO = "compensate"


class Route:
    """From one version to another: which element and which flow becomes which."""

    def __init__(
        self, old: ProcessDefinition, new: ProcessDefinition, names: Mapping[str, str]
    ) -> None:
        self.old, self.new, self._names = old, new, names

    def element(self, element: str) -> str:
        """The element that takes an element's place, if the other version has it."""
        return self._names.get(element, element)

    def place(self, element: str) -> Place | None:
        """Where a token goes from an element."""
        return self.new.drawing.places.get(self.element(element))

    def flow(self, flow: str | None) -> str | None:
        """The flow that a token came by: the same, or the only one between the same elements."""
        before = self.old.drawing.flows.get(flow or "")
        target = None if before is None else self.place(before.target)
        if before is None or target is None:
            return None
        if any(f.id == before.id for f in target.incoming):
            return before.id
        source = self.element(before.source)
        found = [f.id for f in target.incoming if f.source == source]
        return found[0] if len(found) == 1 else None


def obstacles(instance: Instance, route: Route) -> list[Obstacle]:
    """Why an instance cannot move; empty where it can."""
    found = dict.fromkeys(
        obstacle for token in instance.tokens.tasks.values() for obstacle in _of(token, route)
    )
    return list(found or dict.fromkeys(_joins(instance, route)))


def _of(token: Token, route: Route) -> Iterator[Obstacle]:
    before, after = route.old.place(token.element), route.place(token.element)
    if token.host is not None:
        if _left_to_undo(token) and (after is None or not after.undo):
            yield Obstacle("undo", before.attached_to)
    elif token.group is not None:
        yield from _behind_gate(token, route)
    elif after is None:
        yield Obstacle("gone", before.id)
    else:
        yield from _differences(token, before, after, route)


def _left_to_undo(token: Token) -> bool:
    """Whether it is what a completed activity left, not what is armed on one."""
    return token.task_spec.place.trigger.kind == _UNDO and token.host == (token.scope or 0)


def _behind_gate(token: Token, route: Route) -> Iterator[Obstacle]:
    gate = _gate(token, route.old.drawing)
    after = route.place(gate.id)
    if after is None or after.kind != gate.kind:
        yield Obstacle("gate", gate.id)
    elif after.parent != route.element(gate.parent):
        yield Obstacle("scope", gate.id, after.id)


def _gate(token: Token, drawing: Drawing) -> Place:
    """The event-based gateway behind which an event waits."""
    return drawing.places[drawing.flows[token.flow or ""].source]


def _differences(token: Token, before: Place, after: Place, route: Route) -> Iterator[Obstacle]:
    if (before.kind, before.by_event) != (after.kind, after.by_event):
        yield Obstacle("kind", before.id, after.id)
        return
    if after.parent != (route.element(before.parent) if before.parent else ""):
        yield Obstacle("scope", before.id, after.id)
    if before.loop != after.loop:
        yield Obstacle("loop", before.id)
    if before.settings.called != after.settings.called:
        yield Obstacle("call", before.id, before.settings.called)
    if isinstance(token.task_spec, CatchEvent):
        waits = before.trigger
        if (waits.kind, waits.name) != (after.trigger.kind, after.trigger.name):
            yield Obstacle("waits", before.id, waits.name or waits.kind)
    if _arrived(token) and route.flow(token.flow) is None:
        yield Obstacle("flow", before.id)


def _arrived(token: Token) -> bool:
    return isinstance(token.task_spec, Join) and token.state == TaskState.WAITING


def _joins(instance: Instance, route: Route) -> Iterator[Obstacle]:
    workflow = instance.tokens
    inside = (t.id for t in workflow.tasks.values() if isinstance(t.task_spec, SubProcess))
    for scope in (None, *inside):
        before = joins.marking(workflow, scope)
        after = joins.Marking(
            {(route.element(e), route.flow(f) or ""): n for (e, f), n in before.items()}
        )
        stuck = joins.stuck_at(route.new.drawing, after)
        if stuck and not joins.stuck_at(route.old.drawing, before):
            yield Obstacle("join", stuck)


def carry(old: Instance, new: Instance, names: Mapping[str, str], pins: Mapping[str, int]) -> None:
    """Put the tokens of an instance onto a fresh one of another version; nothing runs yet.

    `pins` are the definitions of the processes that it may call from now on.

    Raises:
        CannotMigrate: some token has no place there.
        ExpressionFailed: what is armed anew cannot be evaluated.
    """
    route = Route(old.definition, new.definition, names)
    found = obstacles(old, route)
    if found:
        raise CannotMigrate(found)
    before, after = old.tokens, new.tokens
    after.last_number, after.call_depth = before.last_number, before.call_depth
    after.pins = dict(pins)
    anew = [_copied(token, new, route) for token in before.tasks.values() if _stays(token, route)]
    for token in anew:
        if token is not None:
            token.task_spec.listen(token)
    _arm_what_is_new(old, new, route)


def _stays(token: Token, route: Route) -> bool:
    """Whether a token is on the other version too; of what is armed some is not."""
    after = route.place(token.element)
    if token.group is not None:
        gate = route.place(_gate(token, route.old.drawing).id)
        return gate is not None and route.element(token.element) in _behind(gate)
    if token.host is None or _left_to_undo(token):
        return True
    if after is None:
        return False
    if token.host and token.host != token.scope:
        return after.id in _boundary(token.workflow.tasks.get(token.host), route)
    return after.id in _listens(token.workflow.tasks.get(token.host), route)


def _behind(gate: Place) -> list[str]:
    return [flow.target for flow in gate.outgoing]


def _boundary(host: Token | None, route: Route) -> Sequence[str]:
    """What the other version attaches to what a token is on; nothing to a single round."""
    after = host and route.place(host.element)
    return after.boundary if after and host and host.task_spec.place.loop == after.loop else ()


def _listens(scope: Token | None, route: Route) -> Sequence[str]:
    """The starts of event sub-processes that the other version has in a scope, or at the top."""
    if scope is None:
        return route.new.drawing.listens
    after = route.place(scope.element)
    return after.listens if after and isinstance(scope.task_spec, SubProcess) else ()


def _copied(token: Token, new: Instance, route: Route) -> Token | None:
    """The same token on the other version; answered where it has to listen anew."""
    workflow, element = new.tokens, route.element(token.element)
    copy = Token(workflow, workflow.spec_of(element, token.scope), token.id)
    copy._set_state(token.state)  # noqa: SLF001 - own class
    copy.scope, copy.host, copy.group = token.scope, token.host, token.group
    copy.flow = route.flow(token.flow)
    copy.locals, copy.rounds = dict(token.locals), token.rounds
    copy.job = replace(token.job) if token.job else None
    same = copy.task_spec.place.trigger == token.task_spec.place.trigger
    if isinstance(copy.task_spec, CatchEvent) and not same:
        return copy
    copy.due, copy.times, copy.since, copy.key = token.due, token.times, token.since, token.key
    if copy.job and copy.task_spec.settings.handler != token.task_spec.settings.handler:
        # Somebody else does the work now: the next sweep lets it begin there.
        copy.due, copy.job.retries = workflow.now, max(1, copy.job.retries)
    return None


def _arm_what_is_new(old: Instance, new: Instance, route: Route) -> None:
    """Arm the events that the old version did not have; one that has fired is not armed again."""
    workflow = new.tokens
    tokens = dict(old.tokens.tasks)
    for token in [token for token in tokens.values() if token.host is None]:
        known = {route.element(event) for event in token.task_spec.place.boundary}
        for event in _boundary(token, route):
            if event not in known:
                armed = workflow.place(event, token.scope)
                armed.task_spec.arm(armed, token.id)
    for gate in {token.group: token for token in tokens.values() if token.group}.values():
        _arm_behind(gate, new, route)
    scopes = [t for t in tokens.values() if isinstance(t.task_spec, SubProcess)]
    for scope in (None, *scopes):
        if not _interrupted(old, scope):
            _arm_inside(scope, new, route)


def _arm_behind(token: Token, new: Instance, route: Route) -> None:
    gate = _gate(token, route.old.drawing)
    known = {route.element(event) for event in _behind(gate)}
    after = route.new.place(route.element(gate.id))
    for flow in after.outgoing:
        if flow.target not in known:
            event = new.tokens.place(flow.target, token.scope)
            event.flow, event.group = flow.id, token.group
            event.task_spec._update(event)  # noqa: SLF001 - SpiffWorkflow's life cycle


def _arm_inside(scope: Token | None, new: Instance, route: Route) -> None:
    before = route.old.drawing.listens if scope is None else scope.task_spec.place.listens
    known = {route.element(start) for start in before}
    for start in _listens(scope, route):
        if start not in known:
            armed = new.tokens.place(start, None if scope is None else scope.id)
            armed.task_spec.arm(armed, 0 if scope is None else scope.id)


def _interrupted(old: Instance, scope: Token | None) -> bool:
    """Whether an event sub-process has taken over a scope; then no other begins there."""
    drawing = old.definition.drawing
    inside = old.tokens.standing(None if scope is None else scope.id)
    around = [drawing.places[t.element] for t in inside]
    starts = [drawing.places[start] for p in around if p.by_event for start in p.starts]
    return any(start.interrupting for start in starts)
