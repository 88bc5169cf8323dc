"""Activities: user tasks, handlers, decisions, scripts and embedded sub-processes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from SpiffWorkflow.util.task import TaskState

from engine.bpmn.drawing import Place
from engine.bpmn.elements import Diagram, Element
from engine.bpmn.throws import throw_error
from engine.bpmn.tokens import Token, TokenWorkflow
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
        given: dict[str, object] = {**self.settings.headers, **token.visible()}
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
        variables = {**workflow.variables, **token.visible()}
        result, trace = workflow.effects.decide(self.name, self.settings.decision, variables)
        workflow.journal.decisions.append({"element": self.name, **trace})
        store(self, token, {self.settings.result: result})
        return True


class ScriptTask(Element):
    """Evaluates one FEEL expression; its result becomes one variable."""

    def _run_hook(self, token: Token) -> bool:
        value = token.expressions.value(self.settings.script, self.name)
        store(self, token, {self.settings.result: value})
        return True


class SubProcess(Element):
    """Runs the elements drawn inside it, in a scope of its own."""

    def made_ready(self, token: Token) -> None:
        """Start inside."""
        self.open(token)
        for start in self.place.starts:
            token.workflow.arrive(start, token.id)

    def open(self, token: Token) -> None:
        """Be a scope that nothing has entered yet."""
        token._set_state(TaskState.STARTED)  # noqa: SLF001 - own class
        listen(token.workflow, self.place.listens, token.id)

    def inside_left(self, token: Token, gone: Token) -> None:
        """Complete when nothing goes on inside any more."""
        if not any(True for _ in token.workflow.standing(token.id)):
            if self.settings.outputs:
                store(self, token, {})
            token.complete()


def listen(workflow: TokenWorkflow, starts: Iterable[str], scope: int | None) -> None:
    """Arm the starts of event sub-processes in a scope that begins."""
    for start in starts:
        armed = workflow.place(start, scope)
        armed.task_spec.arm(armed, scope or 0)


def store(element: Element, token: Token, values: Mapping[str, object]) -> None:
    """Set variables: the output mappings where there are any, else all values."""
    outputs = element.settings.outputs
    if outputs:
        local = token.expressions.with_(values)
        values = {m.target: local.value(m.source, element.name) for m in outputs}
    token.set(values)
