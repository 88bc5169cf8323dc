"""Random processes at random moments: moving to the same drawing changes nothing, and there and
back under other names is as if nobody had moved.
"""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest

from engine.bpmn import lint, migrating, reader
from engine.bpmn.definition import ProcessDefinition, compile_drawing
from engine.bpmn.instance import Instance
from engine.bpmn.tokens import NoEffects
from engine.topics import Topics
from tests.conftest import MONDAY
from tests.properties.test_random_placings import go_on
from tests.random_process import NAMES, VALUES, process
from tests.random_walker import Engine, compiled

STEPS = 30


def renamed(seed: int, budget: int) -> tuple[ProcessDefinition, dict[str, str]]:
    """The process of a seed with every element called otherwise, and what became of what."""
    text = process(seed, budget).decode()
    names = {name: f"{name}_v2" for name in re.findall(r'<bpmn:\w+ id="([a-z]\d+)"', text)}
    source = re.sub(
        r'((?:id|sourceRef|targetRef|attachedToRef)=")([a-z]\d+)"',
        lambda m: f'{m[1]}{names.get(m[2], m[2])}"',
        text,
    )
    drawing = reader.read(source.encode(), "renamed")
    assert not [f for f in lint.check(drawing, lint.Known(Topics())) if f.severity == "error"]
    return compile_drawing(drawing), names


def moved(instance: Instance, to: ProcessDefinition, names: dict[str, str]) -> Instance:
    new = Instance(to, dict(instance.variables), MONDAY, NoEffects())
    migrating.carry(instance, new, names, {})
    new.settle()
    return new


def journey(seed: int, budget: int = 12) -> str:
    """Walk a process twice alike; one of the two moves there and back before every step."""
    _, definition = compiled(seed, budget)
    _, same = compiled(seed, budget)
    other, names = renamed(seed, budget)
    back = {new: old for old, new in names.items()}
    variables: dict[str, object] = {n: random.Random(seed).choice(VALUES) for n in NAMES}
    stays = Engine(definition, dict(variables), saves=False)
    moves = Engine(definition, dict(variables), saves=False)
    chances = random.Random(seed + 3), random.Random(seed + 3)
    for _ in range(STEPS):
        if stays.ended:
            assert moves.ended
            return "ended"
        state = moves.instance.state()
        moves.instance = moved(moves.instance, same, {})
        assert moves.instance.state() == state
        moves.instance = moved(moves.instance, other, names)
        assert moves.instance.state() != state
        moves.instance = moved(moves.instance, definition, back)
        assert moves.instance.state() == state == stays.instance.state()
        go_on(stays, chances[0])
        go_on(moves, chances[1])
    return "still open"


def test_moving_there_and_back_equals_never_having_moved() -> None:
    went = Counter(journey(seed) for seed in range(60))
    assert went["ended"] > 30


@pytest.mark.slow
@pytest.mark.parametrize("block", range(10))
def test_many_move_there_and_back(block: int) -> None:
    for seed in range(1000 + block * 100, 1100 + block * 100):
        journey(seed, budget=25)


def test_the_comparison_notices_an_event_that_is_not_armed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The property can fail."""
    monkeypatch.setattr("engine.bpmn.migrating._boundary", lambda *_: ())
    with pytest.raises(AssertionError):
        list(map(journey, range(60)))
