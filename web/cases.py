"""Cases for those who work on them and those who audit them: find one, read it, comment, amend."""

from __future__ import annotations

from collections.abc import Mapping

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.queries import instances, names, tasks
from itil import cases, people
from itil.cases import Case, Search
from web.clocks import dials
from web.instances import diagram
from web.names import group_names, values
from web.pages import Answer, Pages, address
from web.posted import moment
from web.roles import READERS, STAFF
from web.site import site
from web.timeline import told
from web.visit import actor, command_key, visit

bp = Pages("cases", __name__)

PAGE = 50  #: cases on a page
STATES = (
    "new",
    "assigned",
    "in_progress",
    "pending_user",
    "pending_vendor",
    "pending_problem",
    "pending_change",
    "resolved",
    "closed",
    "cancelled",
)
#: What an agent may amend on a case; the process takes it from there.
LEVELS = ("impact", "urgency")


@bp.page("/cases", READERS)
def search() -> Answer:
    """Find cases by text, state or group."""
    asked = {name: request.args.get(name, "").strip()[:200] for name in ("text", "state", "group")}
    wanted = Search(
        text=asked["text"] or None,
        state=asked["state"] if asked["state"] in cases.STATES else None,
        group=asked["group"] or None,
    )
    with site().runtime.read() as reader:
        rows = cases.search(reader, wanted, moment(request.args.get("before")), PAGE)
        holders = people.names(reader, _persons(*rows))
        groups = group_names(reader)
        words = values(reader, [case.process for case in rows])
    return render_template(
        "cases.html",
        rows=rows,
        asked=asked,
        states=STATES,
        groups=groups,
        words=words,
        names=holders,
        next=_following(rows, asked),
    )


def _following(rows: list[Case], asked: Mapping[str, str]) -> str | None:
    """Where the next page begins; a full page may be followed by an empty one."""
    if len(rows) < PAGE:
        return None
    return address("cases.search", {**asked, "before": rows[-1].recorded_at.isoformat()})


@bp.page("/cases/<number>", READERS)
def case(number: str) -> Answer:
    """One case: what is open, how much time is left, what happened, where it stands."""
    with site().runtime.read() as reader:
        found = cases.get(reader, number)
        instance = instances.get(reader, found.instance_id)
        open_tasks = tasks.open_for_instance(reader, instance.id)
        labels = names.elements(reader, instance.definition_id, visit().language)
        entries = cases.timeline(reader, number, public_only=False)
        named = people.names(reader, [*_persons(found), *(e.actor for e in entries)])
        groups = group_names(reader)
        words = values(reader, [found.process])
        called = {**words.fields(found.process), "group": groups}
        return render_template(
            "case.html",
            case=found,
            instance=instance,
            tasks=open_tasks,
            labels=labels,
            timers=instances.pending_timers(reader, instance),
            clocks=dials(cases.clocks(reader, number), reader.now),
            entries=[told(entry, named, labels, called) for entry in entries],
            names=named,
            groups=groups,
            words=words,
            diagram=diagram(reader, instance),
            staff=visit().has(STAFF),
        )


@bp.page("/cases/<number>/comments", STAFF, ["POST"])
def comment(number: str) -> Answer:
    """Add a comment, internal unless the person made it public."""
    text = request.form.get("text", "").strip()
    public = request.form.get("public") == "1"
    if text:
        site().runtime.run(
            actor(),
            lambda work: cases.comment(work, number, text, public=public),
            command_key(),
        )
    return _to(number, "commented")


@bp.page("/cases/<number>/amendments", STAFF, ["POST"])
def amend(number: str) -> Answer:
    """Change impact or urgency, with a reason; the process works out what follows."""
    sent = {name: request.form.get(name, "") for name in LEVELS}
    changes: dict[str, object] = {k: int(v) for k, v in sent.items() if v in {"1", "2", "3"}}
    reason = request.form.get("reason", "").strip()
    site().runtime.run(
        actor(),
        lambda work: cases.amend(work, number, changes, reason),
        command_key(),
    )
    return _to(number, "amended")


@bp.page("/cases/<number>/major", STAFF, ["POST"])
def declare_major(number: str) -> Answer:
    """Declare a major incident, with a reason."""
    reason = request.form.get("reason", "").strip()
    site().runtime.run(
        actor(),
        lambda work: cases.declare_major(work, number, reason),
        command_key(),
    )
    return _to(number, "major")


def _to(number: str, done: str) -> Response:
    return redirect(url_for("cases.case", number=number, done=done), 303)


def _persons(*found: Case) -> list[str]:
    named = [(case.requester, case.affected_user, case.assignee) for case in found]
    return sorted({login for logins in named for login in logins if login})
