"""What a token does on each kind of element.

Every class is a SpiffWorkflow task spec whose life cycle hooks are ours: `_update_hook` is the
arrival (true: ready), `_run_hook` the work (true: done), `_on_complete` the leaving.
"""

from __future__ import annotations

from typing import ClassVar

from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec

from engine.bpmn import scopes
from engine.bpmn.drawing import Flow, Place
from engine.bpmn.tokens import Token
from engine.errors import NoFlowTaken


class Diagram(WorkflowSpec):
    """The compiled diagram of one process: its elements, shared by all instances."""

    def __init__(self, process_id: str) -> None:
        super().__init__(name=process_id)
        self.data_objects: dict[str, object] = {}
        self.listens: list[str] = []  #: starts of event sub-processes
        self.undoes = False  #: whether anything in it can be compensated


class Element(BpmnSpecMixin):
    """A flow node. By itself it lets the token pass."""

    #: Whether tokens here are joined only when nothing else can run any more.
    joins_late: ClassVar[bool] = False

    def __init__(self, diagram: Diagram, place: Place) -> None:
        super().__init__(diagram, place.id, bpmn_name=place.name, lane=place.lane)
        self.place = place
        self.settings = place.settings

    # -- SpiffWorkflow's life cycle, without its tree

    def _predict(self, *_: object, **__: object) -> None:
        """Nothing is predicted: a token that may come one day is no token."""

    def _update_hook(self, token: Token) -> bool:
        return True

    def _on_ready(self, token: Token) -> None:
        self.enter(token)
        self.made_ready(token)

    def _run_hook(self, token: Token) -> bool | None:
        return True

    def _on_complete(self, token: Token) -> None:
        workflow = token.workflow
        flows = self.flows_to_take(token)
        if workflow.spec.undoes:
            scopes.hand_over(token)
        workflow.remove(token)
        for flow in flows:
            workflow.follow(flow, token.scope)
        workflow.left(token)

    # -- what kinds of elements differ in

    def enter(self, token: Token) -> None:
        """An activity begins: its inputs become variables of its own, its events are armed."""
        if self.settings.inputs:
            value = token.expressions.value
            inputs = {m.target: value(m.source, self.name) for m in self.settings.inputs}
            token.locals.update(inputs)
        for event in self.place.boundary:
            armed = token.workflow.place(event, token.scope)
            armed.task_spec.arm(armed, token.id)

    def made_ready(self, token: Token) -> None:
        """The token may do its work now."""
        token.workflow.queue(token)

    def flows_to_take(self, token: Token) -> list[Flow]:
        """Every unconditional flow and each whose condition holds, else the default one."""
        chosen = []
        for flow in self.place.outgoing:
            if flow.default:
                continue
            if not flow.condition or token.expressions.holds(flow.condition, flow.id):
                chosen.append(flow)
        if not chosen:
            chosen = [flow for flow in self.place.outgoing if flow.default]
        if not chosen and self.place.outgoing:
            raise NoFlowTaken(self.name)
        return chosen

    def withdrawn(self, token: Token) -> None:
        """The token is being cancelled."""

    def waits(self, token: Token) -> bool:
        """Whether something from outside can move this token on."""
        return False

    def inside_left(self, token: Token, gone: Token) -> None:
        """A token nested in this one has left; only scopes have such."""

    def try_join(self, token: Token) -> bool:
        """Join late arrivals; true when a token went on."""
        return False
