"""The first page of each role, and the menu that leads to the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from flask import redirect, request

from engine.queries import jobs
from web.pages import Answer, Pages
from web.roles import SIGNED_IN
from web.site import site
from web.visit import visit

bp = Pages("home", __name__)

JOBS = "/jobs"


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the menu."""

    path: str
    key: str
    here: bool
    count: int = 0  #: of what waits there for help


@dataclass(frozen=True, slots=True)
class Group:
    """Entries of the menu that are folded into one."""

    key: str
    places: Sequence[Place]

    @property
    def here(self) -> bool:
        """Whether the present page is one of them."""
        return any(place.here for place in self.places)

    @property
    def count(self) -> int:
        """What waits for help in all of them."""
        return sum(place.count for place in self.places)


@bp.page("/", SIGNED_IN)
def start() -> Answer:
    """Go to the first page that the person's roles open."""
    return redirect(menu()[0].places[0].path)


def menu() -> list[Group]:
    """The pages that the person behind this request may open, by group."""
    seen = [entry for entry in site().menu if visit().has(entry.roles)]
    return [
        Group(f"menu.{name}", [_place(entry.path, entry.key) for entry in entries])
        for name, entries in groupby(seen, lambda entry: entry.group)
    ]


def _place(path: str, key: str) -> Place:
    here = request.path == path or request.path.startswith(f"{path}/")
    return Place(path, key, here, _stalled() if path == JOBS else 0)


def _stalled() -> int:
    with site().runtime.read() as reader:
        return jobs.stalled(reader)
