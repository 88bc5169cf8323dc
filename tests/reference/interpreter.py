"""A reference interpreter of BPMN 2.0.2: tokens on flows, gateways, going on (13.2 and 13.4).

It shares nothing with the engine but the drawing it reads, and is small and slow on purpose. What
activities do is in `activities.py`, events in `events.py`, several instances in `family.py`.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.bpmn.drawing import Flow, Place
from tests.reference.activities import Activities
from tests.reference.marking import Active, Scope


class Reference(Activities):
    """One instance of a drawing."""

    def start(self) -> None:
        self.arm_heads(self.drawing.listens, self.top)
        self.begin("", self.top)
        self.run()

    @property
    def ended(self) -> bool:
        return self.top.empty()

    # -- firing (13.2): what is enabled, until nothing is

    def run(self) -> None:
        """Conditions are looked at, and inclusive joins fire, when nothing else can."""
        while self._fire_any() or self.look_at_conditions() or self._fire_inclusive_join():
            pass

    def _fire_any(self) -> bool:
        for scope in self.scopes():
            for flow in [self.drawing.flows[f] for f, n in scope.flows.items() if n > 0]:
                target = self.drawing.places[flow.target]
                if target.kind == "parallelGateway":  # 13.4.1
                    if any(scope.flows[f.id] == 0 for f in target.incoming):
                        continue
                    for incoming in target.incoming:
                        scope.flows[incoming.id] -= 1
                elif target.kind == "inclusiveGateway" and len(target.incoming) > 1:
                    continue
                else:
                    scope.flows[flow.id] -= 1
                self.enter(target, scope)
                return True
        return False

    def _fire_inclusive_join(self) -> bool:
        for scope in self.scopes():
            for place in self.drawing.places.values():
                if place.kind != "inclusiveGateway" or len(place.incoming) < 2:
                    continue
                full = [f for f in place.incoming if scope.flows[f.id]]
                if full and not self._more_can_come(scope, place, full):
                    for flow in full:
                        scope.flows[flow.id] -= 1
                    self.enter(place, scope)
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
            flows.update(flow.id for flow in place.outgoing)
            waiting.extend(flow.target for flow in place.outgoing)
        return flows

    # -- flow nodes

    def begin(self, parent: str, scope: Scope) -> None:
        for place in self.drawing.inside(parent):
            if place.kind == "startEvent":
                self.mark(place.outgoing, scope)

    def enter(self, place: Place, scope: Scope) -> None:
        if place.kind == "eventBasedGateway":  # 13.4.4
            choice = self.number()
            for flow in place.outgoing:
                self._wait(self.drawing.places[flow.target], scope, choice)
        elif place.kind == "endEvent" and place.trigger.kind not in ("compensate", "cancel"):
            self.throw(place, scope)  # 13.5.6
            self.finish(scope)
        elif place.kind in ("intermediateCatchEvent", "receiveTask"):
            if place.trigger.kind == "link":
                self._go_on(place, scope)
            else:
                self._wait(place, scope, None)
        elif place.trigger.kind in ("compensate", "cancel"):
            self._undo(place, scope)
        elif place.kind == "intermediateThrowEvent" and place.trigger.kind not in ("none", "link"):
            self._throw_and_go_on(place, scope)
        elif place.activity or place.by_event:
            self.activity(place, scope)
        else:
            self._go_on(place, scope)

    def _throw_and_go_on(self, place: Place, scope: Scope) -> None:
        """A throw event goes on, unless what catches it cancels what it is in."""
        token = Active(place, scope, self.number())
        scope.active.append(token)
        self.throw(place, scope)
        if token in scope.active and scope in self.scopes():
            self.leave(token)

    def _wait(self, place: Place, scope: Scope, choice: int | None) -> None:
        active = Active(place, scope, self.number(), choice=choice)
        scope.active.append(active)
        self.arm_borders(active)
        active.wait = self.arm(place, scope, active)

    def _undo(self, place: Place, scope: Scope) -> None:
        """Compensation (13.5.5); a cancel end event first stops the transaction (10.3.5)."""
        if place.trigger.kind == "cancel":
            self.clear(scope)
        active = Active(place, scope, self.number())
        active.inside = Scope(active)
        scope.active.append(active)
        self.undo_next(active)

    # -- going on

    def _go_on(self, place: Place, scope: Scope) -> None:
        self.mark(self._chosen(place, None, scope), scope)
        self.finish(scope)

    def _chosen(self, place: Place, active: Active | None, scope: Scope) -> list[Flow]:
        """The flows to take: 13.4.2 and 13.4.3, and conditional flows of activities (8.3.13)."""
        flows = place.outgoing
        if place.kind == "parallelGateway":
            return flows
        holding = [
            f
            for f in flows
            if f.condition and not f.default and self.value(f.condition, active, scope) is True
        ]
        bare = [f for f in flows if not f.condition and not f.default]
        if place.kind == "exclusiveGateway":
            holding = holding[:1]
        return holding + bare or [f for f in flows if f.default]

    def mark(self, flows: Iterable[Flow], scope: Scope) -> None:
        scope.flows.update(flow.id for flow in flows)

    def leave(self, active: Active) -> None:
        """An activity completes (13.3.2)."""
        if active not in active.scope.active:
            return
        self.hand_over(active)
        flows = self._chosen(active.place, active, active.scope)
        active.scope.active.remove(active)
        self.mark(flows, active.scope)
        owner = active.scope.owner
        if owner is not None and owner.items is not None and owner.place.loop is not None:
            self.round_over(owner, active, owner.place.loop)
        elif active.place.trigger.kind == "cancel" and active.place.kind == "endEvent":
            self.throw(active.place, active.scope)
            self.finish(active.scope)
        else:
            self.finish(active.scope)

    def finish(self, scope: Scope) -> None:
        """A scope in which nothing goes on any more completes (13.3.4)."""
        owner = scope.owner
        if owner is None and scope.empty():
            scope.heads.clear()
        if owner is None or not scope.empty() or owner not in owner.scope.active:
            return
        if owner.place.trigger.kind in ("compensate", "cancel"):
            self.undo_next(owner)
        elif owner.items is None:
            if owner.place.settings.outputs:
                self.store(owner, {})
            self.leave(owner)
