"""From the rules that match to the result of a decision table (DMN 1.5, 8.2.10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Final, TypeAlias

from engine.feel.budget import Run
from engine.feel.builtins import BUILTINS
from engine.feel.compare import equal
from engine.feel.values import Value

#: Outputs of the rules that match in the order of the table, never empty; their numbers; a
#: function from an output to its rank among the allowed values; and the run.
Rank: TypeAlias = Callable[[Value], tuple[int, ...]]
_Policy: TypeAlias = Callable[[Sequence[Value], Sequence[int], Rank, Run], Value]

#: Policies that answer a list.
LISTS: Final = frozenset(("COLLECT", "RULE ORDER", "OUTPUT ORDER"))


def _unique(outputs: Sequence[Value], numbers: Sequence[int], _rank: Rank, run: Run) -> Value:
    if len(outputs) == 1:
        return outputs[0]
    run.note(f"{_rules(numbers)} match, but hit policy UNIQUE allows one; make them exclusive")
    return None


def _any(outputs: Sequence[Value], numbers: Sequence[int], _rank: Rank, run: Run) -> Value:
    if all(equal(outputs[0], other, run) is True for other in outputs[1:]):
        return outputs[0]
    run.note(f"{_rules(numbers)} match with different outputs, which hit policy ANY forbids")
    return None


def _first(outputs: Sequence[Value], _numbers: Sequence[int], _rank: Rank, _run: Run) -> Value:
    return outputs[0]


def _priority(outputs: Sequence[Value], _numbers: Sequence[int], rank: Rank, _run: Run) -> Value:
    return min(outputs, key=rank)


def _output_order(
    outputs: Sequence[Value], _numbers: Sequence[int], rank: Rank, _run: Run
) -> Value:
    return sorted(outputs, key=rank)


def _all(outputs: Sequence[Value], _numbers: Sequence[int], _rank: Rank, _run: Run) -> Value:
    return list(outputs)


POLICIES: Final[Mapping[str, _Policy]] = MappingProxyType(
    {
        "UNIQUE": _unique,
        "ANY": _any,
        "FIRST": _first,
        "PRIORITY": _priority,
        "RULE ORDER": _all,
        "OUTPUT ORDER": _output_order,
        "COLLECT": _all,
    }
)


def aggregated(aggregation: str, outputs: Sequence[Value], run: Run) -> Value:
    """The outputs of COLLECT as one value: COUNT, SUM, MIN or MAX."""
    if aggregation == "COUNT":
        return Decimal(len(outputs))
    return BUILTINS[aggregation.lower()].call(run, [list(outputs)]) if outputs else None


AGGREGATIONS: Final = frozenset(("COUNT", "SUM", "MIN", "MAX"))


def _rules(numbers: Sequence[int]) -> str:
    return f"rules {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"
