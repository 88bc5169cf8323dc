"""One process instance: its diagram with the path taken, and its whole audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import jsonify, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.errors import InstanceNotFound
from engine.queries import audit, instances, names
from engine.queries.audit import AuditRow
from engine.queries.instances import InstanceRow, Path
from engine.store.unit_of_work import Reader
from itil import cases, people, sensitive, timekeeping
from web import due, reads
from web.pages import Answer, Pages
from web.roles import AUDITORS, READERS
from web.site import site
from web.visit import actor, visit

bp = Pages("instances", __name__)

PAGE = 200  #: events on a page of the trail


@dataclass(frozen=True, slots=True)
class Step:
    """One element that an instance went through or stands at."""

    element: str
    name: str
    times: int
    open: bool
    dropped: bool


@dataclass(frozen=True, slots=True)
class Diagram:
    """What the diagram panel of a page shows."""

    instance: int
    steps: tuple[Step, ...]


@bp.page("/instances/<int:instance_id>/diagram.bpmn", READERS)
def drawing(instance_id: int) -> Answer:
    """The diagram that the instance runs on, as it was deployed."""
    with site().runtime.read() as reader:
        source = instances.diagram(reader, instances.get(reader, instance_id))
    return Response(source, mimetype="application/xml")


@bp.page("/instances/<int:instance_id>/path.json", READERS)
def path(instance_id: int) -> Response:
    """Which way the instance went, for colouring the diagram."""
    with site().runtime.read() as reader:
        instance = instances.get(reader, instance_id)
        found = instances.path(reader, instance)
        coming = due.events(reader, instance, found, timekeeping.of_instance(reader, instance_id))
    return jsonify(
        completed=dict(found.completed),
        active=list(found.active),
        cancelled=[element for element in found.cancelled if element not in found.active],
        flows=list(found.flows),
        # The earliest of an element is the one that counts, so it is written last.
        due={event.element: event.words for event in reversed(coming)},
    )


@bp.page("/instances/<int:instance_id>", READERS)
def trace(instance_id: int) -> Answer:
    """Every event of an instance, with the proof that none of them was changed."""
    stream = f"instance:{instance_id}"
    after = request.args.get("after", 0, int)
    with site().runtime.read() as reader:
        instance = instances.get(reader, instance_id)
        if not may_trace(reader, instance_id):
            raise InstanceNotFound(instance_id)
        for case in cases.by_numbers(reader, [instance.business_key or ""]).values():
            reads.of_case(reader, actor(), case, sensitive.TRAIL)
        rows = audit.trail(reader, stream, after, PAGE)
        verdict = audit.verify(reader, stream)
        labels = names.elements(reader, instance.definition_id, visit().language)
        shown = diagram(instance, instances.path(reader, instance), labels)
        persons = people.names(reader, sorted({row.actor for row in rows}))
    return render_template(
        "trace.html",
        instance=instance,
        rows=rows,
        verdict=verdict,
        labels=labels,
        diagram=shown,
        names=persons,
        next=_following(instance_id, rows),
    )


def diagram(instance: InstanceRow, path: Path, labels: Mapping[str, str]) -> Diagram:
    """The steps of an instance in the order in which they were first reached."""
    return Diagram(instance.id, tuple(_steps(path, labels)))


def _steps(found: Path, labels: Mapping[str, str]) -> list[Step]:
    order = dict.fromkeys([*found.completed, *found.cancelled, *found.active])
    return [
        Step(
            element=element,
            name=labels.get(element, element),
            times=found.completed.get(element, 0),
            open=element in found.active,
            dropped=element in found.cancelled and element not in found.active,
        )
        for element in order
        if labels.get(element, element) != element  # a gateway without a name says nothing
    ]


def may_trace(reader: Reader, instance_id: int) -> bool:
    """Whether the person may read the trail of an instance.

    Auditors may, and whoever of the staff took part: the trail holds internal comments.
    """
    stream = f"instance:{instance_id}"
    return visit().has(AUDITORS) or audit.took_part(reader, stream, actor().name)


def _following(instance_id: int, rows: list[AuditRow]) -> str | None:
    if len(rows) < PAGE:
        return None
    return url_for("instances.trace", instance_id=instance_id, after=rows[-1].seq)
