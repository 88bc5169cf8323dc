"""A reference interpreter of BPMN: tokens on sequence flows, after BPMN 2.0.2, chapter 13.

It shares nothing with the engine but the drawing it reads: where the engine moves tokens from
element to element, this marks flows and fires what is enabled, as a Petri net does. Small and
slow on purpose. It knows user tasks, scripts, gateways, messages, sub-processes, boundary events,
error and terminate ends.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from engine.bpmn.drawing import Drawing, Flow, Place


@dataclass
class Active:
    """An activity that is going on, or a catch event that waits."""

    place: Place
    scope: Scope
    inside: Scope | None = None
    choice: int | None = None  #: the event-based gateway it competes behind


@dataclass
class Scope:
    """A process or sub-process that is going on: tokens on flows, and what they have started."""

    parent: Active | None
    flows: Counter[str] = field(default_factory=Counter)
    active: list[Active] = field(default_factory=list)

    def empty(self) -> bool:
        return not self.active and not +self.flows


class Reference:
    """One instance of a drawing."""

    def __init__(self, drawing: Drawing, variables: dict[str, object]) -> None:
        self.drawing = drawing
        self.variables = dict(variables)
        self.top = Scope(None)
        self.choices = 0
        self._begin("", self.top)
        self.run()

    # -- what can be seen from outside

    def open(self) -> list[str]:
        """User tasks that wait for a person, sorted, one entry for each token."""
        return sorted(a.place.id for a in self._all() if a.place.kind == "userTask")

    def messages(self) -> list[str]:
        """Elements that wait for a message, sorted."""
        waiting = [a.place.id for a in self._all() if a.place.kind == "intermediateCatchEvent"]
        armed = [event.id for a in self._all() for event in self._boundary(a, "message")]
        return sorted(waiting + armed)

    @property
    def ended(self) -> bool:
        return self.top.empty()

    # -- what can be done from outside

    def complete(self, element: str, values: dict[str, object]) -> None:
        self.variables.update(values)
        self._leave(next(a for a in self._all() if a.place.id == element))
        self.run()

    def send(self, element: str) -> None:
        """Deliver a message to an element that waits for it."""
        for active in self._all():
            if active.place.id == element:
                self._happen(active)
                break
            for event in self._boundary(active, "message"):
                if event.id == element:
                    self._interrupt(active, event)
                    self.run()
                    return
        self.run()

    # -- firing

    def run(self) -> None:
        """Fire what is enabled until nothing is; inclusive joins only when nothing else is."""
        while self._fire_any() or self._fire_inclusive_join():
            pass

    def _scopes(self) -> list[Scope]:
        found = [self.top]
        for scope in found:
            found.extend(a.inside for a in scope.active if a.inside is not None)
        return found

    def _all(self) -> list[Active]:
        return [active for scope in self._scopes() for active in scope.active]

    def _fire_any(self) -> bool:
        for scope in self._scopes():
            for flow in [self.drawing.flows[f] for f, n in scope.flows.items() if n > 0]:
                target = self.drawing.places[flow.target]
                if target.kind == "parallelGateway":
                    if any(scope.flows[f.id] == 0 for f in target.incoming):
                        continue
                    for incoming in target.incoming:
                        scope.flows[incoming.id] -= 1
                elif target.kind == "inclusiveGateway" and len(target.incoming) > 1:
                    continue
                else:
                    scope.flows[flow.id] -= 1
                self._enter(target, scope)
                return True
        return False

    def _fire_inclusive_join(self) -> bool:
        for scope in self._scopes():
            for place in self.drawing.places.values():
                if place.kind != "inclusiveGateway" or len(place.incoming) < 2:
                    continue
                full = [f for f in place.incoming if scope.flows[f.id]]
                if full and not self._more_can_come(scope, place, full):
                    for flow in full:
                        scope.flows[flow.id] -= 1
                    self._enter(place, scope)
                    return True
        return False

    def _more_can_come(self, scope: Scope, gateway: Place, full: list[Flow]) -> bool:
        """Whether a token elsewhere can reach an empty incoming flow and no full one (13.4.3)."""
        empty = [f for f in gateway.incoming if f not in full]
        tokens = [a.place.id for a in scope.active]
        tokens += [self.drawing.flows[f].target for f, n in scope.flows.items() if n]
        for token in tokens:
            if token == gateway.id:
                continue
            reached = self._reachable(token, gateway.id)
            if any(f.id in reached for f in empty) and not any(f.id in reached for f in full):
                return True
        return False

    def _reachable(self, start: str, without: str) -> set[str]:
        """Flows that a token at an element may come to, not passing one gateway."""
        flows: set[str] = set()
        waiting, seen = [start], {without}
        while waiting:
            element = waiting.pop()
            if element in seen:
                continue
            seen.add(element)
            place = self.drawing.places[element]
            waiting.extend(place.boundary)
            for flow in place.outgoing:
                flows.add(flow.id)
                waiting.append(flow.target)
        return flows

    # -- elements

    def _begin(self, parent: str, scope: Scope) -> None:
        for place in self.drawing.inside(parent):
            if place.kind == "startEvent":
                self._mark(place.outgoing, scope)

    def _enter(self, place: Place, scope: Scope) -> None:
        if place.kind in ("userTask", "intermediateCatchEvent"):
            scope.active.append(Active(place, scope))
        elif place.kind == "subProcess":
            active = Active(place, scope)
            active.inside = Scope(active)
            scope.active.append(active)
            self._begin(place.id, active.inside)
        elif place.kind == "eventBasedGateway":
            self.choices += 1
            for flow in place.outgoing:
                target = self.drawing.places[flow.target]
                scope.active.append(Active(target, scope, choice=self.choices))
        elif place.kind == "endEvent":
            self._end(place, scope)
        else:
            if place.kind == "scriptTask":
                self.variables[place.settings.result] = self._value(place.settings.script)
            self._go_on(place, scope)

    def _go_on(self, place: Place, scope: Scope) -> None:
        self._mark(self._chosen(place), scope)
        self._finish_if_empty(scope)

    def _chosen(self, place: Place) -> list[Flow]:
        if place.kind in ("exclusiveGateway", "inclusiveGateway"):
            holding = [f for f in place.outgoing if f.condition and self._holds(f.condition)]
            if place.kind == "exclusiveGateway":
                holding = holding[:1]
            bare = [f for f in place.outgoing if f.default or not f.condition]
            return holding or bare
        return place.outgoing

    def _mark(self, flows: list[Flow], scope: Scope) -> None:
        scope.flows.update(flow.id for flow in flows)

    def _end(self, place: Place, scope: Scope) -> None:
        if place.trigger.kind == "terminate":
            scope.flows.clear()
            scope.active.clear()
        elif place.trigger.kind == "error":
            self._throw(scope, place.trigger.code)
            return
        self._finish_if_empty(scope)

    def _finish_if_empty(self, scope: Scope) -> None:
        if scope.empty() and scope.parent is not None:
            self._leave(scope.parent)

    def _leave(self, active: Active) -> None:
        active.scope.active.remove(active)
        self._go_on(active.place, active.scope)

    def _happen(self, active: Active) -> None:
        if active.choice is not None:
            rivals = [a for a in active.scope.active if a.choice == active.choice]
            active.scope.active = [a for a in active.scope.active if a not in rivals or a is active]
        self._leave(active)

    def _boundary(self, active: Active, kind: str) -> list[Place]:
        events = [self.drawing.places[e] for e in active.place.boundary]
        return [event for event in events if event.trigger.kind == kind]

    def _interrupt(self, active: Active, event: Place) -> None:
        if event.interrupting:
            active.scope.active.remove(active)
        self._go_on(event, active.scope)

    def _throw(self, scope: Scope, code: str) -> None:
        host = scope.parent
        while host is not None:
            for event in self._boundary(host, "error"):
                if event.trigger.code in ("", code):
                    self._interrupt(host, event)
                    return
            host = host.scope.parent
        raise AssertionError(f"nothing catches {code}")

    # -- expressions: `=name = number` and `=number`, nothing else

    def _holds(self, condition: str) -> bool:
        name, _, number = condition.removeprefix("=").partition(" = ")
        return self.variables.get(name) == int(number)

    def _value(self, script: str) -> object:
        return int(script.removeprefix("="))
