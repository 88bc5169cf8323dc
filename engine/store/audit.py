"""The audit trail: append-only events, each stream a hash chain.

An event's hash covers the hash before it and every column of the event, so that a row that was
altered, removed or put in between shows. The head of an instance's chain is on its row, that of any
other in a row of its own; it moves in the same transaction, so that a cut-off end shows too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import Connection, insert, select, text

from engine.store.database import queue_for
from engine.store.tables import events, instances, stream_heads

if TYPE_CHECKING:
    from engine.store.unit_of_work import UnitOfWork

_MOVE_HEAD = text(
    "INSERT INTO stream_heads (stream, seq, hash) VALUES (:stream, :seq, :hash) "
    "ON CONFLICT (stream) DO UPDATE SET seq = excluded.seq, hash = excluded.hash"
)
#: What the first event of a stream follows.
GENESIS = "0" * 64
_INSERT = insert(events)


@dataclass(slots=True)
class Draft:
    """An event before it has its place in the chain."""

    stream: str  #: `instance:12` or `system`
    action: str  #: what was done, such as `task.completed`
    subject: str  #: to what, such as `task:311`
    details: Mapping[str, object]
    element: str | None = None
    definition_id: int | None = None
    command_key: str | None = None


def chained(previous: str, row: Mapping[str, object]) -> str:
    """The hash of an event that follows another; hex SHA-256."""
    at = row["at"]
    moment = at.isoformat() if isinstance(at, datetime) else str(at)
    content = [
        previous,
        row["stream"],
        row["seq"],
        moment,
        row["actor"],
        row["on_behalf_of"],
        row["channel"],
        row["address"],
        row["action"],
        row["subject"],
        row["element"],
        row["definition_id"],
        row["command_key"],
        row["details"],
    ]
    return hashlib.sha256(orjson.dumps(content)).hexdigest()


def write(work: UnitOfWork) -> None:
    """Write all drafts of a unit of work and move the heads of their chains."""
    if not work.recorded:
        return
    heads: dict[str, tuple[int, str]] = {}
    rows = []
    for draft in work.recorded:
        if draft.stream not in heads:
            heads[draft.stream] = _head(work, draft.stream)
        row = _row(work, draft, *heads[draft.stream])
        heads[draft.stream] = (row["seq"], row["hash"])
        rows.append(row)
    work.connection.execute(_INSERT, rows)
    for loaded in work.loaded.values():
        if loaded.stream in heads:
            loaded.audit_seq, loaded.audit_hash = heads.pop(loaded.stream)
    for stream, (seq, digest) in heads.items():
        work.connection.execute(_MOVE_HEAD, {"stream": stream, "seq": seq, "hash": digest})


def _row(work: UnitOfWork, draft: Draft, seq: int, previous: str) -> dict[str, Any]:
    row: dict[str, Any] = {
        "stream": draft.stream,
        "seq": seq + 1,
        "at": work.now,
        "actor": work.actor.name,
        "on_behalf_of": work.actor.on_behalf_of,
        "channel": work.actor.channel,
        "address": work.actor.address,
        "action": draft.action,
        "subject": draft.subject,
        "element": draft.element,
        "definition_id": draft.definition_id,
        "command_key": draft.command_key,
        "details": orjson.dumps(draft.details, option=orjson.OPT_NON_STR_KEYS).decode(),
    }
    row["hash"] = chained(previous, row)
    return row


def _head(work: UnitOfWork, stream: str) -> tuple[int, str]:
    for loaded in work.loaded.values():
        if loaded.stream == stream:
            return loaded.audit_seq, loaded.audit_hash
    # Two transactions must not give the same number to two events of one stream.
    queue_for(work.connection, stream)
    return head(work.connection, stream)


def head(connection: Connection, stream: str) -> tuple[int, str]:
    """Number and hash of the last event of a stream; (0, GENESIS) before the first.

    Of an instance's stream its row says it, of others a row of their own.
    """
    kind, _, number = stream.partition(":")
    if kind == "instance" and number.isdecimal():
        query = select(instances.c.audit_seq, instances.c.audit_hash).where(
            instances.c.id == int(number)
        )
    else:
        query = select(stream_heads.c.seq, stream_heads.c.hash).where(
            stream_heads.c.stream == stream
        )
    row = connection.execute(query).first()
    return (0, GENESIS) if row is None else (int(row[0]), str(row[1]))
