"""Signing in and out, and the visit behind every request.

Sessions live on the server (`itil.people`); the cookie holds only their random token.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import Flask, Response, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answered

from engine.store.unit_of_work import Actor, Reader, UnitOfWork
from itil import people, second_factor, sessions
from itil.people import Person, PersonNotFound
from web import words
from web.api import bearer
from web.errors import PageForbidden
from web.pages import Answer, Pages
from web.roles import ANYBODY, SIGNED_IN
from web.security import SAFE, check_origin
from web.site import Settings, site
from web.visit import Visit, actor, visit

#: A path of this site: browsers read `//`, `/\\` and a tab in between as the way to another host.
INSIDE = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")

bp = Pages("auth", __name__)

SESSION = "signalbox_session"
BEFORE = "signalbox_visit"  #: token of a browser that has not signed in
LANGUAGE = "signalbox_language"
YEAR = 365 * 24 * 3600
#: Where somebody goes whose role needs a second factor that is not set up yet.
OPEN_WITHOUT = {f"second_factor.{page}" for page in ("standing", "begin", "confirm")} | {
    "auth.sign_out"
}


def receive(app: Flask) -> None:
    """Before every page: find the visit, check the roles, check where a change comes from."""

    @app.before_request
    def admit() -> Answered | None:
        scope = site().scopes.get(request.endpoint or "")
        if scope is not None:
            g.visit = _stranger()
            bearer.admit(scope)
            return None
        g.visit = _visit()
        if request.endpoint is None or request.endpoint == "static":
            return None
        roles = site().audience[request.endpoint]
        if roles and visit().actor is None:
            return redirect(url_for("auth.sign_in", next=_back()))
        check_origin()
        if roles and not visit().has(roles):
            _refuse(roles)
        lacking = visit().lacks_factor and visit().has(site().settings.second_factor_roles)
        if roles and lacking and request.endpoint not in OPEN_WITHOUT:
            return redirect(url_for("second_factor.standing"))
        return None

    @app.after_request
    def remember(response: Response) -> Response:
        found = cast("Visit | None", g.get("visit"))
        known = request.cookies.get(BEFORE)
        page = response.mimetype == "text/html"
        if page and found and found.actor is None and known != found.token:
            _set_cookie(response, BEFORE, found.token)
        return response


@bp.page("/sign-in", ANYBODY, ["GET", "POST"])
def sign_in() -> Answer:
    """The sign-in page, and the sign-in."""
    if request.method == "GET":
        return _sign_in_page("", "")
    login = request.form.get("login", "").strip()[:100]
    address = request.remote_addr or ""
    runtime = site().runtime
    with runtime.read() as reader:
        locked = sessions.locked_until(reader, login, address)
        person = _person(reader, login)
    if locked is not None:
        return _sign_in_page(login, "locked", locked), 429
    password = request.form.get("password", "")
    if not sessions.verify_password(person, password) or person is None:
        runtime.run(guest(login), lambda work: sessions.note_failure(work, login, address))
        return _sign_in_page(login, "wrong"), 422
    with runtime.read() as reader:
        wanted = second_factor.has(reader, login)
    if wanted:
        mine = visit().token
        runtime.run(guest(login), lambda work: second_factor.halfway(work, mine, login))
        return code_page("")
    return enter(login)


def enter(login: str) -> Answer:
    """Open a session for somebody who has shown who they are."""
    runtime, address = site().runtime, request.remote_addr or ""
    token = runtime.run(guest(login), lambda work: sessions.begin(work, login, address))
    response = make_response(redirect(_next(), 303))
    _set_cookie(response, SESSION, token)
    response.delete_cookie(BEFORE)
    return response


def code_page(refused: str) -> str:
    """Ask for the second factor."""
    return render_template("sign_in_code.html", refused=refused, next=_next())


def confirmed() -> Actor:
    """The signed-in person; confirmed, where the password came with the form (AUD-13)."""
    me, given = actor(), request.form.get("signature", "")
    if not given:
        return me
    runtime, address = site().runtime, request.remote_addr or ""
    with runtime.read() as reader:
        locked = sessions.locked_until(reader, me.name, address)
        person = _person(reader, me.name)
    if locked is None and sessions.verify_password(person, given):
        return replace(me, confirmed=True)
    runtime.run(guest(me.name), lambda work: sessions.note_failure(work, me.name, address))
    return me


@bp.page("/sign-out", SIGNED_IN, ["POST"])
def sign_out() -> Answer:
    """End the session on the server and forget its cookie."""
    token = visit().token
    site().runtime.run(actor(), lambda work: sessions.close(work, token))
    response = make_response(redirect(url_for("auth.sign_in"), 303))
    response.delete_cookie(SESSION)
    return response


@bp.page("/language", ANYBODY, ["POST"])
def language() -> Answer:
    """Change the language of the pages, for the person where one has signed in."""
    chosen = _known(request.form.get("language", ""))
    me = visit().actor
    if me is not None:
        site().runtime.run(me, lambda work: people.set_language(work, me.name, chosen))
    response = make_response(redirect(_next(), 303))
    _set_cookie(response, LANGUAGE, chosen, max_age=YEAR)
    return response


def _visit() -> Visit:
    token = request.cookies.get(SESSION, "")
    session = None
    if token and request.endpoint != "static":
        with site().runtime.read() as reader:
            session = sessions.find(reader, token, request.remote_addr)
    if session is None:
        return _stranger()
    if session.stale:
        site().runtime.run(session.actor, lambda work: sessions.touch(work, token))
    return Visit(
        actor=session.actor,
        name=session.person.name,
        words=site().words[_known(session.person.language)],
        zone=_zone(session.person.zone),
        token=token,
        lacks_factor=not session.factor,
    )


def _stranger() -> Visit:
    """Somebody who has not signed in."""
    accepted = words.pick([tag for tag, _ in request.accept_languages])
    return Visit(
        actor=None,
        name="",
        words=site().words[_known(request.cookies.get(LANGUAGE, accepted))],
        zone=_zone(site().settings.zone),
        token=request.cookies.get(BEFORE) or secrets.token_urlsafe(24),
    )


def _sign_in_page(login: str, refused: str, until: datetime | None = None) -> str:
    return render_template("sign_in.html", login=login, refused=refused, until=until, next=_next())


def _person(reader: Reader, login: str) -> Person | None:
    try:
        return people.by_login(reader, login)
    except PersonNotFound:
        return None


def _known(language: str) -> str:
    return language if language in words.LANGUAGES else words.ENGLISH


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _refuse(roles: frozenset[str]) -> None:
    """Raise inside a unit of work, so that the refusal is in the audit trail."""
    path = request.path

    def refused(_work: UnitOfWork) -> None:
        raise PageForbidden(path, roles)

    site().runtime.run(actor(), refused)


def guest(login: str) -> Actor:
    """Somebody on the way in, for the audit trail."""
    return Actor(login, frozenset(), frozenset(), "web", None, request.remote_addr)


def _set_cookie(response: Answered, name: str, value: str, max_age: int | None = None) -> None:
    settings: Settings = site().settings
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        secure=settings.secure_cookies,
        httponly=True,
        samesite="Lax",
    )


def _back() -> str:
    return request.full_path.rstrip("?") if request.method in SAFE else "/"


def _next() -> str:
    """Where to go on: a path of this site only, never another host."""
    path = request.values.get("next", "/")
    return path if INSIDE.fullmatch(path) else "/"
