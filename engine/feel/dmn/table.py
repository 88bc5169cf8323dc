"""Decision tables: read once, then matched rule by rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from engine.feel.budget import Run
from engine.feel.compare import equal
from engine.feel.compile import Code, Test
from engine.feel.compile.dispatch import Local
from engine.feel.dmn.hit_policies import LISTS, POLICIES, aggregated
from engine.feel.dmn.item_types import ModelTypes, adapted
from engine.feel.dmn.trace import Match, Owner, TableRecord, TracedRun
from engine.feel.types import Type, coerced
from engine.feel.values import Value, feel_text


@dataclass(frozen=True, slots=True)
class Input:
    """A column of conditions."""

    text: str
    code: Code
    type: Type | None
    allowed: Test | None
    allowed_text: str


@dataclass(frozen=True, slots=True)
class Output:
    """A column of conclusions; `order` makes the list of its values by falling priority."""

    name: str
    type: Type | None
    order: Code | None
    default: Code | None


@dataclass(frozen=True, slots=True)
class Rule:
    """A row: tests by the column they belong to, cells that always hold left out."""

    match: Match
    tests: Sequence[tuple[int, Test]]
    texts: Sequence[str]
    outputs: Sequence[Code]


@dataclass(frozen=True, slots=True)
class DecisionTable:
    """A table ready to be evaluated."""

    owner: Owner
    hit_policy: str
    aggregation: str
    inputs: Sequence[Input]
    outputs: Sequence[Output]
    rules: Sequence[Rule]
    types: ModelTypes

    def evaluate(self, names: Local, run: Run) -> Value:
        """The result for the names around; leaves a record in a traced run."""
        if not isinstance(run, TracedRun):
            return self._decide(names, run, [], [])
        noted = len(run.messages)
        values: list[Value] = []
        hits: list[Rule] = []
        output = self._decide(names, run, values, hits)
        run.tables.append(
            TableRecord(
                self.owner,
                f"{self.hit_policy} {self.aggregation}".strip(),
                [(one.text, v) for one, v in zip(self.inputs, values, strict=False)],
                [rule.match for rule in hits],
                output,
                run.messages[noted:],
            )
        )
        return output

    def _decide(self, names: Local, run: Run, values: list[Value], hits: list[Rule]) -> Value:
        """The result; fills in the values of the inputs and the rules that matched."""
        if not self._read_inputs(names, run, values):
            return None
        self._match(names, run, values, hits)
        if not hits:
            return self._without_match(names, run)
        outputs = [self._output([code(names, run) for code in r.outputs], run) for r in hits]
        if self.aggregation:
            return aggregated(self.aggregation, outputs, run)
        numbers = [rule.match.number for rule in hits]
        return POLICIES[self.hit_policy](outputs, numbers, self._rank(names, run), run)

    def _read_inputs(self, names: Local, run: Run, values: list[Value]) -> bool:
        """Fill the values in; False where one is not among those allowed."""
        allowed = True
        for column in self.inputs:
            value = adapted(column.code(names, run), column.type, self.types)
            values.append(value)
            if column.allowed is None or value is None:
                continue
            if column.allowed(value, names, run) is not True:
                run.note(
                    f"'{column.text}' is {feel_text(value, inner=True)}, "
                    f"which is not among {column.allowed_text}"
                )
                allowed = False
        return allowed

    def _match(self, names: Local, run: Run, values: list[Value], hits: list[Rule]) -> None:
        run.charge(len(self.rules))
        first = self.hit_policy == "FIRST"
        for rule in self.rules:
            for column, test in rule.tests:
                if test(values[column], names, run) is not True:
                    break
            else:
                hits.append(rule)
                if first:
                    return

    def _without_match(self, names: Local, run: Run) -> Value:
        if any(column.default is not None for column in self.outputs):
            made = self._output(
                [None if c.default is None else c.default(names, run) for c in self.outputs], run
            )
            return [made] if self.hit_policy in LISTS and not self.aggregation else made
        run.note("no rule matches, and there is no default output")
        if self.aggregation == "COUNT":
            return aggregated("COUNT", (), run)
        return None

    def _output(self, values: Sequence[Value], run: Run) -> Value:
        """One rule's output: a value, or a context where there are several columns."""
        if self.hit_policy not in LISTS:
            values = [
                self._converted(value, column, run)
                for value, column in zip(values, self.outputs, strict=True)
            ]
        if len(self.outputs) == 1:
            return values[0]
        return {column.name: v for column, v in zip(self.outputs, values, strict=True)}

    def _converted(self, value: Value, column: Output, run: Run) -> Value:
        converted = coerced(value, column.type, self.types)
        if converted is None and value is not None:
            run.note(f"output '{column.name}' is {feel_text(value, inner=True)}, not of its type")
        return converted

    def _rank(self, names: Local, run: Run) -> _Ranking:
        if self.hit_policy not in _RANKED:
            return _Ranking((), run)
        columns = [
            (None if len(self.outputs) == 1 else column.name, column.order(names, run))
            for column in self.outputs
            if column.order is not None
        ]
        return _Ranking([(n, order) for n, order in columns if isinstance(order, list)], run)


_RANKED: Final = ("PRIORITY", "OUTPUT ORDER")


@dataclass(frozen=True, slots=True)
class _Ranking:
    """Ranks an output by the place of its values among those allowed, the leftmost column first."""

    columns: Sequence[tuple[str | None, Sequence[Value]]]
    run: Run

    def __call__(self, output: Value) -> tuple[int, ...]:
        return tuple(self._place(_part(output, name), allowed) for name, allowed in self.columns)

    def _place(self, value: Value, allowed: Sequence[Value]) -> int:
        for place, other in enumerate(allowed):
            if equal(value, other, self.run) is True:
                return place
        return len(allowed)


def _part(output: Value, name: str | None) -> Value:
    return output.get(name) if name is not None and isinstance(output, Mapping) else output
