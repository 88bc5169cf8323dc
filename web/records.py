"""What every kind of case shows beside its tasks: linked cases, and what its forms asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.queries import forms, instances
from engine.queries.instances import InstanceRow
from engine.store.unit_of_work import Reader
from itil import cases, links
from itil.case_record import FIELDS
from itil.cases import Case
from web.pages import Pages
from web.visit import visit
from web.wording import text

bp = Pages("records", __name__)


@bp.panel("panels/links.html")
def linked(reader: Reader, case: Case) -> Mapping[str, object] | None:
    """The cases that this one is linked to."""
    found = links.of(reader, case.number)
    known = cases.by_numbers(reader, [link.other for link in found])
    rows = [(link, known[link.other]) for link in found if link.other in known]
    return {"rows": rows} if rows else None


@bp.panel("panels/facts.html")
def entered(reader: Reader, case: Case) -> Mapping[str, object] | None:
    """What people entered in the forms of the process, beyond the fields of every case."""
    instance = instances.get(reader, case.instance_id)
    rows = list(_entered(reader, instance))
    return {"rows": rows} if rows else None


def _entered(reader: Reader, instance: InstanceRow) -> Iterator[tuple[str, str]]:
    for field in forms.asked(reader, instance.definition_id, visit().language):
        value = instance.variables.get(field.key)
        if field.key not in FIELDS and value not in (None, "", []):
            yield field.label, _worded(field, value)


def _worded(field: forms.Asked, value: object) -> str:
    if isinstance(value, bool):
        return text("yes" if value else "no")
    if isinstance(value, list):
        return ", ".join(_worded(field, one) for one in value)
    return field.words.get(str(value), str(value))
