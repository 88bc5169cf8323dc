"""Tokens placed by chance on random processes: what is not refused always ends or waits."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest

from engine.bpmn import placing
from engine.bpmn.errors import CannotPlace
from engine.bpmn.instance import Instance
from engine.errors import EndlessLoop
from tests.random_process import NAMES, VALUES
from tests.random_walker import Engine, compiled

STEPS = 60


def placings(engine: Engine, chance: random.Random) -> list[Callable[[Instance], None]]:
    """Everything somebody could try with the tokens of an instance now."""
    places = list(engine.definition.drawing.places)
    stands = engine.instance.active()
    source, target = chance.choice(stands), chance.choice(places)
    values = {chance.choice(NAMES): chance.choice(VALUES)}
    return [
        lambda instance: placing.move(instance, source, target),
        lambda instance: placing.skip(instance, source, values),
        lambda instance: placing.reopen(instance, target),
    ]


def place(engine: Engine, chance: random.Random) -> str:
    """Try one placing on a copy; it is kept unless it is refused."""
    variables = dict(engine.instance.variables)
    copy = engine.fresh(variables)
    copy.restore(engine.instance.state())
    try:
        chance.choice(placings(engine, chance))(copy)
    except (CannotPlace, EndlessLoop):
        return "refused"
    engine.instance = copy
    return "placed"


def go_on(engine: Engine, chance: random.Random) -> None:
    tasks, waiting = engine.open(), engine.messages()
    assert tasks or waiting, "nothing can be done, and it has not ended"
    if waiting and (not tasks or chance.random() < 0.3):
        engine.send(chance.choice(waiting))
    else:
        values: dict[str, object] = {chance.choice(NAMES): chance.choice(VALUES)}
        engine.complete(chance.choice(tasks), values)


def sound(engine: Engine) -> None:
    """What is stored is what is there, and every token is in a scope that fits its element."""
    if engine.instance.ended:
        return
    state = engine.instance.state()
    again = engine.fresh(dict(engine.instance.variables))
    again.restore(state)
    assert again.state() == state
    places = engine.definition.drawing.places
    for token in engine.instance.tokens.tasks.values():
        around = token.workflow.tasks.get(token.scope)
        assert places[token.element].parent == ("" if around is None else around.element)
        assert token.host in (None, 0) or token.host in token.workflow.tasks


def disturbed(seed: int, budget: int = 12) -> Counter[str]:
    """Walk a process, and put tokens where chance wants them on the way."""
    _, definition = compiled(seed, budget)
    chance = random.Random(seed + 7)
    engine = Engine(definition, {name: chance.choice(VALUES) for name in NAMES}, saves=True)
    found: Counter[str] = Counter()
    for _ in range(STEPS):
        if engine.ended:
            found["ended"] += 1
            break
        if found["placed"] < 4 and chance.random() < 0.5:
            found[place(engine, chance)] += 1
        else:
            go_on(engine, chance)
        sound(engine)
    return found


def test_random_placings_never_leave_an_instance_stuck() -> None:
    found: Counter[str] = Counter()
    for seed in range(150):
        found += disturbed(seed)
    assert found["placed"] > 100
    assert found["refused"] > 100
    assert found["ended"] > 50


@pytest.mark.slow
@pytest.mark.parametrize("block", range(10))
def test_many_random_placings_never_leave_an_instance_stuck(block: int) -> None:
    for seed in range(1000 + block * 200, 1200 + block * 200):
        disturbed(seed, budget=20)


def test_without_the_look_at_the_joins_some_would_be_stuck(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The property can fail."""
    monkeypatch.setattr("engine.bpmn.joins.newly_stuck", lambda *_: "")
    with pytest.raises(Exception, match="without ending"):
        list(map(disturbed, range(150)))
