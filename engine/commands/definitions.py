"""Deploy files: checked together, versioned, all or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import orjson
from sqlalchemy import func, insert, select, update

from engine.bpmn import forms, lint, reader
from engine.bpmn.lint.calls import called_at_once
from engine.commands import promised
from engine.errors import DefinitionNotFound, DiagramRejected, EngineError, Finding, Rejected
from engine.feel import dmn
from engine.feel.dmn.check import TableFinding
from engine.feel.dmn.check import check as check_tables
from engine.feel.errors import DmnError
from engine.store import audit, start_timers
from engine.store.database import queue_for
from engine.store.tables import definitions
from engine.store.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Upload:
    """A file with what it is."""

    kind: str  #: process, decision, form, or a kind of document
    key: str  #: process id, or the name by which others refer to it
    name: str
    file: str
    source: bytes
    findings: tuple[Finding, ...] = field(default=())


def deploy(work: UnitOfWork, files: Mapping[str, bytes], reason: str) -> list[dict[str, Any]]:
    """Check files together and make each a new active version; the same content changes nothing.

    `files` maps a path such as `incident/classify.form` to content; forms are referred to by
    their path without suffix, decisions by the ids inside.

    Raises:
        DiagramRejected: a finding refuses one of them; none is deployed.
    """
    if not reason.strip():
        raise Rejected("A deployment needs a reason. Say why; nothing was deployed.")
    _one_at_a_time(work)
    uploads = [_recognise(work, file, source) for file, source in sorted(files.items())]
    _check(work, uploads)
    return [_store(work, upload, reason) for upload in uploads]


def ship(work: UnitOfWork, files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """Deploy the files that come with the product, but never one that was deployed before.

    What an admin has changed since then stays active when a server starts again.
    """
    _one_at_a_time(work)
    digests = {file: hashlib.sha256(source).hexdigest() for file, source in files.items()}
    query = select(definitions.c.digest).where(definitions.c.digest.in_(digests.values()))
    known = set(work.connection.execute(query).scalars())
    new = {file: source for file, source in files.items() if digests[file] not in known}
    return deploy(work, new, "Shipped with the product") if new else []


def _one_at_a_time(work: UnitOfWork) -> None:
    """Versions are numbered and checked against what is deployed: nobody may come between."""
    queue_for(work.connection, "deployment")


def check(work: UnitOfWork, files: Mapping[str, bytes]) -> list[Finding]:
    """All findings about files, warnings too, without deploying them."""
    uploads = [_recognise(work, file, source) for file, source in sorted(files.items())]
    known = _known(work, uploads)
    return [finding for upload in uploads for finding in _findings(upload, known)]


def activate(work: UnitOfWork, kind: str, key: str, version: int, reason: str) -> dict[str, Any]:
    """Make another deployed version the active one: instances that start from now on use it.

    Raises:
        DefinitionNotFound: there is no such version.
    """
    query = select(definitions.c.id).where(
        definitions.c.kind == kind, definitions.c.key == key, definitions.c.version == version
    )
    found = work.connection.execute(query).scalar()
    if found is None:
        raise DefinitionNotFound(kind, f"{key} version {version}")
    _switch(work, kind, key, found)
    _record(work, "definition.activated", f"{kind}:{key}", {"version": version, "reason": reason})
    return {"kind": kind, "key": key, "version": version}


def _recognise(work: UnitOfWork, file: str, source: bytes) -> Upload:
    path = PurePosixPath(file)
    try:
        if path.suffix == ".bpmn":
            drawing = reader.read(source, path.name)
            return Upload("process", drawing.process_id, drawing.name, file, source)
        if path.suffix == ".dmn":
            dmn.load(source)
            return Upload("decision", path.stem, path.stem, file, source)
        if path.suffix == ".form":
            key = str(path.with_suffix("")).removeprefix("forms/")
            return _form(key, file, source)
        if path.suffix == ".json":
            return _document(work, path, file, source)
    except DmnError as wrong:
        if wrong.findings:
            raise DiagramRejected(path.name, wrong.findings) from wrong
        raise _refused(path.name, "dmn.read", "", str(wrong)) from wrong
    raise _refused(path.name, "file.kind", "", "Only .bpmn, .dmn, .form and .json are taken.")


def _form(key: str, file: str, source: bytes) -> Upload:
    schema = _json(file, source)
    findings = forms.check(schema)
    if findings:
        raise DiagramRejected(file, findings)
    return Upload("form", key, str(schema.get("id") or key), file, source)


def _document(work: UnitOfWork, path: PurePosixPath, file: str, source: bytes) -> Upload:
    kinds = work.runtime.documents
    kind = path.stem if path.stem in kinds else path.parent.name.removesuffix("s")
    if kind not in kinds:
        raise _refused(path.name, "file.kind", "", f"Known documents: {', '.join(sorted(kinds))}.")
    key = _json(file, source).get("key")
    if not isinstance(key, str) or not key:
        raise _refused(path.name, f"{kind}.key", "key", "It does not say its own key.")
    return Upload(kind, key, key, file, source)


def _deployed(uploads: Sequence[Upload], sent: Mapping[str, frozenset[str]]) -> promised.Deployed:
    drawings = [reader.read(u.source, u.file) for u in uploads if u.kind == "process"]
    caught = frozenset[str]().union(*(drawing.catches for drawing in drawings))
    return promised.Deployed(frozenset((u.kind, u.key) for u in uploads), caught, sent)


def _check_document(
    work: UnitOfWork, upload: Upload, known: Mapping[str, frozenset[str]]
) -> frozenset[str]:
    """Refuse a document that its kind refuses; answers the messages that it sends."""
    try:
        return work.runtime.documents[upload.kind](_json(upload.file, upload.source), known)
    except EngineError as wrong:
        raise _refused(upload.file, f"{upload.kind}.check", "", str(wrong)) from wrong


def _json(file: str, source: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(source)
    except orjson.JSONDecodeError as wrong:
        where = f"line {wrong.lineno}"
        raise _refused(file, "json.syntax", where, f"This is not JSON: {wrong.msg}.") from wrong
    if not isinstance(document, dict):
        raise _refused(file, "json.object", "", "The file must hold one JSON object.")
    return document


def _refused(file: str, rule: str, element: str, message: str) -> DiagramRejected:
    return DiagramRejected(file, [Finding(rule, "error", element, message, "")])


def _check(work: UnitOfWork, uploads: Sequence[Upload]) -> None:
    known = _known(work, uploads)
    for upload in uploads:
        if upload.kind == "process":
            findings = _findings(upload, known)
            if any(finding.severity == "error" for finding in findings):
                raise DiagramRejected(upload.file, findings)
    active = work.runtime.catalogue.active(work.connection)
    keys = {
        kind: frozenset(active.keys(kind)).union(u.key for u in uploads if u.kind == kind)
        for kind in work.runtime.documents
    }
    sent = {u.file: _check_document(work, u, keys) for u in uploads if u.kind in keys}
    promised.keep(work, _deployed(uploads, sent), keys)
    _keep_what_is_called(work, uploads, known)


def _keep_what_is_called(work: UnitOfWork, uploads: Sequence[Upload], known: lint.Known) -> None:
    """Refuse tables without a decision that a deployed process goes on calling."""
    files = ", ".join(upload.file for upload in uploads if upload.kind == "decision")
    if not files:
        return
    replaced = {upload.key for upload in uploads if upload.kind == "process"}
    catalogue = work.runtime.catalogue
    for (kind, key), definition_id in catalogue.active(work.connection).ids.items():
        if kind != "process" or key in replaced:
            continue
        drawing = catalogue.process(work.connection, definition_id).drawing
        missing = [f for f in lint.check(drawing, known) if f.rule == "decision.unknown"]
        if missing:
            raise DiagramRejected(files, [_still_called(key, finding) for finding in missing])


def _still_called(process: str, found: Finding) -> Finding:
    message = f"Process '{process}' calls it here. {found.message}"
    return Finding("decision.called", "error", found.element, message, "Keep the decision's id.")


def _findings(upload: Upload, known: lint.Known) -> list[Finding]:
    if upload.kind == "decision":
        return [_table_finding(found) for found in check_tables(dmn.load(upload.source))]
    if upload.kind != "process":
        return []
    return lint.check(reader.read(upload.source, upload.file), known)


def _table_finding(found: TableFinding) -> Finding:
    advice = "A reader should see which rule is meant to hold there."
    return Finding(f"dmn.{found.fault.value}", "warning", found.owner.id, found.message, advice)


def _known(work: UnitOfWork, uploads: Iterable[Upload]) -> lint.Known:
    catalogue = work.runtime.catalogue
    active = catalogue.active(work.connection)
    replaced = {
        active.ids.get(("decision", upload.key)) for upload in uploads if upload.kind == "decision"
    }
    decisions = {
        decision: catalogue.decision(work.connection, decision)[1].inputs(decision)
        for decision, definition_id in active.decisions.items()
        if definition_id not in replaced
    }
    formed = set(active.keys("form"))
    for upload in uploads:
        if upload.kind == "form":
            formed.add(upload.key)
        if upload.kind == "decision":
            model = dmn.load(upload.source)
            decisions |= {decision: model.inputs(decision) for decision in model.decisions}
    called = _calls(work, uploads)
    return lint.Known(work.runtime.topics, frozenset(formed), decisions, called)


def _calls(work: UnitOfWork, uploads: Iterable[Upload]) -> dict[str, frozenset[str]]:
    catalogue = work.runtime.catalogue
    active = catalogue.active(work.connection)
    found = {
        key: called_at_once(catalogue.process(work.connection, active.ids["process", key]).drawing)
        for key in active.keys("process")
    }
    for upload in uploads:
        if upload.kind == "process":
            found[upload.key] = called_at_once(reader.read(upload.source, upload.file))
    return found


def _store(work: UnitOfWork, upload: Upload, reason: str) -> dict[str, Any]:
    digest = hashlib.sha256(upload.source).hexdigest()
    query = (
        select(definitions.c.version, definitions.c.digest)
        .where(definitions.c.kind == upload.kind, definitions.c.key == upload.key)
        .where(definitions.c.active)
    )
    active = work.connection.execute(query).first()
    answer = {"kind": upload.kind, "key": upload.key, "file": upload.file}
    if active is not None and active.digest == digest:
        return {**answer, "version": active.version, "changed": False}
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
    key = work.connection.execute(insert(definitions), row).inserted_primary_key
    _switch(work, upload.kind, upload.key, key[0] if key else 0)
    details = {"version": version, "digest": digest, "reason": reason}
    _record(work, "definition.deployed", f"{upload.kind}:{upload.key}", details)
    return {**answer, "version": version, "changed": True}


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
