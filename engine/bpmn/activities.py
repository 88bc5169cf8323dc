"""Activities: user tasks, handlers, decisions, scripts and embedded sub-processes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from SpiffWorkflow.util.task import TaskState

from engine.bpmn import jobs
from engine.bpmn.drawing import Place
from engine.bpmn.elements import Diagram, Element
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
    """Calls the handler whose type it names; work that is not done yet waits on it as a job."""

    def _run_hook(self, token: Token) -> bool | None:
        token.due = None
        if not token.workflow.effects.handles(self.settings.handler):
            jobs.offer(token)
            return None
        try:
            self._call(token)
        except BpmnError as error:
            jobs.throw(token, error)
            return None
        except Exception as error:  # noqa: BLE001 - whatever a handler raises costs a try, no more
            jobs.fail(token, error)
            return None
        return True

    def _call(self, token: Token) -> None:
        workflow = token.workflow
        given: dict[str, object] = {**self.settings.headers, **token.visible()}
        outcome = workflow.effects.handle(self.name, self.settings.handler, given, token.id)
        store(self, token, outcome.variables)
        workflow.journal.notices.extend((token.id, notice) for notice in outcome.notices)
        if outcome.reason:
            workflow.journal.reasons.append((self.name, outcome.reason))

    def done(self, token: Token, variables: Mapping[str, object]) -> None:
        """Somebody else has done the work, with these variables as its outcome."""
        store(self, token, variables)
        token.complete()

    def fire(self, token: Token) -> None:
        """Try its job again."""
        token._set_state(TaskState.READY)  # noqa: SLF001 - own class
        token.workflow.queue(token)

    def waits(self, token: Token) -> bool:
        """While it has a job."""
        return token.job is not None


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
