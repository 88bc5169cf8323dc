"""Variables that come from outside of forms: what they may be."""

from __future__ import annotations

from typing import cast

import orjson

from engine.errors import Rejected

#: Bytes of all of them as JSON, and objects and lists in each other.
LARGEST, DEEPEST = 256_000, 32


class VariablesInvalid(Rejected):
    """Variables sent from outside are no object, or too large, or nest too deep."""

    code = "variables.invalid"

    def __init__(self, what: str) -> None:
        super().__init__(f"The variables {what}. Nothing was changed.")


def checked(given: object) -> dict[str, object]:
    """Variables as a command takes them.

    Raises:
        VariablesInvalid: they are no object, too large, or nest too deep.
    """
    if not isinstance(given, dict) or not all(isinstance(name, str) and name for name in given):
        raise VariablesInvalid("are no JSON object with names. Send an object")
    if _depth(given) > DEEPEST:
        raise VariablesInvalid(f"nest deeper than {DEEPEST} levels. Send flatter ones")
    if len(orjson.dumps(given)) > LARGEST:
        raise VariablesInvalid(f"are larger than {LARGEST:,} bytes. Send a reference instead")
    return cast("dict[str, object]", given)


def _depth(value: object) -> int:
    """How deep objects and lists nest; stops looking where it is too deep anyway."""
    level, values = 0, [value]
    while values and level <= DEEPEST + 1:
        values = [
            inner
            for outer in values
            if isinstance(outer, (dict, list))
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        level += 1
    return level - 1
