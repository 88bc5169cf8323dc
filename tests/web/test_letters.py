"""Held letters: what goes out by itself once there is a way, and what an admin decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import wiring
from engine.jobs import outbox as deliveries
from engine.queries import audit, outbox
from engine.store.outbox import Letter
from settings import Settings
from tests.office import Office
from tests.web.conftest import Browser

Visitor = Callable[[str], Browser]


def held(office: Office) -> list[int]:
    """The letters of two incidents, one of yesterday and one of today; nothing can leave yet."""
    for _ in range(2):
        office.open_incident()
        deliveries.deliver(office.runtime, lambda _: False)
        office.clock.advance(timedelta(hours=20))
    assert set(states(office)) == {"held"}
    with office.runtime.read() as reader:
        return [row.id for row in outbox.recent(reader)]


def states(office: Office) -> list[str]:
    """Of all letters, the newest first."""
    with office.runtime.read() as reader:
        return [row.state for row in outbox.recent(reader)]


def test_once_there_is_a_way_out_young_letters_leave_and_old_ones_stay(office: Office) -> None:
    assert len(held(office)) == 2
    chosen = replace(Settings(), smtp_host="mail.example.org")

    wiring.build_scheduler(chosen, office.runtime)
    assert states(office) == ["pending", "held"]
    wiring.build_scheduler(replace(chosen, held_hours=48), office.runtime)
    assert states(office) == ["pending", "pending"]


def test_an_admin_sends_or_drops_a_held_letter_with_a_reason(
    office: Office, visitor: Visitor
) -> None:
    young, old = held(office)
    adam = visitor("adam")
    assert f'formaction="/outbox/{old}/release"' in adam.get("/outbox").text
    assert "formaction" not in visitor("ben").get("/outbox").text
    refused = adam.post(f"/outbox/{old}/release", {"reason": " "})
    assert (refused.status_code, states(office)) == (422, ["held", "held"])

    assert adam.post(f"/outbox/{old}/drop", {"reason": "solved long ago"}).status_code == 303
    assert adam.post(f"/outbox/{young}/release", {"reason": "still true"}).status_code == 303

    sent: list[Letter] = []
    deliveries.deliver(office.runtime, lambda letter: sent.append(letter) is None)
    assert (len(sent), states(office)) == (1, ["sent", "dropped"])
    again = adam.post(f"/outbox/{young}/release", {"reason": "twice"})
    assert again.status_code == 409
    assert "nothing to decide" in again.text
    with office.runtime.read() as reader:
        said = [(row.action, row.details["reason"]) for row in audit.latest(reader, "system")[:2]]
    assert said == [("letter.released", "still true"), ("letter.dropped", "solved long ago")]
