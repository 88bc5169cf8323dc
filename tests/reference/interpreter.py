"""A reference interpreter of BPMN 2.0.2: how flow nodes go on (13.2 to 13.4).

It shares nothing with the engine but the drawing it reads, and is small and slow on purpose. What
events do is in `events.py`, several instances in `family.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from engine.bpmn.drawing import Flow, Loop, Place
from tests.reference.events import Events
from tests.reference.marking import Active, Scope, Sent


class Reference(Events):
    """One instance of a drawing."""

    def start(self) -> None:
        self.arm_heads(self.drawing.listens, self.top)
        self._begin("", self.top)
        self.run()

    @property
    def ended(self) -> bool:
        return self.top.empty()

    def complete(self, active: Active, values: Mapping[str, object]) -> None:
        """A person completes a user task."""
        self._store(active, values)
        self.leave(active)
        self.run()

    def returned(self, active: Active, values: Mapping[str, object]) -> None:
        """The process that a call activity called has ended."""
        settings = active.place.settings
        if settings.outputs or settings.returns_all:
            self._store(active, values)
        self.leave(active)
        self.run()

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

    def _begin(self, parent: str, scope: Scope) -> None:
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
            self._activity(place, scope)
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
        self._arm_borders(active)
        active.wait = self.arm(place, scope, active)

    def _arm_borders(self, active: Active) -> None:
        for event in active.place.boundary:
            place = self.drawing.places[event]
            if place.trigger.kind != "compensate":
                active.armed.append(self.arm(place, active.scope, active))

    def _undo(self, place: Place, scope: Scope) -> None:
        """Compensation (13.5.5); a cancel end event first stops the transaction (10.3.5)."""
        if place.trigger.kind == "cancel":
            self.clear(scope)
        active = Active(place, scope, self.number())
        active.inside = Scope(active)
        scope.active.append(active)
        self.undo_next(active)

    def _activity(self, place: Place, scope: Scope, round_: dict[str, object] | None = None) -> None:
        """An activity begins (13.3.2); with `round_` it is one round of a repeated one."""
        active = Active(place, scope, self.number(), own=dict(round_ or {}))
        scope.active.append(active)
        if place.loop is not None:
            self._arm_borders(active)
            self._repeat(active, place.loop)
            return
        inputs = {m.target: self.value(m.source, active, scope) for m in place.settings.inputs}
        active.own.update(inputs)
        self._arm_borders(active)
        if place.kind in ("subProcess", "transaction"):
            active.inside = Scope(active)
            self.arm_heads(place.listens, active.inside)
            self._begin(place.id, active.inside)
        elif place.kind == "callActivity":
            given = {name: active.own[name] for name in inputs}
            if place.settings.passes_all:
                given = {**self.variables, **self.seen(active, scope)}
            self.sent.append(Sent("call", place.settings.called, active, given))
        elif place.kind != "userTask":
            self._work(active)

    def _work(self, active: Active) -> None:
        """A task that takes no time."""
        place, settings, values = active.place, active.place.settings, {}
        if place.kind == "scriptTask":
            values = {settings.result: self.value(settings.script, active, active.scope)}
        elif place.kind == "businessRuleTask":
            values = {settings.result: DECISION.get(self.value("=c0", active, active.scope))}
        elif place.kind == "serviceTask":
            if self.value("=c0", active, active.scope) == 1:
                self.raise_at(active, active.scope, "error", "oops")
                return
            values = {"served": self.value("=c0", active, active.scope)}
        self._store(active, values)
        self.leave(active)

    def _store(self, active: Active, values: Mapping[str, object]) -> None:
        outputs = active.place.settings.outputs
        if outputs:
            given = dict(values)
            values = {m.target: self.value(m.source, active, active.scope, **given) for m in outputs}
        self.put(values, active, active.scope)

    # -- repeated activities (13.3.7)

    def _repeat(self, active: Active, loop: Loop) -> None:
        items = self.value(loop.items, active, active.scope)
        assert isinstance(items, list)
        active.items, active.results = list(items), [None] * len(items)
        active.inside = Scope(active)
        if not items:
            self._repeated(active, loop)
        while active.items:
            self._begin_round(active, loop)
            if loop.sequential:
                break

    def _begin_round(self, active: Active, loop: Loop) -> None:
        assert active.items is not None
        assert active.inside is not None
        own: dict[str, object] = {loop.result.removeprefix("="): None} if loop.result else {}
        number = len(active.results) - len(active.items) + 1
        item = active.items.pop(0)
        own |= {loop.item: item} if loop.item else {}
        one = replace(active.place, loop=None, incoming=[], outgoing=[], boundary=[])
        self._activity(one, active.inside, {**own, "loopCounter": number})

    def _round_over(self, active: Active, gone: Active, loop: Loop) -> None:
        assert active.inside is not None
        active.done += 1
        if loop.result:
            value = self.value(loop.result, gone, gone.scope)
            active.results[int(str(gone.own["loopCounter"])) - 1] = value
        counts: dict[str, object] = {
            "numberOfInstances": len(active.results),
            "numberOfActiveInstances": len(active.inside.active),
            "numberOfCompletedInstances": active.done,
        }
        enough = loop.until and self.value(loop.until, gone, gone.scope, **counts) is True
        if enough or active.done == len(active.results):
            self.clear(active.inside)
            self._repeated(active, loop)
        elif active.items:
            self._begin_round(active, loop)

    def _repeated(self, active: Active, loop: Loop) -> None:
        if loop.results:
            self.put({loop.results: active.results}, active, active.scope)
        self.leave(active)

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
            self._round_over(owner, active, owner.place.loop)
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
                self._store(owner, {})
            self.leave(owner)


#: What the decision of random processes answers.
DECISION: Mapping[object, int] = {0: 10, 1: 11, 2: 12}
