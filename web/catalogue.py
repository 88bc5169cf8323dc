"""The service catalogue: what a person may ask for, and the form to ask with."""

from __future__ import annotations

from itertools import groupby

from flask import redirect, render_template, request, url_for

from engine.errors import FormRejected
from engine.queries import forms
from itil import cases, catalogue, knowledge
from itil.catalogue import Item
from web import filled
from web.filled import Filled
from web.pages import Answer, Entry, Pages
from web.roles import DOERS, READERS
from web.site import site
from web.visit import actor, command_key, visit

bp = Pages("catalogue", __name__, Entry("/catalogue", "nav.catalogue", DOERS, "work", 31))


@bp.page("/catalogue", DOERS)
def overview() -> Answer:
    """Items that the person may have, by category; `text` is in name or description."""
    asked = request.args.get("text", "").strip()[:100]
    language = visit().language
    with site().runtime.read() as reader:
        found = catalogue.on_offer(reader, actor())
    fitting = [
        item
        for item in found
        if asked.casefold() in f"{item.name[language]} {item.about[language]}".casefold()
    ]
    groups = [(key, list(items)) for key, items in groupby(fitting, lambda item: item.category)]
    return render_template("catalogue.html", groups=groups, asked=asked, language=language)


@bp.page("/catalogue/<key>", DOERS)
def item(key: str) -> Answer:
    """One item with its form, and what is known about it already (KNO-03)."""
    with site().runtime.read() as reader:
        found, _ = catalogue.get(reader, key, actor())
        form = filled.show(reader, forms.get(reader, found.form), {})
        return _page(found, form)


@bp.page("/catalogue/<key>", DOERS, ["POST"])
def ask(key: str) -> Answer:
    """Ask for it, or show the form again with what is wrong (REQ-02)."""
    me = actor()
    with site().runtime.read() as reader:
        found, _ = catalogue.get(reader, key, me)
        schema = forms.get(reader, found.form)
        typed = filled.sent(schema)
        if filled.wants_refresh():
            return _page(found, filled.show(reader, schema, {}, typed))
        try:
            clean = forms.accept(reader, found.form, typed)
        except FormRejected as rejected:
            shown = filled.show(reader, schema, {}, typed, rejected.errors)
            return _page(found, shown, request.form.get("key")), 422
        answers = filled.answers(filled.show(reader, schema, {}, clean))
    given = {
        **clean,
        "item": key,
        "summary": found.name[visit().language],
        "description": answers,
        "requester": me.name,
        "channel": "portal",
    }
    opened = site().runtime.run(
        me, lambda work: cases.open_case(work, "service_request", given), command_key()
    )
    page = "cases.case" if visit().has(READERS) else "portal.case"
    return redirect(url_for(page, number=opened["number"], done="opened"), 303)


def _page(found: Item, form: Filled, key: str | None = None) -> str:
    language = visit().language
    with site().runtime.read() as reader:
        known = knowledge.like(reader, actor(), f"{found.name[language]} {found.about[language]}")
    return render_template(
        "catalogue_item.html", item=found, form=form, key=key, known=known, language=language
    )
