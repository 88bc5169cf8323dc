"""From the XML of a decision table to a DecisionTable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.feel.compile import Code
from engine.feel.dmn.hit_policies import AGGREGATIONS, LISTS, POLICIES
from engine.feel.dmn.item_types import ModelTypes
from engine.feel.dmn.table import DecisionTable, Input, Output, Rule
from engine.feel.dmn.texts import Texts
from engine.feel.dmn.trace import Match
from engine.feel.dmn.xml import Element, attribute, child, children, text_at
from engine.feel.types import Named

_ALWAYS: Final = ("", "-")


class TableReader:
    """Reads the decision tables of one decision or knowledge model."""

    def __init__(self, texts: Texts, types: ModelTypes) -> None:
        self.tables: list[DecisionTable] = []
        self._texts = texts
        self._types = types

    def read(self, element: Element, names: frozenset[str]) -> DecisionTable:
        """The table of an element; `names` are known around it."""
        inputs = [self._input(column, names) for column in children(element, "input")]
        outputs = self._outputs(element, names)
        rules = []
        for number, row in enumerate(children(element, "rule"), 1):
            rule = self._rule(number, row, names)
            if len(rule.texts) == len(inputs) and len(rule.outputs) == len(outputs):
                rules.append(rule)
            else:
                self._texts.problem(f"rule {number} does not have one cell a column; draw it again")
        policy, aggregation = self._hit_policy(element), self._aggregation(element)
        table = DecisionTable(
            self._texts.owner, policy, aggregation, inputs, outputs, rules, self._types
        )
        self.tables.append(table)
        return table

    def _hit_policy(self, element: Element) -> str:
        policy = attribute(element, "hitPolicy") or "UNIQUE"
        if policy in POLICIES:
            return policy
        self._texts.problem(f"hit policy '{policy}' does not exist; use {', '.join(POLICIES)}")
        return "UNIQUE"

    def _aggregation(self, element: Element) -> str:
        aggregation = attribute(element, "aggregation")
        if aggregation and aggregation not in AGGREGATIONS:
            self._texts.problem(f"aggregation '{aggregation}' does not exist; use COUNT or SUM")
            return ""
        return aggregation if attribute(element, "hitPolicy") == "COLLECT" else ""

    def _input(self, element: Element, names: frozenset[str]) -> Input:
        expression = child(element, "inputExpression")
        language = attribute(expression, "expressionLanguage").lower()
        if not is_feel(language):
            self._texts.problem(f"the language '{language}' is not FEEL; write the input in FEEL")
        text = text_at(expression, "text")
        allowed = text_at(element, "inputValues", "text")
        return Input(
            text,
            self._texts.expression(text, names),
            self._types.reference(attribute(expression, "typeRef")),
            self._texts.tests(allowed, names) if allowed else None,
            allowed,
        )

    def _outputs(self, element: Element, names: frozenset[str]) -> Sequence[Output]:
        columns = list(children(element, "output"))
        # A single column may leave its type to the table, unless that is the type of a list.
        lone = len(columns) == 1 and attribute(element, "hitPolicy") not in LISTS
        table_type = attribute(element, "typeRef") if lone else ""
        return [self._output(column, names, table_type) for column in columns]

    def _output(self, element: Element, names: frozenset[str], table_type: str) -> Output:
        type_ = self._types.reference(attribute(element, "typeRef") or table_type)
        allowed = text_at(element, "outputValues", "text")
        if not allowed and isinstance(type_, Named) and type_.name in self._types:
            allowed = self._types[type_.name].allowed_text
        default = child(element, "defaultOutputEntry")
        return Output(
            attribute(element, "name"),
            type_,
            self._texts.expression(f"[{allowed}]", names) if allowed else None,
            None if default is None else self._texts.expression(text_at(default, "text"), names),
        )

    def _rule(self, number: int, element: Element, names: frozenset[str]) -> Rule:
        cells = [text_at(cell, "text") for cell in children(element, "inputEntry")]
        return Rule(
            Match(number, attribute(element, "id"), _annotations(element)),
            [
                (column, self._texts.tests(text, names))
                for column, text in enumerate(cells)
                if text not in _ALWAYS
            ],
            cells,
            [self._output_entry(cell, names) for cell in children(element, "outputEntry")],
        )

    def _output_entry(self, element: Element, names: frozenset[str]) -> Code:
        text = text_at(element, "text")
        # Camunda Modeler leaves an output that is not wanted empty.
        return self._texts.expression(text if text not in _ALWAYS else "null", names)


def is_feel(language: str) -> bool:
    """Whether an `expressionLanguage` is FEEL: none at all, its name, or its address."""
    return not language or "feel" in language or "/dmn/" in language


def _annotations(element: Element) -> tuple[str, ...]:
    """The texts of a rule's annotations, and its description, which Camunda Modeler shows so."""
    texts = [text_at(entry, "text") for entry in children(element, "annotationEntry")]
    return tuple(text for text in (*texts, text_at(element, "description")) if text)
