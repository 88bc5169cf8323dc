"""A process and a walk as one line of text, run again or made smaller.

`memory 20 seed:2353` draws from a seed; `memory 20 choices:0.3.1` plays given choices. `memory`
compares the reference with the engine in memory, `stored` with the commands on a database.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from engine.bpmn.drawing import Drawing, Place
from tests.randomly.chance import Chance, shrunk
from tests.randomly.stored import stored
from tests.randomly.walk import Course, Different, Walked, course, in_memory, walk

_SIDES = {"memory": in_memory, "stored": stored}


@dataclass(frozen=True)
class Case:
    """What it takes to draw and walk the same again."""

    side: str
    budget: int
    seed: int | None = None
    choices: tuple[int, ...] = ()

    @classmethod
    def read(cls, text: str) -> Case:
        side, budget, source = text.split()
        kind, _, value = source.partition(":")
        if kind == "seed":
            return cls(side, int(budget), int(value))
        return cls(side, int(budget), None, tuple(int(c) for c in value.split(".") if c))

    def __str__(self) -> str:
        chosen = ".".join(map(str, self.choices))
        source = f"choices:{chosen}" if self.seed is None else f"seed:{self.seed}"
        return f"{self.side} {self.budget} {source}"

    def chance(self) -> Chance:
        return Chance(self.seed, self.choices)

    def walk(self) -> Walked:
        """Walk it.

        Raises:
            Different: the engine does not run as the reference says.
        """
        return walk(course(self.chance(), self.budget), _SIDES[self.side])


def run(case: Case) -> Walked:
    """Walk a case; a difference is told on the smallest diagram found, with how to see it again."""
    try:
        return case.walk()
    except Different:
        told = explained(smaller(case))
        raise Different(f"{told}\n\nIt was found by: {_again(case)}") from None


def smaller(case: Case) -> Case:
    """The smallest case found that still fails: a smaller budget, fewer and simpler choices."""
    chance = case.chance()
    with suppress(Different):
        walk(course(chance, case.budget), _SIDES[case.side])
    choices, budget = chance.made, case.budget

    def fails(choices: Sequence[int], budget: int) -> bool:
        try:
            Case(case.side, budget, None, tuple(choices)).walk()
        except Different:
            return True
        except AssertionError:  # such choices draw or walk nothing sensible
            return False
        return False

    for _ in range(2):
        budget = next((b for b in range(1, budget) if fails(choices, b)), budget)
        choices = shrunk(choices, partial(fails, budget=budget))
    return Case(case.side, budget, None, tuple(choices))


def explained(case: Case) -> str:
    """The diagram of a failing case, its walk, what differs and how to run it again."""
    given = course(case.chance(), case.budget)
    shown = picture(given)
    try:
        walk(given, _SIDES[case.side])
    except Different as different:
        shown += f"\n{different}"
    return (
        f"\n{shown}\n\nRun it again: {_again(case)}\n"
        f"Keep it: add this line to tests/properties/kept_seeds.txt\n{case}"
    )


def _again(case: Case) -> str:
    return f".venv/bin/python -m tests.randomly '{case}'"


def picture(given: Course) -> str:
    """The processes as text: an element a line, with what it is and where it leads."""
    lines = []
    for name, drawing in given.drawings.items():
        lines += [f"process {name}", *_inside(drawing, "", 2)]
    return "\n".join([*lines, f"starts with {dict(given.variables)}"])


def _inside(drawing: Drawing, parent: str, indent: int) -> list[str]:
    lines = []
    for place in drawing.inside(parent):
        lines.append(" " * indent + " ".join(_words(place)))
        lines += _inside(drawing, place.id, indent + 2)
    return lines


def _words(place: Place) -> list[str]:
    settings, trigger, loop = place.settings, place.trigger, place.loop
    words = [place.id, "event sub-process" if place.by_event else place.kind]
    if trigger.kind != "none":
        said = (trigger.name, trigger.code, trigger.text, trigger.activity, trigger.key)
        words.append(f"{trigger.kind}({' '.join(filter(None, said))})")
    words += [f"on {place.attached_to}"] if place.attached_to else []
    words += [] if place.interrupting else ["beside"]
    words += [f"calls {settings.called}"] if settings.called else []
    words += [f"{settings.result} := {settings.script or settings.decision}"] * bool(
        settings.result
    )
    words += [f"in {m.target}:{m.source}" for m in settings.inputs]
    words += [f"out {m.target}:{m.source}" for m in settings.outputs]
    if loop is not None:
        order = "one by one" if loop.sequential else "all at once"
        words.append(f"for {loop.item} of {loop.items} {order} until {loop.until or 'all'}")
    words += [f"undone by {place.undo}"] if place.undo else []
    leads = [f"{f.target}{f' if {f.condition}' if f.condition else ''}" for f in place.outgoing]
    return words + ([f"-> {', '.join(leads)}"] if leads else [])
