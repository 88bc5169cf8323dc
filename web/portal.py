"""The portal: raise an incident, follow one's own cases, answer what the process asks."""

from __future__ import annotations

from collections.abc import Sequence

from flask import redirect, render_template, request, url_for

from engine.errors import FormRejected
from engine.queries import forms, instances, names, tasks
from engine.queries.tasks import TaskRow
from engine.store.unit_of_work import Reader
from itil import cases, knowledge, people
from itil.cases import Case, CaseNotFound, CaseStillOpen, Search
from itil.knowledge import Article
from web import filled, fulfilment, offers
from web.filled import Filled
from web.pages import Answer, Entry, Pages
from web.roles import DOERS
from web.site import site
from web.timeline import is_news, told
from web.visit import actor, command_key, visit

bp = Pages("portal", __name__, Entry("/portal", "nav.portal", DOERS, "work", 30))

PAGE = 20  #: cases on a page
REPORT = "incident/report"
#: Where a case stands, in the four stages that a requester cares about; else it is worked on.
STAGES = {
    **dict.fromkeys(("new", "draft", "submitted", "assessing"), 1),
    **dict.fromkeys(("resolved", "resolved_monitoring", "fulfilled", "verifying"), 3),
    **dict.fromkeys(("early_life", "measuring", "risk_accepted", "in_review"), 3),
    **dict.fromkeys(("published", "in_force"), 3),
    **dict.fromkeys(cases.CLOSED, 4),
}


@bp.page("/portal", DOERS)
def home() -> Answer:
    """What waits for the person's answer, and the cases they raised."""
    me = actor()
    with site().runtime.read() as reader:
        asked = _asked(reader)
        found = cases.search(reader, Search(requester=me.name), request.args.get("before"), PAGE)
        about = cases.by_numbers(reader, [row.business_key for row, _ in asked if row.business_key])
    following = None
    if len(found) == PAGE:
        following = url_for("portal.home", before=found[-1].number)
    return render_template(
        "portal.html",
        asked=asked,
        about=about,
        cases=found,
        next=following,
    )


@bp.page("/portal/report", DOERS, ["GET", "POST"])
def report() -> Answer:
    """Raise an incident, or once more what a closed case was about (INC-21)."""
    runtime = site().runtime
    with runtime.read() as reader:
        ended = _ended(reader, request.args.get("again", ""))
        schema = forms.get(reader, REPORT)
    typed: dict[str, object] = {}
    if ended is not None:
        typed = {"summary": ended.summary, "service": ended.service}
    if request.method == "POST":
        typed = filled.sent(schema)
        if not filled.wants_refresh():
            return _raise(typed, ended)
    return _report_page(_report_form(typed), ended=ended)


def _ended(reader: Reader, number: str) -> Case | None:
    """The closed case of the person's own that a new one goes on from; None where none is named.

    Raises:
        CaseNotFound: it is somebody else's, or there is none.
        CaseStillOpen: a comment or an answer on the case itself does it.
    """
    found = own(reader, number) if number else None
    if found is not None and not found.closed:
        raise CaseStillOpen(number)
    return found


def _raise(typed: dict[str, object], ended: Case | None) -> Answer:
    """Open the case, or show the form again with what is wrong, or once with what is known."""
    me = actor()
    try:
        with site().runtime.read() as reader:
            clean = forms.accept(reader, REPORT, typed)
            said = f"{clean.get('summary') or ''} {clean.get('description') or ''}"[:2000]
            known = [] if "seen" in request.args else knowledge.like(reader, me, said)
    except FormRejected as rejected:
        form = _report_form(typed, rejected)
        return _report_page(form, request.form.get("key"), ended=ended), 422
    if known:
        return _report_page(_report_form(typed), request.form.get("key"), known, ended)
    given = {**clean, "requester": me.name, "channel": "portal"}
    if ended is not None:
        given["continues"] = ended.number
    opened = site().runtime.run(
        me, lambda work: cases.open_case(work, "incident", given), command_key()
    )
    return redirect(url_for("portal.case", number=opened["number"], done="reported"), 303)


def _report_form(typed: dict[str, object], rejected: FormRejected | None = None) -> Filled:
    with site().runtime.read() as reader:
        schema = forms.get(reader, REPORT)
        return filled.show(reader, schema, {}, typed, rejected.errors if rejected else None)


def _report_page(
    form: Filled, key: str | None = None, known: Sequence[Article] = (), ended: Case | None = None
) -> str:
    again = ended.number if ended else None
    to = url_for("portal.report", seen="1" if known else None, again=again)
    return render_template("report.html", form=form, key=key, known=known, to=to, ended=ended)


@bp.page("/portal/cases/<number>", DOERS)
def case(number: str) -> Answer:
    """One of the person's own cases, in plain words, with what they are asked."""
    with site().runtime.read() as reader:
        found = own(reader, number)
        asked = [(row, _form(reader, row)) for row, _ in _asked(reader, number)]
        before = request.args.get("before", None, int)
        history = cases.timeline(reader, number, public_only=True, before=before)
        entries = list(filter(is_news, history.entries))
        spoken = people.names(reader, [entry.actor for entry in entries])
        titles = {row.id: _title(reader, row) for row, _ in asked}
        instance = instances.get(reader, found.instance_id)
        labels = names.elements(reader, instance.definition_id, visit().language)
        offered = offers.to_requester(reader, found, instance)
        story = [told(entry, spoken, labels, {}) for entry in entries]
        standing = fulfilment.shown(reader, found)
    return render_template(
        "portal_case.html",
        case=found,
        stage=STAGES.get(found.state, 2),
        asked=asked,
        titles=titles,
        entries=story,
        older=history.before,
        offered=offered,
        it=standing,
    )


@bp.page("/portal/cases/<number>/comments", DOERS, ["POST"])
def comment(number: str) -> Answer:
    """Add a comment that everybody on the case can read."""
    with site().runtime.read() as reader:
        own(reader, number)
    text = request.form.get("text", "").strip()
    if text:
        site().runtime.run(
            actor(),
            lambda work: cases.comment(work, number, text, public=True),
            command_key(),
        )
    return redirect(url_for("portal.case", number=number, done="commented"), 303)


def own(reader: Reader, number: str) -> Case:
    """A case that the person raised or is affected by.

    Raises:
        CaseNotFound: it is somebody else's, or there is none; both look the same.
    """
    found = cases.get(reader, number)
    if actor().name not in {found.requester, found.affected_user}:
        raise CaseNotFound(number)
    return found


def _asked(reader: Reader, number: str | None = None) -> list[tuple[TaskRow, str]]:
    """The open tasks assigned to the person, each with its name in their language."""
    mine = tasks.worklist_page(reader, [f"person:{actor().name}"], limit=PAGE).rows
    return [
        (row, _title(reader, row)) for row in mine if number is None or row.business_key == number
    ]


def _title(reader: Reader, row: TaskRow) -> str:
    return names.element(reader, row.process_id, row.element, row.name, visit().language)


def _form(reader: Reader, row: TaskRow) -> Filled:
    schema = tasks.form(reader, row) or filled.EMPTY
    return filled.show(reader, schema, tasks.variables(reader, row.id))
