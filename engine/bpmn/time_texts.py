"""What is wrong with a text that should say a moment, a duration or a cycle."""

from __future__ import annotations

from engine.findings import Said


class TimerInvalid(ValueError):
    """A text says no moment that a timer could be due at."""

    def __init__(self, wrong: Said, kind: Said, text: str, do: Said, **more: object) -> None:
        self.reason = wrong.filled({"kind": kind, "text": text, **more})
        self.do = do
        super().__init__(f"{self.reason}. {do}.")
