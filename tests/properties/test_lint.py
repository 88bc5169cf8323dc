"""What the checks say of random diagrams: nothing against valid ones, something after each harm.

And what they say is certain: where a join is said to wait for ever, no walk ever passes it.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.bpmn import lint, reader
from engine.bpmn.definition import compile_drawing
from engine.bpmn.drawing import Drawing
from engine.bpmn.instance import Instance
from engine.bpmn.lint import joins
from engine.bpmn.tokens import NoEffects
from engine.errors import EngineError
from engine.topics import Topics
from tests.conftest import MONDAY
from tests.drawing import diagram, end, exclusive, inclusive, parallel, start, user
from tests.random_process import NAMES, VALUES, process
from tests.unit.lint.asking import check

SEEDS = st.integers(0, 5_000)
#: True of random processes: they are not drawn, pass a lone gateway behind each loop, draw the
#: same condition twice, and guard sub-processes in which the end that throws was not chosen.
TRUE_OF_THEM = {"picture.none", "gateway.idle", "flow.never", "boundary.unthrown"}
Harm = Callable[[str, random.Random], str]


@given(SEEDS, st.integers(4, 30))
def test_nothing_is_said_against_a_valid_process(seed: int, budget: int) -> None:
    found = check(process(seed, budget))

    assert [str(one) for one in found if one.rule not in TRUE_OF_THEM | {"message.unsent"}] == []


def cut(pattern: str, by: str = "") -> Harm:
    """Replace one of the matches of a pattern."""

    def harm(source: str, chance: random.Random) -> str:
        places = list(re.finditer(pattern, source))
        if not places:
            return source
        place = chance.choice(places)
        return source[: place.start()] + place.expand(by) + source[place.end() :]

    return harm


LOOP = "<bpmn:standardLoopCharacteristics/>"
#: Each with the severity that it brings at least.
HARMS: dict[str, tuple[Harm, str]] = {
    "drop a flow": (cut(r"<bpmn:sequenceFlow [^>]*>.*?</bpmn:sequenceFlow>"), "warning"),
    "drop an end": (cut(r'<bpmn:endEvent id="\w+">.*?</bpmn:endEvent>'), "error"),
    "drop a start": (cut(r'<bpmn:startEvent id="\w+"/>'), "error"),
    "drop a gateway": (cut(r'<bpmn:\w+Gateway id="\w+"[^>]*/>'), "error"),
    "drop a condition": (cut(r"<bpmn:conditionExpression.*?</bpmn:conditionExpression>"), "error"),
    "drop a default": (cut(r' default="\w+"'), "error"),
    "drop who does it": (cut(r' candidateGroups="\w+"'), "error"),
    "drop an id": (cut(r'(<bpmn:userTask) id="\w+"', r"\1"), "error"),
    "lead a flow elsewhere": (cut(r'targetRef="\w+"', 'targetRef="nowhere"'), "error"),
    "break a condition": (cut(r"(>=c\d =) \d", r"\1"), "error"),
    "break a script": (cut(r'(expression="=)\d', r"\1"), "error"),
    "drop a result": (cut(r'resultVariable="\w+"', 'resultVariable=""'), "error"),
    "use an id twice": (cut(r'(<bpmn:userTask id=)"\w+"', r'\1"s1"'), "error"),
    "drop a message": (cut(r' messageRef="\w+"'), "error"),
    "let it repeat": (
        cut(r"(<bpmn:userTask .*?)(</bpmn:userTask>)", r"\1<bpmn:standardLoopCharacteristics/>\2"),
        "error",
    ),
    "let it be complex": (cut(r"exclusiveGateway", "complexGateway"), "error"),
}


@pytest.mark.parametrize("name", HARMS)
def test_no_harm_goes_unnoticed(name: str) -> None:
    harm, severity = HARMS[name]
    noticed = 0
    for seed in range(60):
        source = process(seed, 12).decode()
        harmed = harm(source, random.Random(seed))
        if harmed != source:
            before = Counter(str(one) for one in check(source.encode()))
            new = [one for one in check(harmed.encode()) if not before[str(one)]]
            assert new, f"seed {seed}"
            assert severity == "warning" or any(one.refuses for one in new), f"seed {seed}"
            noticed += 1
    assert noticed > 10


@given(SEEDS)
def test_a_parallel_join_behind_a_choice_is_always_refused(seed: int) -> None:
    source = process(seed, 12).decode()
    drawing = reader.read(source.encode(), "p")
    merges = [
        place.id
        for place in drawing.places.values()
        if place.id.startswith("j") and place.kind == "exclusiveGateway"
        if f'id="g{int(place.id[1:]) - 1}" default=' in source and len(place.incoming) > 1
    ]
    assume(merges)
    merge = merges[0]
    wrong = source.replace(f'exclusiveGateway id="{merge}"', f'parallelGateway id="{merge}"')

    assert ("join.stuck", merge) in {(one.rule, one.element) for one in check(wrong.encode())}


def tangle(seed: int) -> bytes:
    """Gateways and tasks joined as it comes, mostly onwards."""
    chance = random.Random(seed)
    size = chance.randint(3, 9)
    kinds = [chance.choice(["xor", "and", "or", "task", "and"]) for _ in range(size)]
    body, flows = [], [("begin", "n0")]
    for number, kind in enumerate(kinds):
        ways = sorted({_next(chance, number, size) for _ in range(1 if kind == "task" else 2)})
        names = [f"n{way}" if way < size else "done" for way in ways]
        gate = {"xor": exclusive, "or": inclusive}.get(kind)
        if gate is None:
            body.append(user(f"n{number}") if kind == "task" else parallel(f"n{number}"))
            flows += [(f"n{number}", name) for name in names]
        else:
            body.append(gate(f"n{number}", default=f"n{number}_{names[-1]}"))
            condition = f"={chance.choice(NAMES)} = {chance.choice(VALUES)}"
            flows += [(f"n{number}", name, condition) for name in names[:-1]]
            flows.append((f"n{number}", names[-1]))
    return diagram(start(), *body, end(), flows=flows)


def _next(chance: random.Random, number: int, size: int) -> int:
    if chance.random() < 0.15:
        return chance.randint(0, number)
    return chance.randint(number + 1, min(size, number + 3))


@pytest.mark.parametrize("block", range(5))
def test_a_join_that_is_said_to_wait_for_ever_is_never_passed(block: int) -> None:
    said = 0
    for seed in range(block * 1000, block * 1000 + 1000):
        drawing = reader.read(tangle(seed), "tangle")
        found = joins.joins(drawing, lint.Known(Topics()))
        stuck = {one.element for one in found if one.rule == "join.stuck"}
        for walk in range(8 if stuck else 0):
            passed = {drawing.flows[flow].source for flow in flows_of(drawing, walk)}
            assert not passed & stuck, f"seed {seed}, walk {walk}"
        said += bool(stuck)
    assert said > 10


def flows_of(drawing: Drawing, seed: int) -> list[str]:
    """The flows that a random walk takes."""
    chance = random.Random(seed)
    variables: dict[str, object] = {name: chance.choice(VALUES) for name in NAMES}
    instance = Instance(compile_drawing(drawing), variables, MONDAY, NoEffects())
    with suppress(EngineError):
        instance.start()
        for _ in range(15):
            tasks = [e for e in instance.active() if drawing.places[e].kind == "userTask"]
            if not tasks:
                break
            values: dict[str, object] = {chance.choice(NAMES): chance.choice(VALUES)}
            instance.complete(instance.token_at(chance.choice(sorted(tasks))), values)
    return instance.journal.flows
