"""The clock, as an object: the only place that reads the time of day.

Commands take the time once per unit of work. Tests, replays and simulations
run on a `ManualClock` that they move.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time, always aware and in UTC."""

    def now(self) -> datetime:
        """The present moment, UTC."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment, UTC."""
        return datetime.now(UTC)  # noqa: TID251 - this is the one place


class ManualClock:
    """A clock that stands still until it is moved."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """The moment the clock was last moved to, UTC."""
        return self._now

    def advance(self, by: timedelta) -> datetime:
        """Move forward by a duration and return the new time."""
        return self.move_to(self._now + by)

    def move_to(self, moment: datetime) -> datetime:
        """Move to a moment, which may also lie in the past (clocks are set back in real life)."""
        self._now = moment.astimezone(UTC)
        return self._now
