"""What owners do to one running instance: suspend, resume, cancel, delete, place its tokens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from flask import redirect, render_template, request, url_for

from engine.commands import instances as commands
from engine.commands import placing
from engine.errors import Conflict, Forbidden, Rejected
from engine.queries import instances, names, placings
from engine.store.unit_of_work import UnitOfWork
from web.errors import PageError, status_of
from web.instances import diagram
from web.pages import Answer, Pages
from web.roles import OWNERS
from web.site import site
from web.visit import actor, command_key, visit
from web.wording import sentence, text

bp = Pages("steering", __name__)

LONGEST = 20_000  #: characters of values


class ValuesUnreadable(Rejected):
    """The values for a skipped element are not a JSON object."""

    code = "steer.values"

    def __init__(self) -> None:
        super().__init__(
            'The values cannot be read. Write a JSON object such as {"outcome": "done"}, or leave '
            "them out. Nothing was changed.",
        )


def _suspend(work: UnitOfWork, instance_id: int, sent: Mapping[str, str]) -> object:
    return commands.suspend(work, instance_id, sent.get("reason", ""))


def _resume(work: UnitOfWork, instance_id: int, sent: Mapping[str, str]) -> object:
    return commands.resume(work, instance_id, sent.get("reason", ""))


def _cancel(work: UnitOfWork, instance_id: int, sent: Mapping[str, str]) -> object:
    return commands.cancel(work, instance_id, sent.get("reason", ""))


def _delete(work: UnitOfWork, instance_id: int, sent: Mapping[str, str]) -> object:
    return commands.delete(work, instance_id, sent.get("reason", ""))


def _move(work: UnitOfWork, instance_id: int, sent: Mapping[str, str]) -> object:
    source, target = sent.get("source", ""), sent.get("target", "")
    return placing.move(work, instance_id, source, target, sent.get("reason", ""))


def _skip(work: UnitOfWork, instance_id: int, sent: Mapping[str, str]) -> object:
    given = _values(sent.get("values", ""))
    return placing.skip(work, instance_id, sent.get("source", ""), given, sent.get("reason", ""))


def _reopen(work: UnitOfWork, instance_id: int, sent: Mapping[str, str]) -> object:
    return placing.reopen(work, instance_id, sent.get("target", ""), sent.get("reason", ""))


ACTS: Mapping[str, Callable[[UnitOfWork, int, Mapping[str, str]], object]] = {
    "suspend": _suspend,
    "resume": _resume,
    "cancel": _cancel,
    "delete": _delete,
    "move": _move,
    "skip": _skip,
    "reopen": _reopen,
}


def _values(typed: str) -> dict[str, Any]:
    if not typed.strip():
        return {}
    try:
        found = orjson.loads(typed) if len(typed) <= LONGEST else None
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise ValuesUnreadable
    return found


@bp.page("/instances/<int:instance_id>/steer", OWNERS)
def steer(instance_id: int) -> Answer:
    """Where the tokens stand, and what can be done to the instance."""
    return _page(instance_id)


@bp.page("/instances/<int:instance_id>/steer/<action>", OWNERS, ["POST"])
def act(instance_id: int, action: str) -> Answer:
    """Do it, with a reason; a refusal is said on the same page."""
    if action not in ACTS:
        raise PageError(404, text("error.title.404"))
    sent = request.form
    try:
        site().runtime.run(
            actor(), lambda work: ACTS[action](work, instance_id, sent), command_key()
        )
    except (Rejected, Conflict, Forbidden) as refusal:
        return _page(instance_id, sentence(refusal), action), status_of(refusal)
    if action == "delete":
        return redirect(url_for("cases.search", done="steer-delete"), 303)
    done = f"steer-{action}"
    return redirect(url_for("steering.steer", instance_id=instance_id, done=done), 303)


def _page(instance_id: int, refused: str = "", tried: str = "") -> str:
    with site().runtime.read() as reader:
        instance = instances.get(reader, instance_id)
        path = instances.path(reader, instance)
        labels = names.elements(reader, instance.definition_id, visit().language)
        return render_template(
            "steer.html",
            instance=instance,
            places=placings.places(reader, instance, path),
            labels=labels,
            diagram=diagram(instance, path, labels),
            admin="admin" in actor().roles,
            refused=refused,
            tried=tried,
            typed=request.form,
        )
