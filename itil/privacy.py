"""Personal data: everything about somebody in one answer, and their name taken away (AUD-12).

The trail keeps the login, which is then a pseudonym: nothing says any more whose it was, and the
chain stays whole.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import or_, select, update

from engine.store import audit
from engine.store.tables import events, outbox, user_tasks
from engine.store.unit_of_work import Reader, UnitOfWork
from itil import delegations, mail_record, people, sessions
from itil.case_record import table as cases

_MOST = 10_000


def export(reader: Reader, login: str) -> dict[str, Any]:
    """What is stored about a person: identity, rights, cases, tasks, what they did and said.

    Raises:
        PersonNotFound: there is nobody with this login.
    """
    person = people.by_login(reader, login)
    mine = or_(cases.c.requester == login, cases.c.affected_user == login)
    found = select(cases.c.number, cases.c.summary, cases.c.description, cases.c.recorded_at)
    done = select(user_tasks.c.id, user_tasks.c.name, user_tasks.c.closed_at)
    acts = select(events.c.at, events.c.action, events.c.subject, events.c.details)
    came = mail_record.of_sender(reader, person.email, _MOST) if person.email else []
    return {
        "login": person.login,
        "name": person.name,
        "email": person.email,
        "language": person.language,
        "zone": person.zone,
        "manager": person.manager,
        "skills": person.skills,
        "roles": people.roles_held(reader).get(login, []),
        "cases": _rows(reader, found.where(mine).limit(_MOST)),
        "tasks": _rows(reader, done.where(user_tasks.c.closed_by == login).limit(_MOST)),
        "events": _rows(reader, acts.where(events.c.actor == login).limit(_MOST)),
        "mails": [{"at": one.at, "subject": one.subject, "became": one.outcome} for one in came],
        "delegations": [one.delegate for one in delegations.of(reader, login)],
    }


def _rows(reader: Reader, query: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - a select
    return [dict(zip(row._fields, row, strict=True)) for row in reader.connection.execute(query)]


def erase(work: UnitOfWork, login: str) -> None:
    """Take away who a person was: name and address go, the login stays as a pseudonym.

    Raises:
        PersonNotFound: there is nobody with this login.
    """
    person = people.find(work, login)
    if person is None:
        raise people.PersonNotFound(login)
    nobody = {"name": f"Former {login}", "email": "", "manager": None, "active": False}
    nobody["skills"] = ""
    table = people.people
    work.connection.execute(update(table).where(table.c.login == login).values(nobody))
    if person.email:
        letters = outbox.c.recipient.contains(person.email, autoescape=True)
        work.connection.execute(update(outbox).where(letters).values(recipient="", body=""))
        mail_record.forget_sender(work, person.email)
    sessions.close_all(work, login)
    work.record(audit.Draft("system", "person.erased", f"person:{login}", {}))
