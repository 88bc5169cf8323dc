"""The second factor: giving it at sign-in, setting it up, taking it away."""

from __future__ import annotations

import segno
from flask import redirect, render_template, request, url_for

from engine.store.unit_of_work import UnitOfWork
from itil import second_factor, sessions
from itil.second_factor import CodeWrong
from web.auth import code_page, enter, guest
from web.pages import Answer, Pages
from web.roles import ADMINS, ANYBODY, SIGNED_IN
from web.site import site
from web.visit import actor, command_key, visit

bp = Pages("second_factor", __name__)


@bp.page("/sign-in/code", ANYBODY, ["POST"])
def give() -> Answer:
    """The second half of a sign-in."""
    runtime, token, address = site().runtime, visit().token, request.remote_addr or ""
    with runtime.read() as reader:
        login = second_factor.waiting(reader, token)
        locked = login and sessions.locked_until(reader, login, address)
    if login is None or locked:
        return redirect(url_for("auth.sign_in"), 303)
    code = request.form.get("code", "")

    def take(work: UnitOfWork) -> None:
        second_factor.check(work, login, code)
        second_factor.arrived(work, token)

    try:
        runtime.run(guest(login), take)
    except CodeWrong as wrong:
        runtime.run(guest(login), lambda work: sessions.note_failure(work, login, address))
        return code_page(str(wrong)), 422
    return enter(login)


@bp.page("/second-factor", SIGNED_IN)
def standing() -> Answer:
    """Whether the person has one; while it is set up, what the telephone reads."""
    return _page()


@bp.page("/second-factor/begin", SIGNED_IN, ["POST"])
def begin() -> Answer:
    """Make a secret for the telephone."""
    me = actor()
    site().runtime.run(me, lambda work: second_factor.begin(work, me.name), command_key())
    return redirect(url_for("second_factor.standing"), 303)


@bp.page("/second-factor/confirm", SIGNED_IN, ["POST"])
def confirm() -> Answer:
    """Switch it on by a first code."""
    me, code = actor(), request.form.get("code", "")
    try:
        site().runtime.run(me, lambda work: second_factor.confirm(work, me.name, code))
    except CodeWrong as wrong:
        return _page(str(wrong)), 422
    return redirect(url_for("second_factor.standing", done="saved"), 303)


@bp.page("/second-factor/remove", SIGNED_IN, ["POST"])
def remove() -> Answer:
    """Switch it off by a last code."""
    me, code = actor(), request.form.get("code", "")

    def take(work: UnitOfWork) -> None:
        second_factor.check(work, me.name, code)
        second_factor.remove(work, me.name)

    try:
        site().runtime.run(me, take)
    except CodeWrong as wrong:
        return _page(str(wrong)), 422
    return redirect(url_for("second_factor.standing", done="saved"), 303)


@bp.page("/people/<login>/second-factor", ADMINS, ["POST"])
def lost(login: str) -> Answer:
    """Somebody has lost the telephone: an admin takes the factor away."""
    site().runtime.run(actor(), lambda work: second_factor.remove(work, login), command_key())
    return redirect(url_for("staff.person", login=login, done="saved"), 303)


def _page(refused: str = "") -> str:
    me = actor().name
    with site().runtime.read() as reader:
        on = second_factor.has(reader, me)
        secret = None if on else second_factor.unconfirmed(reader, me)
    square = ""
    if secret:
        made = segno.make(second_factor.address(secret, me), micro=False)
        square = made.svg_inline(scale=4, light="#fff", svgclass=None, lineclass=None)
    return render_template(
        "second_factor.html",
        on=on,
        secret=secret,
        square=square,
        refused=refused,
        needed=visit().has(site().settings.second_factor_roles),
    )
