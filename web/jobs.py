"""Work that waits for help: stalled jobs and instances, jobs in back-off, jobs for workers.

Process owners and admins help; auditors look.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import redirect, render_template, request, url_for

from engine.commands import jobs as commands
from engine.commands.jobs import NotStalled
from engine.errors import Rejected
from engine.queries import definitions, instances, jobs, names
from engine.queries.jobs import Filter, JobRow
from engine.store.unit_of_work import Reader, UnitOfWork
from itil import people
from web import json_text
from web.instances import diagram
from web.pages import Answer, Entry, Pages, address
from web.roles import OVERSEERS, OWNERS
from web.site import site
from web.visit import actor, command_key, visit
from web.wording import sentence

bp = Pages("jobs", __name__, Entry("/jobs", "nav.jobs", OVERSEERS, "processes", 30))

PAGE = 50  #: rows of a list
TABS = ("stalled", "backoff", "ready", "instances")

#: What a command answers, and what the page then says was done.
Act = Callable[[UnitOfWork], Mapping[str, Any]]


@bp.page("/jobs", OVERSEERS)
def overview() -> Answer:
    """The jobs of one kind, or the stalled instances, the oldest first."""
    asked = request.args
    tab = asked.get("tab", "")
    tab = tab if tab in TABS else TABS[0]
    after = max(0, min(asked.get("after", 0, int), 2**31 - 1))
    kind, process = asked.get("type", ""), asked.get("process", "")
    with site().runtime.read() as reader:
        listed: list[JobRow] = []
        stuck: list[jobs.StalledInstance] = []
        if tab == "instances":
            stuck, last = jobs.stalled_instances(reader, process, after, PAGE)
        else:
            listed, last = jobs.page(reader, Filter(tab, kind, process), after, PAGE)
        labels = {row.id: _label(reader, row) for row in listed}
        types = jobs.types(reader)
        processes = [definition.key for definition in definitions.active(reader, "process")]
    query = {"tab": tab, "type": kind, "process": process, "after": str(last or "")}
    return render_template(
        "jobs.html",
        tab=tab,
        tabs=TABS,
        chosen=asked,
        rows=listed,
        stuck=stuck,
        labels=labels,
        types=types,
        processes=processes,
        next=address("jobs.overview", query) if last else None,
    )


@bp.page("/jobs/<int:job_id>", OVERSEERS)
def job(job_id: int) -> Answer:
    """One job: why it waits, what it sees, where it stands, and what can be done."""
    return _page(job_id)


@bp.page("/jobs/<int:job_id>/retry", OWNERS, ["POST"])
def retry(job_id: int) -> Answer:
    """Try it now."""
    reason = _typed("reason")
    return _do(job_id, lambda work: commands.retry(work, job_id, reason), "job-retried")


@bp.page("/jobs/<int:job_id>/retries", OWNERS, ["POST"])
def retries(job_id: int) -> Answer:
    """Set how many tries are left."""
    wanted = request.form.get("retries", 0, int)
    reason = _typed("reason")
    return _do(job_id, lambda work: commands.allow(work, job_id, wanted, reason), "job-retries")


@bp.page("/jobs/<int:job_id>/variables", OWNERS, ["POST"])
def variables(job_id: int) -> Answer:
    """Change variables as the job sees them."""
    revision, reason = request.form.get("revision", -1, int), _typed("reason")

    def edit(work: UnitOfWork) -> Mapping[str, Any]:
        with site().runtime.read() as reader:
            known = jobs.seen(reader, job_id).variables
        changes = json_text.edited(known, _typed("variables"))
        return commands.edit(work, job_id, changes, reason, revision)

    return _do(job_id, edit, "job-edited")


@bp.page("/jobs/<int:job_id>/skip", OWNERS, ["POST"])
def skip(job_id: int) -> Answer:
    """Go on as if it was done."""
    reason = _typed("reason")
    return _do(
        job_id,
        lambda work: commands.skip(work, job_id, json_text.read(_typed("outcome")), reason),
        "job-skipped",
    )


@bp.page("/jobs/<int:job_id>/error", OWNERS, ["POST"])
def throw(job_id: int) -> Answer:
    """Throw a modelled error at it."""
    code, reason = _typed("code").strip(), _typed("reason")
    return _do(job_id, lambda work: commands.throw(work, job_id, code, reason), "job-error")


@bp.page("/jobs/instances/<int:instance_id>", OVERSEERS)
def instance(instance_id: int) -> Answer:
    """A stalled instance: why, its variables, where it stands."""
    return _instance_page(instance_id)


@bp.page("/jobs/instances/<int:instance_id>/retry", OWNERS, ["POST"])
def retry_instance(instance_id: int) -> Answer:
    """Take a stalled instance up again."""
    reason = _typed("reason")
    return _help(
        instance_id,
        lambda work: commands.retry_instance(work, instance_id, reason),
        url_for("jobs.overview", tab="instances", done="instance-retried"),
    )


@bp.page("/jobs/instances/<int:instance_id>/variables", OWNERS, ["POST"])
def instance_variables(instance_id: int) -> Answer:
    """Change variables of a stalled instance."""
    revision, reason = request.form.get("revision", -1, int), _typed("reason")

    def edit(work: UnitOfWork) -> Mapping[str, Any]:
        with site().runtime.read() as reader:
            known = instances.get(reader, instance_id).variables
        changes = json_text.edited(known, _typed("variables"))
        return commands.edit_instance(work, instance_id, changes, reason, revision)

    return _help(
        instance_id,
        edit,
        url_for("jobs.instance", instance_id=instance_id, done="job-edited"),
    )


def _do(job_id: int, act: Act, done: str) -> Answer:
    """Do something about a job; where it still waits afterwards, its page says so."""
    runtime = site().runtime
    try:
        answer = runtime.run(actor(), act, command_key())
    except Rejected as refused:
        return _page(job_id, sentence(refused)), 422
    if answer.get("failed"):
        return redirect(url_for("jobs.job", job_id=job_id, done="job-failed"), 303)
    if done in {"job-edited", "job-retries"}:
        return redirect(url_for("jobs.job", job_id=job_id, done=done), 303)
    return redirect(url_for("jobs.overview", done=done), 303)


def _help(instance_id: int, act: Act, following: str) -> Answer:
    try:
        site().runtime.run(actor(), act, command_key())
    except Rejected as refused:
        return _instance_page(instance_id, sentence(refused)), 422
    return redirect(following, 303)


def _page(job_id: int, refused: str = "") -> str:
    with site().runtime.read() as reader:
        seen = jobs.seen(reader, job_id)
        found = instances.get(reader, seen.job.instance_id)
        labels = names.elements(reader, seen.definition_id, visit().language)
        drawn = diagram(found, instances.path(reader, found), labels)
    return render_template(
        "job.html",
        seen=seen,
        job=seen.job,
        label=labels.get(seen.job.element, seen.job.element),
        variables=_kept("variables", seen.variables, refused),
        outcome=_kept("outcome", seen.job.result or {}, refused),
        diagram=drawn,
        refused=refused,
        typed=request.form if refused else {},
        helps=visit().has(OWNERS),
    )


def _instance_page(instance_id: int, refused: str = "") -> str:
    with site().runtime.read() as reader:
        found = instances.get(reader, instance_id)
        if found.status != "stalled":
            raise NotStalled(instance_id, found.status)
        labels = names.elements(reader, found.definition_id, visit().language)
        drawn = diagram(found, instances.path(reader, found), labels)
        why = jobs.why_stalled(reader, instance_id)
        started_by = people.names(reader, [found.started_by])
    return render_template(
        "stalled.html",
        instance=found,
        why=why,
        variables=_kept("variables", found.variables, refused),
        started_by=started_by.get(found.started_by, found.started_by),
        diagram=drawn,
        refused=refused,
        typed=request.form if refused else {},
        helps=visit().has(OWNERS),
    )


def _label(reader: Reader, row: JobRow) -> str:
    return names.element(reader, row.process_id, row.element, row.element, visit().language)


def _kept(field: str, value: object, refused: str) -> str:
    """What was typed, where it was refused; else the value."""
    typed = request.form.get(field)
    return typed if refused and typed is not None else json_text.shown(value)


def _typed(field: str) -> str:
    return request.form.get(field, "")
