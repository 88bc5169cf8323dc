"""Drafts: diagrams of any product, kept and corrected until they can be deployed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands import drafts as commands
from engine.errors import Rejected
from engine.findings import Finding
from engine.queries import definitions, drafts
from engine.queries.drafts import Anatomy
from engine.store.unit_of_work import UnitOfWork
from itil import people
from web.draft_findings import marks, remaining, told
from web.names import group_names
from web.pages import Answer, Pages
from web.roles import OWNERS
from web.site import site
from web.visit import actor, command_key
from web.wording import text

bp = Pages("drafts", __name__)

MOST = 50  #: files of one upload


@bp.page("/drafts", OWNERS)
def overview() -> Answer:
    """Every draft with what is found about it now, and the upload."""
    return _overview()


@bp.page("/drafts", OWNERS, ["POST"])
def keep() -> Answer:
    """Keep the uploaded files as drafts; what is no diagram is refused by name."""
    try:
        files = _sent_files()
        answer = _run(lambda work: commands.keep(work, files))
    except Rejected as rejected:
        return _overview([{"file": "", "reasons": [str(rejected)]}]), 422
    kept, refused = answer["kept"], answer["refused"]
    if refused:
        return _overview(refused, len(kept)), 422
    if len(kept) == 1:
        done = "kept" if kept[0]["new"] else "kept-before"
        return redirect(url_for("drafts.draft", draft_id=kept[0]["draft"], done=done), 303)
    return redirect(url_for("drafts.overview", done="imported"), 303)


@bp.page("/drafts/<int:draft_id>", OWNERS)
def draft(draft_id: int) -> Answer:
    """One draft: its diagram, what is found, and what can be done about it."""
    return _draft(draft_id)


@bp.page("/drafts/<int:draft_id>/diagram.bpmn", OWNERS)
def diagram(draft_id: int) -> Answer:
    """The diagram as it would be deployed."""
    with site().runtime.read() as reader:
        found = drafts.get(reader, draft_id)
    return _file(found.source, next(iter(found.files())))


@bp.page("/drafts/<int:draft_id>/original", OWNERS)
def original(draft_id: int) -> Answer:
    """The file as it was uploaded."""
    with site().runtime.read() as reader:
        found = drafts.get(reader, draft_id)
    return _file(found.original, found.file)


@bp.page("/drafts/<int:draft_id>/companion", OWNERS)
def companion(draft_id: int) -> Answer:
    """A form or table that came with a draft, named by `path`; empty where there is none."""
    path = request.args.get("path", "")
    with site().runtime.read() as reader:
        content = drafts.get(reader, draft_id).companions.get(path, "")
    return _file(content.encode(), PurePosixPath(path).name)


@bp.page("/drafts/<int:draft_id>/name", OWNERS, ["POST"])
def rename(draft_id: int) -> Answer:
    """Give a draft another name."""
    name = request.form.get("name", "")
    return _change(draft_id, lambda work, seen: commands.rename(work, draft_id, seen, name))


@bp.page("/drafts/<int:draft_id>/files", OWNERS, ["POST"])
def replace(draft_id: int) -> Answer:
    """Take another diagram, or forms and tables beside it."""

    def command(work: UnitOfWork, seen: int) -> None:
        commands.replace_files(work, draft_id, seen, _sent_files())

    return _change(draft_id, command)


@bp.page("/drafts/<int:draft_id>/process", OWNERS, ["POST"])
def choose(draft_id: int) -> Answer:
    """Say which of several processes runs."""
    chosen = request.form.get("process", "")
    return _change(
        draft_id, lambda work, seen: commands.choose_process(work, draft_id, seen, chosen)
    )


@bp.page("/drafts/<int:draft_id>/people", OWNERS, ["POST"])
def give_to_people(draft_id: int) -> Answer:
    """Let people do and decide what nothing else does yet."""

    def command(work: UnitOfWork, seen: int) -> None:
        commands.make_executable(work, draft_id, seen, _chosen_groups())

    return _change(draft_id, command, "completed-draft")


@bp.page("/drafts/<int:draft_id>/delete", OWNERS, ["POST"])
def delete(draft_id: int) -> Answer:
    """Delete a draft, with a reason."""
    reason = request.form.get("reason", "")
    try:
        _run(lambda work: commands.delete(work, draft_id, _seen(), reason))
    except Rejected as rejected:
        return _draft(draft_id, str(rejected)), 422
    return redirect(url_for("drafts.overview", done="deleted-draft"), 303)


@bp.page("/drafts/<int:draft_id>/deploy", OWNERS, ["POST"])
def deploy(draft_id: int) -> Answer:
    """Deploy a draft; refused with findings it stays as it is."""
    reason = request.form.get("reason", "").strip()
    try:
        answers = _run(lambda work: commands.deploy(work, draft_id, _seen(), reason))
    except Rejected as rejected:
        return _draft(draft_id, str(rejected)), 422
    key = next(answer["key"] for answer in answers if answer["kind"] == "process")
    return redirect(url_for("processes.process", key=key, done="deployed"), 303)


# -- what the pages share


def _file(content: bytes, name: str) -> Response:
    """A file to save; nothing that was uploaded is ever shown as a page."""
    answer = Response(content, mimetype="application/octet-stream")
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


def _run(command: Callable[[UnitOfWork], Any]) -> Any:  # noqa: ANN401 - each command's own
    return site().runtime.run(actor(), command, command_key())


def _seen() -> int:
    """The revision that the person looked at."""
    return request.form.get("revision", 0, int)


def _change(
    draft_id: int, command: Callable[[UnitOfWork, int], None], done: str = "changed-draft"
) -> Answer:
    try:
        _run(lambda work: command(work, _seen()))
    except Rejected as rejected:
        return _draft(draft_id, str(rejected), rejected.findings), 422
    return redirect(url_for("drafts.draft", draft_id=draft_id, done=done), 303)


def _sent_files() -> dict[str, bytes]:
    """Content by name; a folder that a browser sends is dropped."""
    sent: dict[str, bytes] = {}
    chosen = [file for file in request.files.getlist("files") if file.filename]
    if len(chosen) > MOST:
        raise Rejected(f"There are {len(chosen)} files. Send at most {MOST} at once.")
    for file in chosen:
        name = PurePosixPath((file.filename or "").replace("\\", "/")).name
        if name in sent:
            raise Rejected(f"Two files are called '{name}'. Send one of them.")
        sent[name] = file.read()
    if not sent:
        raise Rejected(text("deploy.empty"))
    return sent


def _chosen_groups() -> commands.Groups:
    """Who does what stands in which lane, as the form says; only groups that exist."""
    lanes = request.form.getlist("lane")
    chosen = dict(zip(lanes, request.form.getlist("lane-group"), strict=False))
    with site().runtime.read() as reader:
        known = group_names(reader)
    otherwise = request.form.get("group", "")
    unknown = [key for key in (otherwise, *chosen.values()) if key not in known]
    if unknown:
        raise Rejected(text("draft.people.unknown", group=unknown[0]))
    return commands.Groups(otherwise, chosen)


def _overview(refused: Sequence[dict[str, Any]] = (), kept: int = 0) -> str:
    with site().runtime.read() as reader:
        every = drafts.every(reader)
        found = {one.id: commands.check(reader, one) for one in every}
        names = people.names(reader, {one.changed_by for one in every})
    errors = {key: sum(f.severity == "error" for f in fs) for key, fs in found.items()}
    return render_template(
        "drafts.html",
        drafts=every,
        errors=errors,
        warnings={key: len(fs) - errors[key] for key, fs in found.items()},
        names=names,
        refused=refused,
        kept=kept,
    )


def _draft(draft_id: int, refused: str = "", why: Sequence[Finding] = ()) -> str:
    with site().runtime.read() as reader:
        found = drafts.get(reader, draft_id)
        findings = commands.check(reader, found)
        names = people.names(reader, {found.author, found.changed_by})
        deployed = definitions.history(reader, "process", found.process_id)
        groups = group_names(reader)
    anatomy = drafts.anatomy(found)
    return render_template(
        "draft.html",
        draft=found,
        errors=told([f for f in findings if f.severity == "error"], anatomy),
        warnings=told([f for f in findings if f.severity != "error"], anatomy),
        notes=told(remaining(found.notes, findings), anatomy),
        marks=json.dumps(marks(findings)),
        steps=_steps(findings, anatomy),
        pools=anatomy.pools,
        lanes=anatomy.lanes,
        groups=groups,
        guessed={lane: _guess(lane, groups) for lane in anatomy.lanes},
        deployed=deployed[0] if deployed else None,
        names=names,
        refused=refused,
        why=why,
    )


def _steps(findings: Sequence[Finding], anatomy: Anatomy) -> list[tuple[str, str, str]]:
    """The elements with findings, as the list beside the diagram: id, name, severity."""
    return [
        (element, anatomy.names.get(element, element), severity)
        for element, severity in marks(findings).items()
    ]


def _guess(lane: str, groups: dict[str, str]) -> str:
    """The group that is called like a lane, if there is one."""
    wanted = "".join(lane.lower().split())
    called = ((key, "".join(name.lower().split())) for key, name in groups.items())
    return next((key for key, name in called if wanted in (key, name)), "")
