"""Separation of duties: who did one thing in a case may not do another (AUD-07, CHG-08, CHG-09).

Which duties are apart is a document. A task says its duty; whoever completes it holds that duty in
the case, and so does whom the case names as requester, builder or implementer. It is looked at when
a task is assigned, claimed and completed, in called processes too, and for stand-ins as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from sqlalchemy import Column, Integer, String, Table, insert, select

from engine.bpmn.drawing import Place
from engine.bpmn.lint.duties import DUTIES
from engine.commands.advance import Progress
from engine.errors import DefinitionNotFound, Forbidden, Rejected
from engine.store import instances
from engine.store.columns import Moment, metadata
from engine.store.instances import Loaded
from engine.store.tables import instances as instance_rows
from engine.store.unit_of_work import UnitOfWork
from itil import delegations, roles

KIND = "duties"
KEY = "duties"
#: Variables that name who holds a duty, whether or not they have done anything yet.
NAMED = {
    "request": ("requester",),
    "build": ("builder", "built_by", "author"),
    "implement": ("implementer", "implemented_by", "deployer"),
}

done = Table(
    "done_duties",
    metadata,
    Column("root_id", Integer, primary_key=True),  # the instance that nobody called
    Column("duty", String(20), primary_key=True),
    Column("person", String(100), primary_key=True),
    Column("element", String(200), nullable=False),
    Column("at", Moment, nullable=False),
    sqlite_with_rowid=False,
)


class DutiesInvalid(Rejected):
    """A matrix of duties cannot be used."""

    code: ClassVar[str] = "duties.invalid"


class DutiesApart(Forbidden):
    """A person would do two things in a case that have to be done by two."""

    code: ClassVar[str] = "duties.apart"

    def __init__(self, person: str, duty: str, held: str, holder: str, case: str) -> None:
        self.person, self.duty, self.held, self.case = person, duty, held, case
        through = "" if holder == person else f" (standing in for {holder})"
        super().__init__(
            f"'{person}'{through} has the duty '{held}' in {case}, so '{duty}' has to be done by "
            "somebody else."
        )


def check(document: Mapping[str, Any], _: object) -> frozenset[str]:
    """Refuse a document that is no matrix.

    Raises:
        DutiesInvalid: names the pair.
    """
    processes = document.get("processes", {})
    if not isinstance(processes, Mapping):
        raise DutiesInvalid("Duties, 'processes': write pairs by the key of a process.")
    for path, pairs in (("everywhere", document.get("everywhere", [])), *processes.items()):
        _check_pairs(str(path), pairs, DUTIES)
    _check_pairs("roles", document.get("roles", []), sorted(roles.ROLES))
    return frozenset()


def _check_pairs(path: str, pairs: object, known: tuple[str, ...] | list[str]) -> None:
    for pair in pairs if isinstance(pairs, list) else [pairs]:
        if not isinstance(pair, list) or len(pair) != 2 or not set(pair) <= set(known):  # noqa: PLR2004
            raise DutiesInvalid(
                f"Duties, '{path}': {pair} is no pair. Write two of {', '.join(known)}."
            )


def guard(work: UnitOfWork, loaded: Loaded, place: Place, person: str, _act: str) -> None:
    """Refuse a person whose duties in the case forbid a task; asked before assigning and doing.

    Raises:
        DutiesApart: as it says.
    """
    duty = place.settings.properties.get("duty")
    if duty is None:
        return
    root = _root(work, loaded)
    apart = set(_before(work, root.process_id, duty))
    for held, holder in _holders(work, root, apart):
        if person == holder or person in delegations.represented(work, [holder]):
            raise DutiesApart(person, duty, held, holder, root.business_key or root.stream)


def _before(work: UnitOfWork, process: str, duty: str) -> Iterator[str]:
    """Duties whose holders may not have this one."""
    matrix = _document(work)
    for first, second in (*matrix["everywhere"], *matrix["processes"].get(process, ())):
        if second == duty:
            yield first


def _document(work: UnitOfWork) -> Mapping[str, Any]:
    nothing: Mapping[str, Any] = {"everywhere": [], "processes": {}, "roles": []}
    try:
        found = work.runtime.catalogue.document(work.connection, KIND, KEY)
    except DefinitionNotFound:
        return nothing
    return {**nothing, **found}


def _holders(work: UnitOfWork, root: Loaded, duties: set[str]) -> Iterator[tuple[str, str]]:
    for duty in sorted(duties):
        for name in NAMED.get(duty, ()):
            named = root.variables.get(name)
            if isinstance(named, str) and named:
                yield duty, named
    query = select(done.c.duty, done.c.person).where(done.c.root_id == root.id)
    for duty, person in work.connection.execute(query.where(done.c.duty.in_(duties))):
        yield duty, person


def _root(work: UnitOfWork, loaded: Loaded) -> Loaded:
    while loaded.parent_id is not None:
        loaded = instances.lock(work, loaded.parent_id)
    return loaded


def follow(work: UnitOfWork, progress: Progress) -> None:
    """Keep who did which duty; a subscriber."""
    if progress.move.action != "task.completed" or progress.move.element is None:
        return
    place = progress.definition.place(progress.move.element)
    duty = place.settings.properties.get("duty")
    if duty is None:
        return
    root = progress.instance.id if progress.instance.parent_id is None else _top(work, progress)
    row = {"root_id": root, "duty": duty, "person": work.actor.name}
    same = [done.c[name] == value for name, value in row.items()]
    if not work.connection.execute(select(done.c.duty).where(*same)).first():
        work.connection.execute(insert(done), {**row, "element": place.id, "at": work.now})


def _top(work: UnitOfWork, progress: Progress) -> int:
    found, parent = progress.instance.id, progress.instance.parent_id
    while parent is not None:
        found = parent
        query = select(instance_rows.c.parent_id).where(instance_rows.c.id == parent)
        parent = work.connection.execute(query).scalar()
    return found
