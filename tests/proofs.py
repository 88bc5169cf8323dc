"""Which element of BPMN a test proves to run; docs/coverage.md is written from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T", bound=Callable[..., None])


def proves(*elements: str) -> Callable[[T], T]:
    """Name the elements a test is about: BPMN tag and trigger, such as `boundaryEvent signal`."""
    if not elements:
        raise ValueError("Name at least one element.")
    return lambda test: test
