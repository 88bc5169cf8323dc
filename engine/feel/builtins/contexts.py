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


@contexts.running("is", "value1: any, value2: any")
def _is(run: Run, a: Value, b: Value) -> bool:
    """Whether two values are the same element: times are by their offset and zone too."""
    if isinstance(a, Time | DateTime) and type(a) is type(b) and isinstance(b, Time | DateTime):
        same_zone = (a.zone is None) == (b.zone is None) and a.utc_offset() == b.utc_offset()
        return same_zone and a.instant == b.instant
    return type(a) is type(b) and equal(a, b, run) is True


@contexts.function("get value", "m: context, key: any")
def _get(context: dict[str, Value], key: Value) -> Value:
    if isinstance(key, str):
        return context.get(key)
    if not isinstance(key, list) or not key:
        return None
    found: Value = context
    for part in key:
        if not isinstance(found, dict) or not isinstance(part, str) or part not in found:
            return None
        found = found[part]
    return found


@contexts.function("get value", "context: context, keys: any")
def _get_by_keys(context: dict[str, Value], keys: Value) -> Value:
    return _get(context, keys)


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


@contexts.running("context put", "context: context, key: any, value: any")
def _put(run: Run, context: dict[str, Value], key: Value, value: Value) -> Value:
    run.charge(len(context))
    keys = key if isinstance(key, list) else [key]
    if not keys or not isinstance(keys[0], str):
        return None
    if len(keys) > 1:
        inner = context.get(keys[0])
        value = _put(run, inner, keys[1:], value) if isinstance(inner, dict) else None
        if value is None:
            return None
    return {**context, keys[0]: value}


@contexts.running("context put", "context: context, keys: any, value: any")
def _put_by_keys(run: Run, context: dict[str, Value], keys: Value, value: Value) -> Value:
    return _put(run, context, keys, value)


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
