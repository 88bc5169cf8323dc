"""What people can do; assignment by skill goes by it (INC-09)."""

from __future__ import annotations

from sqlalchemy import update

from engine.store import audit
from engine.store.unit_of_work import UnitOfWork
from itil import people

#: Characters that the column holds.
MOST = 400


def of(text: str) -> list[str]:
    """The skills that a text names with commas between them, in lower case, each once."""
    return list(dict.fromkeys(word for one in text.split(",") if (word := one.strip().lower())))


def keep(work: UnitOfWork, login: str, text: str) -> None:
    """Say what somebody can do.

    Raises:
        PersonNotFound: there is nobody with this login.
        PersonInvalid: it is longer than the column.
    """
    person = people.find(work, login)
    if person is None:
        raise people.PersonNotFound(login)
    named = ", ".join(of(text))
    if len(named) > MOST:
        raise people.PersonInvalid(f"Skills have room for {MOST} characters. Leave some out.")
    table = people.people
    work.connection.execute(update(table).where(table.c.login == login).values(skills=named))
    details = {"changes": {"skills": [person.skills, named]}}
    work.record(audit.Draft("system", "person.skills", f"person:{login}", details))
