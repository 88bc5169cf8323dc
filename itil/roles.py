"""The roles that people may hold: what each may do is said by pages, diagrams and documents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from engine.errors import DefinitionNotFound, Forbidden
from engine.store.unit_of_work import UnitOfWork

ROLES = frozenset(
    {
        "requester",
        "agent",
        "team-lead",
        "incident-manager",
        "problem-manager",
        "change-manager",
        "release-manager",
        "service-level-manager",
        "configuration-manager",
        "knowledge-manager",
        "process-owner",
        "auditor",
        "admin",
    },
)

#: Roles that move tasks between people.
DISPATCHERS = frozenset(
    {"team-lead", "admin", *(role for role in ROLES if role.endswith("-manager"))}
)


class RolesApart(Forbidden):
    """A person would hold two roles that nobody may hold together (AUD-07, AUD-08)."""

    code: ClassVar[str] = "roles.apart"

    def __init__(self, person: str, pair: list[str]) -> None:
        self.person, self.pair = person, ", ".join(pair)
        super().__init__(
            f"'{person}' would hold the roles {self.pair}, which nobody holds together. "
            "Leave one of them out."
        )


def grantable(work: UnitOfWork, person: str, held: Iterable[str]) -> None:
    """Refuse roles that the matrix of duties keeps apart.

    Raises:
        RolesApart: names the pair.
    """
    try:
        document: dict[str, Any] = work.runtime.catalogue.document(
            work.connection, "duties", "duties"
        )
    except DefinitionNotFound:
        return
    given = set(held)
    for pair in document.get("roles", ()):
        if given.issuperset(pair):
            raise RolesApart(person, pair)
