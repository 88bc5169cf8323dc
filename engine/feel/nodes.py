"""The syntax tree of FEEL. Chains of one operator are one node, so that long texts stay flat."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Final

from engine.feel.types import Type
from engine.feel.values import Value


@dataclass(frozen=True, slots=True)
class Node:
    """Any part of an expression."""


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A constant."""

    value: Value


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A variable, or a built-in function."""

    name: str


@dataclass(frozen=True, slots=True)
class ListOfNodes(Node):
    """`[a, b]`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Entry(Node):
    """`key: value` of a context."""

    key: str
    value: Node


@dataclass(frozen=True, slots=True)
class ContextOfNodes(Node):
    """`{a: 1, b: a + 1}`."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Interval(Node):
    """`[low..high]`."""

    low: Node
    high: Node
    low_closed: bool
    high_closed: bool


@dataclass(frozen=True, slots=True)
class HalfLine(Node):
    """`(< end)` as a value."""

    sign: str
    end: Node


@dataclass(frozen=True, slots=True)
class Negation(Node):
    """`-operand`."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """`first + second - third`: operations of one precedence, from the left."""

    first: Node
    signs: tuple[str, ...]
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    """`left < right`."""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Between(Node):
    """`value between low and high`."""

    value: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class SignTest(Node):
    """`< 10` as a test of a value."""

    sign: str
    operand: Node


@dataclass(frozen=True, slots=True)
class In(Node):
    """`value in (test, test)`."""

    value: Node
    tests: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class And(Node):
    """`a and b and c`."""

    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or(Node):
    """`a or b or c`."""

    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class InstanceOf(Node):
    """`value instance of type`."""

    value: Node
    type: Type


@dataclass(frozen=True, slots=True)
class Path(Node):
    """`base.name.name`."""

    base: Node
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Filter(Node):
    """`base[condition]`."""

    base: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`function(argument, ...)`; with `names` the arguments are named."""

    function: Node
    arguments: tuple[Node, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Branch(Node):
    """`if condition then result`."""

    condition: Node
    result: Node


@dataclass(frozen=True, slots=True)
class If(Node):
    """`if ... then ... else if ... else otherwise`."""

    branches: tuple[Branch, ...]
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Iteration(Node):
    """`name in source`, or `name in source..end`."""

    name: str
    source: Node
    end: Node | None


@dataclass(frozen=True, slots=True)
class For(Node):
    """`for iterations return body`."""

    iterations: tuple[Iteration, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    """`some|every iterations satisfies condition`."""

    some: bool
    iterations: tuple[Iteration, ...]
    condition: Node


@dataclass(frozen=True, slots=True)
class Lambda(Node):
    """`function(a: number, b) body`; an external one has no body here and answers null."""

    parameters: tuple[str, ...]
    types: tuple[Type | None, ...]
    body: Node | None


@dataclass(frozen=True, slots=True)
class Tests(Node):
    """The unary tests of a table's cell; `-` has none and always holds."""

    negated: bool
    tests: tuple[Node, ...]


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below a node, in the order of the text."""
    for field in fields(node):
        part = getattr(node, field.name)
        if isinstance(part, Node):
            yield part
        elif isinstance(part, tuple):
            yield from (item for item in part if isinstance(item, Node))


def height(node: Node) -> int:
    """Levels of the tree; counted without recursion, because the tree may be too high for it."""
    return _longest(node, lambda _node: 1)


def frames(node: Node) -> int:
    """Python frames that evaluating the tree piles up, the calls of its functions aside."""
    return _longest(node, lambda part: _FRAMES.get(type(part), 1))


_FRAMES: Final[Mapping[type[Node], int]] = MappingProxyType(
    {Call: 5, For: 5, Quantified: 5, Iteration: 1, ListOfNodes: 2, Filter: 2, In: 3}
)


def _longest(node: Node, weight: Callable[[Node], int]) -> int:
    """The greatest sum of weights on a way down."""
    longest = 0
    waiting = [(node, weight(node))]
    while waiting:
        current, sum_ = waiting.pop()
        longest = max(longest, sum_)
        waiting.extend((child, sum_ + weight(child)) for child in children(current))
    return longest
