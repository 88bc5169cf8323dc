"""JUEL, the expression language of Activiti, Flowable and Camunda 7, rewritten as FEEL.

Source: Jakarta Expression Language 2.2, chapter 1. Three differences decide the form of what comes
out. JUEL takes null for false: `!x` is `x != true`, because FEEL's `not(null)` is null. FEEL keeps
null where JUEL says false, which is the same to a condition. JUEL converts text and numbers into
each other before it compares; FEEL does not, and there the result differs.
"""

from __future__ import annotations

import re

from engine import feel
from engine.bpmn.expressions import compiled
from engine.bpmn.foreign.juel_parser import Parser
from engine.bpmn.foreign.juel_words import NotConvertible, quoted

__all__ = ["NotConvertible", "is_expression", "quoted", "to_feel"]

#: Longer than a person writes; what follows is quadratic in it.
_LONGEST = 4_000
_PIECE = re.compile(
    r"""[$#]\{((?:[^'"}]|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")*)\}""",
    re.DOTALL,
)


def is_expression(text: str) -> bool:
    """Whether a text has anything to evaluate, rather than being a literal."""
    return "${" in text or "#{" in text


def to_feel(text: str) -> str:
    """FEEL, without a leading `=`, for `${...}`, or for text around several of them.

    Raises:
        NotConvertible: some part of it has no counterpart, or it is no JUEL.
    """
    text = text.strip()
    if len(text) > _LONGEST:
        raise NotConvertible(f"a text of over {_LONGEST:,} characters")
    pieces = _pieces(text)
    converted = pieces[0] if len(pieces) == 1 else f"string join([{', '.join(pieces)}])"
    try:
        compiled(converted)
    except feel.FeelSyntaxError as wrong:
        raise NotConvertible("a name that is a word of FEEL") from wrong
    return converted


def _pieces(text: str) -> list[str]:
    pieces = []
    end = 0
    whole = _PIECE.fullmatch(text)
    for found in [whole] if whole else _PIECE.finditer(text):
        pieces += _literal(text[end : found.start()])
        inside = Parser(found[1]).read()
        pieces.append(inside if whole else f"string({inside})")
        end = found.end()
    return [*pieces, *_literal(text[end:])] or ['""']


def _literal(text: str) -> list[str]:
    if is_expression(text):
        raise NotConvertible("a bracket that is not closed")
    return [quoted(text)] if text else []
