"""A level of a service level sends a message, and some diagram catches it: both ways round."""

from __future__ import annotations

import pytest

import wiring
from engine.commands import definitions
from engine.errors import DiagramRejected
from tests.drawing import catch, diagram, end, message, messages, start, throw
from tests.office import ADMIN, Office

FOLDER = wiring.ROOT / "workflows" / "incident"
LEVELS = (FOLDER / "service_levels.json").read_bytes()
DIAGRAM = (FOLDER / "incident.bpmn").read_bytes()
BREACH = b'name="sla-breach"'


def deploy(office: Office, **files: bytes) -> None:
    named = {f"incident/{name.replace('__', '.')}": source for name, source in files.items()}
    office.runtime.run(ADMIN, lambda work: definitions.deploy(work, named, "try"))


def other(event: str) -> bytes:
    """A process that catches, or throws, a message called `late`."""
    drawn = {"catch": catch, "throw": throw}[event]("e", message("late"))
    flows = [("begin", "e"), ("e", "done")]
    return diagram(start(), drawn, end(), flows=flows, top=messages("late"), pid="other")


def test_a_level_whose_message_no_diagram_catches_is_refused(office: Office) -> None:
    late = LEVELS.replace(b'"sla-breach"', b'"late"')
    with pytest.raises(DiagramRejected, match="It sends message 'late', which no diagram catches"):
        deploy(office, service_levels__json=late)
    with pytest.raises(DiagramRejected, match="no diagram catches"):  # throwing is not catching
        deploy(office, service_levels__json=late, other__bpmn=other("throw"))

    deploy(office, service_levels__json=late, other__bpmn=other("catch"))


def test_a_diagram_that_stops_catching_the_message_of_a_level_is_refused(office: Office) -> None:
    assert DIAGRAM.count(BREACH) == 1
    renamed = DIAGRAM.replace(BREACH, b'name="late"')

    with pytest.raises(DiagramRejected, match="sends it message 'sla-breach', which not"):
        deploy(office, incident__bpmn=renamed)
    assert office.open_incident().row.version == 1

    late = LEVELS.replace(b'"sla-breach"', b'"late"')
    deploy(office, incident__bpmn=renamed, service_levels__json=late)


def test_what_was_uncaught_before_stands_in_nobodys_way(office: Office) -> None:
    late = LEVELS.replace(b'"sla-breach"', b'"late"')
    deploy(office, service_levels__json=late, other__bpmn=other("catch"))
    office.runtime.run(
        ADMIN,
        lambda work: definitions.activate(work, "service_levels", "incident", 1, "as before"),
    )
    # Nothing needs 'late' any more, so the other process may go without it.
    deploy(office, other__bpmn=other("throw"))
