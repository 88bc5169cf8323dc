"""Random processes of plain shapes in one file, for checks, placings and migrations.

Every seed is a valid diagram that can come to its end. `tests/randomly` draws all that runs.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import pairwise

from tests.drawing import (
    TERMINATE,
    boundary,
    catch,
    choice,
    diagram,
    end,
    error,
    errors,
    exclusive,
    inclusive,
    message,
    messages,
    parallel,
    script,
    start,
    sub,
    user,
)

NAMES = [f"c{n}" for n in range(4)]  #: variables that conditions ask for
VALUES = [0, 1, 2]
NEWS = ("m0", "m1")  #: messages that events wait for


@dataclass
class Block:
    """Part of a scope with one way in and one way out."""

    body: list[str]
    flows: list[tuple[str, ...]]
    first: str
    last: str
    side: list[str] = field(default_factory=list)  #: last elements of paths that end by themselves


class Builder:
    """Builds one process from one seed."""

    def __init__(self, seed: int, budget: int) -> None:
        self.chance = random.Random(seed)
        self.budget = budget
        self.count = 0
        #: Branches that run beside each other write no variables: which comes first is not said.
        self.beside = 0

    def name(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    def condition(self) -> str:
        return f"={self.chance.choice(NAMES)} = {self.chance.choice(VALUES)}"

    def process(self) -> bytes:
        block = self.block(0)
        body, flows = self.framed(block)
        return diagram(*body, flows=flows, top=messages(*NEWS) + errors("oops"))

    def framed(self, block: Block, outer: int = 0) -> tuple[list[str], list[tuple[str, ...]]]:
        """A scope around a block: start, end, and an end for each side path."""
        first, last = self.name("s"), self.name("e")
        body = [start(first), *block.body, end(last)]
        flows = [(first, block.first), *block.flows, (block.last, last)]
        for side in block.side:
            stop = self.name("x")
            inside = TERMINATE if self.chance.random() < 0.15 else ""
            if outer and self.chance.random() < 0.4:
                inside = error("oops")
            body.append(end(stop, inside))
            flows.append((side, stop))
        return body, flows

    def block(self, depth: int) -> Block:
        self.budget -= 1
        kinds = ["task"] * 2 + ([] if self.beside else ["script"])
        if depth < 4 and self.budget > 0:
            kinds += ["row"] * 3 + ["xor", "and", "or", "loop", "sub", "either", "guarded"] * 2
        return getattr(self, f"_{self.chance.choice(kinds)}")(depth)  # type: ignore[no-any-return]

    def _task(self, _: int) -> Block:
        name = self.name("t")
        return Block([user(name)], [], name, name)

    def _script(self, _: int) -> Block:
        name = self.name("k")
        expression = f"={self.chance.choice(VALUES)}"
        return Block([script(name, expression, self.chance.choice(NAMES))], [], name, name)

    def _row(self, depth: int) -> Block:
        parts = [self.block(depth + 1) for _ in range(self.chance.randint(2, 3))]
        flows = [flow for part in parts for flow in part.flows]
        flows += [(a.last, b.first) for a, b in pairwise(parts)]
        return self._joined(parts, [], flows, parts[0].first, parts[-1].last)

    def _joined(
        self,
        parts: list[Block],
        more: list[str],
        flows: list[tuple[str, ...]],
        first: str,
        last: str,
    ) -> Block:
        body = [element for part in parts for element in part.body] + more
        return Block(body, flows, first, last, [side for part in parts for side in part.side])

    def _branches(self, depth: int, kind: str) -> Block:
        self.beside += kind != "xor"
        parts = [self.block(depth + 1) for _ in range(self.chance.randint(2, 3))]
        self.beside -= kind != "xor"
        split, join = self.name("g"), self.name("j")
        flows = [flow for part in parts for flow in part.flows]
        default = parts[-1]
        for part in parts:
            bare = kind == "and" or part is default
            flows.append((split, part.first) if bare else (split, part.first, self.condition()))
            flows.append((part.last, join))
        draw = {"xor": exclusive, "or": inclusive}
        if kind == "and":
            more = [parallel(split, join)]
        else:
            more = [draw[kind](split, default=f"{split}_{default.first}"), draw[kind](join)]
        return self._joined(parts, more, flows, split, join)

    def _xor(self, depth: int) -> Block:
        return self._branches(depth, "xor")

    def _and(self, depth: int) -> Block:
        return self._branches(depth, "and")

    def _or(self, depth: int) -> Block:
        return self._branches(depth, "or")

    def _loop(self, depth: int) -> Block:
        """Back again while a condition holds, always past a user task."""
        part, rest = self.block(depth + 1), self._task(depth)
        merge, again, out = self.name("m"), self.name("g"), self.name("o")
        flows = [
            *part.flows,
            (merge, part.first),
            (part.last, rest.first),
            (rest.last, again),
            (again, merge, self.condition()),
            (again, out),
        ]
        more = [exclusive(merge), exclusive(again, default=f"{again}_{out}"), exclusive(out)]
        return self._joined([part, rest], more, flows, merge, out)

    def _sub(self, depth: int) -> Block:
        block = self.block(depth + 1)
        has_sides = bool(block.side)
        body, flows = self.framed(block, outer=1 if has_sides else 0)
        name = self.name("p")
        inside = sub(name, *body, flows=flows)
        if not has_sides:
            return Block([inside], [], name, name)
        caught, repair, merge = self.name("b"), self.name("t"), self.name("j")
        more = [inside, boundary(caught, name, error()), user(repair), exclusive(merge)]
        paths = [(name, merge), (caught, repair), (repair, merge)]
        return Block(more, paths, name, merge)

    def _either(self, _: int) -> Block:
        gate, join = self.name("g"), self.name("j")
        one, two = self.name("w"), self.name("w")
        body = [choice(gate), catch(one, message("m0")), catch(two, message("m1")), exclusive(join)]
        return Block(body, [(gate, one), (gate, two), (one, join), (two, join)], gate, join)

    def _guarded(self, depth: int) -> Block:
        """An activity with a boundary message: instead of it, or beside it."""
        host = self._sub(depth) if self.chance.random() < 0.5 else self._task(depth)
        event, after = self.name("b"), self.name("t")
        trigger = message(self.chance.choice(NEWS))
        if self.chance.random() < 0.5:
            body = [
                *host.body,
                boundary(event, host.first, trigger, interrupting=False),
                user(after),
            ]
            flows = [*host.flows, (event, after)]
            return Block(body, flows, host.first, host.last, [*host.side, after])
        join = self.name("j")
        body = [*host.body, boundary(event, host.first, trigger), user(after), exclusive(join)]
        flows = [*host.flows, (host.last, join), (event, after), (after, join)]
        return Block(body, flows, host.first, join, host.side)


def process(seed: int, budget: int = 8) -> bytes:
    """The BPMN file of a seed."""
    return Builder(seed, budget).process()
