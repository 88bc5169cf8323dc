"""Open a case by hand: choose what it is about, fill in the form of its start event."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for

from engine.errors import FormRejected
from engine.queries import forms
from itil import cases, openings
from itil.openings import Opening
from web import filled
from web.filled import Filled
from web.pages import Answer, Pages
from web.roles import DOERS, READERS
from web.site import site
from web.visit import actor, command_key, visit

bp = Pages("opening", __name__)


@bp.page("/cases/new", DOERS)
def choose() -> Answer:
    """The kinds of cases that the person may open."""
    with site().runtime.read() as reader:
        offered = openings.offered(reader, actor())
    return render_template("opening.html", offered=offered)


@bp.page("/cases/new/<process>", DOERS)
def form(process: str) -> Answer:
    """The form of a new case."""
    with site().runtime.read() as reader:
        opening = openings.find(reader, actor(), process)
        schema = forms.get(reader, opening.form)
        return _page(opening, filled.show(reader, schema, {}))


@bp.page("/cases/new/<process>", DOERS, ["POST"])
def send(process: str) -> Answer:
    """Open the case, or show the form again with what is wrong."""
    me = actor()
    with site().runtime.read() as reader:
        opening = openings.find(reader, me, process)
        schema = forms.get(reader, opening.form)
        typed = filled.sent(schema)
        if filled.wants_refresh():
            return _page(opening, filled.show(reader, schema, {}, typed))
        try:
            clean = forms.accept(reader, opening.form, typed)
        except FormRejected as rejected:
            shown = filled.show(reader, schema, {}, typed, rejected.errors)
            return _page(opening, shown, request.form.get("key")), 422
    given = {**clean, "requester": me.name, "channel": "web"}
    opened = site().runtime.run(
        me, lambda work: cases.open_case(work, process, given), command_key()
    )
    page = "cases.case" if visit().has(READERS) else "portal.case"
    return redirect(url_for(page, number=opened["number"], done="opened"), 303)


def _page(opening: Opening, shown: Filled, key: str | None = None) -> str:
    return render_template("open_case.html", opening=opening, form=shown, key=key)
