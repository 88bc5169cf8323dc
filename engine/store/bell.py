"""A bell for those who wait for work: it rings after a commit that may have brought some."""

from __future__ import annotations

import threading


class Bell:
    """Counts its rings, so that nobody misses one between looking and waiting."""

    def __init__(self) -> None:
        self._rings = 0
        self._rung = threading.Condition()

    def heard(self) -> int:
        """How often it has rung; ask before looking for work."""
        with self._rung:
            return self._rings

    def ring(self) -> None:
        """Let everybody look again."""
        with self._rung:
            self._rings += 1
            self._rung.notify_all()

    def wait(self, heard: int, seconds: float) -> None:
        """Return at the next ring after those heard, or after so many seconds."""
        with self._rung:
            self._rung.wait_for(lambda: self._rings != heard, seconds)
