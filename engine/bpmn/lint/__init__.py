"""What is wrong with a diagram, said at upload: a rule is a function from drawing to findings."""

from __future__ import annotations

from engine.bpmn.drawing import Drawing
from engine.bpmn.lint import calls, events, expressions, scopes, structure, tasks
from engine.bpmn.lint.rule import Known, Rule
from engine.errors import Finding

__all__ = ["RULES", "Known", "check"]

#: Every rule, in the order in which findings are listed.
RULES: tuple[Rule, ...] = (
    *structure.RULES,
    *events.RULES,
    *scopes.RULES,
    *calls.RULES,
    *tasks.RULES,
    *expressions.RULES,
)


def check(drawing: Drawing, known: Known) -> list[Finding]:
    """All findings about a drawing; one with severity `error` refuses the upload."""
    return [finding for rule in RULES for finding in rule(drawing, known)]
