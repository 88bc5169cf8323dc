"""`for`, `some` and `every`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from engine.feel import nodes
from engine.feel.budget import Run
from engine.feel.compile.dispatch import Code, Local, compiled
from engine.feel.temporal.values import Date, from_days
from engine.feel.types import Types
from engine.feel.values import Range, Value, kind

_Items: TypeAlias = Sequence[Value] | None


@dataclass(frozen=True, slots=True)
class Loop:
    """One iteration: the name, and code for the list, range or value it goes over."""

    name: str
    source: Code
    end: Code | None = None

    def items(self, names: Local, run: Run) -> _Items:
        """What the name stands for, in order; None where it cannot be gone over."""
        start = self.source(names, run)
        if self.end is not None:
            return span(start, self.end(names, run), (True, True), run)
        if isinstance(start, list):
            return start
        if isinstance(start, Range):
            return span(start.low, start.high, (start.low_closed, start.high_closed), run)
        return None if start is None else [start]


def span(start: Value, end: Value, closed: tuple[bool, bool], run: Run) -> _Items:
    """The integers or dates from one to another, downwards too; None for anything else."""
    first, last = _whole(start), _whole(end)
    if first is None or last is None or type(start) is not type(end):
        run.note(f"nothing can go from {kind(start)} to {kind(end)}")
        return None
    way = 1 if first <= last else -1
    steps = range(first + way * (not closed[0]), last + way * closed[1], way)
    run.charge(len(steps))
    return [Decimal(n) if isinstance(start, Decimal) else from_days(n) for n in steps]


def returning(loops: Sequence[Loop], body: Code) -> Code:
    """`for loops return body`; `partial` is what came before."""

    def code(names: Local, run: Run) -> Value:
        found: list[Value] = []

        def keep(inner: Local) -> bool:
            inner["partial"] = found
            found.append(body(inner, run))
            return False

        return None if _visit(loops, names.copy(), run, keep) is None else found

    return code


def quantified(loops: Sequence[Loop], condition: Code, *, some: bool) -> Code:
    """`some` or `every loops satisfies condition`; null where a condition is not boolean."""

    def code(names: Local, run: Run) -> Value:
        answer: Value = not some

        def decides(inner: Local) -> bool:
            nonlocal answer
            value = condition(inner, run)
            if not isinstance(value, bool):
                answer = None
            return value is some

        decided = _visit(loops, names.copy(), run, decides)
        if decided is None:
            return None
        return some if decided else answer

    return code


def _visit(
    loops: Sequence[Loop], names: Local, run: Run, visit: Callable[[Local], bool]
) -> bool | None:
    """Call `visit` with every combination until it answers True; None where a loop has none.

    All of them share one copy of the names: what keeps names, a function, copies them itself.
    """
    loop, rest = loops[0], loops[1:]
    items = loop.items(names, run)
    if items is None:
        return None
    for item in _charged(items, run):
        names[loop.name] = item
        stop = _visit(rest, names, run, visit) if rest else visit(names)
        if stop is not False:
            return stop
    return False


def _charged(items: Sequence[Value], run: Run) -> Iterable[Value]:
    for item in items:
        run.charge()
        yield item


def _whole(value: Value) -> int | None:
    if isinstance(value, Date):
        return value.days
    if isinstance(value, Decimal) and value.adjusted() < 18:  # noqa: PLR2004 - far beyond a budget
        return int(value) if value == int(value) else None
    return None


def _loops(iterations: Sequence[nodes.Iteration], types: Types) -> tuple[Loop, ...]:
    return tuple(
        Loop(
            one.name,
            compiled(one.source, types),
            None if one.end is None else compiled(one.end, types),
        )
        for one in iterations
    )


@compiled.register
def _for(node: nodes.For, types: Types) -> Code:
    return returning(_loops(node.iterations, types), compiled(node.body, types))


@compiled.register
def _quantified(node: nodes.Quantified, types: Types) -> Code:
    loops = _loops(node.iterations, types)
    return quantified(loops, compiled(node.condition, types), some=node.some)
