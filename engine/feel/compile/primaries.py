"""Constants, names, lists, contexts, ranges, paths, filters, calls and functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

from engine.feel import nodes
from engine.feel.budget import Run
from engine.feel.builtins import BUILTINS
from engine.feel.compare import in_range, order
from engine.feel.compile.dispatch import Code, Local, compiled
from engine.feel.properties import path
from engine.feel.types import Type, Types, coerced
from engine.feel.values import Function, Misfit, Parameter, Range, Signature, Unbounded, Value, kind


@compiled.register
def _literal(node: nodes.Literal, _types: Types) -> Code:
    value = node.value
    return lambda _names, _run: value


@compiled.register
def _name(node: nodes.Name, _types: Types) -> Code:
    name = node.name
    built_in = BUILTINS.get(name)

    def code(names: Local, run: Run) -> Value:
        try:
            return names[name]
        except KeyError:
            if built_in is None:
                run.note(f"there is no variable '{name}'")
            return built_in

    return code


@compiled.register
def _list(node: nodes.ListOfNodes, types: Types) -> Code:
    items = tuple(compiled(item, types) for item in node.items)

    def code(names: Local, run: Run) -> Value:
        run.charge_items(len(items))
        return [item(names, run) for item in items]

    return code


@compiled.register
def _context(node: nodes.ContextOfNodes, types: Types) -> Code:
    entries = tuple((entry.key, compiled(entry.value, types)) for entry in node.entries)

    def code(names: Local, run: Run) -> Value:
        inner = names.copy()
        made: dict[str, Value] = {}
        for key, value in entries:
            inner[key] = made[key] = value(inner, run)
        return made

    return code


@compiled.register
def _interval(node: nodes.Interval, types: Types) -> Code:
    low_code, high_code = compiled(node.low, types), compiled(node.high, types)
    low_closed, high_closed = node.low_closed, node.high_closed

    def code(names: Local, run: Run) -> Value:
        low, high = low_code(names, run), high_code(names, run)
        if low is None or high is None:
            return None if low is high else Range(low, high, low_closed, high_closed)
        way = order(low, high)
        if way is None or way > 0:
            run.note("a range's end is not above its start")
            return None
        return Range(low, high, low_closed, high_closed)

    return code


_HALF_LINES: Final[dict[str, Callable[[Value], Range]]] = {
    "<": lambda end: Range(Unbounded.END, end, low_closed=False, high_closed=False),
    "<=": lambda end: Range(Unbounded.END, end, low_closed=False, high_closed=True),
    "=": lambda end: Range(end, end, low_closed=True, high_closed=True, point=True),
    ">": lambda end: Range(end, Unbounded.END, low_closed=False, high_closed=False),
    ">=": lambda end: Range(end, Unbounded.END, low_closed=True, high_closed=False),
}


@compiled.register
def _half_line(node: nodes.HalfLine, types: Types) -> Code:
    end_code = compiled(node.end, types)
    make = _HALF_LINES.get(node.sign)

    def code(names: Local, run: Run) -> Value:
        end = end_code(names, run)
        return None if end is None or make is None else make(end)

    return code


@compiled.register
def _path(node: nodes.Path, types: Types) -> Code:
    base = compiled(node.base, types)
    parts = node.names

    def code(names: Local, run: Run) -> Value:
        value = base(names, run)
        for part in parts:
            value = path(value, part, run)
        return value

    return code


@compiled.register
def _filter(node: nodes.Filter, types: Types) -> Code:
    return filtering(compiled(node.base, types), compiled(node.condition, types))


def filtering(base: Code, condition: Code) -> Code:
    """`base[condition]`; also for the boxed filter of DMN."""

    def code(names: Local, run: Run) -> Value:
        value = base(names, run)
        if value is None:
            return None
        items = value if isinstance(value, list) else [value]
        found: list[Value] = []
        for item in items:
            run.charge(1 + (len(names) >> 4))
            answer = condition(_around(names, item), run)
            if answer is True:
                found.append(item)
            elif isinstance(answer, Decimal):
                return _at(items, condition(names, run), run)
            elif answer is not False and answer is not None:
                run.note(f"a filter's condition is {kind(answer)}, not boolean or number")
                return None
        return found

    return code


def _around(names: Local, item: Value) -> Local:
    """The names that a filter's condition sees: an item's entries, and the item itself."""
    inner = names.copy()
    if isinstance(item, dict):
        inner |= item
        if "item" in item:
            return inner
    inner["item"] = item
    return inner


def _at(items: list[Value], position: Value, run: Run) -> Value:
    if isinstance(position, Decimal) and position.adjusted() < 18:  # noqa: PLR2004 - a big list
        index = int(position)
        if index == position and 0 < abs(index) <= len(items):
            return items[index - 1 if index > 0 else index]
    run.note(f"a list of {len(items)} has no item {position}")
    return None


@compiled.register
def _call(node: nodes.Call, types: Types) -> Code:
    arguments = tuple(compiled(argument, types) for argument in node.arguments)
    function = _callee(node.function, types)
    if node.names:
        return _named_call(function, node.names, arguments)

    def code(names: Local, run: Run) -> Value:
        callee = function(names, run)
        if isinstance(callee, Function):
            run.charge()
            return callee.call(run, [argument(names, run) for argument in arguments])
        if isinstance(callee, Range) and len(arguments) == 1:
            return in_range(arguments[0](names, run), callee, run)
        run.note(f"{kind(callee)} cannot be called")
        return None

    built_in = BUILTINS.get(node.function.name) if isinstance(node.function, nodes.Name) else None
    if built_in is None:
        return code
    return _built_in_call(built_in, arguments, code)


def _built_in_call(function: Function, arguments: tuple[Code, ...], general: Code) -> Code:
    """A call of a built-in function; decided while compiling unless a variable shadows it."""
    name = function.name
    fitting = [s for s in function.signatures if s.takes(len(arguments))]
    if len(fitting) != 1 or len(arguments) != 1:
        return general
    body, argument = fitting[0].body, arguments[0]

    def code(names: Local, run: Run) -> Value:
        if name in names:
            return general(names, run)
        run.charge()
        value = argument(names, run)
        result = body(run, (value,))
        return function.call(run, (value,)) if result is Misfit.ARGUMENTS else result

    return code


def _callee(node: nodes.Node, types: Types) -> Code:
    """What is called; a variable that is no function does not hide the built-in function."""
    code = compiled(node, types)
    built_in = BUILTINS.get(node.name) if isinstance(node, nodes.Name) else None
    if built_in is None:
        return code

    def callee(names: Local, run: Run) -> Value:
        value = code(names, run)
        return value if isinstance(value, Function) else built_in

    return callee


def _named_call(function: Code, keys: Sequence[str], arguments: Sequence[Code]) -> Code:
    def code(names: Local, run: Run) -> Value:
        callee = function(names, run)
        if not isinstance(callee, Function):
            run.note(f"{kind(callee)} cannot be called")
            return None
        run.charge()
        given = {k: argument(names, run) for k, argument in zip(keys, arguments, strict=True)}
        return callee.call_named(run, given)

    return code


@compiled.register
def _lambda(node: nodes.Lambda, types: Types) -> Code:
    if node.body is None:
        return lambda _names, run: run.note("functions outside FEEL are not called")
    body = compiled(node.body, types)
    return function_code(
        "a function", node.parameters, node.types, body, types, nodes.frames(node.body)
    )


def function_code(
    name: str,
    parameters: Sequence[str],
    declared: Sequence[Type | None],
    body: Code,
    types: Types,
    frames: int,
) -> Code:
    """Code that makes a function of FEEL; `frames` is what a call of it may pile up."""
    signature = tuple(Parameter(parameter) for parameter in parameters)
    wanted = tuple(zip(parameters, declared, strict=True))

    def code(names: Local, _run: Run) -> Value:
        around = names.copy()

        def call(run: Run, arguments: Sequence[Value]) -> Value:
            inner = around.copy()
            for (parameter, type_), argument in zip(wanted, arguments, strict=True):
                inner[parameter] = coerced(argument, type_, types)
                if inner[parameter] is None and argument is not None:
                    run.note(f"{name}: '{parameter}' cannot be {kind(argument)}")
                    return None
            run.enter(frames)
            try:
                return body(inner, run)
            finally:
                run.leave(frames)

        return Function(name, (Signature(signature, call),), tuple(declared))

    return code
