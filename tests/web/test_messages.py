"""Kept messages, as those who run the house see them."""

from __future__ import annotations

from collections.abc import Callable

from engine.commands import mailbox
from tests.office import Office
from tests.web.conftest import Browser
from web import messages as pages


def test_an_owner_sees_what_is_kept_from_whom_and_drops_it_with_a_reason(
    office: Office, visitor: Callable[[str], Browser]
) -> None:
    office.actor = office.person("ben")
    office.publish("paid", "4711", values={"amount": 70})
    olga = visitor("olga")
    text = olga.get("/messages").get_data(as_text=True)
    for said in ("paid", "4711", "amount", "70", "Ben"):
        assert said in text

    refused = olga.post("/messages/1/drop", {"reason": " "})
    assert refused.status_code == 422
    assert "A message is dropped with a reason" in refused.get_data(as_text=True)
    assert olga.post("/messages/1/drop", {"reason": "by mistake"}).status_code == 303
    assert office.kept() == []
    assert olga.post("/messages/1/drop", {"reason": "by mistake"}).status_code == 404


def test_an_auditor_sees_kept_messages_and_drops_none(
    office: Office, visitor: Callable[[str], Browser]
) -> None:
    office.publish("paid", "4711")
    ada = visitor("ada")
    assert "Drop the message" not in ada.get("/messages").get_data(as_text=True)
    assert ada.post("/messages/1/drop", {"reason": "x"}).status_code == 403
    assert office.kept() == [("paid", "4711")]


def test_the_list_of_kept_messages_is_paged_without_losing_one(
    office: Office, visitor: Callable[[str], Browser]
) -> None:
    for number in range(pages.PAGE + 1):
        office.publish("paid", f"key-{number}")
    olga = visitor("olga")
    first = olga.get("/messages").get_data(as_text=True)
    assert "/messages?before=2" in first
    assert "key-0<" not in first

    office.runtime.run(office.actor, lambda work: mailbox.drop(work, 40, "gone meanwhile"))
    second = olga.get("/messages?before=2").get_data(as_text=True)

    assert "key-0<" in second
    assert 'href="/messages?before' not in second
