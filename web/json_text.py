"""JSON that people type: where it is wrong, its line and column are said."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from engine.commands import variables
from engine.commands.variables import VariablesInvalid

_SHOWN = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS


def shown(value: object) -> str:
    """A value as indented JSON."""
    return orjson.dumps(value, option=_SHOWN).decode()


def read(typed: str) -> object:
    """The value of a typed text; an empty one is an empty object.

    Raises:
        VariablesInvalid: says at which line and column it is no JSON.
    """
    try:
        return orjson.loads(typed) if typed.strip() else {}
    except orjson.JSONDecodeError as error:
        raise VariablesInvalid(
            f"are no JSON: {error.msg} in line {error.lineno}, column {error.colno}",
        ) from error


def edited(known: Mapping[str, object], typed: str) -> dict[str, object]:
    """What a typed text changes of the variables it was made from.

    Raises:
        VariablesInvalid: it is no JSON object of variables, leaves one out, or changes nothing.
    """
    values = variables.checked(read(typed))
    left_out = sorted(known.keys() - values.keys())
    if left_out:
        raise VariablesInvalid(f"lack '{left_out[0]}'. Write null to empty one")
    changed = {
        name: value
        for name, value in values.items()
        if name not in known or orjson.dumps(value) != orjson.dumps(known[name])
    }
    if not changed:
        raise VariablesInvalid("are what they were. Change one")
    return changed
