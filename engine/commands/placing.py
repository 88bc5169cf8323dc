"""Put the tokens of an instance where somebody wants them: move, skip, reopen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.bpmn import placing
from engine.bpmn.errors import CannotPlace
from engine.bpmn.instance import Instance
from engine.commands import calls
from engine.commands.advance import Move, advance
from engine.commands.errors import reasoned
from engine.errors import CalledByAnother
from engine.store import instances, traces
from engine.store.unit_of_work import UnitOfWork


def move(
    work: UnitOfWork, instance_id: int, source: str, target: str, reason: str
) -> dict[str, Any]:
    """Take the token from one element of an instance and put one on another.

    Raises:
        ReasonMissing: no reason was given.
        CannotPlace: it cannot be right there; says why.
        InstanceNotActive, InstanceSuspended: it does not go on now.
    """
    details = {"from": source, "to": target, "reason": reasoned(reason)}
    loaded = instances.lock(work, instance_id)
    place = Move("token.moved", loaded.stream, _known(work, loaded, source), details)
    return _place(work, loaded, place, lambda instance: placing.move(instance, source, target))


def skip(
    work: UnitOfWork, instance_id: int, element: str, values: Mapping[str, object], reason: str
) -> dict[str, Any]:
    """Let the token leave an element as if it were done with these values.

    Raises:
        As `move`.
    """
    details = {"from": element, "values": dict(values), "reason": reasoned(reason)}
    loaded = instances.lock(work, instance_id)
    place = Move("token.skipped", loaded.stream, _known(work, loaded, element), details)
    return _place(work, loaded, place, lambda instance: placing.skip(instance, element, values))


def reopen(work: UnitOfWork, instance_id: int, element: str, reason: str) -> dict[str, Any]:
    """Give an element that a token has left another one; a completed instance goes on again.

    Raises:
        As `move`, and:
        CalledByAnother: the instance that called it has gone on without it.
    """
    details: dict[str, object] = {"to": element, "reason": reasoned(reason)}
    loaded = instances.lock(work, instance_id)
    known = _known(work, loaded, element)
    if known and not traces.walked(work, instance_id, loaded.definition_id).has_left(element):
        raise CannotPlace(element, "nothing has been done there yet.")
    pins: dict[str, int] = {}
    if loaded.status == instances.COMPLETED:
        if loaded.parent_id is not None:
            raise CalledByAnother(instance_id, loaded.parent_id)
        details["was"] = loaded.status
        loaded.status, loaded.ended_at = instances.ACTIVE, None
        pins = calls.pinned(work, loaded.definition_id)
    place = Move("token.reopened", loaded.stream, known, details)
    return _place(work, loaded, place, lambda instance: placing.reopen(instance, element, pins))


def _known(work: UnitOfWork, loaded: instances.Loaded, element: str) -> str | None:
    """The element for the audit trail, if the diagram has it."""
    definition = work.runtime.catalogue.process(work.connection, loaded.definition_id)
    return element if element in definition.drawing.places else None


def _place(
    work: UnitOfWork, loaded: instances.Loaded, place: Move, act: Callable[[Instance], None]
) -> dict[str, Any]:
    details: dict[str, object] = dict(place.details)

    def placed(instance: Instance) -> None:
        details["before"] = sorted(instance.active())
        act(instance)
        details["after"] = sorted(instance.active())

    told = Move(place.action, place.subject, place.element, details)
    kept = advance(work, loaded, told, placed)
    return {
        "instance": loaded.id,
        "business_key": loaded.business_key,
        "ended": kept.progress.ended,
        "opened": kept.opened,
    }
