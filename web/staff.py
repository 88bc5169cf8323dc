"""People and groups: who they are, what they may; for admins, and auditors to read."""

from __future__ import annotations

import secrets

from flask import redirect, render_template, request, url_for

from engine.store.unit_of_work import UnitOfWork
from itil import leavers, people, second_factor, sessions, skills
from itil.roles import ROLES
from web.pages import Answer, Entry, Pages
from web.roles import ADMINS, AUDITORS
from web.site import site
from web.visit import actor, command_key, visit

SEERS = ADMINS | AUDITORS
bp = Pages("staff", __name__, Entry("/people", "nav.people", SEERS, "control", 20))


@bp.page("/people", SEERS)
def overview() -> Answer:
    """Everybody with roles and groups, and the groups."""
    with site().runtime.read() as reader:
        everybody = people.everybody(reader)
        held = people.roles_held(reader)
        groups = people.directory(reader)
    member = {
        person.login: [group.key for group in groups if person.login in group.members]
        for person in everybody
    }
    return render_template(
        "staff.html",
        people=everybody,
        held=held,
        member=member,
        groups=groups,
        admin=visit().has(ADMINS),
    )


@bp.page("/people/<login>", SEERS)
def person(login: str) -> Answer:
    """One person: rights to change, and the way out."""
    with site().runtime.read() as reader:
        found = people.by_login(reader, login)
        held = people.roles_held(reader).get(login, [])
        groups = people.directory(reader)
        factor = second_factor.has(reader, login)
    return render_template(
        "person.html",
        person=found,
        held=held,
        groups=groups,
        roles=sorted(ROLES),
        factor=factor,
        admin=visit().has(ADMINS),
    )


@bp.page("/people", ADMINS, ["POST"])
def add() -> Answer:
    """Add a person; a first password is made where none is given."""
    sent = request.form
    names = ("login", "name", "email", "language", "zone", "manager", "cost_centre")
    identity = {name: sent.get(name, "").strip() for name in names}
    password = sent.get("password") or secrets.token_urlsafe(12)
    login = identity["login"]

    def save(work: UnitOfWork) -> None:
        if people.find(work, login) is not None:
            raise people.PersonInvalid(f"There is somebody with the login '{login}'. Change them.")
        people.add_person(work, identity, password, ["requester"], [])

    site().runtime.run(actor(), save, command_key())
    return redirect(url_for("staff.person", login=login, done="saved"), 303)


@bp.page("/people/<login>/rights", ADMINS, ["POST"])
def regrant(login: str) -> Answer:
    """Give other roles and groups; who is signed in has to sign in again."""
    roles, groups = request.form.getlist("roles"), request.form.getlist("groups")

    def change(work: UnitOfWork) -> None:
        people.regrant(work, login, roles, groups)
        sessions.close_all(work, login)

    site().runtime.run(actor(), change, command_key())
    return redirect(url_for("staff.person", login=login, done="saved"), 303)


@bp.page("/people/<login>/skills", ADMINS, ["POST"])
def set_skills(login: str) -> Answer:
    """Say what somebody can do; assignment by skill goes by it (INC-09)."""
    named = request.form.get("skills", "")
    site().runtime.run(actor(), lambda work: skills.keep(work, login, named), command_key())
    return redirect(url_for("staff.person", login=login, done="saved"), 303)


@bp.page("/people/<login>/leave", ADMINS, ["POST"])
def leave(login: str) -> Answer:
    """Lock somebody out; what they held goes to others (AUD-11)."""
    site().runtime.run(actor(), lambda work: leavers.leave(work, login), command_key())
    return redirect(url_for("staff.person", login=login, done="saved"), 303)


@bp.page("/groups", ADMINS, ["POST"])
def add_group() -> Answer:
    """Add a group, or change its names and lead."""
    sent = request.form
    key, name, lead = (sent.get(n, "").strip() for n in ("group", "name", "lead"))
    chinese = sent.get("name_zh", "").strip()

    def save(work: UnitOfWork) -> None:
        if not key or not name:
            raise people.PersonInvalid("A group needs a key and a name. Give both.")
        if lead and people.find(work, lead) is None:
            raise people.PersonNotFound(lead)
        people.add_group(work, key, name, chinese, lead or None)

    site().runtime.run(actor(), save, command_key())
    return redirect(url_for("staff.overview", done="saved"), 303)
