"""Gaps and overlaps of decision tables, found before anybody's case falls into one.

Every column is cut where a cell of it begins or ends: into the texts that cells name and any
other, into true and false, into the numbers at and between all ends. One value stands for each
piece, so a table is checked by trying its own tests on these few values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from types import NoneType
from typing import Final

from engine.feel import nodes
from engine.feel.budget import Run
from engine.feel.dmn.hit_policies import LISTS
from engine.feel.dmn.model import Model
from engine.feel.dmn.rules import GAP, OVERLAP, UNCHECKED
from engine.feel.dmn.table import DecisionTable, Input
from engine.feel.dmn.trace import Owner
from engine.feel.errors import FeelSyntaxError
from engine.feel.parser import parse_unary_tests
from engine.feel.types import BUILT_IN, Named
from engine.feel.values import DECIMALS, Value, feel_text, to_json
from engine.findings import Finding, Said

#: Findings of each kind that are told of one table; the rest follow from mending these.
MOST: Final = 5
#: What is looked at for one table: tests of values, and rules or values in what is compared.
_PATIENCE: Final = 800_000
_TEST: Final = 5  #: as dear as so many comparisons
_MOST_RULES: Final = 1000
_MOST_COLUMNS: Final = 50
_CONSTANTS: Final = (Decimal, str, bool, NoneType)
_TIMELESS: Final = datetime(1970, 1, 1, tzinfo=UTC)
_BARE: Final = (nodes.Tests, nodes.SignTest, nodes.Interval, nodes.HalfLine, nodes.ListOfNodes)


class Fault(Enum):
    """What is wrong with a table."""

    GAP = "gap"
    OVERLAP = "overlap"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class TableFinding:
    """A gap, an overlap, or why a table could not be checked.

    `rules` are numbers from 1; `example` has a plain JSON value for every input expression.
    """

    fault: Fault
    owner: Owner
    rules: tuple[int, ...]
    example: dict[str, object]
    finding: Finding


class _UncheckableError(Exception):
    """A cell, or the size of the table, is beyond this check."""

    def __init__(self, en: str, zh: str) -> None:
        self.reason = Said(en, zh)
        super().__init__(en)


def check(model: Model) -> list[TableFinding]:
    """Gaps and overlaps of all decision tables of a model, in the order of the file.

    A gap is told only where no match makes null, an overlap only where the hit policy forbids it.
    """
    return [finding for table in model.tables for finding in _check(table)]


def _check(table: DecisionTable) -> Iterator[TableFinding]:
    try:
        grid = _Grid(table)
        yield from grid.overlaps()
        yield from grid.gaps()
    except _UncheckableError as wrong:
        yield TableFinding(
            Fault.UNCHECKED,
            table.owner,
            (),
            {},
            UNCHECKED.at(table.owner.id, table=table.owner.name, reason=wrong.reason),
        )


class _Grid:
    """A table as the pieces of its columns, and for every rule the pieces it takes."""

    def __init__(self, table: DecisionTable) -> None:
        if len(table.rules) > _MOST_RULES or len(table.inputs) > _MOST_COLUMNS:
            raise _UncheckableError(
                f"it has over {_MOST_RULES} rules or {_MOST_COLUMNS} inputs",
                f"规则超过 {_MOST_RULES} 条或输入超过 {_MOST_COLUMNS} 个",
            )
        self._table = table
        self._patience = _PATIENCE
        self._pieces = [_pieces(table, n, column) for n, column in enumerate(table.inputs)]
        self._taken = [self._rule_pieces(number) for number in range(len(table.rules))]

    def _spend(self, effort: int) -> None:
        self._patience -= effort
        if self._patience < 0:
            raise _UncheckableError("it has too many combinations", "组合太多")

    def overlaps(self) -> Iterator[TableFinding]:
        """Two rules that take the same values, where the hit policy wants one."""
        if self._table.hit_policy != "UNIQUE":
            return
        found = 0
        for first, pieces in enumerate(self._taken):
            for second in range(first + 1, len(self._taken)):
                self._spend(sum(map(len, pieces)))
                both = [a & b for a, b in zip(pieces, self._taken[second], strict=True)]
                if not all(both):
                    continue
                rules = (first + 1, second + 1)
                yield self._finding(Fault.OVERLAP, rules, [min(one) for one in both])
                found += 1
                if found == MOST:
                    return

    def gaps(self) -> Iterator[TableFinding]:
        """Values that no rule takes, where that makes null."""
        table = self._table
        if table.hit_policy in LISTS or any(column.default for column in table.outputs):
            return
        every = frozenset(range(len(self._taken)))
        tried: set[tuple[int, frozenset[int]]] = set()
        for found, pieces in enumerate(self._holes(0, every, tried)):
            if found == MOST:
                return
            yield self._finding(Fault.GAP, (), pieces)

    def _holes(
        self, column: int, rules: frozenset[int], tried: set[tuple[int, frozenset[int]]]
    ) -> Iterator[list[int]]:
        """Pieces from a column on, one a column, that none of the rules takes."""
        if not rules:
            yield [0] * (len(self._pieces) - column)
            return
        if column == len(self._pieces) or (column, rules) in tried:
            return
        tried.add((column, rules))
        for piece in range(len(self._pieces[column])):
            self._spend(len(rules))
            left = frozenset(rule for rule in rules if piece in self._taken[rule][column])
            for rest in self._holes(column + 1, left, tried):
                yield [piece, *rest]

    def _rule_pieces(self, number: int) -> list[frozenset[int]]:
        run = Run(_TIMELESS)
        taken = [frozenset(range(len(pieces))) for pieces in self._pieces]
        for column, test in self._table.rules[number].tests:
            self._spend(_TEST * len(self._pieces[column]))
            taken[column] = frozenset(
                index
                for index, value in enumerate(self._pieces[column])
                if test(value, {}, run) is True
            )
        return taken

    def _finding(self, fault: Fault, rules: tuple[int, ...], pieces: Sequence[int]) -> TableFinding:
        owner = self._table.owner
        values = [self._pieces[column][piece] for column, piece in enumerate(pieces)]
        texts = [column.text for column in self._table.inputs]
        shown = [
            f"{text} = {feel_text(value, inner=True)}"
            for text, value in zip(texts, values, strict=True)
        ]
        told: dict[str, object] = {"table": owner.name}
        told["example"] = Said(" and ".join(shown), "、".join(shown))
        if rules:
            told |= {"first": rules[0], "second": rules[1]}
        finding = (OVERLAP if rules else GAP).at(owner.id, **told)
        example = {text: to_json(value) for text, value in zip(texts, values, strict=True)}
        return TableFinding(fault, owner, rules, example, finding)


def _pieces(table: DecisionTable, number: int, column: Input) -> list[Value]:
    """One value for every piece of a column, those not allowed left out."""
    constants: list[Value] = []
    for rule in table.rules:
        constants += _constants(rule.texts[number], rule.match.number)
    constants += _constants(column.allowed_text, 0) if column.allowed else ()
    pieces = _between(constants, column)
    if column.allowed is None:
        return pieces
    run = Run(_TIMELESS)
    return [value for value in pieces if column.allowed(value, {}, run) is True]


def _between(constants: list[Value], column: Input) -> list[Value]:
    if None in constants:  # null counts only where a cell names it
        return [*_between([one for one in constants if one is not None], column), None]
    if all(isinstance(one, bool) for one in constants) and (constants or _is(column, "boolean")):
        return [True, False]
    numbers = sorted({one for one in constants if isinstance(one, Decimal)})
    texts = sorted({one for one in constants if isinstance(one, str)})
    if numbers and not texts:
        return list(_around(numbers))
    if texts and not numbers:
        other = "any other text"
        return [*texts, other if other not in texts else f"{other} than {max(texts)}"]
    if not constants:
        return [Decimal(0) if _is(column, "number") else "any text"]
    raise _UncheckableError(
        f"the cells of '{column.text}' are of several types",
        f"'{column.text}' 的单元格类型不一致",
    )


def _around(numbers: Sequence[Decimal]) -> Iterator[Value]:
    """Every number and one on either side of it; whole ones where there is room."""
    one = Decimal(1)
    yield DECIMALS.subtract(numbers[0], one)
    for number, following in zip(numbers, (*numbers[1:], None), strict=True):
        yield number
        after = DECIMALS.add(number, one)
        if following is None or after < following:
            yield after
        else:
            yield DECIMALS.divide(DECIMALS.add(number, following), Decimal(2))


def _constants(cell: str, rule: int) -> list[Value]:
    """The constants of a cell; only cells of constants, lists and ranges can be checked."""
    if not cell:
        return []
    try:
        waiting: list[nodes.Node] = [parse_unary_tests(cell)]
    except FeelSyntaxError:
        raise _UncheckableError(
            f"rule {rule} has a cell that is not FEEL", f"规则 {rule} 有不是 FEEL 的单元格"
        ) from None
    found: list[Value] = []
    while waiting:
        node = waiting.pop()
        value = _constant(node)
        if value is not node:
            found.append(value)
        elif isinstance(node, _BARE):
            waiting.extend(nodes.children(node))
        else:
            raise _UncheckableError(
                f"the cell '{cell}' of rule {rule} is not made of constants",
                f"规则 {rule} 的单元格 '{cell}' 不是由常量组成",
            )
    return found


def _constant(node: nodes.Node) -> Value:
    """The value of a constant, or the node itself where it is none of those that are checked."""
    if isinstance(node, nodes.Negation):
        value = _constant(node.operand)
        return DECIMALS.minus(value) if isinstance(value, Decimal) else node
    if isinstance(node, nodes.Literal) and isinstance(node.value, _CONSTANTS):
        return node.value
    return node


def _is(column: Input, kind: str) -> bool:
    return isinstance(column.type, Named) and BUILT_IN.get(column.type.name) == kind
