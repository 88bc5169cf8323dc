"""What is armed around a token: who catches what it throws, and what is left to undo."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.tokens import Token

COMPENSATE = "compensate"


def catcher(token: Token, kind: str, code: str = "") -> Token | None:
    """The armed event that catches an error, escalation or cancellation thrown at a token.

    What is attached to the activity comes first, then scope by scope outwards. In a scope its
    event sub-processes come before the boundary events on it, and one that names the code before
    one that catches all. An event sub-process does not catch what is thrown inside itself.
    """
    passed: set[str] = set()
    for level, element in _around(token):
        armed = [
            t
            for t in token.workflow.tasks.values()
            if t.host == level
            and _catches(t, kind, code)
            and t.task_spec.place.parent not in passed
        ]
        if armed:
            return max(armed, key=lambda t: (_inside(t), bool(t.task_spec.place.trigger.code)))
        passed.add(element)
    return None


def _around(token: Token) -> Iterator[tuple[int, str]]:
    place: Token | None = token
    while place is not None:
        yield place.id, place.element
        place = place.outer
    yield 0, ""


def _catches(token: Token, kind: str, code: str) -> bool:
    trigger = token.task_spec.place.trigger
    return trigger.kind == kind and trigger.code in ("", code)


def _inside(token: Token) -> bool:
    """Whether an event is armed in a scope rather than on it."""
    return (token.scope or 0) == token.host


def hand_over(token: Token) -> None:
    """What a completed activity leaves to undo passes to the scope around it, as its latest.

    A sub-process with a compensation event of its own is undone by that; else by what its
    activities left.
    """
    left = [t for t in token.workflow.tasks.values() if t.host == token.id and _undoes(t)]
    own = [t for t in left if t.scope == token.scope]
    for undo in own or left:
        kept = token.workflow.place(undo.element, token.scope)
        kept.task_spec.arm(kept, token.scope or 0)


def latest_to_undo(token: Token, activity: str) -> Token | None:
    """What was completed last of what a compensation event is to undo.

    `activity` is one activity, or empty for all in the scope. Thrown in an event sub-process, it
    means the scope around that. What completes after the event has begun is not undone.
    """
    tasks = token.workflow.tasks
    scope = token.scope
    if scope is not None and tasks[scope].task_spec.place.by_event:
        scope = tasks[scope].scope
    found = [
        t
        for t in tasks.values()
        if t.host == (scope or 0) and _undoes(t) and _inside(t) and t.id < token.id
    ]
    named = [t for t in found if not activity or activity in _activities(t)]
    return max(named, key=lambda t: t.id, default=None)


def _activities(undo: Token) -> Iterator[str]:
    """The activity that left this to undo, and the sub-processes it is in."""
    activity = undo.task_spec.place.attached_to
    while activity:
        yield activity
        activity = undo.workflow.spec.task_specs[activity].place.parent


def _undoes(token: Token) -> bool:
    return token.task_spec.place.trigger.kind == COMPENSATE
