"""Which variables an expression uses that it does not define itself."""

from __future__ import annotations

from collections.abc import Iterable

from engine.feel import nodes
from engine.feel.builtins import BUILTINS


def free_names(node: nodes.Node, known: Iterable[str] = ()) -> tuple[str, ...]:
    """Names used but neither declared inside nor built in, in the order of the text.

    Inside a filter a name may be an entry of the items, which only the value tells; there a name
    counts only if it is one of `known`.
    """
    found: dict[str, None] = {}
    _collect(node, frozenset(("?",)), frozenset(known), found, in_filter=False)
    return tuple(found)


def _collect(
    node: nodes.Node,
    bound: frozenset[str],
    known: frozenset[str],
    found: dict[str, None],
    *,
    in_filter: bool,
) -> None:
    if isinstance(node, nodes.Name):
        free = node.name not in bound and node.name not in BUILTINS
        if free and (node.name in known or not in_filter):
            found[node.name] = None
        return
    if isinstance(node, nodes.Lambda):
        bound |= frozenset(node.parameters)
    for child in nodes.children(node):
        inside = in_filter or (isinstance(node, nodes.Filter) and child is node.condition)
        _collect(child, bound, known, found, in_filter=inside)
        bound |= _bound_after(node, child)


def _bound_after(node: nodes.Node, child: nodes.Node) -> frozenset[str]:
    """Names that later children of a node see because of this one."""
    if isinstance(child, nodes.Entry):
        return frozenset((child.key,))
    if isinstance(child, nodes.Iteration):
        return (
            frozenset((child.name, "partial"))
            if isinstance(node, nodes.For)
            else frozenset((child.name,))
        )
    return frozenset()
