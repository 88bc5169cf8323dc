"""Chance that can be written down, played again and made smaller.

Every choice is a number below a limit, and 0 is the simplest. What was chosen is a list of
numbers, so a failing case shrinks by dropping and lowering numbers; past the end of a given list
every choice is 0.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """Choices from a seed, or those of a list."""

    def __init__(self, seed: int | None = None, choices: Sequence[int] = ()) -> None:
        self._random = None if seed is None else random.Random(seed)
        self._given = list(choices)
        self.made: list[int] = []

    def below(self, limit: int) -> int:
        """A number from 0 to below a limit."""
        at = len(self.made)
        if self._random is not None:
            chosen = self._random.randrange(limit)
        else:
            chosen = self._given[at] % limit if at < len(self._given) else 0
        self.made.append(chosen)
        return chosen

    def one_of(self, among: Sequence[T]) -> T:
        """One of several, the first the simplest."""
        return among[self.below(len(among))]

    def happens(self, percent: int) -> bool:
        """Whether something happens; that it does not is simpler."""
        return self.below(100) >= 100 - percent


def shrunk(
    choices: Sequence[int], fails: Callable[[Sequence[int]], bool], tries: int = 600
) -> list[int]:
    """A shorter list of smaller choices that still fails; `tries` bounds the work."""
    best = list(choices)
    left = tries
    progress = True
    while progress and left > 0:
        progress = False
        for candidate in _smaller(best):
            left -= 1
            if left <= 0:
                break
            if fails(candidate):
                best, progress = candidate, True
                break
    return best


def _smaller(choices: list[int]) -> list[list[int]]:
    """Candidates, the boldest first: without a run of choices, then with smaller ones."""
    found = []
    size = len(choices)
    while size:
        found += [choices[:at] + choices[at + size :] for at in range(0, len(choices), size)]
        size //= 2
    for at, value in enumerate(choices):
        found += [[*choices[:at], less, *choices[at + 1 :]] for less in {0, value // 2} - {value}]
    return found
