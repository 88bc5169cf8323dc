"""A progress bar for whoever waits at a terminal; silent otherwise."""

from __future__ import annotations

from typing import TextIO

_WIDTH = 40


class Bar:
    """One line on a terminal, rewritten when a percent more is done."""

    def __init__(self, total: int, stream: TextIO) -> None:
        self._total = max(1, total)
        self._stream = stream
        self._shown = -1
        self._terminal = stream.isatty()

    def show(self, done: int, text: str) -> None:
        """Draw how much is done, with a word on where that is."""
        percent = 100 * done // self._total
        if not self._terminal or percent == self._shown:
            return
        self._shown = percent
        filled = _WIDTH * done // self._total
        line = f"\r[{'#' * filled}{'.' * (_WIDTH - filled)}] {percent:3} %  {text}"
        self._stream.write(line + ("\n" if done >= self._total else ""))
        self._stream.flush()
