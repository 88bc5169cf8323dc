"""The same for many cases at once, each by itself: what one refuses leaves the others (INC-27).

A case is changed by the command that changes one, in a transaction of its own, so that each has its
own line on record and nobody may do to many what they may not do to one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from engine.commands import messages, tasks
from engine.errors import NotOffered, Rejected
from engine.queries import forms
from engine.queries import tasks as task_queries
from engine.store.unit_of_work import Reader, UnitOfWork
from itil import cases, people
from itil.cases import Case

#: Cases at once, at most.
MOST = 100
#: Roles that say of a case that it is over, as they do in the task of it.
RESOLVERS = frozenset({"agent", "team-lead", "incident-manager"})
#: What the diagram of incidents offers on each of them.
REASSIGNED, PART = "reassigned_by_lead", "part_wanted"
_DIAGNOSIS = "incident/diagnose"

#: What was typed, by the name of its field.
Typed = Mapping[str, str]


class BulkInvalid(Rejected):
    """Cases cannot be changed together like this."""

    code: ClassVar[str] = "bulk.invalid"


def change(work: UnitOfWork, number: str, action: str, typed: Typed) -> None:
    """Do to one case of many what was chosen for all of them.

    `typed` has, by action, `person`; `group` and `note`; `parent`; `code` and `resolution`.

    Raises:
        BulkInvalid: there is no such action, or nothing to do it to.
        CaseNotFound, CaseClosed: there is no such case at work.
        NotOffered, MessageNotExpected, NotYourTask, FormRejected: as for a single one.
    """
    if action not in ACTIONS:
        raise BulkInvalid(f"There is no '{action}'. Choose one of {', '.join(ACTIONS)}.")
    ACTIONS[action](work, cases.at_work(work, number), typed)


def codes(source: Reader | UnitOfWork, language: str) -> Mapping[str, str]:
    """Resolution codes by their names in a language, as the form of a single incident has them."""
    return forms.labels(source, _DIAGNOSIS, language).get("resolution_code", {})


def _assign(work: UnitOfWork, case: Case, typed: Typed) -> None:
    """Give the open tasks of groups to a person."""
    person = people.find(work, typed.get("person", ""))
    if person is None or not person.active:
        raise people.PersonNotFound(typed.get("person", ""))
    rows = task_queries.open_for_case(work, case.number)
    mine = [row for row in rows if row.process_id == case.process and row.candidates]
    if not mine:
        raise BulkInvalid(f"{case.number} has no task of a group now. Leave it out.")
    for row in mine:
        tasks.assign(work, row.id, person.login)


def _reassign(work: UnitOfWork, case: Case, typed: Typed) -> None:
    """Give an incident to another group."""
    values = {"reassign_to": typed.get("group", ""), "note": typed.get("note", "")}
    messages.send_offered(work, case.instance_id, REASSIGNED, values)


def _link(work: UnitOfWork, case: Case, typed: Typed) -> None:
    """Hang an incident under another one, with which it is resolved (INC-16)."""
    parent = typed.get("parent", "").strip().upper()
    if parent == case.number:
        raise BulkInvalid(f"{parent} cannot be part of itself. Leave it out.")
    if parent not in cases.by_numbers(work, [parent]):
        raise cases.CaseNotFound(parent)
    messages.send_offered(work, case.instance_id, PART, {"parent": parent})


def _close(work: UnitOfWork, case: Case, typed: Typed) -> None:
    """Say that it is over; the process asks the requester, and a major one for its review."""
    if not work.actor.roles & RESOLVERS:
        raise NotOffered("cleared", work.actor.name)
    code, text = typed.get("code", ""), typed.get("resolution", "").strip()
    if code not in codes(work, "en") or not text:
        raise BulkInvalid("Closing needs a resolution code and what was done. Write both.")
    values = {"resolution_code": code, "resolution": text[:4000]}
    messages.correlate(work, f"{case.process}-cleared", case.number, values)


ACTIONS: Mapping[str, Callable[[UnitOfWork, Case, Typed], None]] = {
    "assign": _assign,
    "reassign": _reassign,
    "link": _link,
    "close": _close,
}
