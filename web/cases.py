"""Cases for those who work on them and those who audit them: find one, read it, comment, amend."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import redirect, render_template, request, url_for

from engine.errors import Conflict, Rejected
from engine.queries import instances, names, tasks
from engine.queries.instances import InstanceRow
from engine.store.unit_of_work import Reader, UnitOfWork
from itil import cases, people, timekeeping
from itil.cases import Case, Search
from web import due, offers, reads
from web.chosen import persons
from web.clocks import explained
from web.errors import status_of
from web.instances import diagram, may_trace
from web.names import group_names, values
from web.pages import Answer, Entry, Pages, address
from web.roles import DOERS, OWNERS, READERS, STAFF
from web.site import site
from web.timeline import told
from web.visit import actor, command_key, visit
from web.wording import sentence

bp = Pages("cases", __name__, Entry("/cases", "nav.cases", READERS, "work", 20))

PAGE = 50  #: cases on a page
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
        rows = cases.search(reader, wanted, request.args.get("before"), PAGE)
        holders = people.names(reader, _persons(*rows))
        groups = group_names(reader)
        words = values(reader, [case.process for case in rows])
    return render_template(
        "cases.html",
        rows=rows,
        asked=asked,
        doers=DOERS,
        staff=visit().has(STAFF),
        states=cases.STATES,
        groups=groups,
        words=words,
        names=holders,
        next=_following(rows, asked),
    )


def _following(rows: list[Case], asked: Mapping[str, str]) -> str | None:
    """Where the next page begins; a full page may be followed by an empty one."""
    if len(rows) < PAGE:
        return None
    return address("cases.search", {**asked, "before": rows[-1].number})


@bp.page("/cases/<number>", READERS)
def case(number: str) -> Answer:
    """One case: what is open, how much time is left, what happened, where it stands."""
    return _page(number)


@bp.page("/cases/<number>/comments", STAFF, ["POST"])
def comment(number: str) -> Answer:
    """Add a comment, internal unless the person made it public."""
    text = request.form.get("text", "")
    public = request.form.get("public") == "1"
    return _change(
        number, "commented", lambda work: cases.comment(work, number, text, public=public)
    )


@bp.page("/cases/<number>/amendments", STAFF, ["POST"])
def amend(number: str) -> Answer:
    """Change impact or urgency, with a reason; the process works out what follows."""
    sent = {name: request.form.get(name, "") for name in LEVELS}
    changes: dict[str, object] = {k: int(v) for k, v in sent.items() if v in {"1", "2", "3"}}
    reason = request.form.get("reason", "")
    return _change(number, "amended", lambda work: cases.amend(work, number, changes, reason))


@bp.page("/cases/<number>/major", STAFF, ["POST"])
def declare_major(number: str) -> Answer:
    """Declare a major incident, with a reason."""
    reason = request.form.get("reason", "")
    return _change(number, "major", lambda work: cases.declare_major(work, number, reason))


def _change(number: str, done: str, command: Callable[[UnitOfWork], object]) -> Answer:
    """Run a command on a case; what it refuses is said on the case's own page."""
    try:
        site().runtime.run(actor(), command, command_key())
    except (Rejected, Conflict) as refusal:
        return _page(number, sentence(refusal)), status_of(refusal)
    return redirect(url_for("cases.case", number=number, done=done), 303)


def _page(number: str, refused: str = "") -> str:
    with site().runtime.read() as reader:
        found = cases.get(reader, number)
        reads.of_case(reader, actor(), found)
        instance = instances.get(reader, found.instance_id)
        labels = names.elements(reader, instance.definition_id, visit().language)
        path = instances.path(reader, instance)
        kept = timekeeping.of_instance(reader, instance.id)
        before = request.args.get("before", None, int)
        history = cases.timeline(reader, number, public_only=False, before=before)
        open_tasks = tasks.open_for_case(reader, number)
        holders = [task.assignee for task in open_tasks if task.assignee]
        told_of = [login for e in history.entries for login in (e.actor, *persons(e.details))]
        named = people.names(reader, [*_persons(found), *holders, *told_of])
        groups = group_names(reader)
        words = values(reader, [found.process])
        called = {**words.fields(found.process), "group": groups}
        return render_template(
            "case.html",
            case=found,
            instance=instance,
            refused=refused,
            typed=request.form,
            tasks=open_tasks,
            titles=_titles(reader, open_tasks),
            offered=offers.to_staff(reader, found, instance) if visit().has(STAFF) else [],
            coming=due.events(reader, instance, path, kept),
            clocks=explained(kept, reader.now),
            entries=[told(entry, named, labels, called) for entry in history.entries],
            older=history.before,
            names=named,
            groups=groups,
            words=words,
            diagram=diagram(instance, path, labels),
            staff=visit().has(STAFF),
            steers=visit().has(OWNERS),
            traceable=may_trace(reader, instance.id),
            panels=_panels(reader, found),
            **_changes(reader, found, instance),
        )


def _titles(reader: Reader, shown: list[tasks.TaskRow]) -> dict[int, str]:
    """What tasks are called; those of called processes are named by their own diagrams."""
    language = visit().language
    return {
        task.id: names.element(reader, task.process_id, task.element, task.name, language)
        for task in shown
    }


def _changes(reader: Reader, found: Case, instance: InstanceRow) -> dict[str, bool]:
    """Which changes of the case its diagram takes."""
    catches = instances.definition(reader, instance).drawing.catches
    return {
        "amendable": f"{found.process}-amended" in catches,
        "declarable": "major-declared" in catches and not found.major,
    }


def _panels(reader: Reader, found: Case) -> list[tuple[str, Mapping[str, object]]]:
    """What the families of pages add to this case, each with its template."""
    shown = ((template, view(reader, found)) for template, view in site().panels)
    return [(template, it) for template, it in shown if it is not None]


def _persons(*found: Case) -> list[str]:
    named = [(case.requester, case.affected_user, case.assignee) for case in found]
    return sorted({login for logins in named for login in logins if login})
