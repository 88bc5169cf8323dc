"""Activities that are done once for each item of a list, one after the other or all at once."""

from __future__ import annotations

import re
from dataclasses import replace

from SpiffWorkflow.util.task import TaskState

from engine.bpmn.drawing import Loop, Place
from engine.bpmn.elements import Diagram, Element
from engine.bpmn.tokens import Rounds, Token
from engine.errors import ExpressionFailed

#: Items of one list; more is a slip, or work for several instances.
ITEM_LIMIT = 1_000
#: A result that is a variable, or a part of one: each round gets that variable of its own.
_NAME = re.compile(r"=\s*([^\W\d]\w*)(?:\.[^\W\d]\w*)*\s*")


class Repeated(Element):
    """A scope in which each token is one round of the activity.

    `body` makes the element of one round: the activity without flows and boundary events.
    """

    def __init__(self, diagram: Diagram, place: Place, loop: Loop, body: Element) -> None:
        settings = replace(place.settings, inputs=(), outputs=())
        super().__init__(diagram, replace(place, settings=settings))
        self.loop = loop
        self.body = body

    def made_ready(self, token: Token) -> None:
        """Begin the first round, or all of them."""
        token._set_state(TaskState.STARTED)  # noqa: SLF001 - own class
        items = self._items(token)
        token.rounds = Rounds(items, [None] * len(items))
        if not items:
            token.complete()
        while items:
            self._begin_round(token, token.rounds)
            if self.loop.sequential:
                break

    def inside_left(self, token: Token, gone: Token) -> None:
        """A round is over: keep its result, then begin the next one, or complete."""
        rounds, loop = token.rounds, self.loop
        if rounds is None:
            raise TypeError(f"'{self.name}' was restored without its rounds.")
        rounds.done += 1
        if loop.result:
            value = gone.expressions.value(loop.result, self.name)
            rounds.results[int(str(gone.locals["loopCounter"])) - 1] = value
        if rounds.done == len(rounds.results) or self._enough(gone, rounds):
            token.complete()
        elif rounds.items:
            self._begin_round(token, rounds)

    def _on_complete(self, token: Token) -> None:
        if self.loop.results and token.rounds is not None:
            token.set({self.loop.results: token.rounds.results})
        super()._on_complete(token)

    def _items(self, token: Token) -> list[object]:
        value = token.expressions.value(self.loop.items, self.name)
        if not isinstance(value, list):
            raise ExpressionFailed(self.name, self.loop.items, "gave no list")
        if len(value) > ITEM_LIMIT:
            reason = f"gave {len(value):,} items; the limit is {ITEM_LIMIT:,}"
            raise ExpressionFailed(self.name, self.loop.items, reason)
        return list(value)

    def _begin_round(self, token: Token, rounds: Rounds) -> None:
        number = len(rounds.results) - len(rounds.items) + 1
        one = token.workflow.place(self.name, token.id)
        if own := _NAME.fullmatch(self.loop.result):
            one.locals[own[1]] = None
        item = rounds.items.pop(0)
        if self.loop.item:
            one.locals[self.loop.item] = item
        one.locals["loopCounter"] = number
        one.task_spec._update(one)  # noqa: SLF001 - SpiffWorkflow's life cycle

    def _enough(self, gone: Token, rounds: Rounds) -> bool:
        if not self.loop.until:
            return False
        active = sum(1 for _ in gone.workflow.standing(gone.scope))
        counts = {
            "numberOfInstances": len(rounds.results),
            "numberOfActiveInstances": active,
            "numberOfCompletedInstances": rounds.done,
            "numberOfTerminatedInstances": 0,
        }
        return gone.expressions.with_(counts).holds(self.loop.until, self.name)


def one_round(place: Place) -> Place:
    """The activity of one round: nothing leads into it or out of it, nothing is attached."""
    return replace(place, loop=None, incoming=[], outgoing=[], boundary=[])
