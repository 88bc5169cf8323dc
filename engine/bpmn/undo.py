"""Compensation: what completed activities of a scope left to undo, the latest first."""

from __future__ import annotations

from SpiffWorkflow.util.task import TaskState

from engine.bpmn.elements import Element
from engine.bpmn.scopes import latest_to_undo
from engine.bpmn.throws import throw
from engine.bpmn.tokens import Token


class UndoEvent(Element):
    """Runs the compensation of completed activities one by one, then goes on or ends.

    Its token is the scope in which they run.
    """

    def made_ready(self, token: Token) -> None:
        """Begin with the latest."""
        token._set_state(TaskState.STARTED)  # noqa: SLF001 - own class
        self._undo_next(token)

    def inside_left(self, token: Token, gone: Token) -> None:
        """One is undone: take the one before it."""
        if not any(True for _ in token.workflow.standing(token.id)):
            self._undo_next(token)

    def _undo_next(self, token: Token) -> None:
        latest = latest_to_undo(token, self.place.trigger.activity)
        if latest is None:
            token.complete()
            return
        token.workflow.remove(latest)
        token.workflow.arrive(latest.task_spec.place.undo, token.id)


class CancelEvent(UndoEvent):
    """Ends a transaction without success: all else stops, all that was done is undone."""

    def made_ready(self, token: Token) -> None:
        """Stop everything else in the transaction, then undo."""
        for other in list(token.workflow.standing(token.scope)):
            if other is not token:
                token.workflow.withdraw(other)
        super().made_ready(token)

    def _on_complete(self, token: Token) -> None:
        token.workflow.remove(token)
        throw(token)
        token.workflow.left(token)
