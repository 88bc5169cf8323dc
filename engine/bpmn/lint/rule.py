"""What a rule gets and gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from engine.bpmn.drawing import Drawing
from engine.errors import Finding
from engine.topics import Topics


@dataclass(frozen=True, slots=True)
class Known:
    """What a diagram may refer to."""

    topics: Topics
    forms: frozenset[str] = frozenset()
    decisions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  #: id -> inputs
    #: process id -> processes that it calls before anything waits
    calls: Mapping[str, frozenset[str]] = field(default_factory=dict)


Rule = Callable[[Drawing, Known], Iterator[Finding]]


def error(rule: str, element: str, message: str, advice: str) -> Finding:
    """A finding that refuses the upload."""
    return Finding(rule, "error", element, message, advice)


def warning(rule: str, element: str, message: str, advice: str) -> Finding:
    """A finding that is only shown."""
    return Finding(rule, "warning", element, message, advice)
