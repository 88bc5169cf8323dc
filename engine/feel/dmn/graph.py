"""The decision requirements graph: what a model's elements are and what they need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from graphlib import CycleError, TopologicalSorter
from typing import Final

from engine.feel.compile import Code
from engine.feel.dmn.boxed import BoxedReader
from engine.feel.dmn.item_types import ModelTypes
from engine.feel.dmn.table import DecisionTable
from engine.feel.dmn.texts import Problem, Texts
from engine.feel.dmn.trace import Owner
from engine.feel.dmn.xml import Element, attribute, child, children, local_name
from engine.feel.types import ANY, Named, Type


class Kind(Enum):
    """The kinds of elements that can be asked for."""

    INPUT = "inputData"
    DECISION = "decision"
    KNOWLEDGE = "businessKnowledgeModel"
    SERVICE = "decisionService"


@dataclass(frozen=True, slots=True, eq=False)
class Requirable:
    """An element of the graph; references are ids, those to other models after `namespace#`."""

    kind: Kind
    owner: Owner
    type: Type | None
    requires: tuple[str, ...] = ()
    code: Code | None = None
    #: Variables that its expressions use although no requirement brings them.
    needed: tuple[str, ...] = ()
    tables: Sequence[DecisionTable] = ()
    #: Of a service: its parameters in order, and the decisions it answers.
    parameters: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name that expressions use for it."""
        return self.owner.name


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """One model and the models it imports, by namespace with the prefix of their names."""

    name: str
    namespace: str
    types: ModelTypes
    imports: Mapping[str, tuple[str, Graph]]
    elements: Mapping[str, Requirable]
    problems: Sequence[Problem]
    spaced: frozenset[str] = field(default=frozenset())

    def resolve(self, reference: str) -> tuple[Graph, Requirable, str] | None:
        """The element of a reference, its graph, and the import's prefix (empty for its own)."""
        namespace, _, id_ = reference.rpartition("#")
        if namespace and namespace != self.namespace and namespace in self.imports:
            prefix, graph = self.imports[namespace]
        else:
            prefix, graph = "", self
        element = graph.elements.get(id_)
        return None if element is None else (graph, element, prefix)

    def required(self, element: Requirable) -> Iterator[tuple[Graph, Requirable, str]]:
        """What an element requires, in the order of the file; dangling references fall away."""
        for reference in element.requires:
            found = self.resolve(reference)
            if found is not None:
                yield found


_PROPERTIES: Final = (
    "itemComponent",
    "output",
    "variable",
    "column",
    "formalParameter",
)
_REQUIREMENTS: Final = ("informationRequirement", "knowledgeRequirement")
_REQUIRED: Final = ("requiredInput", "requiredDecision", "requiredKnowledge")


def read_graph(root: Element, imports: Iterable[Element]) -> Graph:
    """The graph of a model; of the `imports` given it takes those that it names."""
    others = tuple(imports)
    imported: dict[str, tuple[str, Graph]] = {}
    for element in children(root, "import"):
        namespace = attribute(element, "namespace")
        found = next((o for o in others if attribute(o, "namespace") == namespace), None)
        if found is not None:
            rest = (other for other in others if other is not found)
            imported[namespace] = attribute(element, "name"), read_graph(found, rest)
    return _GraphReader(root, imported).graph()


