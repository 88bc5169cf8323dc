"""Events: start, end, intermediate and boundary, with what they wait for or throw."""

from __future__ import annotations

from datetime import datetime

from SpiffWorkflow.util.task import TaskState

from engine.bpmn import timers
from engine.bpmn.drawing import Place
from engine.bpmn.elements import Diagram, Element
from engine.bpmn.tokens import Token, TokenWorkflow
from engine.errors import ExpressionFailed, HandlerFailed


class StartEvent(Element):
    """Where a process or sub-process begins."""


class EndEvent(Element):
    """Where a token ends; may throw an error or terminate its scope."""

    def _on_complete(self, token: Token) -> None:
        workflow = token.workflow
        trigger = self.place.trigger
        workflow.remove(token)
        if trigger.kind == "error":
            throw_error(token, trigger.code)
            return
        if trigger.kind == "terminate":
            for other in list(workflow.standing(token.scope)):
                workflow.withdraw(other)
        workflow.end_scope_if_empty(token.scope)


class CatchEvent(Element):
    """Waits for a message or a moment."""

    def __init__(self, diagram: Diagram, place: Place) -> None:
        super().__init__(diagram, place)
        self.trigger = place.trigger

    def _update_hook(self, token: Token) -> bool:
        self.listen(token)
        return False

    def listen(self, token: Token) -> None:
        """Wait: note when the timer is due, or which key the message must carry."""
        token._set_state(TaskState.WAITING)  # noqa: SLF001 - own class
        if self.trigger.kind == "timer":
            self._set_due(token)
        elif self.trigger.kind == "message" and self.trigger.key:
            value = token.workflow.expressions.value(self.trigger.key, self.name)
            token.key = None if value is None else str(value)

    def _set_due(self, token: Token) -> None:
        now: datetime = token.workflow.now
        value = token.workflow.expressions.value(self.trigger.text, self.name)
        try:
            if self.trigger.timer == "timeDate":
                token.due = timers.date(str(value))
            elif self.trigger.timer == "timeCycle":
                cycle = timers.cycle(str(value))
                token.times = cycle.times
                token.due = cycle.start or cycle.every.after(now)
            else:
                token.due = timers.duration(str(value)).after(now)
        except ValueError as error:
            raise ExpressionFailed(self.name, self.trigger.text, f"gave a {error}") from None

    def waits(self, token: Token) -> bool:
        """Always: for its message or its moment."""
        return token.state == TaskState.WAITING

    def fire(self, token: Token) -> None:
        """What it waited for has happened."""
        workflow: TokenWorkflow = token.workflow
        if token.group is not None:
            for other in list(workflow.tasks.values()):
                if other.group == token.group and other is not token:
                    workflow.withdraw(other)
        if token.flow is not None and token.group is not None:
            workflow.journal.flows.append(token.flow)
        token._ready()  # noqa: SLF001 - SpiffWorkflow's life cycle


class BoundaryEvent(CatchEvent):
    """Armed while the activity it is attached to is active."""

    def arm(self, token: Token, host: Token) -> None:
        """Wait on an activity."""
        token.host = host.id
        self.listen(token)

    def waits(self, token: Token) -> bool:
        """Never by itself: its activity is what keeps the instance going."""
        return False

    def fire(self, token: Token) -> None:
        """Go on from here: instead of the activity, or beside it and armed again."""
        workflow: TokenWorkflow = token.workflow
        workflow.journal.entered.append(self.name)
        scope = token.scope
        if self.place.interrupting:
            host = workflow.tasks[token.host]
            workflow.withdraw(host)
        elif not self._arm_again(token):
            workflow.remove(token)
        flows = self.flows_to_take(token)
        for flow in flows:
            workflow.follow(flow, scope)
        workflow.end_scope_if_empty(scope)

    def _arm_again(self, token: Token) -> bool:
        if self.trigger.kind != "timer":
            return True
        if self.trigger.timer != "timeCycle" or token.times == 1 or token.due is None:
            return False
        value = token.workflow.expressions.value(self.trigger.text, self.name)
        every = timers.cycle(str(value)).every
        token.due, _ = timers.next_after(token.due, every, token.workflow.now)
        token.times -= token.times > 0
        return True


def throw_error(token: Token, code: str) -> None:
    """Let the nearest boundary event around a token catch a modelled error.

    The event attached to the activity itself comes first, then those of the sub-processes around
    it; at each, one that names the code comes before one that catches all.

    Raises:
        HandlerFailed: nothing catches it.
    """
    workflow: TokenWorkflow = token.workflow
    place: Token | None = token
    while place is not None:
        armed = [
            t
            for t in workflow.tasks.values()
            if t.host == place.id
            and t.task_spec.trigger.kind == "error"
            and t.task_spec.trigger.code in ("", code)
        ]
        if armed:
            best = max(armed, key=lambda t: bool(t.task_spec.trigger.code))
            best.task_spec.fire(best)
            return
        place = workflow.tasks.get(place.scope) if place.scope is not None else None
    raise HandlerFailed(
        "error", token.element, f"no boundary event catches the modelled error '{code}'"
    )
