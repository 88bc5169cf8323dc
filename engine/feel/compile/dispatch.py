"""The one entry to compiling; every kind of node registers its own function."""

from __future__ import annotations

from collections.abc import Callable
from functools import singledispatch
from typing import TypeAlias

from engine.feel.budget import Run
from engine.feel.nodes import Node
from engine.feel.types import Types
from engine.feel.values import Value

Local: TypeAlias = dict[str, Value]
Code: TypeAlias = Callable[[Local, Run], Value]


@singledispatch
def compiled(node: Node, types: Types) -> Code:
    """The closure of an expression.

    Raises:
        TypeError: the node is no expression of its own, such as an entry of a context.
    """
    raise TypeError(f"{type(node).__name__} is no expression ({len(types)} types)")
