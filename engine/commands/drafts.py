"""Drafts: any product's diagram is kept, converted, corrected, and deployed once it can run.

A draft never runs and affects nothing. What is wrong with one is found when it is looked at,
because that depends on the forms, handlers and decisions that are there by then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from engine.bpmn.foreign import layout, pools, skeleton
from engine.bpmn.foreign.convert import convert
from engine.bpmn.foreign.sketch import Groups
from engine.commands import definitions
from engine.errors import DiagramRejected, DraftChanged, DraftRefused
from engine.findings import Finding, error
from engine.store import audit, deployed, drafts
from engine.store.database import queue_for
from engine.store.drafts import Draft, Entry
from engine.store.unit_of_work import Reader, UnitOfWork

__all__ = ["Groups"]

#: Drafts that are kept at once, companions of one, and characters of one companion.
MOST, COMPANIONS, COMPANION = 200, 100, 500_000
_NAME = 200
_BESIDE = (".form", ".dmn")
CHOOSE = error(
    "import.process",
    (
        "Several processes have steps, and nobody has said which of them runs.",
        "多个流程都有步骤,尚未说明运行哪一个。",
    ),
    why=("A file runs one process.", "一个文件只运行一个流程。"),
    do=("Choose one; the others are only shown.", "请选择一个;其余仅作显示。"),
)


def keep(work: UnitOfWork, files: Mapping[str, bytes]) -> dict[str, Any]:
    """Keep each diagram as a draft, with the forms and tables that came with it.

    Answers which drafts were made, and which files were refused with what is wrong with them. A
    file that was kept before answers its draft again.

    Raises:
        DraftRefused: nothing to keep, too many drafts, or companions that belong to none.
    """
    queue_for(work.connection, "drafts")
    diagrams = {n: s for n, s in files.items() if PurePosixPath(n).suffix not in _BESIDE}
    beside = _companions({n: s for n, s in files.items() if n not in diagrams})
    if not diagrams:
        raise DraftRefused("There is no diagram among the files. Choose a file with BPMN 2.0 XML.")
    if beside and len(diagrams) > 1:
        listed = ", ".join(sorted(beside))
        raise DraftRefused(
            f"There are {len(diagrams)} diagrams, and nothing says to which of them {listed} "
            "belongs. Send one diagram with its forms and tables at a time."
        )
    kept, refused = [], []
    for name, source in diagrams.items():
        try:
            kept.append(_keep(work, name, source, beside))
        except DiagramRejected as wrong:
            refused.append({"file": name, "reasons": [str(found) for found in wrong.findings]})
    return {"kept": kept, "refused": refused}


def _keep(
    work: UnitOfWork, name: str, source: bytes, beside: Mapping[str, str]
) -> dict[str, object]:
    digest = hashlib.sha256(source).hexdigest()
    known = drafts.same(work.connection, digest)
    if known is not None:
        return {"draft": known, "file": name, "new": False}
    if drafts.number(work.connection) >= MOST:
        raise DraftRefused(f"There are {MOST} drafts. Delete those that nobody needs any more.")
    draft = _converted(name, source, beside)
    number = drafts.add(work, draft)
    _record(work, "draft.kept", number, {"file": draft.file, "digest": digest})
    return {"draft": number, "file": name, "new": True}


def replace_files(
    work: UnitOfWork, draft_id: int, revision: int, files: Mapping[str, bytes]
) -> None:
    """Take another diagram, or add forms and tables beside it.

    Raises:
        DiagramRejected: it is no diagram at all.
        DraftRefused: several diagrams, or too many files.
    """
    draft = _held(work, draft_id, revision)
    diagrams = [name for name in files if PurePosixPath(name).suffix not in _BESIDE]
    if len(diagrams) > 1 or not files:
        raise DraftRefused("Choose one diagram at most, with its forms and tables.")
    beside = {n: s for n, s in files.items() if n not in diagrams}
    companions = {**draft.companions, **_companions(beside)}
    changes: dict[str, Any] = {"companions": companions}
    for name in diagrams:
        new = _converted(name, files[name], companions)
        changes = {
            "file": new.file,
            "digest": new.digest,
            "original": new.original,
            "source": new.source,
            "process_id": new.process_id,
            "companions": new.companions,
            "notes": new.notes,
        }
    if len(changes["companions"]) > COMPANIONS:
        raise DraftRefused(f"A draft has at most {COMPANIONS} forms and tables beside it.")
    drafts.save(work, draft, **changes)
    digests = {name: hashlib.sha256(source).hexdigest() for name, source in files.items()}
    _record(work, "draft.replaced", draft_id, {"files": digests})


def rename(work: UnitOfWork, draft_id: int, revision: int, name: str) -> None:
    """Give a draft another name."""
    draft = _held(work, draft_id, revision)
    wanted = " ".join(name.split())
    if not wanted or len(wanted) > _NAME:
        raise DraftRefused(f"A draft has a name of 1 to {_NAME} characters. Write one.")
    drafts.save(work, draft, name=wanted)
    _record(work, "draft.renamed", draft_id, {"old": draft.name, "new": wanted})


def choose_process(work: UnitOfWork, draft_id: int, revision: int, process: str) -> None:
    """Say which of several processes runs; the others are only shown."""
    draft = _held(work, draft_id, revision)
    known = [pool.id for pool in pools.pools(draft.source, draft.file)]
    if process not in known:
        raise DraftRefused(f"There is no process '{process}' with steps. Choose one of the list.")
    source = pools.choose(draft.source, draft.file, process)
    drafts.save(work, draft, source=source, process_id=process)
    _record(work, "draft.process-chosen", draft_id, {"process": process})


def make_executable(work: UnitOfWork, draft_id: int, revision: int, groups: Groups) -> None:
    """Let people do and decide what nothing else does yet; each change becomes a note.

    Raises:
        DiagramRejected: no process of it can be read.
        DraftRefused: nobody has said which process runs.
    """
    draft = _held(work, draft_id, revision)
    if not draft.process_id:
        raise DraftRefused(str(CHOOSE.at("")))
    beside = {path: source for path, source in draft.files().items() if path in draft.companions}
    known = deployed.known(work, beside)
    own = {path.removeprefix("forms/").removesuffix(".form"): s for path, s in beside.items()}
    made = skeleton.build(draft.source, draft.file, groups, known, own)
    companions = {**draft.companions, **_written(made.forms)}
    notes = tuple(dict.fromkeys((*draft.notes, *made.findings)))
    drafts.save(work, draft, source=made.source, companions=companions, notes=notes)
    details = {"group": groups.otherwise, "changes": len(made.findings)}
    _record(work, "draft.completed", draft_id, details)


def delete(work: UnitOfWork, draft_id: int, revision: int, reason: str) -> None:
    """Delete a draft, which cannot be undone."""
    draft = _held(work, draft_id, revision)
    if not reason.strip():
        raise DraftRefused("A draft is deleted with a reason. Say why; nothing was deleted.")
    drafts.remove(work, draft)
    details = {"name": draft.name, "file": draft.file, "digest": draft.digest, "reason": reason}
    _record(work, "draft.deleted", draft_id, details)


def deploy(work: UnitOfWork, draft_id: int, revision: int, reason: str) -> list[dict[str, Any]]:
    """Deploy a draft with what came with it; the draft stays as it is.

    Raises:
        DiagramRejected: a finding refuses it; nothing is deployed.
    """
    draft = _held(work, draft_id, revision)
    found = check(work, draft)
    if any(finding.severity == "error" for finding in found):
        raise DiagramRejected(draft.file, found)
    answers = definitions.deploy(work, draft.files(), reason)
    versions = {f"{answer['kind']}:{answer['key']}": answer["version"] for answer in answers}
    _record(work, "draft.deployed", draft_id, {"versions": versions, "reason": reason})
    return answers


def check(work: UnitOfWork | Reader, entry: Entry) -> tuple[Finding, ...]:
    """Everything that is wrong with a draft now, beside what is deployed now."""
    connection = work.connection
    return work.runtime.catalogue.verdict(
        connection, entry.stamp, lambda: _check(work, drafts.load(connection, entry.id))
    )


def _check(work: UnitOfWork | Reader, draft: Draft) -> tuple[Finding, ...]:
    found = list(convert(draft.source, draft.file).findings)
    if not draft.process_id and not any(one.rule == "import.process" for one in found):
        found.append(CHOOSE.at(""))
    if not _nothing_runs(found):
        found += deployed.check(work, draft.files())
    return tuple(dict.fromkeys(found))


def _nothing_runs(found: list[Finding]) -> bool:
    return any(one.rule == "import.process" and one.severity == "error" for one in found)


# -- from files to a draft


def _converted(name: str, source: bytes, beside: Mapping[str, str]) -> Draft:
    file = PurePosixPath(name).name
    made = convert(source, file)
    found = pools.pools(made.source, file)
    running = next((pool for pool in found if pool.runs), None)
    undecided = _nothing_runs(list(made.findings))
    called = running.name if running and running.name != running.id else ""
    draft = Draft(
        name="",
        process_id=running.id if running and not undecided else "",
        file=file,
        digest=hashlib.sha256(source).hexdigest(),
        original=source,
        source=layout.with_layout(made.source, file),
        companions={**_written(made.forms), **beside},
        notes=tuple(f for f in made.findings if f.rule != "import.process" or not undecided),
    )
    return replace(draft, name=" ".join((called or draft.stem).split())[:_NAME])


def _written(forms: Mapping[str, bytes]) -> dict[str, str]:
    return {f"forms/{key}.form": schema.decode() for key, schema in forms.items()}


def _companions(files: Mapping[str, bytes]) -> dict[str, str]:
    if len(files) > COMPANIONS:
        raise DraftRefused(f"A draft has at most {COMPANIONS} forms and tables beside it.")
    found = {}
    for name, content in files.items():
        try:
            text = content.decode()
        except UnicodeDecodeError as wrong:
            raise DraftRefused(f"'{name}' is no text in UTF-8. Save it again.") from wrong
        if len(text) > COMPANION:
            raise DraftRefused(f"'{name}' has over {COMPANION:,} characters. Split it.")
        found[name] = text
    return found


def _held(work: UnitOfWork, draft_id: int, revision: int) -> Draft:
    """The draft, if it is still as the person saw it."""
    draft = drafts.load(work.connection, draft_id)
    if draft.revision != revision:
        raise DraftChanged(draft_id, draft.changed_by)
    return draft


def _record(work: UnitOfWork, action: str, draft_id: int, details: Mapping[str, object]) -> None:
    work.record(audit.Draft("system", action, f"draft:{draft_id}", details))
