"""From boxed expressions (DMN 1.5, 10.2) to closures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from engine.feel.budget import Run
from engine.feel.compile import Code
from engine.feel.compile.dispatch import Local
from engine.feel.compile.loops import Loop, quantified, returning
from engine.feel.compile.primaries import filtering, function_code
from engine.feel.dmn.item_types import ModelTypes
from engine.feel.dmn.table import DecisionTable
from engine.feel.dmn.table_reader import TableReader, is_feel
from engine.feel.dmn.texts import Texts
from engine.feel.dmn.xml import Element, attribute, child, children, local_name, text_at
from engine.feel.types import ANY, coerced
from engine.feel.values import Function, Value, kind

_BOXED: Final = (
    "literalExpression",
    "context",
    "list",
    "relation",
    "functionDefinition",
    "invocation",
    "decisionTable",
    "conditional",
    "filter",
    "for",
    "some",
    "every",
)


def _null(_names: Local, _run: Run) -> Value:
    return None


class BoxedReader:
    """Compiles the boxed expressions of one decision or knowledge model."""

    def __init__(self, texts: Texts, types: ModelTypes) -> None:
        self._texts = texts
        self._types = types
        self._tables = TableReader(texts, types)
        self._readers: Mapping[str, Callable[[Element, frozenset[str]], Code]] = {
            "literalExpression": self._literal,
            "context": self._context,
            "list": self._list,
            "relation": self._relation,
            "functionDefinition": self._function,
            "invocation": self._invocation,
            "decisionTable": self._table,
            "conditional": self._conditional,
            "filter": self._filter,
            "for": self._for,
            "some": self._some,
            "every": self._every,
        }

    @property
    def tables(self) -> Sequence[DecisionTable]:
        """The decision tables read so far."""
        return self._tables.tables

    def inside(self, element: Element | None, names: frozenset[str]) -> Code:
        """Code of the boxed expression directly below an element; null if there is none."""
        boxed = child(element, *_BOXED)
        return _null if boxed is None else self.read(boxed, names)

    def read(self, element: Element, names: frozenset[str]) -> Code:
        """Code of a boxed expression, its value converted to the type it declares."""
        code = self._readers[local_name(element)](element, names)
        wanted = self._types.reference(attribute(element, "typeRef"))
        untouched = ("decisionTable", "functionDefinition")
        if wanted is None or wanted == ANY or local_name(element) in untouched:
            return code
        types = self._types
        return lambda local, run: coerced(code(local, run), wanted, types)

    def function(self, element: Element, names: frozenset[str], name: str) -> Code:
        """Code that makes the function of a definition; of Java or PMML it makes null."""
        if attribute(element, "kind").upper() not in ("", "FEEL"):
            return _refused(f"'{name}' is not FEEL, and nothing else is called")
        parameters = list(children(element, "formalParameter"))
        own = [attribute(parameter, "name") for parameter in parameters]
        wanted = [self._types.reference(attribute(p, "typeRef")) for p in parameters]
        body = self.inside(element, names | set(own))
        frames = self._texts.frames + 3 * _levels(element)
        return function_code(f"'{name}'", own, wanted, body, self._types, frames)

    def _literal(self, element: Element, names: frozenset[str]) -> Code:
        language = attribute(element, "expressionLanguage").lower()
        if not is_feel(language) or child(element, "importedValues") is not None:
            self._texts.problem(f"the language '{language}' is not FEEL; write it in FEEL")
            return _refused(f"an expression in '{language}' is not evaluated")
        return self._texts.expression(text_at(element, "text"), names)

    def _context(self, element: Element, names: frozenset[str]) -> Code:
        entries = []
        for entry in children(element, "contextEntry"):
            variable = child(entry, "variable")
            name = attribute(variable, "name")
            wanted = self._types.reference(attribute(variable, "typeRef"))
            entries.append((name, wanted, self.inside(entry, names)))
            names |= {name}
        types = self._types

        def code(local: Local, run: Run) -> Value:
            inner = local.copy()
            made: dict[str, Value] = {}
            for name, wanted, value_code in entries:
                value = coerced(value_code(inner, run), wanted, types)
                if not name:
                    return value  # the result of the whole context
                inner[name] = made[name] = value
            return made

        return code

    def _list(self, element: Element, names: frozenset[str]) -> Code:
        items = [self.read(item, names) for item in children(element, *_BOXED)]
        return lambda local, run: [item(local, run) for item in items]

    def _relation(self, element: Element, names: frozenset[str]) -> Code:
        columns = [attribute(column, "name") for column in children(element, "column")]
        rows = [
            [self.read(cell, names) for cell in children(row, *_BOXED)]
            for row in children(element, "row")
        ]
        return lambda local, run: [
            {name: cell(local, run) for name, cell in zip(columns, row, strict=False)}
            for row in rows
        ]

    def _function(self, element: Element, names: frozenset[str]) -> Code:
        return self.function(element, names, "a function")

    def _invocation(self, element: Element, names: frozenset[str]) -> Code:
        function = self.inside(element, names)
        arguments = [
            (attribute(child(binding, "parameter"), "name"), self.inside(binding, names))
            for binding in children(element, "binding")
        ]

        def code(local: Local, run: Run) -> Value:
            callee = function(local, run)
            if not isinstance(callee, Function):
                run.note(f"{kind(callee)} cannot be called")
                return None
            return callee.call_named(run, {name: value(local, run) for name, value in arguments})

        return code

    def _conditional(self, element: Element, names: frozenset[str]) -> Code:
        condition, then, otherwise = (
            self.inside(child(element, part), names) for part in ("if", "then", "else")
        )

        def code(local: Local, run: Run) -> Value:
            answer = condition(local, run)
            if answer is not None and not isinstance(answer, bool):
                run.note(f"a condition is {kind(answer)}, not boolean")
                return None
            return then(local, run) if answer is True else otherwise(local, run)

        return code

    def _filter(self, element: Element, names: frozenset[str]) -> Code:
        source = self.inside(child(element, "in"), names)
        return filtering(source, self.inside(child(element, "match"), names | {"item"}))

    def _for(self, element: Element, names: frozenset[str]) -> Code:
        loop, body = self._loop(element, names, "return")
        return returning((loop,), body)

    def _some(self, element: Element, names: frozenset[str]) -> Code:
        loop, condition = self._loop(element, names, "satisfies")
        return quantified((loop,), condition, some=True)

    def _every(self, element: Element, names: frozenset[str]) -> Code:
        loop, condition = self._loop(element, names, "satisfies")
        return quantified((loop,), condition, some=False)

    def _loop(self, element: Element, names: frozenset[str], body: str) -> tuple[Loop, Code]:
        variable = attribute(element, "iteratorVariable")
        loop = Loop(variable, self.inside(child(element, "in"), names))
        return loop, self.inside(child(element, body), names | {variable, "partial"})

    def _table(self, element: Element, names: frozenset[str]) -> Code:
        return self._tables.read(element, names).evaluate


def _refused(message: str) -> Code:
    def code(_names: Local, run: Run) -> Value:
        run.note(message)
        return None

    return code


def _levels(element: Element) -> int:
    """Levels of XML below an element; libxml2 allows 256."""
    return 1 + max((_levels(below) for below in children(element)), default=0)