class _GraphReader:
    def __init__(self, root: Element, imported: Mapping[str, tuple[str, Graph]]) -> None:
        self._root = root
        self._imported = imported
        self._types = ModelTypes()
        self._problems: list[Problem] = []
        self._named = {
            attribute(element, "id"): attribute(element, "name")
            for element in children(root, *(kind.value for kind in Kind))
        }
        spaced = {
            " ".join((element.get("name") or "").split())
            for element in root.iter(*(f"{{*}}{name}" for name in _PROPERTIES))
        }
        for prefix, graph in imported.values():
            self._problems += graph.problems
            spaced |= graph.spaced | {prefix} | {one.name for one in graph.elements.values()}
            self._types.update(
                {f"{prefix}.{name}" if prefix else name: t for name, t in graph.types.items()}
            )
        # A name with a dot is the parameter of that very name; elsewhere it is a path.
        self._spaced = frozenset(
            name for name in spaced if not name.isidentifier() and name and "." not in name
        )

    def graph(self) -> Graph:
        """The graph, everything in it compiled."""
        owner = Owner("", attribute(self._root, "name"))
        self._problems += [Problem(owner, text) for text in self._types.read(self._root)]
        elements = {}
        for element in children(self._root, *(kind.value for kind in Kind)):
            read = self._read(element)
            elements[read.owner.id] = read
        graph = Graph(
            attribute(self._root, "name"),
            attribute(self._root, "namespace"),
            self._types,
            self._imported,
            elements,
            self._problems,
            self._spaced,
        )
        self._problems += _dangling(graph)
        self._problems += _circular(graph)
        return graph

    def _read(self, element: Element) -> Requirable:
        kind = Kind(local_name(element))
        owner = Owner(attribute(element, "id"), attribute(element, "name"))
        variable = child(element, "variable")
        type_ = self._types.reference(attribute(variable, "typeRef"))
        if kind is Kind.INPUT:
            return Requirable(kind, owner, type_)
        if kind is Kind.SERVICE:
            return Requirable(
                kind,
                owner,
                type_,
                parameters=(
                    *_references(element, "inputData"),
                    *_references(element, "inputDecision"),
                ),
                answers=_references(element, "outputDecision"),
            )
        return self._computed(kind, owner, type_, element)

    def _computed(
        self, kind: Kind, owner: Owner, type_: Type | None, element: Element
    ) -> Requirable:
        requires = tuple(
            reference
            for requirement in children(element, *_REQUIREMENTS)
            for reference in _references(requirement, *_REQUIRED)
        )
        # Camunda 8 knows what a decision requires by its id, the standard by its name.
        ids = {reference.rpartition("#")[2] for reference in requires}
        names = frozenset(self._name_of(reference) for reference in requires) | ids
        texts = Texts(owner, self._spaced, self._types)
        boxed = BoxedReader(texts, self._types)
        code: Code | None
        if kind is Kind.DECISION:
            code = boxed.inside(element, names)
        else:
            logic = child(element, "encapsulatedLogic")
            known = names | {owner.name}
            code = None if logic is None else boxed.function(logic, known, owner.name)
            type_ = self._result_type(type_)
        self._problems += texts.problems
        needed = tuple(texts.needed)
        return Requirable(kind, owner, type_, requires, code, needed, boxed.tables)

    def _name_of(self, reference: str) -> str:
        """The name by which an expression knows what it requires: an import's is its prefix."""
        namespace, _, id_ = reference.rpartition("#")
        if namespace in self._imported and self._imported[namespace][0]:
            return self._imported[namespace][0]
        return self._named.get(id_, "")

    def _result_type(self, declared: Type | None) -> Type | None:
        """What a knowledge model answers; its variable has the type of that or of the function."""
        if isinstance(declared, Named) and declared.name in self._types:
            definition = self._types[declared.name]
            if definition.is_function:
                return self._types.reference(definition.function_result)
        return None if declared in (ANY, Named("function")) else declared


def _dangling(graph: Graph) -> Iterator[Problem]:
    """References to what is neither in the model nor in an import that was given."""
    for element in graph.elements.values():
        for reference in (*element.requires, *element.parameters, *element.answers):
            if graph.resolve(reference) is None:
                message = f"it requires '{reference}', which is not there; remove the requirement"
                yield Problem(element.owner, message)


def _circular(graph: Graph) -> Iterator[Problem]:
    """The first circle of elements that require one another."""
    required = {
        element.owner.id: {reference.rpartition("#")[2] for reference in element.requires}
        for element in graph.elements.values()
    }
    try:
        TopologicalSorter(required).prepare()
    except CycleError as circle:
        names = " and ".join(f"'{id_}'" for id_ in sorted(set(circle.args[1])))
        owner = Owner(circle.args[1][0], "")
        yield Problem(owner, f"{names} require one another; remove one requirement")


def _references(element: Element, *names: str) -> tuple[str, ...]:
    return tuple(attribute(reference, "href") for reference in children(element, *names))
