"""What exists beside the deployed files, so that the checks of an upload know what is missing."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from engine.bpmn.lint import Names
from engine.bpmn.uploads import Documents
from itil import cases, people
from itil.roles import ROLES

#: Variables that name who opened a case.
STARTERS = frozenset({"requester"})
#: Sent by the pages of a case.
SENT = frozenset({"{process}-amended", "major-declared"})


def names(connection: Connection | None, documents: Documents) -> Names:
    """Groups, roles, fields of cases, and messages that no diagram sends.

    Without a connection there are no groups to know.
    """
    groups = None
    if connection is not None:
        choices = people.group_choices(connection)
        groups = {one["value"]: frozenset({one["label"], one["label:zh"]}) for one in choices}
    levels = {
        name for document in documents.get("service_levels", ()) for name in _messages(document)
    }
    return Names(
        groups=groups,
        roles=ROLES,
        variables=frozenset(cases.FIELDS),
        starters=STARTERS,
        messages=SENT | levels,
    )


def _messages(part: object) -> Iterator[str]:
    """What the levels of a service level document send, as far as it can be read."""
    if isinstance(part, dict):
        sent = part.get("message")
        if isinstance(sent, str):
            yield sent
        part = list(part.values())
    if isinstance(part, list):
        for inside in part:
            yield from _messages(inside)
