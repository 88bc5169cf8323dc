"""The survey that a requester answers without signing in."""

from __future__ import annotations

from flask import render_template, request

from engine.store.unit_of_work import Actor
from itil import cases, surveys
from web.pages import Answer, Pages
from web.roles import ANYBODY
from web.site import site

bp = Pages("surveys", __name__)


@bp.page("/survey/<secret>", ANYBODY)
def ask(secret: str) -> Answer:
    """One question, and room for a word."""
    with site().runtime.read() as reader:
        case = cases.get(reader, surveys.find(reader, secret))
    return render_template("survey.html", case=case, scores=surveys.SCORES, done=False)


@bp.page("/survey/<secret>", ANYBODY, ["POST"])
def answer(secret: str) -> Answer:
    """Keep the answer."""
    score = request.form.get("score", "")
    whole = int(score) if score in {str(one) for one in surveys.SCORES} else 0
    guest = Actor("guest", channel="web", address=request.remote_addr)
    comment = request.form.get("comment", "")
    site().runtime.run(guest, lambda work: surveys.answer(work, secret, whole, comment))
    return render_template("survey.html", case=None, scores=surveys.SCORES, done=True)
