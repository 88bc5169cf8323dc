"""Findings of the controls: read by staff and auditors, answered by whoever owns them."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for

from itil import findings, monitors
from web.pages import Answer, Entry, Pages
from web.roles import ADMINS, MANAGERS, READERS
from web.site import site
from web.visit import actor, command_key, visit

ANSWERERS = MANAGERS | ADMINS
bp = Pages("findings", __name__, Entry("/findings", "nav.findings", READERS, "control", 10))


@bp.page("/findings", READERS)
def overview() -> Answer:
    """Each control, red or green, with what it found (AUD-19)."""
    state = "closed" if request.args.get("state") == "closed" else "open"
    with site().runtime.read() as reader:
        found = findings.every(reader, state)
    counts = {name: sum(one.control == name for one in found) for name in monitors.CONTROLS}
    return render_template(
        "findings.html",
        found=found,
        counts=counts,
        state=state,
        answers=visit().has(ANSWERERS),
    )


@bp.page("/findings/<int:finding>/close", ANSWERERS, ["POST"])
def close(finding: int) -> Answer:
    """Answer a finding."""
    answer = request.form.get("answer", "")
    site().runtime.run(actor(), lambda work: findings.close(work, finding, answer), command_key())
    return redirect(url_for("findings.overview", done="saved"), 303)
