"""Deploy files: checked together, versioned, all or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, insert, select, update

from engine.bpmn import uploads
from engine.bpmn.uploads import Upload
from engine.commands.errors import DefinitionSuspended, reasoned
from engine.errors import DefinitionNotFound, DiagramRejected, Rejected
from engine.store import audit, start_timers
from engine.store.database import queue_for
from engine.store.deployed import beside
from engine.store.tables import definitions
from engine.store.unit_of_work import UnitOfWork


def deploy(work: UnitOfWork, files: Mapping[str, bytes], reason: str) -> list[dict[str, Any]]:
    """Check files together and make each a new active version; the same content changes nothing.

    `files` maps a path such as `incident/classify.form` to content; forms are referred to by
    their path without suffix, decisions by the ids inside.

    Raises:
        DiagramRejected: a finding refuses one of them; none is deployed.
    """
    if not reason.strip():
        raise Rejected("A deployment needs a reason. Say why; nothing was deployed.")
    for guard in work.runtime.deploy_guards:
        guard(work, reason)
    return _deploy(work, files, reason)


def _deploy(work: UnitOfWork, files: Mapping[str, bytes], reason: str) -> list[dict[str, Any]]:
    _one_at_a_time(work)
    recognised = uploads.recognise(files, work.runtime.documents)
    found = uploads.findings(recognised, *beside(work))
    refused = next((finding.file for finding in found if finding.refuses), None)
    if refused is not None:
        raise DiagramRejected(refused, found)
    return [_store(work, upload, reason) for upload in recognised]


def ship(work: UnitOfWork, files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """Deploy the files that come with the product, but never one that was deployed before.

    What an admin has changed since then stays active when a server starts again.
    """
    _one_at_a_time(work)
    digests = {file: hashlib.sha256(source).hexdigest() for file, source in files.items()}
    query = select(definitions.c.digest).where(definitions.c.digest.in_(digests.values()))
    known = set(work.connection.execute(query).scalars())
    new = {file: source for file, source in files.items() if digests[file] not in known}
    return _deploy(work, new, "Shipped with the product") if new else []


def _one_at_a_time(work: UnitOfWork) -> None:
    """Versions are numbered and checked against what is deployed: nobody may come between."""
    queue_for(work.connection, "deployment")


def activate(work: UnitOfWork, kind: str, key: str, version: int, reason: str) -> dict[str, Any]:
    """Make another deployed version the active one: instances that start from now on use it.

    Raises:
        ReasonMissing: no reason was given.
        DefinitionNotFound: there is no such version.
        DefinitionSuspended: nothing may start on it.
    """
    why = reasoned(reason)
    query = select(definitions.c.id, definitions.c.suspended).where(
        definitions.c.kind == kind, definitions.c.key == key, definitions.c.version == version
    )
    found = work.connection.execute(query).first()
    if found is None:
        raise DefinitionNotFound(kind, f"{key} version {version}")
    if found.suspended:
        raise DefinitionSuspended(key)
    _switch(work, kind, key, found.id)
    _record(work, "definition.activated", f"{kind}:{key}", {"version": version, "reason": why})
    return {"kind": kind, "key": key, "version": version}


def _store(work: UnitOfWork, upload: Upload, reason: str) -> dict[str, Any]:
    digest = hashlib.sha256(upload.source).hexdigest()
    query = (
        select(definitions.c.id, definitions.c.version, definitions.c.digest)
        .where(definitions.c.kind == upload.kind, definitions.c.key == upload.key)
        .where(definitions.c.active)
    )
    active = work.connection.execute(query).first()
    answer = {"kind": upload.kind, "key": upload.key, "file": upload.file}
    if active is not None and active.digest == digest:
        return {**answer, "id": active.id, "version": active.version, "changed": False}
    version = _next_version(work, upload)
    row = {
        "kind": upload.kind,
        "key": upload.key,
        "version": version,
        "digest": digest,
        "name": upload.name,
        "file": upload.file,
        "source": upload.source,
        "active": False,
        "author": work.actor.name,
        "reason": reason,
        "deployed_at": work.now,
    }
    inserted = work.connection.execute(insert(definitions), row).inserted_primary_key
    key = inserted[0] if inserted else 0
    _switch(work, upload.kind, upload.key, key)
    details = {"version": version, "digest": digest, "reason": reason}
    _record(work, "definition.deployed", f"{upload.kind}:{upload.key}", details)
    return {**answer, "id": key, "version": version, "changed": True}


def _next_version(work: UnitOfWork, upload: Upload) -> int:
    query = select(func.coalesce(func.max(definitions.c.version), 0) + 1).where(
        definitions.c.kind == upload.kind, definitions.c.key == upload.key
    )
    return int(work.connection.execute(query).scalar_one())


def _switch(work: UnitOfWork, kind: str, key: str, to: int) -> None:
    same = (definitions.c.kind == kind) & (definitions.c.key == key)
    statement = update(definitions).where(same).values(active=definitions.c.id == to)
    work.connection.execute(statement)
    work.runtime.catalogue.changed(work.connection)
    if kind == "process":
        start_timers.replace(work, key, to)


def _record(work: UnitOfWork, action: str, subject: str, details: Mapping[str, object]) -> None:
    work.record(audit.Draft("system", action, subject, details))
