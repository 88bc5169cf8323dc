"""The first page of each role, and the menu that leads to the others."""

from __future__ import annotations

from dataclasses import dataclass

from flask import redirect, request

from engine.queries import jobs
from web.pages import Answer, Pages
from web.roles import (
    ADMINS,
    AUDITORS,
    DOERS,
    OVERSEERS,
    READERS,
    SENDERS,
    SIGNED_IN,
    STAFF,
)
from web.site import site
from web.visit import visit

bp = Pages("home", __name__)

JOBS = "/jobs"
#: Path, text key, roles; in the order of the menu. The first that fits is a person's first page.
PLACES = (
    ("/inbox", "nav.inbox", STAFF),
    ("/cases", "nav.cases", READERS),
    ("/portal", "nav.portal", DOERS),
    ("/processes", "nav.processes", READERS),
    ("/outbox", "nav.outbox", SENDERS),
    (JOBS, "nav.jobs", OVERSEERS),
    ("/messages", "nav.messages", OVERSEERS),
    ("/audit", "nav.audit", OVERSEERS),
    ("/tokens", "nav.tokens", ADMINS | AUDITORS),
)


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the menu."""

    path: str
    key: str
    here: bool
    count: int = 0  #: of what waits there for help


@bp.page("/", SIGNED_IN)
def start() -> Answer:
    """Go to the first page that the person's roles open."""
    return redirect(menu()[0].path)


def menu() -> list[Place]:
    """The pages that the person behind this request may open."""
    return [
        Place(path, key, request.path.startswith(path), _stalled() if path == JOBS else 0)
        for path, key, roles in PLACES
        if visit().has(roles)
    ]


def _stalled() -> int:
    with site().runtime.read() as reader:
        return jobs.stalled(reader)
