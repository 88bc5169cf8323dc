"""Evaluating a decision: what it requires first, everything once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.feel.budget import Run
from engine.feel.dmn.graph import Graph, Kind, Requirable
from engine.feel.dmn.item_types import adapted
from engine.feel.types import coerced
from engine.feel.values import Function, Parameter, Signature, Value, kind

#: Python frames that evaluating one requirement of another piles up, and a call of a service.
_FRAMES = 4
_SERVICE_FRAMES = 8


class Evaluation:
    """The values of one graph for one set of inputs.

    `given` are decisions whose values are inputs, as a service's input decisions are.
    """

    def __init__(
        self, run: Run, inputs: Mapping[str, Value], given: frozenset[str] = frozenset()
    ) -> None:
        self._run = run
        self._inputs = inputs
        self._given = given
        self._known: dict[Requirable, Value] = {}

    def value(self, graph: Graph, element: Requirable) -> Value:
        """The value of an element: of an input, decision, knowledge model or service."""
        if element in self._known:
            return self._known[element]
        self._known[element] = None  # what requires itself gets null
        self._run.enter(_FRAMES)
        try:
            value = self._compute(graph, element)
        finally:
            self._run.leave(_FRAMES)
        self._known[element] = value
        return value

    def _compute(self, graph: Graph, element: Requirable) -> Value:
        if element.kind is Kind.INPUT or element.name in self._given:
            return self._input(graph, element)
        if element.kind is Kind.SERVICE:
            return self._service(graph, element)
        if element.code is None:
            return None
        names = self._names(graph, element)
        if element.kind is Kind.KNOWLEDGE:
            return self._function(graph, element, names)
        return self._typed(graph, element, element.code(names, self._run))

    def _input(self, graph: Graph, element: Requirable) -> Value:
        value = self._inputs.get(element.name)
        read = adapted(value, element.type, graph.types)
        if read is None and value is not None:
            self._run.note(f"input '{element.name}' is {kind(value)}, which is not its type")
        return read

    def _typed(self, graph: Graph, element: Requirable, value: Value) -> Value:
        typed = coerced(value, element.type, graph.types)
        if typed is None and value is not None:
            self._run.note(f"decision '{element.name}' is {kind(value)}, which is not its type")
        return typed

    def _names(self, graph: Graph, element: Requirable) -> dict[str, Value]:
        """All that an element's expressions see: every input, and what it requires."""
        names = dict(self._inputs)
        for other, required, prefix in graph.required(element):
            if not prefix:
                names[required.name] = names[required.owner.id] = self.value(other, required)
                continue
            value = self._imported(prefix).value(other, required)
            before = names.get(prefix)
            names[prefix] = {
                **(before if isinstance(before, dict) else {}),
                required.name: value,
            }
        return names

    def _imported(self, prefix: str) -> Evaluation:
        """The evaluation of an import: its inputs may stand under its prefix."""
        inputs = self._inputs.get(prefix)
        if not isinstance(inputs, dict):
            return self
        inner = Evaluation(self._run, {**self._inputs, **inputs}, self._given)
        inner._known = self._known
        return inner

    def _function(
        self, graph: Graph, element: Requirable, names: dict[str, Value]
    ) -> Function | None:
        """A knowledge model's function: it knows itself, and its result has the model's type."""
        shape = None if element.code is None else element.code(names, self._run)
        if element.code is None or not isinstance(shape, Function):
            return None

        def call(run: Run, arguments: Sequence[Value]) -> Value:
            value = body.signatures[0].body(run, arguments) if isinstance(body, Function) else None
            return coerced(value, element.type, graph.types)

        signature = Signature(shape.signatures[0].parameters, call)
        function = Function(element.name, (signature,), shape.types, element.type)
        body = element.code({**names, element.name: function}, self._run)
        return function

    def _service(self, graph: Graph, element: Requirable) -> Function:
        parameters = [found for ref in element.parameters if (found := graph.resolve(ref))]
        answers = [found for ref in element.answers if (found := graph.resolve(ref))]
        names = [required.name for _, required, _ in parameters]

        def call(run: Run, arguments: Sequence[Value]) -> Value:
            inputs: dict[str, Value] = {}
            for (other, required, _), argument in zip(parameters, arguments, strict=True):
                inputs[required.name] = coerced(argument, required.type, other.types)
                if inputs[required.name] is None and argument is not None:
                    run.note(f"'{element.name}': '{required.name}' cannot be {kind(argument)}")
                    return None
            run.enter(_SERVICE_FRAMES)
            try:
                inner = Evaluation(run, inputs, frozenset(names))
                made = {one.name: inner.value(other, one) for other, one, _ in answers}
            finally:
                run.leave(_SERVICE_FRAMES)
            single = next(iter(made.values()), None)
            return coerced(made if len(answers) > 1 else single, element.type, graph.types)

        signature = Signature(tuple(Parameter(name) for name in names), call)
        return Function(element.name, (signature,))
