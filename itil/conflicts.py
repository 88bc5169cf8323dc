"""What stands in the way of a change: other changes near it in time and place, freezes (CHG-16)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from engine.store.unit_of_work import Reader, UnitOfWork
from itil import change_windows, changes, impact
from itil.changes import Change

#: Steps between items within which two changes touch each other.
HOPS = 2


@dataclass(frozen=True, slots=True)
class Plan:
    """What of a change is compared."""

    number: str
    type: str | None
    service: str | None
    cis: tuple[str, ...]
    implementer: str | None
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Conflict:
    """One reason for a decision: same item, items near, same person, same service, a freeze."""

    kind: str
    with_: str  #: number of the other change, or name of the window
    about: str  #: the item, person or service in common

    def as_json(self) -> dict[str, str]:
        """As a variable of the process."""
        return {name.rstrip("_"): value for name, value in asdict(self).items()}


def of(reader: Reader | UnitOfWork, plan: Plan) -> list[Conflict]:
    """Every conflict of a plan, in the order of the others' windows."""
    around = impact.near(reader, plan.cis, HOPS) if plan.cis else set()
    others = (
        other
        for other in changes.between(reader, plan.start, plan.end)
        if other.number != plan.number and not other.closed
    )
    found = [one for other in others for one in _between(plan, other, around)]
    return found + list(_freezes(reader, plan))


def _between(plan: Plan, other: Change, around: set[str]) -> Iterator[Conflict]:
    same = sorted(set(plan.cis) & set(other.cis))
    yield from (Conflict("same-item", other.number, ci) for ci in same)
    near = sorted((around & set(other.cis)) - set(plan.cis))
    yield from (Conflict("near-item", other.number, ci) for ci in near)
    if plan.implementer and plan.implementer == other.implementer:
        yield Conflict("same-implementer", other.number, plan.implementer)
    if plan.service and plan.service == other.service:
        yield Conflict("same-service", other.number, plan.service)


def _freezes(reader: Reader | UnitOfWork, plan: Plan) -> Iterable[Conflict]:
    found = change_windows.between(reader, plan.start, plan.end, plan.service, plan.type)
    for one in found:
        if one.window.kind != "maintenance":
            yield Conflict(one.window.kind, one.window.name, f"{one.start.isoformat()}")
