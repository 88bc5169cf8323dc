"""The tokens of an instance as a compact JSON text, and back onto a cached definition.

Only tokens are stored: the diagram is in the definition, the variables in a column of their own.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson

from engine.bpmn.tokens import Token, TokenWorkflow

VERSION = 1


def dump(workflow: TokenWorkflow) -> bytes:
    """The state of an instance: a few dozen bytes a token."""
    return orjson.dumps(
        {
            "v": VERSION,
            "n": workflow.last_number,
            "t": [_row(token) for token in workflow.tasks.values()],
        },
    )


def load(workflow: TokenWorkflow, state: bytes) -> None:
    """Put the stored tokens onto a fresh workflow."""
    stored = orjson.loads(state)
    for row in stored["t"]:
        _token(workflow, row)
    workflow.last_number = stored["n"]


def _row(token: Token) -> list[object]:
    due = token.due.isoformat() if token.due else None
    row = [
        token.id,
        token.element,
        token.state,
        token.scope,
        token.flow,
        token.host,
        due,
        token.times,
        token.group,
        token.key,
    ]
    while row and row[-1] in (None, 0):
        row.pop()
    return row


def _token(workflow: TokenWorkflow, row: list[Any]) -> None:
    number, element, state, scope, flow, host, due, times, group, key = row + [None] * (
        10 - len(row)
    )
    token = Token(workflow, workflow.spec.task_specs[element], number)
    token._set_state(state)  # noqa: SLF001 - own class
    token.scope, token.flow, token.host = scope, flow, host
    token.due = datetime.fromisoformat(due) if due else None
    token.times, token.group, token.key = times or 0, group, key
