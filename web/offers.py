"""What a diagram offers people to do on a case beside its tasks, such as to reassign it.

The diagram says to whom (property `offeredTo`), and the engine refuses everybody else. The role of
a requester counts on one's own cases only: an agent has it too, but not for other people's reports.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask import redirect, render_template, request, url_for

from engine.commands import messages
from engine.errors import EngineError, FormRejected, MessageNotExpected, NotOffered
from engine.queries import forms, instances
from engine.queries.instances import InstanceRow
from engine.store.unit_of_work import Actor, Reader
from itil import cases, people
from itil.cases import Case, CaseNotFound
from web import filled
from web.filled import Filled
from web.names import group_names, values
from web.pages import Answer, Pages
from web.roles import DOERS, READERS, STAFF
from web.site import site
from web.visit import actor, command_key, visit

bp = Pages("offers", __name__)

REQUESTER = frozenset({"requester"})


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a page offers to do."""

    path: str
    title: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The offer that an address names, with its case."""

    case: Case
    instance: InstanceRow
    element: str
    title: str
    schema: Mapping[str, object]


def to_staff(reader: Reader, case: Case, instance: InstanceRow) -> list[Action]:
    """What the diagram offers the signed-in person on a case that they work on."""
    return _actions(reader, case, instance, _seat(case))


def to_requester(reader: Reader, case: Case, instance: InstanceRow) -> list[Action]:
    """What the diagram offers whoever raised the case, and nothing that is for staff."""
    me = _seat(case)
    return _actions(
        reader, case, instance, replace(me, roles=me.roles & REQUESTER, groups=frozenset())
    )


@bp.page("/cases/<number>/offers/<element>", DOERS)
def offer(number: str, element: str) -> Answer:
    """The form of what is offered, with the case beside it."""
    with site().runtime.read() as reader:
        asked = _asked(reader, number, element)
        _expect(reader, asked)
        return _page(reader, asked, _form(reader, asked))


@bp.page("/cases/<number>/offers/<element>", DOERS, ["POST"])
def send(number: str, element: str) -> Answer:
    """Do what is offered, or show its form again with what is wrong."""
    runtime = site().runtime
    with runtime.read() as reader:
        asked = _asked(reader, number, element)
        typed = filled.sent(asked.schema)
        if filled.wants_refresh():
            return _page(reader, asked, _form(reader, asked, typed))
    try:
        runtime.run(
            _seat(asked.case),
            lambda work: messages.send_offered(work, asked.instance.id, element, typed),
            command_key(),
        )
    except FormRejected as rejected:
        with runtime.read() as reader:
            form = _form(reader, asked, typed, rejected)
            return _page(reader, asked, form, request.form.get("key")), 422
    return redirect(_case_path(number, done="sent"), 303)


def _actions(reader: Reader, case: Case, instance: InstanceRow, me: Actor) -> list[Action]:
    return [
        Action(
            url_for("offers.offer", number=case.number, element=offer.element),
            _title(_schema(reader, offer.form), offer.names[visit().language]),
        )
        for one in instances.of_case(reader, instance)
        for offer in instances.offers(reader, one, me)
    ]


def _asked(reader: Reader, number: str, element: str) -> Asked:
    """What an address names, for whoever may open the case.

    Raises:
        CaseNotFound: it is somebody else's, or there is none; both look the same.
        NotOffered: neither its diagram nor one that this has called has such an element.
    """
    case = cases.get(reader, number)
    if not visit().has(READERS) and not _is_own(case):
        raise CaseNotFound(number)
    behind = instances.get(reader, case.instance_id)
    for instance in instances.of_case(reader, behind):
        place = instances.definition(reader, instance).drawing.places.get(element)
        if place is not None:
            schema = _schema(reader, place.settings.properties.get("form", ""))
            title = _title(schema, place.label(visit().language))
            return Asked(case, instance, element, title, schema)
    raise NotOffered(element, actor().name)


def _expect(reader: Reader, asked: Asked) -> None:
    """Let through what is offered to the person now; the engine judges again when it is sent.

    Raises:
        NotOffered: it is for others.
        MessageNotExpected: the case has moved on.
    """
    offered = instances.offers(reader, asked.instance, _seat(asked.case))
    if asked.element not in {offer.element for offer in offered}:
        raise _refusal(reader, asked)


def _refusal(reader: Reader, asked: Asked) -> EngineError:
    place = instances.definition(reader, asked.instance).drawing.places[asked.element]
    active = instances.path(reader, asked.instance).active
    if "offeredTo" not in place.settings.properties or (place.attached_to or place.id) in active:
        return NotOffered(asked.element, actor().name)
    return MessageNotExpected(place.trigger.name, asked.case.number)


def _page(reader: Reader, asked: Asked, form: Filled, key: str | None = None) -> str:
    case = asked.case
    persons = [case.requester, case.affected_user, case.assignee]
    return render_template(
        "offer.html",
        case=case,
        title=asked.title,
        path=request.path,
        form=form,
        key=key,
        case_path=_case_path(case.number),
        names=people.names(reader, [person for person in persons if person]),
        groups=group_names(reader),
        words=values(reader, [case.process]),
        staff=visit().has(STAFF),
    )


def _form(
    reader: Reader,
    asked: Asked,
    typed: Mapping[str, object] | None = None,
    rejected: FormRejected | None = None,
) -> Filled:
    variables = {**asked.instance.variables, "number": asked.case.number}
    return filled.show(
        reader, asked.schema, variables, typed, rejected.errors if rejected else None
    )


def _schema(reader: Reader, form: str) -> Mapping[str, object]:
    return forms.get(reader, form) if form else filled.EMPTY


def _title(schema: Mapping[str, object], name: str) -> str:
    """What the form calls itself; an event is named after what has happened."""
    return forms.title(schema, visit().language) or name


def _seat(case: Case) -> Actor:
    me = actor()
    return me if _is_own(case) else replace(me, roles=me.roles - REQUESTER)


def _is_own(case: Case) -> bool:
    return actor().name in {case.requester, case.affected_user}


def _case_path(number: str, done: str | None = None) -> str:
    """The case as the person sees it."""
    page = "cases.case" if visit().has(STAFF) else "portal.case"
    return url_for(page, number=number, done=done)
