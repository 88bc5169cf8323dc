"""Functions of contexts, and the two of any value: `not` and `is`."""

from __future__ import annotations

from typing import Final

from engine.feel.budget import Run
from engine.feel.builtins.registry import Subject
from engine.feel.compare import equal
from engine.feel.temporal.values import DateTime, Time
from engine.feel.values import Value

contexts: Final = Subject()


@contexts.function("not", "negand: any")
def _not(value: Value) -> bool | None:
    return (not value) if isinstance(value, bool) else None


@contexts.running("is", "value1?: any, value2?: any")
def _is(run: Run, a: Value = None, b: Value = None) -> bool:
    """Whether two values are the same element: times are by their offset and zone too."""
    if isinstance(a, Time | DateTime) and type(a) is type(b) and isinstance(b, Time | DateTime):
        same_zone = a.zone == b.zone and a.utc_offset() == b.utc_offset()
        return same_zone and a.instant == b.instant
    return type(a) is type(b) and equal(a, b, run) is True


@contexts.function("get value", "m: context, key: string")
def _get(context: dict[str, Value], key: str) -> Value:
    return context.get(key)


@contexts.function("get value", "context: context, keys: list")
def _get_by_keys(context: dict[str, Value], keys: list[Value]) -> Value:
    found: Value = context if keys else None
    for key in keys:
        if not isinstance(found, dict) or not isinstance(key, str):
            return None
        found = found.get(key)
    return found


@contexts.running("get entries", "m: context")
def _entries(run: Run, context: dict[str, Value]) -> list[Value]:
    run.charge(len(context))
    return [{"key": key, "value": value} for key, value in context.items()]


@contexts.running("context", "entries: list")
def _context(run: Run, entries: list[Value]) -> dict[str, Value] | None:
    run.charge_items(len(entries))
    made: dict[str, Value] = {}
    for entry in entries:
        if not isinstance(entry, dict) or not {"key", "value"} <= entry.keys():
            return None
        key = entry["key"]
        if not isinstance(key, str) or key in made:
            return None
        made[key] = entry["value"]
    return made


@contexts.running("context put", "context: context, key: string, value: any")
def _put(run: Run, context: dict[str, Value], key: str, value: Value) -> dict[str, Value]:
    run.charge(len(context))
    return {**context, key: value}


@contexts.running("context put", "context: context, keys: list, value: any")
def _put_by_keys(
    run: Run, context: dict[str, Value], keys: list[Value], value: Value
) -> dict[str, Value] | None:
    run.charge(len(context))
    key = keys[0] if keys else None
    if not isinstance(key, str):
        return None
    if len(keys) > 1:
        inner = context.get(key)
        value = _put_by_keys(run, inner, keys[1:], value) if isinstance(inner, dict) else None
        if value is None:
            return None
    return {**context, key: value}


@contexts.running("context merge", "contexts: list")
def _merge(run: Run, all_: list[Value]) -> dict[str, Value] | None:
    merged: dict[str, Value] = {}
    for context in all_:
        if not isinstance(context, dict):
            return None
        run.charge(len(context))
        merged |= context
    return merged


FUNCTIONS: Final = contexts.functions()
