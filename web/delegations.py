"""Who stands in for whom: one's own absence, and for admins everybody's (REQ-03)."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import redirect, render_template, request, url_for

from itil import delegations, people
from web.pages import Answer, Entry, Pages
from web.posted import moment
from web.roles import ADMINS, DOERS
from web.site import site
from web.visit import actor, command_key, visit

bp = Pages("delegations", __name__, Entry("/delegations", "nav.delegations", DOERS, "records", 45))


@bp.page("/delegations", DOERS)
def overview() -> Answer:
    """One's own delegations, and a form for the next one."""
    everybody = visit().has(ADMINS)
    with site().runtime.read() as reader:
        found = delegations.of(reader, None if everybody else actor().name)
        staff = people.staff_choices(reader.connection)
        logins = [login for one in found for login in (one.person, one.delegate)]
        names = people.names(reader, logins)
    return render_template(
        "delegations.html", delegations=found, staff=staff, names=names, everybody=everybody
    )


@bp.page("/delegations", DOERS, ["POST"])
def add() -> Answer:
    """Name who stands in, from when until when."""
    sent, zone = request.form, visit().zone
    person = sent.get("person") or actor().name
    never = datetime.fromtimestamp(0, UTC)
    start = moment(sent.get("starts_at", ""), zone) or never
    end = moment(sent.get("ends_at", ""), zone) or never
    delegate = sent.get("delegate", "")
    site().runtime.run(
        actor(),
        lambda work: delegations.add(work, person, delegate, start, end),
        command_key(),
    )
    return redirect(url_for("delegations.overview", done="saved"), 303)


@bp.page("/delegations/<int:delegation>/end", DOERS, ["POST"])
def end(delegation: int) -> Answer:
    """End a delegation before its time."""
    site().runtime.run(actor(), lambda work: delegations.end(work, delegation), command_key())
    return redirect(url_for("delegations.overview", done="saved"), 303)
