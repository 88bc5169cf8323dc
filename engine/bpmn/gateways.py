"""Gateways. Joins look only at tokens that have arrived, so they stay correct inside loops.

SpiffWorkflow's parallel and inclusive joins follow predicted descendants and fire early from the
second round of a loop on; semantics here are BPMN 2.0.2, section 13.4.
"""

from __future__ import annotations

from typing import ClassVar

from SpiffWorkflow.util.task import TaskState

from engine.bpmn.drawing import Flow, Place
from engine.bpmn.elements import Diagram, Element
from engine.bpmn.tokens import Token
from engine.errors import NoFlowTaken


class ExclusiveGateway(Element):
    """Takes the first flow whose condition holds, else the default one."""

    def flows_to_take(self, token: Token) -> list[Flow]:
        """Exactly one flow.

        Raises:
            NoFlowTaken: no condition holds and no flow is the default.
        """
        if len(self.place.outgoing) == 1 and not self.place.outgoing[0].condition:
            return self.place.outgoing
        for flow in self.place.outgoing:
            if flow.default or not flow.condition:
                continue
            if token.expressions.holds(flow.condition, flow.id):
                return [flow]
        for flow in self.place.outgoing:
            if flow.default:
                return [flow]
        raise NoFlowTaken(self.name)


class Join(Element):
    """Holds arriving tokens until they may go on as one."""

    def _update_hook(self, token: Token) -> bool:
        token._set_state(TaskState.WAITING)  # noqa: SLF001 - own class
        return self.may_pass(token)

    def may_pass(self, token: Token) -> bool:
        """Whether this arrival completes the join; consumes the others when it does."""
        raise NotImplementedError

    def arrivals(self, token: Token) -> dict[str, list[Token]]:
        """Waiting tokens at this gateway in the same scope, by the flow they came by."""
        found: dict[str, list[Token]] = {}
        for other in token.workflow.standing(token.scope):
            if other.task_spec is self and other.state == TaskState.WAITING:
                found.setdefault(other.flow or "", []).append(other)
        return found

    def consume(self, token: Token, arrivals: dict[str, list[Token]]) -> None:
        """Merge one token of each flow into this one."""
        for flow, waiting in arrivals.items():
            if flow != token.flow:
                token.workflow.remove(waiting[0])


class ParallelGateway(Join):
    """Waits for a token on every incoming flow, then goes on along every outgoing flow."""

    def may_pass(self, token: Token) -> bool:
        """Whether every incoming flow has brought a token; excess tokens stay."""
        arrivals = self.arrivals(token)
        if any(flow.id not in arrivals for flow in self.place.incoming):
            return False
        self.consume(token, arrivals)
        return True

    def flows_to_take(self, token: Token) -> list[Flow]:
        """All of them."""
        return self.place.outgoing


class InclusiveGateway(Join):
    """Waits for every token that can still arrive, then takes each flow whose condition holds."""

    joins_late: ClassVar[bool] = True

    def __init__(self, diagram: Diagram, place: Place) -> None:
        super().__init__(diagram, place)
        #: incoming flow -> elements from which it can be reached without passing this gateway
        self.upstream: dict[str, frozenset[str]] = {}

    def may_pass(self, token: Token) -> bool:
        """Only a plain split passes at once; joins wait until all else has run."""
        return len(self.place.incoming) <= 1

    def try_join(self, token: Token) -> bool:
        """Go on when no token elsewhere could still reach an incoming flow that has none."""
        arrivals = self.arrivals(token)
        missing = [flow.id for flow in self.place.incoming if flow.id not in arrivals]
        for other in token.workflow.standing(token.scope):
            if other.task_spec is self:
                continue
            comes = any(other.element in self.upstream[flow] for flow in missing)
            if comes and not any(other.element in self.upstream[flow] for flow in arrivals):
                return False
        self.consume(token, arrivals)
        token._ready()  # noqa: SLF001 - SpiffWorkflow's life cycle
        return True

    def made_ready(self, token: Token) -> None:
        """Run at once, so that one join round sees the result of the one before."""
        token.workflow.queue(token)


class EventBasedGateway(Element):
    """Arms every event behind it; the first that happens wins and the others are disarmed."""

    def _on_complete(self, token: Token) -> None:
        workflow = token.workflow
        for flow in self.place.outgoing:
            workflow.journal.entered.append(flow.target)
            event = workflow.place(flow.target, token.scope)
            event.flow = flow.id
            event.group = token.id
            event.task_spec._update(event)  # noqa: SLF001 - SpiffWorkflow's life cycle
        workflow.remove(token)
