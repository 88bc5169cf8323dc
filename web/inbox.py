"""The work list: what a person and their groups have to do, most urgent first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from flask import redirect, render_template, request, url_for
from markupsafe import Markup

from engine.commands import tasks as commands
from engine.queries import definitions, names, tasks
from engine.queries.tasks import Filter, TaskRow
from engine.store.unit_of_work import Reader
from itil import cases, people
from web.due import chip
from web.names import group_names, values
from web.pages import Answer, Entry, Pages, address
from web.roles import STAFF
from web.site import site
from web.visit import actor, command_key, owners, visit
from web.wording import span

bp = Pages("inbox", __name__, Entry("/inbox", "nav.inbox", STAFF, "work", 10))

PAGE = 50  #: tasks on a page
LEVELS = frozenset("1234")
SPACING = 20  #: task priority of a case priority, as the diagrams compute it
CURSOR = re.compile(r"\d{1,3}_\d{4}-\d\d-\d\dT[0-9:.]{8,15}\+00:00_\d{1,18}")


class Line(NamedTuple):
    """One task of the list, worded: the page has fifty of them and only writes them down."""

    id: str
    priority: int | None
    summary: str
    number: str
    name: str
    service: str
    due: Markup
    who: str
    since: str
    mine: bool


@bp.page("/inbox", STAFF)
def worklist() -> Answer:
    """The tasks of the person, or those that their groups may claim."""
    tab = "groups" if request.args.get("tab") == "groups" else "mine"
    mine, groups = owners()[:1], owners()[1:]
    with site().runtime.read() as reader:
        listed = mine if tab == "mine" else groups
        found = tasks.worklist_page(reader, listed, _filter(tab), _cursor(), PAGE)
        counted = tasks.counts(reader, [*mine, *groups])
        lines = _lines(reader, found.rows)
        processes = definitions.keys(reader, "process")
    return render_template(
        "inbox.html",
        tab=tab,
        chosen=request.args,
        rows=lines,
        counts={"mine": counted[mine[0]], "groups": sum(counted[group] for group in groups)},
        processes=processes,
        next=_next(found.next),
    )


@bp.page("/tasks/<int:task_id>/claim", STAFF, ["POST"])
def claim(task_id: int) -> Answer:
    """Claim a task, and open it where the person asked for both."""
    site().runtime.run(actor(), lambda work: commands.claim(work, task_id), command_key())
    if request.form.get("then") == "open":
        return redirect(url_for("tasks.task", task_id=task_id), 303)
    return redirect(url_for("inbox.worklist", tab="groups", done="claimed"), 303)


@bp.page("/tasks/<int:task_id>/release", STAFF, ["POST"])
def release(task_id: int) -> Answer:
    """Give a task back to its group."""
    site().runtime.run(actor(), lambda work: commands.release(work, task_id), command_key())
    return redirect(url_for("inbox.worklist", done="released"), 303)


def _filter(tab: str) -> Filter:
    """The filters of the address; the list of the groups shows only what can be claimed."""
    priority = request.args.get("priority", "")
    return Filter(
        claimed=False if tab == "groups" else None,
        process=request.args.get("process") or None,
        priority=int(priority) * SPACING if priority in LEVELS else None,
        overdue=request.args.get("overdue") == "1",
    )


def _cursor() -> str | None:
    """The cursor of the address; anything else begins at the first page."""
    sent = request.args.get("after", "")
    return sent if CURSOR.fullmatch(sent) else None


def _lines(reader: Reader, rows: tuple[TaskRow, ...]) -> list[Line]:
    found = cases.headings(reader, [row.business_key for row in rows if row.business_key])
    words = values(reader, {case.process for case in found.values()})
    teams = group_names(reader)
    holders = {row.assignee for row in rows if row.assignee}
    known = people.names(reader, holders) if holders else {}
    texts, me = visit().words, actor().name
    named = {
        place: names.element(reader, *place, texts.language)
        for place in {(row.process_id, row.element, row.name) for row in rows}
    }
    lines = []
    for row in rows:
        case = found.get(row.business_key or "")
        name = named[row.process_id, row.element, row.name]
        lines.append(
            Line(
                id=str(row.id),
                priority=case.priority if case else None,
                summary=(case.summary if case else "") or name,
                number=row.business_key or "",
                name=name,
                service=words.service(case) if case else "",
                due=chip(row.due_at, reader.now, texts),
                who=_who(row, known, teams),
                since=span(reader.now - row.created_at, texts),
                mine=row.assignee == me,
            ),
        )
    return lines


def _who(row: TaskRow, known: Mapping[str, str], teams: Mapping[str, str]) -> str:
    if row.assignee:
        return known.get(row.assignee, row.assignee)
    owners = [owner.partition(":")[2] for owner in row.candidates]
    return ", ".join(teams.get(owner, owner) for owner in owners)


def _next(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    return address("inbox.worklist", {**request.args.to_dict(), "after": cursor})
