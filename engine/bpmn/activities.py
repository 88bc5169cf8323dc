"""Activities: user tasks, handlers, decisions, scripts and embedded sub-processes."""

from __future__ import annotations

from collections.abc import Mapping

from SpiffWorkflow.util.task import TaskState

from engine.bpmn.drawing import Place
from engine.bpmn.elements import Diagram, Element
from engine.bpmn.events import throw_error
from engine.bpmn.tokens import Token
from engine.topics import BpmnError


class UserTask(Element):
    """Waits for a person."""

    def __init__(self, diagram: Diagram, place: Place) -> None:
        super().__init__(diagram, place)
        self.manual = True

    def made_ready(self, token: Token) -> None:
        """Offer the task to people instead of running it."""
        token.workflow.journal.opened.append(token.id)

    def _run_hook(self, token: Token) -> bool:
        token.workflow.journal.completed.append(token.id)
        return True

    def withdrawn(self, token: Token) -> None:
        """Take the task back."""
        token.workflow.journal.withdrawn.append(token.id)

    def waits(self, token: Token) -> bool:
        """Until somebody completes it."""
        return token.state == TaskState.READY


class ServiceTask(Element):
    """Calls the handler whose type it names."""

    def _run_hook(self, token: Token) -> bool | None:
        workflow = token.workflow
        given: dict[str, object] = dict(self.settings.headers)
        given.update(mapped_inputs(self, token))
        try:
            outcome = workflow.effects.handle(self.name, self.settings.handler, given)
        except BpmnError as error:
            throw_error(token, error.code)
            return None
        workflow.journal.notices.extend(outcome.notices)
        if outcome.reason:
            workflow.journal.reasons.append((self.name, outcome.reason))
        store(self, token, outcome.variables)
        return True


class DecisionTask(Element):
    """Asks a DMN decision; its result becomes one variable."""

    def _run_hook(self, token: Token) -> bool:
        workflow = token.workflow
        variables = {**workflow.variables, **mapped_inputs(self, token)}
        result, trace = workflow.effects.decide(self.name, self.settings.decision, variables)
        workflow.journal.decisions.append({"element": self.name, **trace})
        store(self, token, {self.settings.result: result})
        return True


class ScriptTask(Element):
    """Evaluates one FEEL expression; its result becomes one variable."""

    def _run_hook(self, token: Token) -> bool:
        value = token.workflow.expressions.value(self.settings.script, self.name)
        store(self, token, {self.settings.result: value})
        return True


class SubProcess(Element):
    """Runs the elements drawn inside it, in a scope of its own."""

    def made_ready(self, token: Token) -> None:
        """Start inside."""
        token._set_state(TaskState.STARTED)  # noqa: SLF001 - own class
        for start in self.place.starts:
            token.workflow.arrive(start, token.id)


def mapped_inputs(element: Element, token: Token) -> dict[str, object]:
    """The values of the element's input mappings."""
    expressions = token.workflow.expressions
    return {m.target: expressions.value(m.source, element.name) for m in element.settings.inputs}


def store(element: Element, token: Token, values: Mapping[str, object]) -> None:
    """Set instance variables: the output mappings where there are any, else all values."""
    workflow = token.workflow
    if not element.settings.outputs:
        workflow.set(values)
        return
    local = workflow.expressions.with_(values)
    workflow.set(
        {m.target: local.value(m.source, element.name) for m in element.settings.outputs},
    )
