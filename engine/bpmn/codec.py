"""The tokens of an instance as a compact JSON text, and back onto a cached definition.

Only tokens are stored: the diagram is in the definition, the variables in a column of their own.
"""

from __future__ import annotations

from dataclasses import astuple
from datetime import datetime
from typing import Any

import orjson

from engine.bpmn.tokens import Job, Rounds, Token, TokenWorkflow

VERSION = 1
#: Values in the row of a token; shorter rows lack the last ones.
_COLUMNS = 14
#: Where in a row the token's own variables are.
_OWN = 10


def dump(workflow: TokenWorkflow) -> bytes:
    """The state of an instance: a few dozen bytes a token."""
    stored: dict[str, object] = {
        "v": VERSION,
        "n": workflow.last_number,
        "t": [_row(token) for token in workflow.tasks.values()],
    }
    if workflow.pins or workflow.call_depth:
        stored["p"], stored["d"] = workflow.pins, workflow.call_depth
    return orjson.dumps(stored)


def load(workflow: TokenWorkflow, state: bytes) -> None:
    """Put the stored tokens onto a fresh workflow."""
    stored = orjson.loads(state)
    for row in stored["t"]:
        _token(workflow, row)
    workflow.last_number = stored["n"]
    workflow.pins, workflow.call_depth = _calls(stored)


def calls(state: bytes | None) -> tuple[dict[str, int], int]:
    """The pinned definitions of called processes, and how deep this one was called itself."""
    return _calls(orjson.loads(state) if state else {})


def _calls(stored: dict[str, Any]) -> tuple[dict[str, int], int]:
    return stored.get("p", {}), stored.get("d", 0)


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
        token.times or None,
        token.group,
        token.key,
        token.locals or None,
        astuple(token.rounds) if token.rounds else None,
        astuple(token.job) if token.job else None,
        token.since.isoformat() if token.since else None,
    ]
    while row and row[-1] is None:
        row.pop()
    return row


def _token(workflow: TokenWorkflow, row: list[Any]) -> None:
    row = row + [None] * (_COLUMNS - len(row))
    number, element, state, scope, flow, host, due, times, group, key, own, rounds, job, since = row
    token = Token(workflow, workflow.spec_of(element, scope), number)
    token._set_state(state)  # noqa: SLF001 - own class
    token.scope, token.flow, token.host = scope, flow, host
    token.due = datetime.fromisoformat(due) if due else None
    token.times, token.group, token.key = times or 0, group, key
    token.since = datetime.fromisoformat(since) if since else None
    token.locals = own or {}
    token.rounds = Rounds(*rounds) if rounds else None
    token.job = Job(*job) if job else None


def stands(state: bytes | None, token: int) -> bool:
    """Whether a stored token is still there."""
    return state is not None and any(row[0] == token for row in orjson.loads(state)["t"])


def visible(state: bytes | None, token: int) -> dict[str, object]:
    """The variables of its own that a stored token sees in front of those of the instance."""
    rows = {row[0]: row for row in orjson.loads(state)["t"]} if state else {}
    found: dict[str, object] = {}
    place: int | None = token
    while place in rows:
        row = rows[place]
        found = {**(row[_OWN] if len(row) > _OWN and row[_OWN] else {}), **found}
        place = row[3] if len(row) > 3 else None  # noqa: PLR2004 - its scope
    return found
