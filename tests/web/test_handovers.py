"""A shift hands over what is urgent; another of the group takes it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from itil import handovers
from tests.office import Incident, Office
from tests.web.conftest import Browser

Visitor = Callable[[str], Browser]


@pytest.fixture
def urgent(incident: Incident) -> Incident:
    """Rita's incident, with the network group at priority 1."""
    incident.complete("classify", "ben", category="network", service="network", impact=1, urgency=1)
    return incident


def test_inc_26_what_is_urgent_is_listed_what_nobody_has_first(
    visitor: Visitor, office: Office, urgent: Incident
) -> None:
    taken = office.open_incident(summary="Second")
    taken.complete("classify", "ben", category="network", service="network", impact=1, urgency=1)
    urgent.claim("diagnose", "li")
    low = office.open_incident(summary="Third")
    low.complete("classify", "ben", category="network", service="network", impact=3, urgency=3)

    with office.runtime.read() as reader:
        numbers = [case.number for case in handovers.urgent(reader, "network")]

    assert numbers == [taken.number, urgent.number]
    page = visitor("nora").get("/handovers").text
    assert "nobody works on it" in page
    assert low.number not in page


def test_inc_26_a_note_keeps_what_was_urgent_and_who_took_over(
    visitor: Visitor, office: Office, urgent: Incident
) -> None:
    nora, li = visitor("nora"), visitor("li")
    nora.post("/handovers", {"group": "network", "note": "The vendor calls **at nine**"})

    assert nora.post("/handovers/1/take", {}).status_code == 403  # one's own
    assert li.post("/handovers/1/take", {}).status_code == 303

    with office.runtime.read() as reader:
        [note] = handovers.of(reader, ["network"])
    assert note.urgent == (urgent.number,)
    assert (note.person, note.taken_by) == ("nora", "li")
    assert li.post("/handovers/1/take", {}).status_code == 409


def test_inc_26_only_members_hand_a_group_over(visitor: Visitor, office: Office) -> None:
    sent = visitor("ben").post("/handovers", {"group": "network", "note": "x"})

    assert sent.status_code == 403
    assert visitor("nora").post("/handovers", {"group": "network", "note": " "}).status_code == 422
    with office.runtime.read() as reader:
        assert handovers.of(reader, ["network"]) == []


def test_inc_26_the_group_hears_of_it_when_the_shift_ends(office: Office, urgent: Incident) -> None:
    office.advance(hours=14)  # past 22:00

    said = [text for text in office.mailed() if "end of the shift" in text]
    assert said == ["Network: 1 urgent at the end of the shift"]
    assert urgent.state == "assigned"


def test_handovers_are_kept_on_either_database(either_office: Office) -> None:
    nora, li = either_office.person("nora"), either_office.person("li")

    made = either_office.runtime.run(nora, lambda work: handovers.write(work, "network", "Quiet"))
    either_office.runtime.run(li, lambda work: handovers.take(work, made))

    with either_office.runtime.read() as reader:
        [note] = handovers.of(reader, ["network"])
    assert (note.note, note.urgent, note.taken_by) == ("Quiet", (), "li")
