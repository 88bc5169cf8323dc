"""Random processes, walked at random: the engine against the reference interpreter.

A failing seed shrinks and prints a diagram small enough to read, and how to run it again; the line
it prints is kept in `kept_seeds.txt`. It becomes a scenario named after its symptom once it is
understood.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.randomly.cases import Case, explained, run, smaller
from tests.randomly.chance import Chance
from tests.randomly.mutants import MUTANTS, Mutant
from tests.randomly.walk import Different, course, kind

KEPT = [
    line
    for line in (Path(__file__).parent / "kept_seeds.txt").read_text().splitlines()
    if line and not line.startswith("#")
]
BUDGETS = (8, 20, 40)
#: Kinds of elements that at least so many of 600 processes must contain, and how rare is too rare.
DRAWN, RARE = 600, 6


def walked(side: str, seeds: range) -> Counter[str]:
    """How walks went: all as the reference says, else this raises."""
    ends = [run(Case(side, BUDGETS[seed % 3], seed)).ended for seed in seeds]
    return Counter("ended" if ended else "still open" for ended in ends)


@pytest.mark.parametrize("line", KEPT)
def test_a_seed_that_once_failed_runs_as_the_reference_says(line: str) -> None:
    run(Case.read(line))


@pytest.mark.parametrize("block", range(5))
def test_a_hundred_random_processes_run_as_the_reference_says(block: int) -> None:
    walked("memory", range(block * 20, block * 20 + 20))


def test_random_processes_run_the_same_by_commands_that_crash() -> None:
    for seed in range(25):
        run(Case("stored", 8, seed))


@pytest.mark.slow
@pytest.mark.parametrize("block", range(60))
def test_six_thousand_random_processes_run_as_the_reference_says(block: int) -> None:
    went = walked("memory", range(1000 + block * 100, 1100 + block * 100))
    assert went["ended"] > 80


@pytest.mark.slow
@pytest.mark.parametrize("block", range(60))
def test_fifteen_hundred_run_the_same_by_commands_that_crash(block: int) -> None:
    went = walked("stored", range(100_000 + block * 25, 100_025 + block * 25))
    assert went["ended"] > 18


def test_every_kind_of_element_is_drawn_often_enough() -> None:
    found: Counter[str] = Counter()
    for seed in range(DRAWN):
        given = course(Chance(seed), BUDGETS[seed % 3])
        found.update({kind(d, e) for d in given.drawings.values() for e in d.places})

    wanted = {line.strip() for line in KINDS.splitlines() if line.strip()}
    rare = {name: found[name] for name in wanted if found[name] < RARE}
    assert not rare, f"too rare in {DRAWN} processes: {rare}"


def killed_after(mutant: Mutant, seeds: int) -> int | None:
    """How many walks it took to find a broken rule."""
    with mutant.at_work():
        for seed in range(seeds):
            try:
                Case(mutant.side, BUDGETS[seed % 3], seed).walk()
            except Different:
                return seed + 1
    return None


QUICK = [m for m in MUTANTS if m.name.startswith(("a parallel join", "a boundary", "a second"))]


@pytest.mark.parametrize("mutant", QUICK, ids=lambda mutant: mutant.name)
def test_a_broken_rule_is_found(mutant: Mutant) -> None:
    assert killed_after(mutant, 100) is not None


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_every_broken_rule_is_found_within_six_hundred_walks(mutant: Mutant) -> None:
    assert killed_after(mutant, 600) is not None


def test_a_failing_walk_shrinks_to_something_that_can_be_read() -> None:
    early = next(mutant for mutant in MUTANTS if mutant.name == "a parallel join fires early")
    with early.at_work():
        failing = next(c for c in (Case("memory", 40, seed) for seed in range(100)) if fails(c))
        small = smaller(failing)
        told = explained(small)

    assert told.count("\n") < 40
    assert "parallelGateway" in told
    assert f"python -m tests.randomly '{small}'" in told
    assert Case.read(str(small)) == small
    small.walk()  # the unbroken engine runs it as the reference says


def fails(case: Case) -> bool:
    try:
        case.walk()
    except Different:
        return True
    return False


KINDS = """
    startEvent
    endEvent
    endEvent terminate
    endEvent error
    endEvent escalation
    endEvent signal
    endEvent message
    endEvent compensate
    endEvent cancel
    userTask
    userTask one by one
    userTask one by one until
    userTask all at once
    userTask all at once until
    task
    manualTask
    scriptTask
    businessRuleTask
    serviceTask
    receiveTask message
    exclusiveGateway
    parallelGateway
    inclusiveGateway
    eventBasedGateway
    intermediateCatchEvent message
    intermediateCatchEvent timer
    intermediateCatchEvent signal
    intermediateCatchEvent conditional
    intermediateCatchEvent link
    intermediateThrowEvent
    intermediateThrowEvent link
    intermediateThrowEvent signal
    intermediateThrowEvent message
    intermediateThrowEvent escalation
    intermediateThrowEvent compensate
    boundaryEvent message interrupting
    boundaryEvent message beside
    boundaryEvent timer interrupting
    boundaryEvent timer beside
    boundaryEvent cycle beside
    boundaryEvent signal interrupting
    boundaryEvent signal beside
    boundaryEvent conditional interrupting
    boundaryEvent conditional beside
    boundaryEvent escalation interrupting
    boundaryEvent escalation beside
    boundaryEvent error interrupting
    boundaryEvent cancel interrupting
    boundaryEvent compensate interrupting
    subProcess
    subProcess one by one
    subProcess one by one until
    subProcess all at once
    subProcess all at once until
    transaction
    callActivity
    callActivity one by one
    callActivity all at once
    event sub-process
    event sub-process nested
    event sub-process start message interrupting
    event sub-process start message beside
    event sub-process start timer interrupting
    event sub-process start timer beside
    event sub-process start cycle beside
    event sub-process start signal interrupting
    event sub-process start signal beside
    event sub-process start conditional interrupting
    event sub-process start conditional beside
    event sub-process start escalation interrupting
    event sub-process start escalation beside
    event sub-process start error interrupting
"""
