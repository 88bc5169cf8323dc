"""What is deployed, as files that are uploaded are checked beside it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import orjson
from sqlalchemy import case, null, select

from engine.bpmn import uploads
from engine.bpmn.lint import Known
from engine.bpmn.uploads import Around, Upload
from engine.feel import dmn
from engine.findings import Finding
from engine.store.tables import definitions
from engine.store.unit_of_work import Reader, UnitOfWork

_COMPILED = ("process", "decision")
#: The catalogue keeps of a document what its readers have made of it, so its text is read here.
_TEXT = case((definitions.c.kind.in_(_COMPILED), null()), else_=definitions.c.source)
_ACTIVE = select(
    definitions.c.id, definitions.c.kind, definitions.c.key, definitions.c.file, _TEXT.label("text")
).where(definitions.c.active)


def check(reader: Reader | UnitOfWork, files: Mapping[str, bytes]) -> list[Finding]:
    """All findings about files, warnings too, beside what is deployed."""
    recognised = uploads.recognise(files, reader.runtime.documents)
    return uploads.findings(recognised, *beside(reader))


def known(reader: Reader | UnitOfWork, files: Mapping[str, bytes]) -> Known:
    """What a diagram may refer to once these files are deployed with it."""
    deployed, around = beside(reader)
    recognised = uploads.recognise(files, reader.runtime.documents)
    return uploads.knowledge([*deployed, *recognised], around)


def beside(reader: Reader | UnitOfWork) -> tuple[list[Upload], Around]:
    """The active versions, and what else files are checked against."""
    runtime, connection = reader.runtime, reader.connection
    found = []
    for row in connection.execute(_ACTIVE):
        if row.kind == "process":
            content: object = runtime.catalogue.process(connection, row.id).drawing
        elif row.kind == "decision":
            content = runtime.catalogue.compiled(connection, row.id, dmn.load)
        else:
            content = orjson.loads(row.text)
        found.append(Upload(row.kind, row.key, row.key, row.file, b"", content))
    names = partial(runtime.names, connection)
    return found, Around(runtime.topics, runtime.documents, names, reader.now)
