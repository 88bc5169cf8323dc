"""Activities: tasks, sub-processes, calls, and what is repeated for each item (13.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.bpmn.drawing import Loop, Place
from tests.reference.events import Events
from tests.reference.marking import Active, Scope, Sent

#: What the decision of random processes answers.
DECISION: Mapping[object, int] = {0: 10, 1: 11, 2: 12}


class Activities(Events):
    """What activities do; how flow nodes go on is said by `Reference`."""

    def run(self) -> None:
        raise NotImplementedError

    def begin(self, parent: str, scope: Scope) -> None:
        raise NotImplementedError

    def complete(self, active: Active, values: Mapping[str, object]) -> None:
        """A person completes a user task."""
        self.store(active, values)
        self.leave(active)
        self.run()

    def returned(self, active: Active, values: Mapping[str, object]) -> None:
        """The process that a call activity called has ended."""
        settings = active.place.settings
        if settings.outputs or settings.returns_all:
            self.store(active, values)
        self.leave(active)
        self.run()

    def arm_borders(self, active: Active) -> None:
        for event in active.place.boundary:
            place = self.drawing.places[event]
            if place.trigger.kind != "compensate":
                active.armed.append(self.arm(place, active.scope, active))

    def activity(self, place: Place, scope: Scope, round_: dict[str, object] | None = None) -> None:
        """An activity begins (13.3.2); with `round_` it is one round of a repeated one."""
        active = Active(place, scope, self.number(), own=dict(round_ or {}))
        scope.active.append(active)
        if place.loop is not None:
            self.arm_borders(active)
            self._repeat(active, place.loop)
            return
        inputs = {m.target: self.value(m.source, active, scope) for m in place.settings.inputs}
        active.own.update(inputs)
        self.arm_borders(active)
        if place.kind in ("subProcess", "transaction"):
            active.inside = Scope(active)
            self.arm_heads(place.listens, active.inside)
            self.begin(place.id, active.inside)
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
        self.store(active, values)
        self.leave(active)

    def store(self, active: Active, values: Mapping[str, object]) -> None:
        outputs = active.place.settings.outputs
        if outputs:
            given = dict(values)
            values = {
                m.target: self.value(m.source, active, active.scope, **given) for m in outputs
            }
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
        self.activity(one, active.inside, {**own, "loopCounter": number})

    def round_over(self, active: Active, gone: Active, loop: Loop) -> None:
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
