"""One user task: its form, drawn from the schema, and its completion."""

from __future__ import annotations

from collections.abc import Mapping

from flask import redirect, render_template, request, url_for

from engine.commands import tasks as commands
from engine.errors import FormRejected, TaskNotFound
from engine.queries import instances, names, tasks
from engine.queries.tasks import TaskRow
from engine.store.unit_of_work import Reader
from itil import cases, people, timekeeping
from itil.signatures import SignatureNeeded
from web import filled, reads
from web.auth import confirmed
from web.clocks import dials
from web.filled import Filled
from web.names import group_names, values
from web.pages import Answer, Pages
from web.roles import DOERS, READERS, SIGNED_IN, STAFF
from web.site import site
from web.visit import actor, command_key, visit

bp = Pages("tasks", __name__)

OPEN = "open"


@bp.page("/tasks/<int:task_id>", SIGNED_IN)
def task(task_id: int) -> Answer:
    """The form of a task, with the case beside it."""
    with site().runtime.read() as reader:
        row = _visible(reader, task_id)
        schema = tasks.form(reader, row) or filled.EMPTY
        form = filled.show(reader, schema, tasks.variables(reader, row.id))
        return _page(reader, row, form)


@bp.page("/tasks/<int:task_id>", DOERS, ["POST"])
def complete(task_id: int) -> Answer:
    """Complete the task, or show its form again with what is wrong."""
    runtime = site().runtime
    with runtime.read() as reader:
        row = _visible(reader, task_id)
        schema = tasks.form(reader, row) or filled.EMPTY
        typed = filled.sent(schema)
        if filled.wants_refresh():
            return _page(
                reader, row, filled.show(reader, schema, tasks.variables(reader, row.id), typed)
            )
    try:
        done = runtime.run(
            confirmed(),
            lambda work: commands.complete(work, task_id, typed),
            command_key(),
        )
    except SignatureNeeded:
        with runtime.read() as reader:
            form = filled.show(reader, schema, tasks.variables(reader, row.id), typed)
            return _page(reader, row, form, request.form.get("key"), sign=True), 403
    except FormRejected as rejected:
        with runtime.read() as reader:
            form = filled.show(
                reader, schema, tasks.variables(reader, row.id), typed, rejected.errors
            )
            return _page(reader, row, form, request.form.get("key")), 422
    return redirect(_onward(done), 303)


def _page(
    reader: Reader, row: TaskRow, form: Filled, key: str | None = None, *, sign: bool = False
) -> str:
    number = row.business_key or ""
    case = cases.by_numbers(reader, [number]).get(number)
    if case is not None and actor().name not in (case.requester, case.affected_user):
        reads.of_case(reader, actor(), case)
    staff = visit().has(READERS)
    persons = [
        row.assignee,
        row.closed_by,
        *((case.requester, case.affected_user, case.assignee) if case else ()),
    ]
    language = visit().language
    stand = _stand(row)
    if stand == OPEN and instances.get(reader, row.instance_id).status == "suspended":
        stand = "resting"
    return render_template(
        "task.html",
        task=row,
        name=names.element(reader, row.process_id, row.element, row.name, language),
        form=form if stand == OPEN else filled.locked(form),
        key=key,
        sign=sign,
        case=case,
        case_path=url_for("cases.case" if staff else "portal.case", number=number),
        clocks=dials(timekeeping.of_instance(reader, row.instance_id), reader.now) if staff else [],
        names=people.names(reader, [person for person in persons if person]),
        groups=group_names(reader),
        words=values(reader, [row.process_id]),
        stand=stand,
        staff=visit().has(STAFF),
    )


def _stand(row: TaskRow) -> str:
    """How the task stands to the person: theirs to do, held by somebody, not theirs, or closed."""
    if row.state != "open":
        return "closed"
    if row.assignee not in (None, actor().name):
        return "held"
    mine = commands.may_complete(actor(), row.assignee, list(row.candidates))
    return OPEN if mine and visit().has(DOERS) else "theirs"


def _visible(reader: Reader, task_id: int) -> TaskRow:
    """The task, for people who may do it or who see every case."""
    row = tasks.get(reader, task_id)
    if not visit().has(READERS) and not commands.may_complete(
        actor(), row.assignee, list(row.candidates)
    ):
        raise TaskNotFound(task_id)
    return row


def _onward(done: Mapping[str, object]) -> str:
    """Where a person goes after a task: to the case, which shows what is open now."""
    number = str(done["business_key"] or "")
    page = "cases.case" if visit().has(STAFF) else "portal.case"
    return url_for(page, number=number, done="completed")
