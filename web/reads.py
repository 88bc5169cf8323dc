"""Reads of what is sensitive: noted while a page is made, recorded before it is sent (AUD-04)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Flask, Response, g

from engine.store.unit_of_work import Actor, Reader
from itil import sensitive
from itil.cases import Case
from itil.sensitive import Read, ReadNotRecorded
from web import errors
from web.site import site


def keep(app: Flask) -> None:
    """Record the reads of a request before its answer leaves; what cannot be is not shown."""

    @app.after_request
    def record(response: Response) -> Response:
        noted: list[tuple[Actor, Read]] = g.pop("reads", [])
        if not noted:
            return response
        try:
            sensitive.record(site().runtime, noted[0][0], [read for _, read in noted])
        except ReadNotRecorded as refusal:
            return app.make_response(errors.answer(refusal))
        return response


def of_case(reader: Reader, actor: Actor, case: Case, way: str = sensitive.PAGE) -> None:
    """Note that somebody reads a case, if it is sensitive and the read is not on record yet."""
    _note(reader, actor, case.number, sensitive.of_case(reader, case), way)


def of_rows(reader: Reader, actor: Actor, rows: Iterable[Mapping[str, Any]]) -> None:
    """Note that a program reads rows of cases."""
    for row in rows:
        why = sensitive.of_fields(reader, row)
        _note(reader, actor, str(row["number"]), why, sensitive.PROGRAM)


def taken(actor: Actor, read: Read) -> None:
    """Note that somebody takes a file away; each time."""
    g.setdefault("reads", []).append((actor, read))


def _note(reader: Reader, actor: Actor, number: str, why: str | None, way: str) -> None:
    subject = f"case:{number}"
    if why is not None and not sensitive.recent(reader, actor, subject):
        taken(actor, Read(subject, way, why))
