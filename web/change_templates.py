"""Templates of standard changes: written by one person, approved by another."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for

from itil import change_templates, configuration, people
from web.changes import MANAGERS
from web.pages import Answer, Entry, Pages
from web.roles import READERS, STAFF
from web.site import site
from web.visit import actor, command_key, visit

bp = Pages(
    "change_templates",
    __name__,
    Entry("/changes/templates", "nav.change-templates", READERS, "records", 32),
)
_TEXTS = ("name", "name_zh", "plan", "test_plan", "backout_plan", "service")


@bp.page("/changes/templates", READERS)
def overview() -> Answer:
    """Templates with their state, and a form to write one."""
    with site().runtime.read() as reader:
        found = change_templates.every(reader)
        services = configuration.choices(reader.connection, "service")
        items = configuration.choices(reader.connection)
        logins = [login for one in found for login in (one.author, one.approver) if login]
        names = people.names(reader, logins)
    return render_template(
        "changes/templates.html",
        templates=found,
        names=names,
        services=services,
        items=items,
        writes=visit().has(STAFF),
        approves=visit().has(MANAGERS),
    )


@bp.page("/changes/templates", STAFF, ["POST"])
def propose() -> Answer:
    """Propose a template, or its next version (CHG-04)."""
    sent = request.form
    tolerated = sent.get("tolerated", "")
    values = {
        **{name: sent.get(name, "") for name in _TEXTS},
        "cis": sent.getlist("cis"),
        "tolerated": int(tolerated) if tolerated.isascii() and tolerated.isdigit() else 0,
    }
    key = sent.get("template", "").strip()[:100]
    site().runtime.run(
        actor(), lambda work: change_templates.propose(work, key, values), command_key()
    )
    return redirect(url_for("change_templates.overview", done="saved"), 303)


@bp.page("/changes/templates/<key>/approve", MANAGERS, ["POST"])
def approve(key: str) -> Answer:
    """Approve what another person wrote, for some days."""
    days = request.form.get("days", "")
    whole = int(days) if days.isascii() and days.isdigit() else 0
    site().runtime.run(
        actor(), lambda work: change_templates.approve(work, key, whole), command_key()
    )
    return redirect(url_for("change_templates.overview", done="saved"), 303)


@bp.page("/changes/templates/<key>/retire", MANAGERS, ["POST"])
def retire(key: str) -> Answer:
    """Take a template out of use."""
    reason = request.form.get("reason", "").strip()
    site().runtime.run(
        actor(), lambda work: change_templates.retire(work, key, reason), command_key()
    )
    return redirect(url_for("change_templates.overview", done="saved"), 303)
