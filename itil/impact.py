"""What is affected when configuration items fail: up or down to a depth, safe in cycles (CMDB-04).

An item that says how many of its supports are enough fails only when fewer than that still work
(CMDB-09).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import select

from engine.store.unit_of_work import Reader, UnitOfWork
from itil.configuration import CARRIES, items, relations

#: Keys in one question to the database; SQLite takes 32,766 parameters.
_AT_ONCE = 5_000
Pairs = Mapping[str, set[str]]


def affected(reader: Reader | UnitOfWork, failing: Iterable[str], depth: int = 5) -> dict[str, int]:
    """Items that fail with these, each with its distance of 1 to `depth`."""
    start = set(failing)
    found: dict[str, int] = {}
    frontier = start
    for distance in range(1, depth + 1):
        above = _step(reader, frontier, up=True)
        reached = {one for ups in above.values() for one in ups} - start - found.keys()
        frontier = _failing(reader, reached, start | found.keys())
        if not frontier:
            break
        found |= dict.fromkeys(sorted(frontier), distance)
    return found


def supports(reader: Reader | UnitOfWork, of: Iterable[str], depth: int = 5) -> dict[str, int]:
    """Items that these stand on, each with its distance of 1 to `depth`."""
    start = set(of)
    found: dict[str, int] = {}
    frontier = start
    for distance in range(1, depth + 1):
        below = _step(reader, frontier, up=False)
        frontier = {one for downs in below.values() for one in downs} - start - found.keys()
        if not frontier:
            break
        found |= dict.fromkeys(sorted(frontier), distance)
    return found


def near(reader: Reader | UnitOfWork, keys: Iterable[str], depth: int = 1) -> set[str]:
    """These items, and those within some steps in either direction (CHG-16)."""
    start = set(keys)
    return start | affected(reader, start, depth).keys() | supports(reader, start, depth).keys()


def _step(reader: Reader | UnitOfWork, keys: set[str], *, up: bool) -> Pairs:
    """One step from each key along the relations that carry a failure."""
    here, there = (
        (relations.c.target, relations.c.source) if up else (relations.c.source, relations.c.target)
    )
    found: dict[str, set[str]] = defaultdict(set)
    for some in _portions(keys):
        query = select(here, there).where(here.in_(some), relations.c.kind.in_(CARRIES))
        for one, other in reader.connection.execute(query):
            found[one].add(other)
    return found


def _failing(reader: Reader | UnitOfWork, reached: set[str], down: set[str]) -> set[str]:
    """Those of the reached that have not enough supports left."""
    enough: dict[str, int] = {}
    for some in _portions(reached):
        query = select(items.c.key, items.c.enough)
        query = query.where(items.c.key.in_(some), items.c.enough.is_not(None))
        enough |= {row.key: row.enough for row in reader.connection.execute(query)}
    below = _step(reader, set(enough), up=False)
    return {
        one
        for one in reached
        if one not in enough or len(below.get(one, set()) - down) < enough[one]
    }


def _portions(keys: set[str]) -> Iterator[list[str]]:
    ordered = sorted(keys)
    for begin in range(0, len(ordered), _AT_ONCE):
        yield ordered[begin : begin + _AT_ONCE]
