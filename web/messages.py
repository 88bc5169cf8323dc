"""Messages that are kept for somebody who will wait for them: what, from whom, until when."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for

from engine.commands import mailbox
from engine.errors import NotFound, Rejected
from engine.queries import messages
from itil import people
from web.errors import status_of
from web.pages import Answer, Entry, Pages
from web.roles import AUDITORS, OWNERS
from web.site import site
from web.visit import actor, command_key, visit
from web.wording import sentence

bp = Pages(
    "messages", __name__, Entry("/messages", "nav.messages", AUDITORS | OWNERS, "processes", 40)
)

PAGE = 50  #: messages on a page


@bp.page("/messages", AUDITORS | OWNERS)
def kept() -> Answer:
    """The newest kept messages."""
    return _page()


@bp.page("/messages/<int:number>/drop", OWNERS, ["POST"])
def drop(number: int) -> Answer:
    """Drop a message, with a reason."""
    reason = request.form.get("reason", "")
    try:
        site().runtime.run(actor(), lambda work: mailbox.drop(work, number, reason), command_key())
    except (Rejected, NotFound) as refusal:
        return _page(sentence(refusal)), status_of(refusal)
    return redirect(url_for("messages.kept", done="dropped"), 303)


def _page(refused: str = "") -> str:
    before = request.args.get("before", None, int)
    with site().runtime.read() as reader:
        rows = messages.kept(reader, before, PAGE)
        names = people.names(reader, sorted({row.sender for row in rows}))
    following = url_for("messages.kept", before=rows[-1].id) if len(rows) == PAGE else None
    return render_template(
        "messages.html",
        rows=rows,
        names=names,
        refused=refused,
        owner=visit().has(OWNERS),
        next=following,
    )
