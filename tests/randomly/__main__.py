"""Walk one case again, or look for one that fails: python -m tests.randomly CASE|FROM TO [SIDE]."""

from __future__ import annotations

import sys
from collections import Counter
from time import process_time

from tests.randomly.cases import Case, run
from tests.randomly.walk import Different

BUDGETS = (8, 20, 40)


def main(*arguments: str) -> int:
    """One line for each difference, shrunk; 1 where there is one."""
    if len(arguments) == 1:
        cases = [Case.read(arguments[0])]
    else:
        side = arguments[2] if len(arguments) > 2 else "memory"
        seeds = range(int(arguments[0]), int(arguments[1]))
        cases = [Case(side, BUDGETS[seed % 3], seed) for seed in seeds]
    began, went, steps = process_time(), Counter[str](), 0
    for case in cases:
        try:
            walked = run(case)
        except Different as different:
            went["different"] += 1
            say(str(different))
        else:
            went["ended" if walked.ended else "still open"] += 1
            steps += walked.steps
    say(f"{len(cases)} walks, {steps} steps, {dict(went)}, {process_time() - began:.1f} s CPU")
    return int(went["different"] > 0)


def say(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
