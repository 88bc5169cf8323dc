"""Lists that a form may offer to choose from, by the `valuesKey` of a field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sqlalchemy import Connection, select

from itil import catalogue, change_templates, configuration, people
from itil.case_record import CLOSED
from itil.case_record import table as cases

#: Options that a list has at most; who needs more writes the key.
MOST = 500


def _open_cases(process: str, connection: Connection) -> list[dict[str, Any]]:
    """Cases of a process that are not closed, the newest first."""
    query = select(cases.c.number, cases.c.summary)
    query = query.where(cases.c.process == process, cases.c.state.not_in(CLOSED))
    query = query.order_by(cases.c.recorded_at.desc()).limit(MOST)
    shown = ((row.number, f"{row.number} {row.summary}"[:120]) for row in connection.execute(query))
    return [{"value": key, "label": label, "label:zh": label} for key, label in shown]


def _services(connection: Connection) -> list[dict[str, Any]]:
    return configuration.choices(connection, "service")


SOURCES: Mapping[str, Callable[[Connection], list[dict[str, Any]]]] = {
    "groups": people.group_choices,
    "staff": people.staff_choices,
    "items": configuration.choices,
    "services": _services,
    "catalogue": catalogue.choices,
    "change_templates": change_templates.choices,
    "open_changes": partial(_open_cases, "change"),
    "open_incidents": partial(_open_cases, "incident"),
    "open_problems": partial(_open_cases, "problem"),
}
