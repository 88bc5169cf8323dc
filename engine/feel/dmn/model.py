"""A DMN model as other packages use it: loaded once, asked often."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType

from engine.feel.budget import Run
from engine.feel.dmn.evaluation import Evaluation
from engine.feel.dmn.graph import Graph, Kind, Requirable, read_graph
from engine.feel.dmn.table import DecisionTable
from engine.feel.dmn.texts import Problem
from engine.feel.dmn.trace import Decision, TracedRun
from engine.feel.dmn.xml import parse_dmn
from engine.feel.errors import DecisionNotFoundError, DmnError, FeelBudgetError
from engine.feel.values import Function, Value, from_json, to_json


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A compiled model; any number of threads may ask it at once.

    `digest` is the sha256 of the file, `problems` what can never give a value in it; only `read`
    makes a model that has any, which decides what it can.
    """

    name: str
    digest: str
    decisions: Mapping[str, str]
    services: Mapping[str, str]
    problems: Sequence[Problem]
    _graph: Graph

    @property
    def tables(self) -> Sequence[DecisionTable]:
        """All decision tables, in the order of the file."""
        return [table for one in self._graph.elements.values() for table in one.tables]

    def inputs(self, decision_id: str) -> tuple[str, ...]:
        """Names of the variables that a decision needs, with all the decisions it requires.

        Of a decision service they are its parameters.

        Raises:
            DecisionNotFoundError: there is no such decision.
        """
        asked = self._element(decision_id)
        if asked.kind is Kind.SERVICE:
            found = [self._graph.resolve(reference) for reference in asked.parameters]
            return tuple(element.name for _, element, _ in filter(None, found))
        names: dict[str, None] = {}
        seen: set[Requirable] = set()
        waiting = [(self._graph, asked, "")]
        while waiting:
            graph, element, prefix = waiting.pop(0)
            if element in seen:
                continue
            seen.add(element)
            if element.kind is Kind.INPUT:
                names[prefix or element.name] = None
            names.update(dict.fromkeys(element.needed))
            waiting += [(g, e, p or prefix) for g, e, p in graph.required(element)]
        return tuple(names)

    def decide(self, decision_id: str, variables: Mapping[str, object], now: datetime) -> Decision:
        """The result of a decision or decision service for plain JSON variables, with its trace.

        Raises:
            DecisionNotFoundError: there is no such decision.
            FeelBudgetError: it took too much.
            FeelValueError: a variable is not plain JSON.
        """
        run = TracedRun(now)
        inputs = {name: from_json(value) for name, value in variables.items()}
        try:
            result = to_json(self.evaluate(decision_id, inputs, run))
            tables = [record.json() for record in run.tables]
        except RecursionError:
            raise FeelBudgetError("its functions call one another too deeply") from None
        trace: dict[str, object] = {
            "model": self.digest,
            "decision": {"id": decision_id, "name": self._element(decision_id).name},
            "tables": tables,
            "messages": list(run.messages),
        }
        return Decision(result, trace)

    def evaluate(self, decision_id: str, inputs: Mapping[str, Value], run: Run) -> Value:
        """The FEEL value of a decision or decision service for FEEL values.

        Raises:
            DecisionNotFoundError: there is no such decision.
            FeelBudgetError: it took too much.
        """
        element = self._element(decision_id)
        value = Evaluation(run, inputs).value(self._graph, element)
        if element.kind is not Kind.SERVICE or not isinstance(value, Function):
            return value
        missing = [name for name in value.parameters if name not in inputs]
        if missing:
            run.note(f"'{element.name}' needs {', '.join(missing)}")
            return None
        return value.call(run, [inputs[name] for name in value.parameters])

    def _element(self, decision_id: str) -> Requirable:
        if decision_id not in self.decisions and decision_id not in self.services:
            raise DecisionNotFoundError(decision_id, (*self.decisions, *self.services))
        return self._graph.elements[decision_id]


def load(source: bytes, imports: Iterable[bytes] = ()) -> Model:
    """The model of a DMN file, versions 1.1 to 1.5; `imports` are files that it may import.

    Raises:
        DmnError: the file is not DMN, or a part of it can never be decided; its findings say which.
    """
    model = read(source, imports)
    if model.problems:
        raise DmnError(
            f"{model.problems[0]} Faults in the file: {len(model.problems)}. Correct them.",
            [problem.finding() for problem in model.problems],
        )
    return model


def read(source: bytes, imports: Iterable[bytes] = ()) -> Model:
    """The same as `load`, but of a model with problems too: what they touch is null.

    Raises:
        DmnError: the file is not DMN.
    """
    graph = read_graph(parse_dmn(source), [parse_dmn(other) for other in imports])
    return Model(
        graph.name,
        sha256(source).hexdigest(),
        _named(graph, Kind.DECISION),
        _named(graph, Kind.SERVICE),
        graph.problems,
        graph,
    )


def _named(graph: Graph, kind: Kind) -> Mapping[str, str]:
    return MappingProxyType({i: e.name for i, e in graph.elements.items() if e.kind is kind})
