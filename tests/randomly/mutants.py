"""Rules of the engine, broken one at a time; random walks must find every one.

Each mutant is a name, the side that shows it, and what takes the place of what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from engine.bpmn import calls, codec, events, gateways, instance, repeated, scopes, throws, timers
from engine.bpmn import tokens as tokens_module
from engine.bpmn import undo as undo_module
from engine.bpmn.elements import Element
from engine.commands import deliveries
from engine.store import database, unit_of_work, waits


@dataclass(frozen=True)
class Mutant:
    """One broken rule."""

    name: str
    target: Any  #: module, class or mapping
    attribute: str
    instead: Callable[[Any], Any]  #: makes the broken thing from the right one
    side: str = "memory"

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """The rule is broken while this lasts."""
        is_map = isinstance(self.target, dict)
        right = self.target[self.attribute] if is_map else getattr(self.target, self.attribute)
        broken = self.instead(right)
        self._put(broken)
        try:
            yield
        finally:
            self._put(right)

    def _put(self, value: object) -> None:
        if isinstance(self.target, dict):
            self.target[self.attribute] = value
        else:
            setattr(self.target, self.attribute, value)


def _inclusive_at_once(_: object) -> Callable[..., bool]:
    def try_join(self: Any, token: Any) -> bool:
        self.consume(token, self.arrivals(token))
        token._ready()
        return True

    return try_join


def _not_disarmed(_: object) -> Callable[..., list[Any]]:
    return lambda self, token: [t for t in self.tasks.values() if token.id == t.scope]


def _each_missed_period(_: object) -> Callable[..., tuple[object, int]]:
    def following(text: str, due: Any, times: int, _: object) -> tuple[object, int]:
        return timers.cycle(text).every.after(due), times - (times > 0)

    return following


def _always_interrupts(_: object) -> Callable[..., None]:
    def fire(self: Any, token: Any) -> None:
        self.interrupt(token)
        self.go_on(token)

    return fire


def _only_disarmed(_: object) -> Callable[..., None]:
    return lambda _, token: token.workflow.remove(token)


def _rivals_stay(right: Callable[..., None]) -> Callable[..., None]:
    def fire(self: Any, token: Any) -> None:
        token.group = None
        right(self, token)

    return fire


def _the_earliest_first(_: object) -> Callable[..., Any]:
    def latest_to_undo(token: Any, activity: str) -> Any:
        found = [
            t
            for t in token.workflow.tasks.values()
            if t.host == (token.scope or 0) and scopes._undoes(t) and scopes._inside(t)
        ]
        named = [t for t in found if not activity or activity in scopes._activities(t)]
        return min(named, key=lambda t: t.id, default=None)

    return latest_to_undo


def _the_first_only(_: object) -> Callable[..., list[str]]:
    def broadcast(workflow: Any, name: str) -> list[str]:
        for token in list(workflow.tasks.values()):
            trigger = token.task_spec.place.trigger
            if trigger.kind == "signal" and trigger.name == name:
                token.task_spec.fire(token)
                return [token.element]
        return []

    return broadcast


def _held_or_not(_: object) -> Callable[..., bool]:
    def reconsider(self: Any, token: Any) -> bool:
        held = token.expressions.holds(self.trigger.text, self.name)
        if held and token.workflow.journal.caught.count(self.name) < 3:
            token.workflow.journal.caught.append(self.name)
            self.fire(token)
            return True
        return False

    return reconsider


def _last_flow(right: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    def flows_to_take(self: Any, token: Any) -> list[Any]:
        holding = [
            flow
            for flow in self.place.outgoing
            if flow.condition and token.expressions.holds(flow.condition, flow.id)
        ]
        return holding[-1:] or right(self, token)

    return flows_to_take


def _default_too(right: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    def flows_to_take(self: Any, token: Any) -> list[Any]:
        default = [flow for flow in self.place.outgoing if flow.default]
        taken = right(self, token)
        return taken + [flow for flow in default if flow not in taken]

    return flows_to_take


def _outermost(_: object) -> Callable[..., Any]:
    def catcher(token: Any, kind: str, code: str = "") -> Any:
        armed = [t for t in token.workflow.tasks.values() if scopes._catches(t, kind, code)]
        return min((t for t in armed if t.host is not None), key=lambda t: t.host, default=None)

    return catcher


def _latest_timer(_: object) -> Callable[..., Any]:
    def earliest(self: Any) -> Any:
        now, tasks = self._workflow.now, self._workflow.tasks.values()
        due = [t for t in tasks if t.due is not None and t.due <= now]
        return max(due, key=lambda t: (t.due, t.id), default=None)

    return earliest


def _row_without(column: int) -> Callable[[Any], Callable[..., list[object]]]:
    def mutate(right: Callable[[Any], list[object]]) -> Callable[..., list[object]]:
        def row(token: Any) -> list[object]:
            stored = right(token)
            return [None if at == column else value for at, value in enumerate(stored)]

        return row

    return mutate


def _kept_what_was_done(_: object) -> Callable[..., Any]:
    @contextmanager
    def write(self: Any) -> Iterator[Any]:
        with self._write_lock, self.engine.connect() as connection:
            connection.info["writes"] = True
            try:
                yield connection
            finally:
                connection.commit()
                connection.info["writes"] = False

    return write


def _rows_stay(right: Callable[..., None]) -> Callable[..., None]:
    def replace(work: Any, loaded: Any, before: Any, after: Any) -> None:
        right(work, loaded, [w for w in before if w in after], after)

    return replace


def _nothing(_: object) -> Callable[..., None]:
    return lambda *_, **__: None


def _constant(*, value: object) -> Callable[[object], Callable[..., object]]:
    return lambda _: lambda *_, **__: value


def _complete(_: object, token: Any) -> None:
    token.complete()


_THROWS: Mapping[str, Any] = throws._THROWS
_WF, _GATES = tokens_module.TokenWorkflow, gateways

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "a parallel join fires early", _GATES.ParallelGateway, "may_pass", _constant(value=True)
    ),
    Mutant(
        "an inclusive join does not wait", _GATES.InclusiveGateway, "try_join", _inclusive_at_once
    ),
    Mutant(
        "an exclusive gateway takes the last flow",
        _GATES.ExclusiveGateway,
        "flows_to_take",
        _last_flow,
    ),
    Mutant("the default flow is taken too", Element, "flows_to_take", _default_too),
    Mutant("a boundary event is not disarmed", _WF, "belonging_to", _not_disarmed),
    Mutant("what does not interrupt does", events.ArmedEvent, "fire", _always_interrupts),
    Mutant("what interrupts does not", events.BoundaryEvent, "interrupt", _only_disarmed),
    Mutant("a cycle fires for each missed period", timers, "following", _each_missed_period),
    Mutant("the latest timer fires first", instance.Instance, "_earliest_due", _latest_timer),
    Mutant("events behind a gateway stay armed", events.CatchEvent, "fire", _rivals_stay),
    Mutant("a condition fires while it holds", events.CatchEvent, "reconsider", _held_or_not),
    Mutant("conditions are never looked at", _WF, "_fire_conditions", _constant(value=False)),
    Mutant(
        "an event sub-process does not interrupt", events.EventStart, "interrupt", _only_disarmed
    ),
    Mutant("a signal reaches the first only", throws, "broadcast", _the_first_only),
    Mutant("the outermost catches", throws, "catcher", _outermost),
    Mutant("terminate ends its own path only", _THROWS, "terminate", _nothing),
    Mutant("an escalation gets lost", _THROWS, "escalation", _nothing),
    Mutant("a message that is thrown gets lost", _THROWS, "message", _nothing),
    Mutant("rounds forget when it is enough", repeated.Repeated, "_enough", _constant(value=False)),
    Mutant(
        "rounds one by one get no input element",
        repeated.Repeated,
        "_begin_round",
        lambda right: (
            lambda self, token, rounds: (
                rounds.items.__setitem__(0, None),
                right(self, token, rounds),
            )
        ),
    ),
    Mutant("the earliest is undone first", undo_module, "latest_to_undo", _the_earliest_first),
    Mutant("nothing is left to undo", scopes, "hand_over", _nothing),
    Mutant(
        "a cancelled transaction is not undone",
        undo_module.CancelEvent,
        "made_ready",
        lambda _: _complete,
    ),
    Mutant(
        "variables leak out of their scope",
        tokens_module.Token,
        "set",
        lambda _: lambda self, values: self.workflow.set(values),
    ),
    Mutant(
        "the result of a called process is lost",
        calls.CallActivity,
        "returned",
        lambda _: lambda _self, token, _values: token.complete(),
    ),
    Mutant("a cancelled call goes on", calls.CallActivity, "withdrawn", _nothing),
    Mutant("the state forgets how often a cycle fires", codec, "_row", _row_without(7)),
    Mutant("the state forgets variables of its own", codec, "_row", _row_without(10)),
    Mutant("the state forgets rivals", codec, "_row", _row_without(8)),
    Mutant(
        "a second request runs again",
        unit_of_work,
        "_first",
        _constant(value=None),
        "stored",
    ),
    Mutant(
        "a crash keeps what was done", database.Database, "write", _kept_what_was_done, "stored"
    ),
    Mutant("rows of what waited stay", waits, "replace", _rows_stay, "stored"),
    Mutant(
        "nobody hears that a call is over",
        deliveries._CALLS,
        "return",
        _constant(value=[]),
        "stored",
    ),
)
