"""The FEEL texts of one decision or knowledge model, compiled as they come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.feel import nodes
from engine.feel.budget import Run
from engine.feel.compile import Code, Test, compiled, compiled_tests
from engine.feel.compile.dispatch import Local
from engine.feel.dmn.item_types import ModelTypes
from engine.feel.dmn.rules import DECISION
from engine.feel.dmn.trace import Owner
from engine.feel.errors import FeelSyntaxError
from engine.feel.free_names import free_names
from engine.feel.parser import parse_expression, parse_unary_tests
from engine.feel.values import Value
from engine.findings import Finding


@dataclass(frozen=True, slots=True)
class Problem:
    """A part of a model that can never give a value."""

    owner: Owner
    message: str

    def finding(self) -> Finding:
        """The problem as a finding of an upload."""
        element = self.owner.id or self.owner.name
        return DECISION.at(element, reason=self.message)

    def __str__(self) -> str:
        return f"Decision '{self.owner.id or self.owner.name}': {self.message}"


class Texts:
    """Compiles texts; gathers the variables they need, their problems, and how high they are.

    A text that is not FEEL makes null, with a note, so that the rest of the model still decides;
    whoever takes a model in refuses one with problems.
    """

    def __init__(self, owner: Owner, spaced: Iterable[str], types: ModelTypes) -> None:
        self.owner = owner
        self.frames = 0
        self.needed: dict[str, None] = {}
        self.problems: list[Problem] = []
        self._spaced = frozenset(spaced)
        self._types = types

    def expression(self, text: str, names: frozenset[str]) -> Code:
        """Code of an expression; `names` are known around it."""
        try:
            tree = parse_expression(text, names | self._spaced, self._types)
        except FeelSyntaxError as error:
            return self._broken(error)
        self._take(tree, names)
        return compiled(tree, self._types)

    def tests(self, text: str, names: frozenset[str]) -> Test:
        """The test of a cell."""
        try:
            tree = parse_unary_tests(text, names | self._spaced, self._types)
        except FeelSyntaxError as error:
            broken = self._broken(error)
            return lambda _value, names, run: None if broken(names, run) is None else False
        self._take(tree, names)
        return compiled_tests(tree, self._types)

    def problem(self, message: str) -> None:
        """Keep something that can never give a value."""
        self.problems.append(Problem(self.owner, message))

    def _take(self, tree: nodes.Node, names: frozenset[str]) -> None:
        self.frames = max(self.frames, nodes.frames(tree))
        for name in free_names(tree, names):
            if name not in names:
                self.needed[name] = None

    def _broken(self, error: FeelSyntaxError) -> Code:
        message = str(error)
        self.problem(message)

        def code(_names: Local, run: Run) -> Value:
            run.note(message)
            return None

        return code
