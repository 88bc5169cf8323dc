"""What was said to people by mail and other channels, and whether it left the house."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, request, url_for

from engine.commands import letters
from engine.errors import Conflict, Rejected
from engine.queries import outbox
from engine.store.unit_of_work import UnitOfWork
from web.errors import status_of
from web.pages import Answer, Entry, Pages
from web.roles import ADMINS, SENDERS
from web.site import site
from web.visit import actor, command_key, visit
from web.wording import sentence

bp = Pages("outbox", __name__, Entry("/outbox", "nav.outbox", SENDERS, "processes", 20))

PAGE = 50  #: notices on a page
STATES = ("pending", "sent", "held", "dead", "dropped")
#: States in which somebody has to decide.
OPEN = ("held", "dead")


@bp.page("/outbox", SENDERS)
def notices() -> Answer:
    """The newest notices, of one state or all."""
    return _page()


@bp.page("/outbox/<int:letter>/release", ADMINS, ["POST"])
def release(letter: int) -> Answer:
    """Send a notice after all, with a reason."""
    return _decide("letter-released", letter, letters.release)


@bp.page("/outbox/<int:letter>/drop", ADMINS, ["POST"])
def drop(letter: int) -> Answer:
    """Never send a notice, with a reason."""
    return _decide("letter-dropped", letter, letters.drop)


def _decide(
    done: str, letter: int, command: Callable[[UnitOfWork, int, str], dict[str, Any]]
) -> Answer:
    reason = request.form.get("reason", "")
    try:
        site().runtime.run(actor(), lambda work: command(work, letter, reason), command_key())
    except (Rejected, Conflict) as refusal:
        return _page(sentence(refusal)), status_of(refusal)
    return redirect(url_for("outbox.notices", done=done), 303)


def _page(refused: str = "") -> str:
    state = request.args.get("state")
    chosen = state if state in STATES else None
    before = request.args.get("before", None, int)
    with site().runtime.read() as reader:
        rows = outbox.recent(reader, chosen, before, PAGE)
    following = None
    if len(rows) == PAGE:
        following = url_for("outbox.notices", state=chosen, before=rows[-1].id)
    return render_template(
        "outbox.html",
        rows=rows,
        states=STATES,
        chosen=chosen,
        refused=refused,
        undecided=OPEN if visit().has(ADMINS) else (),
        next=following,
    )
