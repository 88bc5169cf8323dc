"""The versions of a process: activate, suspend, resume, delete, and what changed between two."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import redirect, render_template, request, url_for

from engine.commands import definitions as definition_commands
from engine.commands import versions as commands
from engine.errors import Conflict, Rejected
from engine.queries import definitions
from engine.store.unit_of_work import UnitOfWork
from web import processes
from web.errors import PageError, status_of
from web.pages import Answer, Pages
from web.roles import OWNERS, READERS
from web.site import site
from web.visit import actor, command_key
from web.wording import sentence, text

bp = Pages("versions", __name__)

Act = Callable[[UnitOfWork, str, int, str], Any]


def _activate(work: UnitOfWork, key: str, version: int, reason: str) -> object:
    return definition_commands.activate(work, "process", key, version, reason)


ACTS: Mapping[str, Act] = {
    "activate": _activate,
    "suspend": commands.suspend,
    "resume": commands.resume,
    "delete": commands.remove,
}


@bp.page("/processes/<key>/versions/<int:version>/<action>", OWNERS, ["POST"])
def act(key: str, version: int, action: str) -> Answer:
    """Do something with one version, with a reason; a refusal is said on the process's page."""
    if action not in ACTS:
        raise PageError(404, text("error.title.404"))
    reason = request.form.get("reason", "")
    try:
        site().runtime.run(
            actor(), lambda work: ACTS[action](work, key, version, reason), command_key()
        )
    except (Rejected, Conflict) as refusal:
        return processes.page(key, refused=sentence(refusal)), status_of(refusal)
    return redirect(url_for("processes.process", key=key, done=f"version-{action}"), 303)


@bp.page("/processes/<key>/changes", READERS)
def changes(key: str) -> Answer:
    """What changed between two versions, element by element."""
    with site().runtime.read() as reader:
        old = definitions.version(reader, key, request.args.get("from", 0, int))
        new = definitions.version(reader, key, request.args.get("to", 0, int))
        found = definitions.changes(reader, old, new)
    return render_template("changes.html", old=old, new=new, changes=found)
