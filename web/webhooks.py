"""Webhooks: which programs elsewhere are told what; for admins."""

from __future__ import annotations

import secrets

from flask import redirect, render_template, request, url_for

from itil import webhooks
from web.pages import Answer, Entry, Pages
from web.roles import ADMINS
from web.site import site
from web.visit import actor, command_key

bp = Pages("webhooks", __name__, Entry("/webhooks", "nav.webhooks", ADMINS, "control", 50))


@bp.page("/webhooks", ADMINS)
def overview() -> Answer:
    """Webhooks, and a form for one more."""
    return _page()


@bp.page("/webhooks", ADMINS, ["POST"])
def add() -> Answer:
    """Add a webhook; its secret is shown this once."""
    sent = request.form
    secret = secrets.token_urlsafe(32)
    name, url, events = sent.get("name", "").strip(), sent.get("url", ""), sent.getlist("events")
    site().runtime.run(
        actor(), lambda work: webhooks.add(work, name, url, events, secret), command_key()
    )
    return _page(name, secret)


@bp.page("/webhooks/<int:webhook>/remove", ADMINS, ["POST"])
def remove(webhook: int) -> Answer:
    """Remove a webhook."""
    site().runtime.run(actor(), lambda work: webhooks.remove(work, webhook), command_key())
    return redirect(url_for("webhooks.overview", done="saved"), 303)


def _page(name: str = "", secret: str = "") -> str:
    with site().runtime.read() as reader:
        found = webhooks.every(reader)
    return render_template(
        "webhooks.html", webhooks=found, events=webhooks.EVENTS, name=name, secret=secret
    )
