"""Hostile files and texts: refused or contained within 2 s of CPU and 200 MB, nothing half done.

Each runs in a process of its own; CPU and memory are those of its dearest step over what the
program has before. Wall time is never measured.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hostile.cage import CPU_SECONDS, PEAK_BYTES
from tests.hostile.cases import CASES

ROOT = Path(__file__).parents[2]
#: A busy machine makes the same work dearer; what is dear every time is too dear.
TRIES = 3

Ask = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def cage() -> Iterator[Ask]:
    """A process that runs cases by name, each in a child of its own."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.hostile.cage"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def ask(name: str) -> dict[str, Any]:
            process.stdin.write(f"{name}\n")  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
            return dict(json.loads(process.stdout.readline()))  # type: ignore[union-attr]

        yield ask
        process.stdin.close()


def contained(cage: Ask, name: str) -> dict[str, Any]:
    """How a case went, in the cheapest of a few tries."""
    answer: dict[str, Any] = {}
    for _ in range(TRIES):
        answer = cage(name)
        assert answer["outcome"] in ("refused", "contained"), answer
        if answer["cpu"] <= CPU_SECONDS:
            break
    return answer


def params(*, quick: bool) -> list[Any]:
    return [pytest.param(case.name, id=case.name) for case in CASES if case.quick == quick]


@pytest.mark.parametrize("name", params(quick=True))
def test_what_is_hostile_is_refused_or_contained(cage: Ask, name: str) -> None:
    answer = contained(cage, name)
    assert answer["cpu"] <= CPU_SECONDS, answer
    assert answer["peak"] <= PEAK_BYTES, answer


@pytest.mark.slow
@pytest.mark.parametrize("name", params(quick=False))
def test_the_rest_of_what_is_hostile_too(cage: Ask, name: str) -> None:
    answer = contained(cage, name)
    assert answer["cpu"] <= CPU_SECONDS, answer
    assert answer["peak"] <= PEAK_BYTES, answer


def test_every_case_has_a_name_of_its_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES) > 300
