"""Somebody leaves: locked out at once, and what they held goes to others (AUD-11)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from engine.commands import tasks
from engine.store.tables import user_tasks
from engine.store.unit_of_work import UnitOfWork
from itil import people, sessions


def leave(work: UnitOfWork, login: str) -> dict[str, Any]:
    """Lock a person out; claimed tasks go back to their groups, the others to their manager.

    Needs an actor who may move tasks between people. Answers how many went where.

    Raises:
        PersonNotFound: there is none.
    """
    person = people.find(work, login)
    if person is None:
        raise people.PersonNotFound(login)
    people.deactivate(work, login)
    sessions.close_all(work, login)
    held = select(user_tasks.c.id, user_tasks.c.candidates).where(
        user_tasks.c.assignee == login, user_tasks.c.state == "open"
    )
    returned = handed = 0
    for row in work.connection.execute(held).all():
        if row.candidates and row.candidates != [f"person:{login}"]:
            tasks.release(work, row.id)
            returned += 1
        elif person.manager:
            tasks.assign(work, row.id, person.manager)
            handed += 1
    return {"returned": returned, "to_manager": handed}
