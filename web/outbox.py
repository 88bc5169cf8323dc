"""What was said to people by mail and other channels, and whether it left the house."""

from __future__ import annotations

from flask import render_template, request, url_for

from engine.queries import outbox
from web.pages import Answer, Pages
from web.roles import SENDERS
from web.site import site

bp = Pages("outbox", __name__)

PAGE = 50  #: notices on a page
STATES = ("pending", "sent", "held", "dead")


@bp.page("/outbox", SENDERS)
def notices() -> Answer:
    """The newest notices, of one state or all."""
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
        next=following,
    )
