"""Forms: what a form-js schema accepts, decided on the server.

`check` refuses a schema at upload, `validate` reads a submission by page or API, `present` says
what a person sees. Hidden, locked and unknown fields never reach the process, whatever was sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypeAlias

from engine.bpmn import form_values
from engine.bpmn.form_check import check
from engine.bpmn.form_schema import CHOICES, LISTS, Component, Scope, Values, options, settle, taken
from engine.bpmn.form_view import Field, present
from engine.errors import FieldError

__all__ = ["Errors", "Field", "check", "present", "validate"]

Errors: TypeAlias = dict[str, list[FieldError]]


def validate(
    schema: Component,
    posted: Values,
    context: Values,
    now: datetime,
) -> tuple[dict[str, object], Errors]:
    """The clean variables and the errors by field key of one submission.

    `context`: the process variables that conditions, limits and options may name. A field in
    error is absent from the variables; a field left empty is None, an unticked box False.
    """
    scope = settle(schema, posted, context, now)
    clean: dict[str, object] = {}
    errors: Errors = {}
    for component in taken(schema, scope):
        key = str(component["key"])
        value, wrong = _read(component, posted.get(key), scope)
        if wrong:
            errors[key] = wrong
        else:
            clean[key] = value
    return clean, errors


def _read(component: Component, sent: object, scope: Scope) -> tuple[object, list[FieldError]]:
    rules = component.get("validate")
    limits = {k: scope.value(v) for k, v in rules.items()} if isinstance(rules, Mapping) else {}
    kind = str(component["type"])
    if form_values.is_blank(sent, kind):
        required = [FieldError("required")] if limits.get("required") is True else []
        return form_values.empty(kind), required
    if kind in CHOICES:
        return form_values.one_of(sent, options(component, scope))
    if kind in LISTS:
        return form_values.some_of(sent, options(component, scope))
    if kind == "checkbox":
        return form_values.tick(sent)
    if kind == "number":
        return form_values.number(sent, component, limits)
    if kind == "datetime":
        return form_values.moment(sent, component, scope.now)
    return form_values.text(sent, long=kind == "textarea", limits=limits)
