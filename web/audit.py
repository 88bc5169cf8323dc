"""The audit trail of the system: deployments, people, settings, refusals, and its proof."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for

from engine.queries import audit, instances
from itil import people
from web.pages import Answer, Entry, Pages
from web.roles import AUDITORS, OWNERS
from web.site import site

bp = Pages("audit", __name__, Entry("/audit", "nav.audit", AUDITORS | OWNERS, "control", 10))

PAGE = 100  #: events on a page
SYSTEM = "system"
READ = "record.read"  #: somebody read what is sensitive


@bp.page("/audit", AUDITORS | OWNERS)
def system() -> Answer:
    """The newest events of the system's own stream; its proof only where it is asked for.

    Recomputing the chain reads every event there is.
    """
    before = request.args.get("before", None, int)
    reads = "reads" in request.args
    with site().runtime.read() as reader:
        rows = audit.latest(reader, SYSTEM, before, PAGE, READ if reads else None)
        verdict = audit.verify(reader, SYSTEM) if "verify" in request.args else None
        names = people.names(reader, sorted({row.actor for row in rows}))
    following = None
    if len(rows) == PAGE:
        following = url_for("audit.system", before=rows[-1].seq, reads="1" if reads else None)
    return render_template(
        "audit.html", rows=rows, verdict=verdict, names=names, next=following, reads=reads
    )


@bp.page("/audit/find", AUDITORS)
def find() -> Answer:
    """Go to the trail of a case by its number."""
    number = request.args.get("number", "").strip().upper()
    with site().runtime.read() as reader:
        instance = instances.by_business_key(reader, number)
    return redirect(url_for("instances.trace", instance_id=instance.id))
