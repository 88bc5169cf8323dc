"""What throw and end events do to the instance, and what they send out of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from SpiffWorkflow.util.task import TaskState

from engine.bpmn import timers
from engine.bpmn.drawing import Trigger
from engine.bpmn.scopes import catcher
from engine.bpmn.tokens import Thrown, Token, TokenWorkflow
from engine.errors import ErrorUncaught, ExpressionFailed

#: The property of a throw event that says how long its message is kept.
TIME_TO_LIVE = "timeToLive"

#: The property of a throw event that says how long its message is kept.
TIME_TO_LIVE = "timeToLive"


def throw(token: Token) -> None:
    """Throw what the event says that a token stands on."""
    trigger: Trigger = token.task_spec.place.trigger
    if trigger.kind != "none":
        _THROWS[trigger.kind](token, trigger)


def throw_error(token: Token, code: str) -> None:
    """Let the nearest event around a token catch a modelled error.

    What nothing catches ends a called instance, and goes on from the call activity.

    Raises:
        ErrorUncaught: nothing catches it.
    """
    workflow: TokenWorkflow = token.workflow
    caught = catcher(token, "error", code)
    if caught is not None:
        caught.task_spec.fire(caught)
    elif workflow.call_depth:
        workflow.journal.thrown.append(Thrown("error", code, token.element))
        workflow.give_up()
    else:
        raise ErrorUncaught(token.element, code)


def throw_escalation(token: Token, code: str) -> None:
    """Let the nearest event around a token catch an escalation; uncaught it is only recorded."""
    workflow: TokenWorkflow = token.workflow
    caught = catcher(token, "escalation", code)
    if caught is not None:
        caught.task_spec.fire(caught)
    elif workflow.call_depth:
        workflow.journal.thrown.append(Thrown("escalation", code, token.element))
    else:
        workflow.journal.uncaught.append(token.element)


def broadcast(workflow: TokenWorkflow, name: str) -> list[str]:
    """Let everything in the instance that waits for a signal catch it; answers the elements."""
    caught = []
    for token in list(workflow.tasks.values()):
        trigger = token.task_spec.place.trigger
        waits = token.state == TaskState.WAITING and token.id in workflow.tasks
        if waits and trigger.kind == "signal" and trigger.name == name:
            caught.append(token.element)
            token.task_spec.fire(token)
    return caught


def _error(token: Token, trigger: Trigger) -> None:
    throw_error(token, trigger.code)


def _escalation(token: Token, trigger: Trigger) -> None:
    throw_escalation(token, trigger.code)


def _signal(token: Token, trigger: Trigger) -> None:
    token.workflow.journal.thrown.append(Thrown("signal", trigger.name, token.element))
    broadcast(token.workflow, trigger.name)


def _message(token: Token, trigger: Trigger) -> None:
    key = token.expressions.value(trigger.key, token.element) if trigger.key else None
    token.workflow.journal.thrown.append(
        Thrown(
            "message",
            trigger.name,
            token.element,
            None if key is None else str(key),
            dict(token.locals),
            until=_until(token),
        ),
    )


def _until(token: Token) -> datetime | None:
    text = token.task_spec.settings.properties.get(TIME_TO_LIVE) or timers.LIFETIME
    value = token.expressions.value(text, token.element)
    try:
        lives = timers.lifetime(str(value))
    except ValueError as error:
        raise ExpressionFailed(token.element, text, f"gave a {error}".rstrip(".")) from None
    return lives.after(token.workflow.now) if lives else None


def _terminate(token: Token, _: Trigger) -> None:
    for other in list(token.workflow.standing(token.scope)):
        token.workflow.withdraw(other)


def _cancel(token: Token, _: Trigger) -> None:
    caught = catcher(token, "cancel")
    if caught is not None:
        caught.task_spec.fire(caught)


_THROWS: Mapping[str, Callable[[Token, Trigger], None]] = {
    "error": _error,
    "escalation": _escalation,
    "signal": _signal,
    "message": _message,
    "terminate": _terminate,
    "cancel": _cancel,
}
