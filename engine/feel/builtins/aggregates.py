"""Functions that make one value of many: of a list, or of any number of arguments."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import reduce
from typing import Final

from engine.feel import arithmetic
from engine.feel.budget import Run
from engine.feel.builtins.registry import Subject
from engine.feel.compare import order
from engine.feel.temporal.values import Months, Nanos
from engine.feel.values import DECIMALS, Value

aggregates: Final = Subject()
_TWO: Final = 2


def _declare(name: str, function: Callable[[Run, list[Value]], Value]) -> None:
    def of_list(run: Run, items: list[Value]) -> Value:
        run.charge_items(len(items))
        return function(run, items)

    def of_arguments(run: Run, *items: Value) -> Value:
        return of_list(run, list(items))

    aggregates.running(name, "list: list")(of_list)
    aggregates.running(name, "item: any, items*: any")(of_arguments)


def _least(_run: Run, items: list[Value]) -> Value:
    return _extreme(items, -1)


def _greatest(_run: Run, items: list[Value]) -> Value:
    return _extreme(items, 1)


def _extreme(items: list[Value], sign: int) -> Value:
    best = items[0] if items else None
    for item in items:
        way = order(item, best)
        if way is None:
            return None
        if way == sign:
            best = item
    return best


def _sum(run: Run, items: list[Value]) -> Value:
    if not items or not isinstance(items[0], Decimal | Months | Nanos):
        return None
    if any(type(item) is not type(items[0]) for item in items):
        return None
    return reduce(lambda a, b: arithmetic.add(a, b, run), items)


def _mean(run: Run, items: list[Value]) -> Value:
    total = _sum(run, items)
    return None if total is None else arithmetic.divide(total, Decimal(len(items)), run)


def _product(_run: Run, items: list[Value]) -> Value:
    numbers = _numbers(items)
    return reduce(DECIMALS.multiply, numbers) if numbers else None


def _median(_run: Run, items: list[Value]) -> Value:
    numbers = sorted(_numbers(items) or ())
    if not numbers:
        return None
    middle = len(numbers) // 2
    if len(numbers) % 2:
        return numbers[middle]
    return DECIMALS.divide(DECIMALS.add(numbers[middle - 1], numbers[middle]), Decimal(2))


def _stddev(run: Run, items: list[Value]) -> Value:
    """The sample standard deviation."""
    numbers = _numbers(items)
    mean = _mean(run, items)
    if numbers is None or len(numbers) < _TWO or not isinstance(mean, Decimal):
        return None
    distances = (DECIMALS.subtract(number, mean) for number in numbers)
    total = reduce(DECIMALS.add, (DECIMALS.multiply(d, d) for d in distances))
    return DECIMALS.sqrt(DECIMALS.divide(total, Decimal(len(numbers) - 1)))


def _mode(_run: Run, items: list[Value]) -> Value:
    numbers = _numbers(items)
    if not numbers:
        return numbers
    counts: dict[Decimal, int] = {}
    for number in numbers:
        counts[number] = counts.get(number, 0) + 1
    most = max(counts.values())
    return sorted(number for number, count in counts.items() if count == most)


def _all(_run: Run, items: list[Value]) -> Value:
    if any(item is False for item in items):
        return False
    return True if all(item is True for item in items) else None


def _any(_run: Run, items: list[Value]) -> Value:
    if any(item is True for item in items):
        return True
    return False if all(item is False for item in items) else None


def _numbers(items: list[Value]) -> list[Decimal] | None:
    numbers = [item for item in items if isinstance(item, Decimal)]
    return numbers if len(numbers) == len(items) else None


for _name, _function in (
    ("min", _least),
    ("max", _greatest),
    ("sum", _sum),
    ("mean", _mean),
    ("product", _product),
    ("median", _median),
    ("stddev", _stddev),
    ("mode", _mode),
    ("all", _all),
    ("any", _any),
):
    _declare(_name, _function)

FUNCTIONS: Final = aggregates.functions()
