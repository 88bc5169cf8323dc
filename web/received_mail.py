"""Letters that came by mail, and what became of each."""

from __future__ import annotations

from flask import render_template

from itil import mail_record
from web.pages import Answer, Entry, Pages
from web.roles import SENDERS
from web.site import site

bp = Pages("received_mail", __name__, Entry("/mail", "nav.mail", SENDERS, "processes", 21))


@bp.page("/mail", SENDERS)
def overview() -> Answer:
    """The latest hundred."""
    with site().runtime.read() as reader:
        rows = mail_record.latest(reader)
    return render_template("received_mail.html", rows=rows)
