"""Tokens of programs: admins make and revoke them, auditors look."""

from __future__ import annotations

import re

from flask import redirect, render_template, request, url_for

from itil import api_tokens, people
from itil.api_tokens import LONGEST, SCOPES, TokenInvalid
from web.pages import Answer, Entry, Pages
from web.roles import ADMINS, AUDITORS
from web.site import site
from web.visit import actor, command_key, visit

bp = Pages("tokens", __name__, Entry("/tokens", "nav.tokens", ADMINS | AUDITORS, "control", 50))

USUAL = 90  #: days


@bp.page("/tokens", ADMINS | AUDITORS)
def overview() -> Answer:
    """Every token with what it is for and until when, and the form for another."""
    return _page()


@bp.page("/tokens", ADMINS, ["POST"])
def make() -> Answer:
    """Make a token and show it, this once."""
    name = request.form.get("name", "").strip()
    objects = [part for part in re.split(r"[\s,]+", request.form.get("objects", "")) if part]
    days = request.form.get("days", 0, int)
    grants = {request.form.get("scope", ""): objects}
    secret = api_tokens.new_secret()
    try:
        site().runtime.run(
            actor(), lambda work: api_tokens.make(work, name, grants, days, secret), None
        )
    except TokenInvalid as refused:
        return _page(str(refused)), 422
    return _page(secret=secret)


@bp.page("/tokens/<int:token_id>/revoke", ADMINS, ["POST"])
def revoke(token_id: int) -> Answer:
    """End a token at once."""
    site().runtime.run(actor(), lambda work: api_tokens.revoke(work, token_id), command_key())
    return redirect(url_for("tokens.overview", done="token-revoked"), 303)


def _page(refused: str = "", secret: str = "") -> str:
    with site().runtime.read() as reader:
        tokens = api_tokens.everyone(reader)
        named = people.names(reader, sorted({token.made_by for token in tokens}))
        now = reader.now
    return render_template(
        "tokens.html",
        tokens=[(token, token.state(now)) for token in tokens],
        names=named,
        scopes=SCOPES,
        longest=LONGEST,
        usual=USUAL,
        refused=refused,
        secret=secret,
        typed=request.form if refused else {},
        admin=visit().has(ADMINS),
    )
