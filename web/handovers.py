"""Handing a shift over: what is urgent, a note for the next, and who has read it (INC-26)."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for

from itil import handovers, people
from web.names import group_names
from web.pages import Answer, Entry, Pages
from web.roles import STAFF
from web.site import site
from web.visit import actor, command_key

bp = Pages("handovers", __name__, Entry("/handovers", "nav.handovers", STAFF, "records", 5))


@bp.page("/handovers", STAFF)
def overview() -> Answer:
    """What each of the person's groups has open at priority 1 and 2, and its latest notes."""
    mine = sorted(actor().groups)
    with site().runtime.read() as reader:
        urgent = {group: found for group in mine if (found := handovers.urgent(reader, group))}
        notes = handovers.of(reader, mine)
        holders = [case.assignee for found in urgent.values() for case in found if case.assignee]
        persons = [login for one in notes for login in (one.person, one.taken_by) if login]
        names = people.names(reader, [*holders, *persons])
        groups = group_names(reader)
    return render_template(
        "handovers.html",
        mine=mine,
        urgent=urgent,
        notes=notes,
        names=names,
        groups=groups,
        me=actor().name,
    )


@bp.page("/handovers", STAFF, ["POST"])
def write() -> Answer:
    """Leave a note to the next shift."""
    group, note = request.form.get("group", ""), request.form.get("note", "")
    site().runtime.run(actor(), lambda work: handovers.write(work, group, note), command_key())
    return redirect(url_for("handovers.overview", done="handed-over"), 303)


@bp.page("/handovers/<int:handover>/take", STAFF, ["POST"])
def take(handover: int) -> Answer:
    """Take a shift over."""
    site().runtime.run(actor(), lambda work: handovers.take(work, handover), command_key())
    return redirect(url_for("handovers.overview", done="taken-over"), 303)
