"""Call activities: another process runs as an instance of its own, and this one waits for it."""

from __future__ import annotations

from collections.abc import Mapping

from SpiffWorkflow.util.task import TaskState

from engine.bpmn.activities import store
from engine.bpmn.elements import Element
from engine.bpmn.tokens import Thrown, Token, TokenWorkflow
from engine.errors import CallTooDeep

#: Processes that may have called each other in a row.
DEPTH_LIMIT = 20


class CallActivity(Element):
    """Waits for the process that it calls."""

    def made_ready(self, token: Token) -> None:
        """Ask for the called process.

        Raises:
            CallTooDeep: the instance was itself called DEPTH_LIMIT deep.
        """
        workflow: TokenWorkflow = token.workflow
        settings = self.settings
        if workflow.call_depth >= DEPTH_LIMIT:
            raise CallTooDeep(self.name, settings.called, DEPTH_LIMIT)
        token._set_state(TaskState.STARTED)  # noqa: SLF001 - own class
        given = {m.target: token.locals[m.target] for m in settings.inputs}
        if settings.passes_all:
            given = {**workflow.variables, **token.visible()}
        given.pop("number", None)
        workflow.journal.thrown.append(
            Thrown("call", settings.called, self.name, variables=given, token=token.id)
        )

    def waits(self, token: Token) -> bool:
        """Until the called process ends."""
        return True

    def returned(self, token: Token, variables: Mapping[str, object]) -> None:
        """The called process has ended with these variables."""
        if self.settings.outputs or self.settings.returns_all:
            store(self, token, variables)
        token.complete()

    def withdrawn(self, token: Token) -> None:
        """Let the called process be cancelled, or not even begin."""
        thrown = token.workflow.journal.thrown
        pending = [t for t in thrown if t.kind == "call" and t.token == token.id]
        if pending:
            thrown.remove(pending[0])
        else:
            thrown.append(Thrown("uncall", self.settings.called, self.name, token=token.id))
