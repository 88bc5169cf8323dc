"""Random processes, walked at random: the engine, saved and loaded after every step, against the
reference interpreter.

A failing seed prints itself; it becomes a scenario named after its symptom once it is understood.
"""

from __future__ import annotations

import random
from collections import Counter

import pytest

from engine.bpmn import lint, reader
from engine.bpmn.definition import ProcessDefinition, compile_drawing
from engine.bpmn.drawing import Drawing
from engine.bpmn.instance import Instance
from engine.bpmn.tokens import NoEffects
from engine.topics import Topics
from tests.conftest import MONDAY
from tests.random_process import NAMES, VALUES, process
from tests.reference import Reference

STEPS = 40


class Engine:
    """The engine under test; `saves` restores it from its state before every step."""

    def __init__(
        self, definition: ProcessDefinition, variables: dict[str, object], *, saves: bool
    ) -> None:
        self.definition = definition
        self.saves = saves
        self.instance = self.fresh(variables)
        self.instance.start()

    def fresh(self, variables: dict[str, object]) -> Instance:
        return Instance(self.definition, variables, MONDAY, NoEffects())

    def reload(self) -> None:
        if self.saves and not self.instance.ended:
            state = self.instance.state()
            self.instance = self.fresh(dict(self.instance.variables))
            self.instance.restore(state)

    def open(self) -> list[str]:
        places = self.definition.drawing.places
        return sorted(e for e in self.instance.active() if places[e].kind == "userTask")

    def messages(self) -> list[str]:
        return sorted(w.element for w in self.instance.waiting() if w.kind == "message")

    @property
    def ended(self) -> bool:
        return self.instance.ended

    def complete(self, element: str, values: dict[str, object]) -> None:
        self.reload()
        self.instance.complete(self.instance.token_at(element), values)

    def send(self, element: str) -> None:
        self.reload()
        self.instance.catch_at(element, {})


def compiled(seed: int, budget: int) -> tuple[Drawing, ProcessDefinition]:
    drawing = reader.read(process(seed, budget), f"seed {seed}")
    found = lint.check(drawing, lint.Known(Topics()))
    assert [f for f in found if f.severity == "error"] == [], f"seed {seed} is no valid process"
    return drawing, compile_drawing(drawing)


def walk(seed: int, budget: int = 8) -> tuple[str, int]:
    """Walk a process by chance; answers how it went on, and in how many steps."""
    drawing, definition = compiled(seed, budget)
    chance = random.Random(seed + 1)
    variables: dict[str, object] = {name: chance.choice(VALUES) for name in NAMES}
    sides = [
        Reference(drawing, variables),
        Engine(definition, variables, saves=False),
        Engine(definition, variables, saves=True),
    ]
    for step in range(STEPS):
        seen = [(side.open(), side.messages(), side.ended) for side in sides]
        assert seen[0] == seen[1] == seen[2], f"seed {seed}, step {step}: {seen}"
        tasks, waiting, ended = seen[0]
        if ended:
            return "ended", step
        if waiting and (not tasks or chance.random() < 0.3):
            element = chance.choice(waiting)
            for side in sides:
                side.send(element)
        else:
            element = chance.choice(tasks)
            values: dict[str, object] = {chance.choice(NAMES): chance.choice(VALUES)}
            for side in sides:
                side.complete(element, values)
    return "still open", STEPS


@pytest.mark.parametrize("block", range(10))
def test_a_hundred_random_processes_run_as_the_reference_says(block: int) -> None:
    went = Counter(walk(seed)[0] for seed in range(block * 10, block * 10 + 10))
    assert sum(went.values()) == 10


@pytest.mark.slow
@pytest.mark.parametrize("block", range(20))
def test_two_thousand_random_processes_run_as_the_reference_says(block: int) -> None:
    seeds = range(1000 + block * 100, 1100 + block * 100)
    went = Counter(walk(seed, budget)[0] for seed in seeds for budget in (8, 20, 40))
    assert went["ended"] > 200


def test_the_reference_notices_a_wrong_join(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison can fail: an engine whose joins fire early is found out."""
    monkeypatch.setattr("engine.bpmn.gateways.ParallelGateway.may_pass", lambda *_: True)
    with pytest.raises(AssertionError, match="seed"):
        list(map(walk, range(100)))
