"""FEEL in diagrams: texts compiled once, evaluated on the variables of an instance.

This is also the script engine that SpiffWorkflow is given, so that nothing in it can ever
evaluate Python: every entry it would use refuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import NoReturn

from engine import feel
from engine.errors import ExpressionFailed


@lru_cache(maxsize=20_000)
def compiled(text: str) -> feel.Expression:
    """The compiled form of a FEEL text (without its `=`); raises FeelSyntaxError."""
    return feel.expression(text)


def is_feel(text: str) -> bool:
    """Whether a text of a diagram is FEEL rather than a literal."""
    return text.startswith("=")


class Expressions:
    """Evaluates the texts of a diagram on one instance's variables at one moment."""

    def __init__(self, variables: Mapping[str, object], now: datetime) -> None:
        self._variables = variables
        self._now = now
        self._scope: feel.Scope | None = None

    def with_(self, values: Mapping[str, object]) -> Expressions:
        """The same, with some values in front of the variables."""
        return Expressions({**self._variables, **values}, self._now)

    def changed(self) -> None:
        """Forget the converted variables, because one of them was set."""
        self._scope = None

    def value(self, text: str, element: str) -> object:
        """A literal as it stands, or what its FEEL gives.

        Raises:
            ExpressionFailed: the expression used up its budget.
        """
        if not is_feel(text):
            return text
        try:
            return compiled(text[1:]).in_scope(self.scope())
        except (feel.FeelBudgetError, feel.FeelValueError) as error:
            raise ExpressionFailed(element, text, str(error)) from error

    def holds(self, text: str, element: str) -> bool:
        """Whether a condition is exactly true; null and other values are not."""
        return self.value(text if is_feel(text) else "=" + text, element) is True

    def scope(self) -> feel.Scope:
        """The variables converted to FEEL values, once until one changes."""
        if self._scope is None:
            self._scope = feel.scope(self._variables, self._now)
        return self._scope


class NoPython:
    """Stands where SpiffWorkflow expects its Python engine; every use is a mistake."""

    def __init__(self) -> None:
        self.environment = self

    def evaluate(self, *_: object, **__: object) -> NoReturn:
        """Refuse."""
        raise PermissionError("Diagrams are FEEL only; Python is never evaluated.")

    execute = call_service = validate = evaluate
