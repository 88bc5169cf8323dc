"""The words of JUEL."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

#: Operators that are also words.
WORDS: Mapping[str, str] = {
    "and": "&&",
    "or": "||",
    "not": "!",
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "gt": ">",
    "le": "<=",
    "ge": ">=",
    "div": "/",
    "mod": "%",
    "empty": "empty",
}
#: What the other engines offer beside the variables.
OBJECTS = frozenset({"execution", "task", "externalTask", "variables", "authenticatedUserId"})
#: Counters of a repeated activity; theirs begin at 0, ours at 1.
COUNTERS: Mapping[str, str] = {
    "nrOfInstances": "numberOfInstances",
    "nrOfActiveInstances": "numberOfActiveInstances",
    "nrOfCompletedInstances": "numberOfCompletedInstances",
    "loopCounter": "(loopCounter - 1)",
}
_WORD = re.compile(
    r"""
    (?P<number>\d+(?:\.\d+)?(?![\w.]))
  | (?P<text>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")
  | (?P<name>[^\W\d][\w$]*|\$[\w$]*)
  | (?P<sign>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()\[\]])
    """,
    re.VERBOSE | re.DOTALL,
)


class NotConvertible(ValueError):
    """A text has no counterpart in FEEL; `what` names the part, such as `the call of 'size'`."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"{what} has no counterpart in FEEL.")


def quoted(text: str) -> str:
    """A text as a FEEL string literal."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


class Word(NamedTuple):
    """One word of an expression."""

    kind: str  #: number, text, name, sign or end
    text: str  #: of a text: without its quotes


def words(text: str) -> list[Word]:
    """The words of an expression, with an end.

    Raises:
        NotConvertible: a character begins no word.
    """
    found = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        match = _WORD.match(text, at)
        if match is None:
            raise NotConvertible(f"the character '{text[at]}'")
        kind = str(match.lastgroup)
        word = (
            match[0] if kind != "text" else re.sub(r"\\(.)", r"\1", match[0][1:-1], flags=re.DOTALL)
        )
        found.append(Word(kind, word))
        at = match.end()
    return [*found, Word("end", "")]
