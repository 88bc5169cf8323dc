"""Events: how they are armed, what catches what, and what happens then (13.5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.bpmn.drawing import Flow, Place
from tests.reference.marking import OUTSIDE, Active, Armed, Left, Marking, Scope, Sent
from tests.reference.texts import first_due, next_due


class Events(Marking):
    """What events do to an instance; how flow nodes go on is said by `Reference`."""

    def enter(self, place: Place, scope: Scope) -> None:
        raise NotImplementedError

    def mark(self, flows: Iterable[Flow], scope: Scope) -> None:
        raise NotImplementedError

    def leave(self, active: Active) -> None:
        raise NotImplementedError

    def finish(self, scope: Scope) -> None:
        raise NotImplementedError

    # -- arming

    def arm(self, event: Place, scope: Scope, host: Active | None) -> Armed:
        armed = Armed(event, self.number(), scope, host)
        trigger = event.trigger
        if trigger.kind == "timer":
            armed.due, armed.left = first_due(trigger.timer, trigger.text, self.now)
        elif trigger.kind == "message" and trigger.key:
            armed.key = str(self.value(trigger.key, host, scope))
        return armed

    def arm_heads(self, starts: Iterable[str], scope: Scope) -> None:
        """The event sub-processes of a scope that begins (13.5.4)."""
        for start in starts:
            scope.heads.append(self.arm(self.drawing.places[start], scope, None))

    # -- firing

    def fire(self, armed: Armed) -> None:
        """What an event waits for has happened."""
        scope, event = armed.scope, armed.event
        if armed.in_flow and armed.host is not None:
            if armed.host.choice is not None:  # the first behind an event-based gateway (13.4.4)
                rivals = [a for a in scope.active if a.choice == armed.host.choice]
                scope.active = [a for a in scope.active if a not in rivals or a is armed.host]
            self.leave(armed.host)
        elif armed.host is not None:  # a boundary event (13.5.3)
            self._use(armed, armed.host.armed)
            if event.interrupting:
                self.drop(armed.host)
            self.mark(event.outgoing, scope)
            self.finish(scope)
        else:  # the start of an event sub-process (13.5.4)
            self._use(armed, scope.heads)
            if event.interrupting:
                self.clear(scope)
                scope.heads.clear()
            self.enter(self.drawing.places[event.parent], scope)

    def _use(self, armed: Armed, among: list[Armed]) -> None:
        """A timer fires as often as it says; all else can happen again."""
        if armed.due is None:
            return
        if armed.event.trigger.timer == "timeCycle" and armed.left != 1:
            armed.due = next_due(armed.event.trigger.text, armed.due, self.now)
            armed.left -= armed.left > 0
        else:
            among.remove(armed)

    def look_at_conditions(self) -> bool:
        """Fire one conditional event whose condition has become true; whether one was (10.5.5)."""
        for armed in self.waiting():
            if armed.event.trigger.kind == "conditional":
                before = armed.held
                text = armed.event.trigger.text
                armed.held = self.value(text, armed.host, armed.scope) is True
                if armed.held and not before:
                    self.fire(armed)
                    return True
        return False

    def hear(self, name: str) -> None:
        """A signal reaches all that wait for it (10.5.7)."""
        for armed in self.waiting():
            trigger = armed.event.trigger
            if (trigger.kind, trigger.name) == ("signal", name) and self.still(armed):
                self.fire(armed)

    # -- throwing

    def throw(self, place: Place, scope: Scope) -> None:
        """Throw what a throw or end event says (10.5.1)."""
        trigger = place.trigger
        if trigger.kind in ("error", "escalation"):
            self.raise_at(None, scope, trigger.kind, trigger.code)
        elif trigger.kind == "signal":
            self.sent.append(Sent("signal", trigger.name))
            self.hear(trigger.name)
        elif trigger.kind == "message":
            self.sent.append(Sent("message", trigger.name))
        elif trigger.kind == "terminate":
            self.clear(scope)
        elif trigger.kind == "cancel":
            self.raise_at(None, scope, "cancel", "")

    def raise_at(self, active: Active | None, scope: Scope, kind: str, code: str) -> None:
        """Let the nearest event around catch an error, escalation or cancellation (10.5.7)."""
        caught = self._catcher(active, scope, kind, code)
        if caught is not None:
            self.fire(caught)
        elif self.called:
            self.sent.append(Sent(kind, code))
            if kind == "error":
                self.failed = True
                self.give_up()
        else:
            assert kind == "escalation", f"nothing catches {kind} {code}"

    def _catcher(self, active: Active | None, scope: Scope, kind: str, code: str) -> Armed | None:
        def matching(armed: list[Armed]) -> Armed | None:
            found = [
                a
                for a in armed
                if a.event.trigger.kind == kind and a.event.trigger.code in ("", code)
            ]
            return max(found, key=lambda a: bool(a.event.trigger.code), default=None)

        passed: set[str] = set()  # an event sub-process does not catch what it throws itself
        if active is not None and (found := matching(active.armed)):
            return found
        around: Scope | None = scope
        while around is not None:
            heads = [head for head in around.heads if head.event.parent not in passed]
            owner = around.owner
            if found := matching(heads) or matching([] if owner is None else owner.armed):
                return found
            if owner is not None:
                passed.add(owner.place.id)
            around = None if owner is None else owner.scope
        return None

    # -- cancelling

    def give_up(self) -> None:
        """End at once."""
        self.clear(self.top)
        self.top.heads.clear()

    def clear(self, scope: Scope) -> None:
        """Stop all that goes on in a scope (13.5.6)."""
        scope.flows.clear()
        for active in [*scope.active]:
            self.drop(active)

    def drop(self, active: Active) -> None:
        """Cancel an activity with everything in it."""
        if active in active.scope.active:
            active.scope.active.remove(active)
        if active.place.kind == "callActivity" and active.items is None:
            begun = [s for s in self.sent if s.kind == "call" and s.active is active]
            if begun:
                self.sent.remove(begun[0])
            else:
                self.sent.append(Sent("uncall", active.place.settings.called, active))
        if active.inside is not None:
            self.clear(active.inside)

    # -- compensation (13.5.5)

    def hand_over(self, active: Active) -> None:
        """What a completed activity leaves to undo: its own way, or what was done inside."""
        places = [self.drawing.places[event] for event in active.place.boundary]
        own = [place for place in places if place.trigger.kind == "compensate"]
        inside = [] if active.inside is None else [left.event for left in active.inside.left]
        for event in own or inside:
            active.scope.left.append(Left(self.number(), event))

    def undo_next(self, active: Active) -> None:
        """Undo what was completed last before the event began; the event goes on at the end."""
        scope = active.scope
        if scope.owner is not None and scope.owner.place.by_event:
            scope = scope.owner.scope
        wanted = active.place.trigger.activity
        for left in reversed(scope.left):
            if left.number < active.number and (not wanted or wanted in self._named(left.event)):
                scope.left.remove(left)
                assert active.inside is not None
                self.enter(self.drawing.places[left.event.undo], active.inside)
                return
        self.leave(active)

    def _named(self, event: Place) -> list[str]:
        names, activity = [], event.attached_to
        while activity:
            names.append(activity)
            activity = self.drawing.places[activity].parent
        return names

    # -- from outside

    def outside(self) -> list[Armed]:
        """What waits for something from outside."""
        return [armed for armed in self.waiting() if armed.event.trigger.kind in OUTSIDE]

    def deliver(self, armed: Armed, values: Mapping[str, object]) -> None:
        """Give a message to an event that waits for it."""
        in_flow = armed.in_flow
        host = armed.host
        if host is not None and not in_flow:
            # The event itself takes nothing in: its activity keeps what it has, inputs too.
            kept = {name: values[name] for name in host.own.keys() & values.keys()}
            host.own.update(kept)
            values = {name: v for name, v in values.items() if name not in kept}
        self.put(values, host, armed.scope)
        self.fire(armed)
