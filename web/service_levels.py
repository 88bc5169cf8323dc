"""Service levels on pages: agreements, reports, why targets were missed, measuring anew."""

from __future__ import annotations

from collections.abc import Mapping

from flask import redirect, render_template, request, url_for

from engine.store.unit_of_work import Reader
from itil import agreements, clock_changes, timekeeping
from itil.cases import Case
from itil.clocks import State
from web.pages import Answer, Entry, Pages
from web.roles import ADMINS, MANAGERS, READERS, STAFF
from web.site import site
from web.visit import actor, command_key, visit

KEEPERS = frozenset({"service-level-manager", "admin"})
bp = Pages(
    "service_levels",
    __name__,
    Entry("/service-levels", "nav.service-levels", READERS, "records", 50),
    Entry("/service-levels/anew", "nav.clocks-anew", KEEPERS, "control", 40),
)
_MISSED = frozenset({State.BREACHED_RUNNING, State.BREACHED_STOPPED})


@bp.page("/service-levels", READERS)
def overview() -> Answer:
    """Agreements in force, what falls short underneath, and the reports (SLM-18)."""
    with site().runtime.read() as reader:
        found = agreements.every(reader, in_force=True)
        beyond = list(agreements.beyond(reader))
        reports = agreements.reported(reader)
    return render_template("service_levels.html", agreements=found, beyond=beyond, reports=reports)


@bp.page("/service-levels/anew", KEEPERS)
def anew() -> Answer:
    """Which due moments would move by the active definitions and calendars (SLM-02)."""
    process = request.args.get("process", "")
    with site().runtime.read() as reader:
        known = reader.runtime.catalogue.active(reader.connection).keys("service_levels")
        found = clock_changes.preview(reader, process) if process in known else None
    return render_template("clocks_anew.html", known=known, process=process, found=found)


@bp.page("/service-levels/anew", KEEPERS, ["POST"])
def measure_anew() -> Answer:
    """Measure the running clocks of a process anew."""
    process, reason = request.form.get("process", ""), request.form.get("reason", "")
    clock_changes.rebase(site().runtime, actor(), process, reason)
    return redirect(url_for("service_levels.anew", process=process, done="saved"), 303)


@bp.page("/cases/<number>/clocks/<name>", STAFF, ["POST"])
def explain(number: str, name: str) -> Answer:
    """Say why a target was missed (SLM-16)."""
    cause, note = request.form.get("cause", ""), request.form.get("note", "")
    site().runtime.run(
        actor(),
        lambda work: clock_changes.explain_breach(work, number, name, cause, note),
        command_key(),
    )
    return redirect(url_for("cases.case", number=number, done="saved"), 303)


@bp.panel("panels/breaches.html")
def breaches(reader: Reader, case: Case) -> Mapping[str, object] | None:
    """Clocks of the case that missed their target, with the cause or a form for it."""
    clocks = timekeeping.of_instance(reader, case.instance_id)
    missed = [one for one in clocks if one.state in _MISSED]
    if not missed:
        return None
    may = visit().has(MANAGERS | ADMINS | STAFF)
    return {"missed": missed, "causes": clock_changes.CAUSES, "number": case.number, "may": may}
