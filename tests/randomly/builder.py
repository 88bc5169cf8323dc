"""Random processes: blocks in blocks, every one a valid diagram that can come to its end.

Where BPMN leaves an order open, these processes do not depend on it:

- branches that run beside each other write no variables;
- what reaches beyond its own token (a throw, an end that is more than a point) follows a user task,
  so nothing else moves at that moment;
- every event has a message and a moment of its own; signals are shared, and reach all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tests import drawing as draw
from tests.randomly.chance import Chance

NAMES = [f"c{n}" for n in range(4)]  #: variables that conditions ask for
VALUES = [0, 1, 2]
SIGNALS = ("s0", "s1")
CODES = ("late", "odd")  #: of escalations

Flows = list[tuple[str, ...]]


@dataclass
class Block:
    """Part of a scope with one way in and one way out."""

    body: list[str]
    flows: Flows
    first: str
    last: str
    side: list[str] = field(default_factory=list)  #: user tasks that end paths by themselves
    waits: bool = False  #: whether its last element is a user task


@dataclass
class Around:
    """What may be thrown from where a block stands."""

    error: bool = False  #: caught by somebody
    escalation: bool = True
    cancel: bool = False  #: in a transaction


Shape = Callable[["Builder", int], Block]


class Builder:
    """Builds one process; those that it calls have builders of their own with the same names."""

    def __init__(
        self,
        chance: Chance,
        budget: int,
        shapes: Sequence[tuple[int, Shape, bool]],
        outer: Builder | None = None,
    ) -> None:
        self.chance = chance
        self.budget = budget
        self.shapes = shapes
        self.files: dict[str, bytes] = {} if outer is None else outer.files
        self.messages: list[tuple[str, str]] = [] if outer is None else outer.messages
        self.counter = [0] if outer is None else outer.counter
        #: Branches that run beside each other write no variables: which comes first is not said.
        self.beside = 0
        self.key = ""  #: of the messages in rounds of a repeated activity
        self.around = Around()
        #: activities in this scope that can be undone
        self.undoable: list[str] = []
        self.depth = 0 if outer is None else outer.depth + 1

    # -- names and choices

    def name(self, kind: str) -> str:
        self.counter[0] += 1
        return f"{kind}{self.counter[0]}"

    def condition(self) -> str:
        return f"={self.chance.one_of(NAMES)} = {self.chance.one_of(VALUES)}"

    def message(self, *, keyed: bool = True) -> str:
        """The definition of a message that nothing else waits for; in rounds it has their key."""
        name = self.name("n")
        self.messages.append((name, self.key if keyed else ""))
        return draw.message(name)

    @property
    def sendable(self) -> list[str]:
        """Messages that a throw event can bring to who waits for them."""
        return [name for name, key in self.messages if not key]

    def moment(self) -> str:
        """A duration that no other has: hours, and seconds of its own."""
        self.counter[0] += 1
        micros = self.counter[0] * 612_347 % 999_983
        return f"PT{self.chance.below(5) + 1}H{self.counter[0] % 60}.{micros:06}S"

    def trigger(self, *, cycle: bool = False) -> str:
        """What an event that is armed beside the flow may wait for."""
        kinds = ["message", "timer", "signal", "conditional", *(["cycle"] if cycle else [])]
        kind = self.chance.one_of(kinds)
        if kind == "timer":
            return draw.timer(self.moment())
        if kind == "cycle":
            times = self.chance.one_of(["2", "", "3"])
            return draw.timer(f"R{times}/{self.moment()}", "timeCycle")
        if kind == "signal":
            return draw.signal(self.chance.one_of(SIGNALS))
        if kind == "conditional":
            return draw.conditional(self.condition())
        return self.message()

    # -- scopes

    def process(self, process: str) -> None:
        """Write one process, and those that it calls, into the files."""
        outer, catches = self.around, self.chance.happens(20)
        self.around = Around(error=outer.error or catches)
        block = self.block(0)
        while self.budget > 3:
            block = self.and_then(block, self.block(0))
        if self.chance.happens(25):
            block = self.and_then(block, self.task())
        body, flows = self.framed(block)
        inside = self.event_subs(outer, catches=catches)
        keyed = "".join(draw.messages(name, key=key) for name, key in self.messages)
        top = keyed + draw.errors("oops") + draw.signals(*SIGNALS) + draw.escalations(*CODES)
        self.files[process] = draw.diagram(*body, *inside, flows=flows, pid=process, top=top)

    def framed(self, block: Block) -> tuple[list[str], Flows]:
        """A scope around a block: start, end, and an end for each side path."""
        first, last = self.name("s"), self.name("e")
        body = [draw.start(first), *block.body, draw.end(last, self.ending(block.waits))]
        flows = [(first, block.first), *block.flows, (block.last, last)]
        for side in block.side:
            stop = self.name("x")
            body.append(draw.end(stop, self.ending(waits=True)))
            flows.append((side, stop))
        return body, flows

    def ending(self, waits: bool) -> str:  # noqa: FBT001 - said by name or by its field
        """What an end event throws; only what follows a user task throws anything."""
        if not waits or not self.chance.happens(50):
            return ""
        kinds = [draw.signal(self.chance.one_of(SIGNALS)), draw.TERMINATE, draw.compensate()]
        if self.around.escalation:
            kinds.append(draw.escalation(self.chance.one_of(CODES)))
        if self.sendable:
            kinds.append(draw.message(self.chance.one_of(self.sendable)))
        if self.around.error:
            kinds += [draw.error("oops")] * 2
        if self.around.cancel:
            kinds += [draw.CANCEL] * 4
        return self.chance.one_of(kinds)

    def event_subs(self, outer: Around, *, catches: bool = False, percent: int = 18) -> list[str]:
        """What may happen while a scope goes on; `catches`: an error in it, among others."""
        found = [self._event_sub(outer, draw.error(self.chance.one_of(["", "oops"])))] * catches
        while self.chance.happens(percent) and len(found) < 2:
            if self.chance.happens(30):
                escalation = draw.escalation(self.chance.one_of([*CODES, ""]))
                found.append(self._event_sub(outer, escalation, self.chance.happens(50)))
            else:
                interrupting = self.chance.happens(50)
                trigger = self.trigger(cycle=not interrupting)
                found.append(self._event_sub(outer, trigger, interrupting))
        return found

    def _event_sub(self, outer: Around, trigger: str, interrupting: bool = True) -> str:  # noqa: FBT001, FBT002
        """Begins with a user task; what it throws reaches what is around its scope."""
        name, begin = self.name("v"), self.name("s")
        kept, self.around = self.around, Around(error=outer.error)
        undoable, self.undoable = self.undoable, []
        self.beside += 1
        self.budget = min(self.budget, 3)
        block = self.and_then(self.task(), self.block(3))
        inner = self.event_subs(outer, percent=8) if self.budget > 0 else []
        body, flows = self.framed(block)
        self.beside -= 1
        self.around, self.undoable = kept, undoable
        body[0] = draw.begins(begin, trigger, interrupting=interrupting)
        flows[0] = (begin, flows[0][1])
        return draw.sub(name, *body, *inner, flows=flows, by_event=True)

    # -- blocks

    def block(self, depth: int) -> Block:
        self.budget -= 1
        room = depth < 4 and self.budget > 0
        weighed = [
            shape
            for weight, shape, nests in self.shapes
            for _ in range(weight if room or not nests else 0)
        ]
        return self.chance.one_of(weighed)(self, depth)

    def task(self, more: str = "", prefix: str = "t") -> Block:
        name = self.name(prefix)
        return Block([draw.user(name, more=more)], [], name, name, waits=True)

    def and_then(self, *parts: Block) -> Block:
        """One after the other."""
        flows = [flow for part in parts for flow in part.flows]
        flows += [(a.last, b.first) for a, b in pairwise(parts)]
        body = [element for part in parts for element in part.body]
        sides = [side for part in parts for side in part.side]
        return Block(body, flows, parts[0].first, parts[-1].last, sides, waits=parts[-1].waits)

    def plain(self, drawn: str, name: str) -> Block:
        return Block([drawn], [], name, name)
