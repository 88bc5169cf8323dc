"""Activities with boundary events."""

from __future__ import annotations

from tests import drawing as draw
from tests.randomly.builder import Block, Builder
from tests.randomly.event_shapes import receive
from tests.randomly.scope_shapes import bare_call, repeated_task, scope

_NESTING = {
    "sub": lambda b, depth: scope(b, depth, "subProcess"),
    "repeated": repeated_task,
    "call": bare_call,
}


def guarded(b: Builder, depth: int) -> Block:
    """An activity with one or two boundary events: instead of it, or beside it."""
    host = _host(b, depth)
    body, flows, sides = [*host.body], [*host.flows], [*host.side]
    join = b.name("j")
    flows.append((host.last, join))
    for _ in range(1 + b.chance.happens(30)):
        event, after, interrupting = b.name("b"), b.task(), b.chance.happens(50)
        trigger = b.trigger(cycle=not interrupting)
        body += [draw.boundary(event, host.first, trigger, interrupting=interrupting), *after.body]
        flows.append((event, after.first))
        if interrupting:
            flows.append((after.last, join))
        else:
            sides.append(after.last)
    return Block([*body, draw.exclusive(join)], flows, host.first, join, sides)


def _host(b: Builder, depth: int) -> Block:
    """Something with one element to attach events to."""
    kinds = ["task", "receive", "sub", "repeated", "call"]
    kind = b.chance.one_of(kinds if depth < 4 and b.budget > 0 else kinds[:2])
    if kind == "receive":
        return receive(b)
    if kind == "task":
        return b.task()
    return _NESTING[kind](b, depth)
