"""How far a service request is, for its requester and for staff (REQ-11)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from engine.queries import names
from engine.store.unit_of_work import Reader
from itil import fulfilment, people
from itil.cases import Case
from itil.fulfilment import Progress
from web.names import group_names
from web.pages import Pages
from web.roles import READERS
from web.visit import visit

bp = Pages("fulfilment", __name__)


class Line(NamedTuple):
    """Something that is, was or will be done, in words."""

    name: str
    state: str  #: of fulfilment.STATES
    who: str
    due_at: datetime | None


@bp.panel("panels/fulfilment.html")
def shown(reader: Reader, case: Case) -> Mapping[str, object] | None:
    """Steps, approvals and parts of a request with who has them and until when."""
    found = fulfilment.progress(reader, case)
    if found is None or not (found.steps or found.open or found.parts):
        return None
    pages = "/cases/" if visit().has(READERS) else "/portal/cases/"
    return {"lines": _lines(reader, found), "parts": found.parts, "pages": pages}


def _lines(reader: Reader, found: Progress) -> list[Line]:
    language = visit().language
    held = [step.holder for step in found.steps] + [fulfilment.holder(row) for row in found.open]
    called = _called(reader, held)
    asked = [
        Line(
            names.element(reader, row.process_id, row.element, row.name, language),
            "open",
            called[fulfilment.holder(row)],
            row.due_at,
        )
        for row in found.open
    ]
    steps = [Line(s.name[language], s.state, called[s.holder], s.due_at) for s in found.steps]
    return [*asked, *steps]


def _called(reader: Reader, holders: list[str]) -> dict[str, str]:
    """Names of people and groups by their addresses."""
    groups = group_names(reader)
    logins = [name for kind, _, name in (one.partition(":") for one in holders) if kind == "person"]
    persons = people.names(reader, logins)
    found = {}
    for one in holders:
        kind, _, key = one.partition(":")
        found[one] = (persons if kind == "person" else groups).get(key, key)
    return found
