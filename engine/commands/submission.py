"""What people send with a form, checked before it touches a process."""

from __future__ import annotations

from collections.abc import Mapping

from engine.bpmn import codec, forms
from engine.errors import FormRejected
from engine.store import form_context, instances
from engine.store.unit_of_work import Actor, UnitOfWork


def submitted(
    work: UnitOfWork,
    form: str,
    loaded: instances.Loaded,
    values: Mapping[str, object],
    token: int | None = None,
) -> dict[str, object]:
    """The clean values of a form on an instance; all values where there is no form.

    On a task's `token` the form also sees the variables of that task and the scopes around it.

    Raises:
        FormRejected: the form refuses a value.
    """
    if not form:
        return dict(values)
    schema = work.runtime.catalogue.document(work.connection, "form", form)
    own = {} if token is None else codec.visible(loaded.state, token)
    variables = {**loaded.variables, "number": loaded.business_key, **own}
    given = form_context.context(work, schema, variables)
    clean, errors = forms.validate(schema, values, given, work.now)
    if errors:
        raise FormRejected(form, errors)
    return clean


def signed(properties: Mapping[str, str], actor: Actor) -> dict[str, object]:
    """The variable that is to say who did something, where the diagram names one."""
    name = properties.get("completedBy")
    return {name: actor.name} if name else {}
