"""What is wrong with a diagram, said at upload: a check is a function from drawing to findings."""

from __future__ import annotations

from itertools import islice

from engine.bpmn.drawing import Drawing
from engine.bpmn.lint import (
    calls,
    duties,
    events,
    expressions,
    gateways,
    ids,
    joins,
    layout,
    messages,
    people,
    scopes,
    structure,
    tasks,
    timers,
    variables,
)
from engine.bpmn.lint.rule import Check, Known, Names
from engine.findings import Finding

__all__ = ["CHECKS", "MODULES", "Known", "Names", "check"]

#: Where the rules are, in the order in which findings are listed.
MODULES = (
    ids,
    structure,
    events,
    timers,
    scopes,
    calls,
    people,
    tasks,
    expressions,
    gateways,
    joins,
    messages,
    variables,
    duties,
    layout,
)
#: Every check of a diagram.
CHECKS: tuple[Check, ...] = tuple(check for module in MODULES for check in module.CHECKS)
#: Findings of one check in one file; the rest shows once these are mended.
_MOST = 50


def check(drawing: Drawing, known: Known) -> list[Finding]:
    """All findings about a drawing; one with severity `error` refuses the upload."""
    found = [finding for check in CHECKS for finding in islice(check(drawing, known), _MOST)]
    return sorted(found, key=lambda finding: not finding.refuses)
