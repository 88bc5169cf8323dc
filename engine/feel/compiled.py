"""Expressions and unary tests as other packages use them: compiled once, evaluated often."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.feel.budget import Run
from engine.feel.compile import Code, Test, compiled, compiled_tests
from engine.feel.errors import FeelBudgetError
from engine.feel.free_names import free_names
from engine.feel.parser import parse_expression, parse_unary_tests
from engine.feel.types import NO_TYPES, Types
from engine.feel.values import Scope, Value, from_json, scope, to_json


@dataclass(frozen=True, slots=True)
class Answer:
    """The value of an evaluation as plain JSON, and why parts of it are null."""

    value: object
    messages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression; any number of threads may evaluate it at once.

    `names` are the variables it needs. Every evaluation raises FeelBudgetError if it takes more
    than its budget; any other fault makes null, as FEEL says.
    """

    text: str
    names: tuple[str, ...]
    _code: Code = field(repr=False)

    def evaluate(self, variables: Mapping[str, object], now: datetime) -> object:
        """The answer as plain JSON for plain JSON variables; `now` is what `now()` answers.

        Raises:
            FeelBudgetError: it took too much.
            FeelValueError: a variable is not plain JSON.
        """
        return self.in_scope(scope(variables, now))

    def in_scope(self, around: Scope) -> object:
        """The answer as plain JSON in a scope made before.

        Raises:
            FeelBudgetError: it took too much.
        """
        return self.explain(around).value

    def explain(self, around: Scope) -> Answer:
        """The answer with the messages that tell why it, or a part of it, is null.

        Raises:
            FeelBudgetError: it took too much.
        """
        run = Run(around.now)
        try:
            return Answer(to_json(self._code(around.names, run)), tuple(run.messages))
        except RecursionError:
            raise _too_deep() from None

    def run(self, around: Scope) -> Value:
        """The FEEL value in a scope.

        Raises:
            FeelBudgetError: it took too much.
        """
        try:
            return self._code(around.names, Run(around.now))
        except RecursionError:
            raise _too_deep() from None

    def holds(self, around: Scope) -> bool:
        """Whether the answer is exactly true; false and null are not.

        Raises:
            FeelBudgetError: it took too much.
        """
        try:
            return self._code(around.names, Run(around.now)) is True
        except RecursionError:
            raise _too_deep() from None


@dataclass(frozen=True, slots=True)
class UnaryTests:
    """Compiled unary tests, such as `"high", "urgent"` or `[1..3]`; `?` is the value."""

    text: str
    names: tuple[str, ...]
    _test: Test = field(repr=False)

    def evaluate(
        self, value: object, variables: Mapping[str, object], now: datetime
    ) -> bool | None:
        """Whether a plain JSON value passes; None where it cannot be compared.

        Raises:
            FeelBudgetError: it took too much.
            FeelValueError: the value or a variable is not plain JSON.
        """
        return self.in_scope(from_json(value), scope(variables, now))

    def in_scope(self, value: Value, around: Scope) -> bool | None:
        """Whether a FEEL value passes in a scope.

        Raises:
            FeelBudgetError: it took too much.
        """
        try:
            return self._test(value, around.names, Run(around.now))
        except RecursionError:
            raise _too_deep() from None


def expression(text: str, names: Iterable[str] = (), types: Types = NO_TYPES) -> Expression:
    """A compiled expression; `names` are the variables around it that have spaces or signs.

    The text has no leading `=`.

    Raises:
        FeelSyntaxError: the text is not FEEL.
    """
    known = tuple(names)
    tree = parse_expression(text, known, types)
    return Expression(text, free_names(tree, known), compiled(tree, types))


def unary_tests(text: str, names: Iterable[str] = (), types: Types = NO_TYPES) -> UnaryTests:
    """Compiled unary tests.

    Raises:
        FeelSyntaxError: the text is not unary tests.
    """
    known = tuple(names)
    tree = parse_unary_tests(text, known, types)
    return UnaryTests(text, free_names(tree, known), compiled_tests(tree, types))


def _too_deep() -> FeelBudgetError:
    """For a caller that had used up most of Python's stack before; see budget.FRAMES."""
    return FeelBudgetError("its functions call one another too deeply")
