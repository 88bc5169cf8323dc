"""What one evaluation may use, and what it leaves behind.

A Run belongs to one evaluation in one thread. Loops, filters, calls, and big strings and lists
charge it; beyond the budget FeelBudgetError is raised.
"""

from __future__ import annotations

from datetime import datetime
from time import monotonic
from typing import Final

from engine.feel.errors import FeelBudgetError

STEPS: Final = 400_000
#: Python frames that calls of FEEL functions may pile up; Python's own limit is 1000.
FRAMES: Final = 600
#: Seconds that all regular expressions of one evaluation may take together.
PATTERN_SECONDS: Final = 0.3
MESSAGES: Final = 50
#: Characters of a string that FEEL makes; comparing longer ones would cost more than a step.
LONGEST: Final = 250_000


class Run:
    """Budget, instant and messages of one evaluation.

    `now` is the caller's instant; `messages` say in order why a value became null.
    """

    __slots__ = ("_frames", "_pattern_seconds", "_steps", "messages", "now")

    def __init__(self, now: datetime, steps: int = STEPS) -> None:
        self.now = now
        self._steps = steps
        self._frames = 0
        self._pattern_seconds = PATTERN_SECONDS
        self.messages: list[str] = []

    def charge(self, steps: int = 1) -> None:
        """Use steps of the budget.

        Raises:
            FeelBudgetError: the budget is used up.
        """
        self._steps -= steps
        if self._steps < 0:
            raise FeelBudgetError("it used up its steps")

    def charge_text(self, length: int) -> None:
        """Use steps for a string of this many characters.

        Raises:
            FeelBudgetError: it is longer than 250,000, or the budget is used up.
        """
        if length > LONGEST:
            raise FeelBudgetError(f"it made a text of more than {LONGEST} characters")
        self.charge(length >> 6)

    def charge_items(self, count: int) -> None:
        """Use steps for a list of this many items."""
        self.charge(count >> 2)

    def enter(self, frames: int) -> None:
        """Begin a function call that needs this many Python frames; `leave` ends it.

        Raises:
            FeelBudgetError: calls are nested too deeply.
        """
        self.charge(8)
        self._frames += frames
        if self._frames > FRAMES:
            raise FeelBudgetError("its functions call one another too deeply")

    def leave(self, frames: int) -> None:
        """End a function call."""
        self._frames -= frames

    def pattern_seconds(self) -> float:
        """Seconds that the next regular expression may take, more than zero.

        Raises:
            FeelBudgetError: patterns took too long already.
        """
        if self._pattern_seconds <= 0:
            raise FeelBudgetError("its patterns took too long")
        return self._pattern_seconds

    def pattern_took(self, started: float) -> None:
        """Take off the time since `started`, a reading of the monotonic clock."""
        self.charge(10)
        self._pattern_seconds -= monotonic() - started

    def note(self, message: str) -> None:
        """Keep the reason why a value is null: the first fifty, each once."""
        if len(self.messages) < MESSAGES and message not in self.messages:
            self.messages.append(message)
