"""Service-task handlers, found by the type that a diagram names.

A handler is a plain function. Its parameters are its inputs: what the service task maps,
then the task's headers, then process variables of that name. Where it asks for them it also
gets `case` (all variables), `now`, `decide`, `key` and `work`, the unit of work: for queries, and
to write records that are not the process's own. It returns an `Outcome`; it performs no other I/O:
what must happen outside is returned as notices, which leave through the outbox after the commit.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeAlias, TypeVar

Value: TypeAlias = "str | int | float | bool | list[Value] | dict[str, Value] | None"
Decide: TypeAlias = Callable[[str, Mapping[str, object]], object]

#: Parameters that the engine fills in, whatever the diagram maps. `key` is the idempotency key: the
#: same for every try of a job, another one whenever a token comes to the element again. What a
#: handler wrote through `work` is undone when it fails.
GIVEN = frozenset({"case", "now", "decide", "key", "work"})


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell somebody once the transaction is committed."""

    to: str  #: `person:ann`, `group:net`, `lead:net`, `role:incident-manager` or `mail:a@b.org`
    template: str  #: key of the text, such as `incident.resolved`
    values: Mapping[str, object] = field(default_factory=dict)  #: what the text names


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a handler decided: new variables, notices to send, and why."""

    variables: Mapping[str, Value] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    reason: str = ""  #: shown in the audit trail


class BpmnError(Exception):
    """A modelled error: the diagram catches it by code at a boundary event."""

    def __init__(self, code: str, message: str = "") -> None:
        self.code = code
        super().__init__(message or code)


class Retry(Exception):
    """A handler cannot do its work now and says when it may, or (None) that waiting is no use."""

    def __init__(self, after: timedelta | None, reason: str) -> None:
        self.after = after
        super().__init__(reason)


HandlerFunction: TypeAlias = Callable[..., Outcome]
F = TypeVar("F", bound=HandlerFunction)


@dataclass(frozen=True, slots=True)
class Handler:
    """A handler with its input contract."""

    type: str
    function: HandlerFunction
    required: tuple[str, ...]  #: inputs without a default, the given ones left out
    optional: tuple[str, ...]
    given: tuple[str, ...]  #: which of GIVEN it asks for


class Topics:
    """The handler types that diagrams may use."""

    def __init__(self) -> None:
        self._handlers: dict[str, Handler] = {}

    def handles(self, topic: str) -> Callable[[F], F]:
        """Register the decorated function as the handler of a type."""

        def register(function: F) -> F:
            if topic in self._handlers:
                raise ValueError(f"Handler type '{topic}' is registered twice.")
            self._handlers[topic] = _contract(topic, function)
            return function

        return register

    def include(self, other: Topics) -> None:
        """Add all handlers of another collection."""
        for topic, handler in other._handlers.items():
            self.handles(topic)(handler.function)

    def names(self) -> set[str]:
        """Types that have a handler."""
        return set(self._handlers)

    def find(self, topic: str) -> Handler | None:
        """The handler of a type, or None."""
        return self._handlers.get(topic)


def _contract(topic: str, function: HandlerFunction) -> Handler:
    parameters = inspect.signature(function).parameters.values()
    return Handler(
        type=topic,
        function=function,
        required=tuple(p.name for p in parameters if p.default is p.empty and p.name not in GIVEN),
        optional=tuple(p.name for p in parameters if p.default is not p.empty),
        given=tuple(p.name for p in parameters if p.name in GIVEN),
    )
