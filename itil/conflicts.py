"""What stands in the way of a change or release: others near it in time and place, freezes.

Changes and the waves of releases are compared as plans of one kind, so that neither has rules of
its own (CHG-16, REL-14).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from engine.store.unit_of_work import Reader, UnitOfWork
from itil import change_windows, changes, impact, release_windows
from itil.changes import Change
from itil.release_windows import Wave

#: Steps between items within which two plans touch each other.
HOPS = 2


@dataclass(frozen=True, slots=True)
class Plan:
    """What of a change, or of a wave of a release, is compared."""

    number: str
    type: str | None  #: of changes, as freezes name it
    service: str | None
    cis: tuple[str, ...]
    implementer: str | None
    start: datetime
    end: datetime
    carries: tuple[str, ...] = ()  #: changes that are deployed by it, and so no conflicts
    wave: str = ""


@dataclass(frozen=True, slots=True)
class Conflict:
    """One reason for a decision: same item, items near, same person, same service, a freeze."""

    kind: str
    with_: str  #: number of the other change or release, or name of the window
    about: str  #: the item, person or service in common
    wave: str = ""  #: of a release, where it has several

    def as_json(self) -> dict[str, str]:
        """As a variable of the process."""
        said = {"kind": self.kind, "with": self.with_, "about": self.about}
        return {**said, "wave": self.wave} if self.wave else said


def of(reader: Reader | UnitOfWork, plan: Plan) -> list[Conflict]:
    """Every conflict of a plan, each once, in the order of the others' windows."""
    around = impact.near(reader, plan.cis, HOPS) if plan.cis else set()
    others = sorted(_others(reader, plan), key=lambda other: (other.start, other.number))
    found = [one for other in others for one in _between(plan, other, around)]
    return list(dict.fromkeys(found + list(_freezes(reader, plan))))


def of_waves(reader: Reader | UnitOfWork, waves: Iterable[Wave]) -> list[Conflict]:
    """Every conflict of the waves of a release, wave after wave."""
    return [one for wave in waves for one in of(reader, from_wave(wave))]


def from_wave(wave: Wave) -> Plan:
    """A wave as it is compared; only an emergency release is that for freezes, too."""
    return Plan(
        number=wave.release,
        type="emergency" if wave.type == "emergency" else "normal",
        service=wave.service,
        cis=wave.cis,
        implementer=wave.deployer,
        start=wave.start,
        end=wave.end,
        carries=wave.changes,
        wave=wave.name,
    )


def _from_change(change: Change, plan: Plan) -> Plan:
    return Plan(
        number=change.number,
        type=change.type,
        service=change.service,
        cis=change.cis,
        implementer=change.implementer,
        start=change.window_start or plan.start,
        end=change.window_end or plan.end,
    )


def _others(reader: Reader | UnitOfWork, plan: Plan) -> Iterator[Plan]:
    """Changes and waves at the time of a plan, but what belongs to it."""
    for change in changes.between(reader, plan.start, plan.end):
        if not change.closed and change.number not in (plan.number, *plan.carries):
            yield _from_change(change, plan)
    for wave in release_windows.between(reader, plan.start, plan.end):
        if not wave.over and wave.release != plan.number and plan.number not in wave.changes:
            yield from_wave(wave)


def _between(plan: Plan, other: Plan, around: set[str]) -> Iterator[Conflict]:
    same = sorted(set(plan.cis) & set(other.cis))
    yield from (Conflict("same-item", other.number, ci, plan.wave) for ci in same)
    near = sorted((around & set(other.cis)) - set(plan.cis))
    yield from (Conflict("near-item", other.number, ci, plan.wave) for ci in near)
    if plan.implementer and plan.implementer == other.implementer:
        yield Conflict("same-implementer", other.number, plan.implementer, plan.wave)
    if plan.service and plan.service == other.service:
        yield Conflict("same-service", other.number, plan.service, plan.wave)


def _freezes(reader: Reader | UnitOfWork, plan: Plan) -> Iterator[Conflict]:
    found = change_windows.between(reader, plan.start, plan.end, plan.service, plan.type)
    for one in found:
        if one.window.kind != "maintenance":
            yield Conflict(one.window.kind, one.window.name, one.start.isoformat(), plan.wave)
