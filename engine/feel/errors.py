"""Every error of FEEL and DMN.

A fault while an expression runs is not among them: FEEL answers null then, and the reason is
noted in the run's messages (DMN 1.5, 10.3.2.13). Only what must stop the caller is raised.
"""

from __future__ import annotations

from typing import Final

from engine.errors import NotFound, Rejected

_SHOWN: Final = 60


class FeelSyntaxError(Rejected):
    """A text is not FEEL; says where, and what would be right."""

    code = "feel.syntax"

    def __init__(self, text: str, position: int, expected: str) -> None:
        before = text[:position]
        self.text = text
        self.position = position
        self.line = before.count("\n") + 1
        self.column = position - (before.rfind("\n") + 1) + 1
        self.expected = expected
        found = text[position : position + 20].split("\n", maxsplit=1)[0]
        shown = f"found '{found}'" if found else "found the end"
        super().__init__(
            f"FEEL '{_short(text)}', line {self.line}, column {self.column}: "
            f"expected {expected}, {shown}."
        )

    def __reduce__(self) -> tuple[type[FeelSyntaxError], tuple[str, int, str]]:
        return type(self), (self.text, self.position, self.expected)


class FeelBudgetError(Rejected):
    """An evaluation was stopped because it took too much."""

    code = "feel.budget"

    def __init__(self, what: str) -> None:
        super().__init__(
            f"A FEEL evaluation was stopped: {what}. Make its lists, loops or texts smaller."
        )


class FeelValueError(Rejected):
    """A variable is not a plain JSON value."""

    code = "feel.value"


class DmnError(Rejected):
    """A file cannot be read as a DMN model."""

    code = "dmn.unreadable"


class DecisionNotFoundError(NotFound):
    """The model has no decision or decision service with this id."""

    code = "dmn.decision-unknown"

    def __init__(self, decision_id: str, known: tuple[str, ...]) -> None:
        self.decision_id = decision_id
        listed = ", ".join(f"'{name}'" for name in known) or "none"
        super().__init__(f"The model has no decision '{decision_id}'. It has: {listed}.")


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHOWN else flat[: _SHOWN - 3] + "..."
