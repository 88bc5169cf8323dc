"""Functions of lists."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import cmp_to_key
from typing import Final

from engine.feel.budget import Run
from engine.feel.builtins.registry import Subject
from engine.feel.compare import equal, order
from engine.feel.values import Function, Value

lists: Final = Subject()
_DEEPEST: Final = 100
_TWO: Final = 2


@lists.running("list contains", "list: list, element: any")
def _contains(run: Run, items: list[Value], element: Value) -> bool:
    run.charge_items(len(items))
    return any(equal(item, element, run) is True for item in items)


@lists.function("count", "list: list")
def _count(items: list[Value]) -> Decimal:
    return Decimal(len(items))


@lists.running("sublist", "list: list, start position: integer")
def _sublist(run: Run, items: list[Value], start: int) -> list[Value] | None:
    begin = _index(items, start)
    run.charge_items(len(items))
    return None if begin is None else items[begin:]


@lists.running("sublist", "list: list, start position: integer, length: integer")
def _sublist_of(run: Run, items: list[Value], start: int, length: int) -> list[Value] | None:
    begin = _index(items, start)
    run.charge_items(len(items))
    if begin is None or length < 0 or begin + length > len(items):
        return None
    return items[begin : begin + length]


@lists.running("append", "list: any, item*: any")
def _append(run: Run, items: Value, *more: Value) -> list[Value]:
    whole = [*(items if isinstance(items, list) else [items]), *more]
    run.charge_items(len(whole))
    return whole


@lists.running("concatenate", "list*: list")
def _concatenate(run: Run, *all_: list[Value]) -> list[Value]:
    run.charge_items(sum(map(len, all_)))
    return [item for items in all_ for item in items]


@lists.running("union", "list*: list")
def _union(run: Run, *all_: list[Value]) -> list[Value]:
    return _distinct(run, [item for items in all_ for item in items])


@lists.running("insert before", "list: list, position: integer, newItem: any")
def _insert(run: Run, items: list[Value], position: int, item: Value) -> list[Value] | None:
    index = _index(items, position)
    run.charge_items(len(items))
    return None if index is None else [*items[:index], item, *items[index:]]


@lists.running("remove", "list: list, position: integer")
def _remove(run: Run, items: list[Value], position: int) -> list[Value] | None:
    index = _index(items, position)
    run.charge_items(len(items))
    return None if index is None else [*items[:index], *items[index + 1 :]]


@lists.running("reverse", "list: list")
def _reverse(run: Run, items: list[Value]) -> list[Value]:
    run.charge_items(len(items))
    return items[::-1]


@lists.running("index of", "list: list, match: any")
def _index_of(run: Run, items: list[Value], match: Value) -> list[Value]:
    run.charge_items(len(items))
    return [Decimal(i) for i, item in enumerate(items, 1) if equal(item, match, run) is True]


@lists.running("distinct values", "list: list")
def _distinct(run: Run, items: list[Value]) -> list[Value]:
    run.charge_items(len(items))
    found: list[Value] = []
    plain: set[Value] = set()
    for item in items:
        if isinstance(item, str | Decimal):
            if item not in plain:
                plain.add(item)
                found.append(item)
            continue
        run.charge_items(len(found))
        if not any(equal(item, other, run) is True for other in found):
            found.append(item)
    return found


@lists.running("flatten", "list: list")
def _flatten(run: Run, items: list[Value]) -> list[Value]:
    flat: list[Value] = []
    waiting = [iter(items)]
    while waiting:
        run.charge()
        for item in waiting[-1]:
            if isinstance(item, list):
                waiting.append(iter(item))
                break
            flat.append(item)
        else:
            waiting.pop()
    run.charge_items(len(flat))
    return flat


@lists.running("list replace", "list: list, match: function, newItem: any")
def _replace_matching(
    run: Run, items: list[Value], match: Function, item: Value
) -> list[Value] | None:
    if len(match.parameters) != _TWO:
        return None
    answers = [match.call(run, (old, item)) for old in items]
    if any(not isinstance(answer, bool) for answer in answers):
        return None
    return [item if answer else old for old, answer in zip(items, answers, strict=True)]


@lists.running("list replace", "list: list, position: position, newItem: any")
def _replace(run: Run, items: list[Value], position: int, item: Value) -> list[Value] | None:
    index = _index(items, position)
    run.charge_items(len(items))
    return None if index is None else [*items[:index], item, *items[index + 1 :]]


@lists.running("sort", "list: list")
def _sort(run: Run, items: list[Value]) -> list[Value] | None:
    run.charge_items(len(items) * 4)
    if any(order(item, items[0]) is None for item in items):
        return None
    return _sorted(items, lambda a, b: order(a, b) or 0)


@lists.running("sort", "list: list, precedes: function")
def _sort_by(run: Run, items: list[Value], precedes: Function) -> list[Value] | None:
    if len(precedes.parameters) != _TWO:
        return None

    def compared(a: Value, b: Value) -> int:
        if precedes.call(run, (a, b)) is True:
            return -1
        return 1 if precedes.call(run, (b, a)) is True else 0

    return _sorted(items, compared)


def _sorted(items: list[Value], compared: Callable[[Value, Value], int]) -> list[Value]:
    return sorted(items, key=cmp_to_key(compared))


def _index(items: list[Value], position: int) -> int | None:
    """The index of a position from 1, or from the end if negative."""
    if position == 0 or abs(position) > len(items):
        return None
    return position - 1 if position > 0 else len(items) + position


FUNCTIONS: Final = lists.functions()
