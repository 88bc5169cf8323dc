"""Events: start, end, intermediate and boundary, with what they wait for or throw."""

from __future__ import annotations

from datetime import datetime

from SpiffWorkflow.util.task import TaskState

from engine.bpmn import timers
from engine.bpmn.drawing import Place
from engine.bpmn.elements import Diagram, Element
from engine.bpmn.throws import throw
from engine.bpmn.tokens import CONDITIONAL, Token, TokenWorkflow
from engine.errors import ExpressionFailed


class StartEvent(Element):
    """Where a process or sub-process begins."""


class EndEvent(Element):
    """Where a token ends, throwing what it says."""

    def _on_complete(self, token: Token) -> None:
        token.workflow.remove(token)
        throw(token)
        token.workflow.left(token)


class ThrowEvent(Element):
    """Throws what it says and goes on, unless what caught it cancels the scope."""

    def _run_hook(self, token: Token) -> bool | None:
        throw(token)
        return token.id in token.workflow.tasks or None


class CatchEvent(Element):
    """Waits for a message, a signal, a moment or a condition."""

    def __init__(self, diagram: Diagram, place: Place) -> None:
        super().__init__(diagram, place)
        self.trigger = place.trigger

    def _update_hook(self, token: Token) -> bool:
        self.enter(token)
        self.listen(token)
        return False

    def _on_ready(self, token: Token) -> None:
        self.made_ready(token)

    def listen(self, token: Token) -> None:
        """Wait: note when the timer is due, or which key the message must carry."""
        token._set_state(TaskState.WAITING)  # noqa: SLF001 - own class
        if self.trigger.kind == "timer":
            self._set_due(token)
        elif self.trigger.kind == "message" and self.trigger.key:
            value = token.expressions.value(self.trigger.key, self.name)
            if value in (None, ""):
                raise ExpressionFailed(self.name, self.trigger.key, "gave no correlation key")
            token.key = str(value)
        elif self.trigger.kind == CONDITIONAL:
            token.workflow.reconsider()

    def _set_due(self, token: Token) -> None:
        now: datetime = token.workflow.now
        value = token.expressions.value(self.trigger.text, self.name)
        try:
            alarm = timers.first(self.trigger.timer, str(value), now, token.workflow.effects.zone)
        except ValueError as error:
            reason = f"gave a {error}".removesuffix(".")
            raise ExpressionFailed(self.name, self.trigger.text, reason) from None
        token.due, token.times, token.since = alarm

    def waits(self, token: Token) -> bool:
        """Always: for its message or its moment."""
        return token.state == TaskState.WAITING

    def reconsider(self, token: Token) -> bool:
        """Fire when the condition has become true; it must be false before it fires again."""
        held, token.times = token.times, int(token.expressions.holds(self.trigger.text, self.name))
        if held or not token.times:
            return False
        self.fire(token)
        return True

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


class ArmedEvent(CatchEvent):
    """An event beside the flow, armed while an activity or a scope is active."""

    def arm(self, token: Token, host: int) -> None:
        """Wait on an activity, on a scope, or on the instance (0)."""
        token.host = host
        self.listen(token)

    def waits(self, token: Token) -> bool:
        """Never by itself: what it is armed on keeps the instance going."""
        return False

    def fire(self, token: Token) -> None:
        """Go on from here: instead of what it is armed on, or beside it and armed again."""
        if self.place.interrupting:
            self.interrupt(token)
        elif not self._arm_again(token):
            token.workflow.remove(token)
        self.go_on(token)

    def interrupt(self, token: Token) -> None:
        """Cancel what it is armed on."""
        raise NotImplementedError

    def go_on(self, token: Token) -> None:
        """Take the way that begins here."""
        raise NotImplementedError

    def _arm_again(self, token: Token) -> bool:
        if self.trigger.kind != "timer":
            return True
        if self.trigger.timer != "timeCycle" or token.times == 1 or token.due is None:
            return False
        value = token.expressions.value(self.trigger.text, self.name)
        workflow: TokenWorkflow = token.workflow
        fired = timers.Alarm(token.due, token.times, token.since)
        alarm = timers.following(str(value), fired, workflow.now, workflow.effects.zone)
        token.due, token.times, token.since = alarm
        return True


class BoundaryEvent(ArmedEvent):
    """Attached to an activity."""

    def interrupt(self, token: Token) -> None:
        """Cancel the activity."""
        token.workflow.withdraw(token.outer)
        token.host = None

    def go_on(self, token: Token) -> None:
        """Follow the flows from here."""
        workflow: TokenWorkflow = token.workflow
        workflow.journal.entered.append(self.name)
        for flow in self.flows_to_take(token):
            workflow.follow(flow, token.scope)
        workflow.left(token)


class EventStart(ArmedEvent):
    """Begins an event sub-process, armed while the scope around that is active."""

    def _update_hook(self, token: Token) -> bool:
        return True

    def interrupt(self, token: Token) -> None:
        """Cancel all that goes on in the scope; none of its event sub-processes begins any more."""
        workflow: TokenWorkflow = token.workflow
        for other in list(workflow.standing(token.scope)):
            workflow.withdraw(other)
        for other in list(workflow.tasks.values()):
            if other.host == token.host and isinstance(other.task_spec, EventStart):
                workflow.remove(other)

    def go_on(self, token: Token) -> None:
        """Enter the event sub-process."""
        token.workflow.arrive(self.place.parent, token.scope)
