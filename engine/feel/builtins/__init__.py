"""FEEL's built-in functions, a module a subject (DMN 1.5, 10.3.4)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from engine.feel.builtins import (
    aggregates,
    contexts,
    conversions,
    dates,
    lists,
    numbers,
    ranges,
    strings,
)
from engine.feel.names import SpacedNames
from engine.feel.properties import SPACED
from engine.feel.values import Function

BUILTINS: Final[Mapping[str, Function]] = MappingProxyType(
    {
        **conversions.FUNCTIONS,
        **strings.FUNCTIONS,
        **numbers.FUNCTIONS,
        **lists.FUNCTIONS,
        **aggregates.FUNCTIONS,
        **contexts.FUNCTIONS,
        **dates.FUNCTIONS,
        **ranges.FUNCTIONS,
    }
)
SPACED_NAMES: Final = SpacedNames((*BUILTINS, *SPACED))
