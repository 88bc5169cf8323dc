"""Deployed processes: their diagrams, their versions, and the deployment of new ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.commands import definitions as commands
from engine.errors import DefinitionNotFound, Rejected
from engine.findings import Finding
from engine.queries import definitions
from engine.queries.definitions import DefinitionRow
from engine.store.unit_of_work import Reader
from itil import people
from web.pages import Answer, Entry, Pages
from web.roles import OWNERS, READERS
from web.site import site
from web.told import told
from web.visit import actor, command_key, visit
from web.wording import text

bp = Pages("processes", __name__, Entry("/processes", "nav.processes", READERS, "processes", 10))

KINDS = ("process", "decision", "form")
MOST = 20  #: files of one deployment
_LONGEST_ID = 18  #: digits


@bp.page("/processes", READERS)
def overview() -> Answer:
    """Everything that is deployed, and the upload for process owners.

    After a deployment the address names the versions whose findings are shown.
    """
    return _overview(checked=_numbers(request.args.get("checked", "")))


def _numbers(text: str) -> list[int]:
    """Ids in an address; what is none, or too many, is left out."""
    words = text.split(",")[:MOST]
    return [int(word) for word in words if word.isdecimal() and len(word) < _LONGEST_ID]


@bp.page("/processes", OWNERS, ["POST"])
def deploy() -> Answer:
    """Deploy the uploaded files: all of them, or none with what is wrong."""
    reason = request.form.get("reason", "").strip()
    try:
        files = _sent_files()
        if not files:
            return _overview(refused=text("deploy.empty")), 422
        answers = site().runtime.run(
            actor(),
            lambda work: commands.deploy(work, files, reason),
            command_key(),
        )
    except Rejected as rejected:
        return _overview(refused=str(rejected), findings=rejected.findings), 422
    checked = ",".join(str(answer["id"]) for answer in answers)
    return redirect(url_for("processes.overview", done="deployed", checked=checked), 303)


@bp.page("/processes/<key>", READERS)
def process(key: str) -> Answer:
    """One process: its diagram and all versions."""
    return page(key)


def page(key: str, refused: str = "") -> str:
    """The page of a process, also with what was refused of one of its versions."""
    with site().runtime.read() as reader:
        versions = definitions.history(reader, "process", key)
        if not versions:
            raise DefinitionNotFound("process", key)
        wanted = request.args.get("version", None, int)
        shown = next((v for v in versions if v.version == wanted), None)
        shown = shown or next((v for v in versions if v.active), versions[0])
        drawing = definitions.process(reader, shown.id).drawing
        names = people.names(reader, sorted({version.author for version in versions}))
        owner = visit().has(OWNERS)
        findings = definitions.findings(reader, [shown.id]) if owner else []
        running = definitions.running(reader, key)
    language = visit().language
    steps = [place for place in drawing.places.values() if place.kind.endswith("Task")]
    return render_template(
        "process.html",
        shown=shown,
        name=drawing.settings.properties.get(f"name:{language}", shown.name),
        versions=versions,
        steps=[(place.id, place.label(language)) for place in steps],
        about=drawing.documentation,
        names=names,
        findings=told(findings),
        running=running,
        owner=owner,
        refused=refused,
    )


@bp.page("/definitions/<int:definition_id>/source", READERS)
def source(definition_id: int) -> Answer:
    """A deployed file, as it was deployed."""
    with site().runtime.read() as reader:
        content = definitions.source(reader, definition_id)
    kind = "application/xml" if content.lstrip()[:1] == b"<" else "application/json"
    return Response(content, mimetype=kind)


def _sent_files() -> dict[str, bytes]:
    """Content by path; a browser sends bare names, so forms get the folder that was typed."""
    folder = request.form.get("folder", "").strip().strip("/")
    sent = {}
    chosen = request.files.getlist("files")
    if len(chosen) > MOST:
        raise Rejected(f"There are {len(chosen)} files. Send at most {MOST} at once.")
    for file in chosen:
        name = PurePosixPath(file.filename or "").name
        path = f"{folder}/{name}" if folder and name.endswith((".form", ".json")) else name
        if path in sent:
            raise Rejected(f"Two files are called '{path}'. Send one of them.")
        if name:
            sent[path] = file.read()
    return sent


def _called(reader: Reader, row: DefinitionRow) -> str:
    """The name of a process in the reader's language."""
    properties = definitions.process(reader, row.id).drawing.settings.properties
    return properties.get(f"name:{visit().language}", row.name)


def _overview(
    refused: str = "", findings: Sequence[Finding] = (), checked: Sequence[int] = ()
) -> str:
    with site().runtime.read() as reader:
        owner = visit().has(OWNERS)
        if checked and owner:
            findings = definitions.findings(reader, checked)
        deployed = {kind: definitions.active(reader, kind) for kind in KINDS}
        called = {row.id: _called(reader, row) for row in deployed["process"]}
        authors = {row.author for rows in deployed.values() for row in rows}
        names = people.names(reader, sorted(authors))
    return render_template(
        "processes.html",
        deployed=deployed,
        called=called,
        names=names,
        refused=refused,
        findings=told(findings),
        pages={row.file: f"/processes/{row.key}" for row in deployed["process"] if checked},
        owner=owner,
    )
