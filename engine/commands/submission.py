"""What people send with a form, checked before it touches a process."""

from __future__ import annotations

from collections.abc import Mapping

from engine.bpmn import forms
from engine.errors import FormRejected
from engine.store import form_context, instances
from engine.store.unit_of_work import UnitOfWork


def submitted(
    work: UnitOfWork, form: str, loaded: instances.Loaded, values: Mapping[str, object]
) -> dict[str, object]:
    """The clean values of a form on an instance; all values where there is no form.

    Raises:
        FormRejected: the form refuses a value.
    """
    if not form:
        return dict(values)
    schema = work.runtime.catalogue.document(work.connection, "form", form)
    variables = {**loaded.variables, "number": loaded.business_key}
    given = form_context.context(work, schema, variables)
    clean, errors = forms.validate(schema, values, given, work.now)
    if errors:
        raise FormRejected(form, errors)
    return clean
