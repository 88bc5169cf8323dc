"""Webhooks: signed, tried again, kept when they fail; nothing inside the house is reached."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from engine.jobs import outbox as delivery
from engine.queries import outbox
from itil import webhooks
from itil.senders import Senders
from itil.webhooks import WebhookInvalid
from tests.office import ADMIN, Office

SECRET = "a secret of the test"


@dataclass
class Receiver:
    """A program elsewhere."""

    port: int = 0
    status: int = 200
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.got.append((dict(self.headers), body))
            self.send_response(found.status)
            if found.status == 302:
                self.send_header("Location", f"http://127.0.0.1:{found.port}/other")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    found.port = server.server_port
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def add(office: Office, receiver: Receiver, *events: str, host: str = "127.0.0.1") -> None:
    url = f"http://{host}:{receiver.port}/hook?a=1"
    office.runtime.run(
        ADMIN, lambda work: webhooks.add(work, host, url, events or webhooks.EVENTS, SECRET)
    )


def deliver(office: Office, *allowed: str) -> int:
    poster = webhooks.Poster(office.runtime, frozenset(allowed))
    return delivery.deliver(office.runtime, Senders(webhooks=poster.send).send)


def test_evt_04_what_happens_is_told_and_signed(office: Office, receiver: Receiver) -> None:
    add(office, receiver, "case.opened")
    incident = office.open_incident()

    assert deliver(office, "127.0.0.1") == 1

    headers, body = receiver.got[0]
    said = json.loads(body)
    assert (said["event"], said["number"], said["process"]) == (
        "case.opened",
        incident.number,
        "incident",
    )
    moment = headers["Signalbox-Timestamp"]
    expected = webhooks.sign(SECRET, moment, body)
    assert headers["Signalbox-Signature"] == f"sha256={expected}"
    assert webhooks.sign("other", moment, body) != expected


def test_evt_04_only_what_was_asked_for_is_told(office: Office, receiver: Receiver) -> None:
    add(office, receiver, "task.completed")
    incident = office.open_incident()
    incident.complete("classify", "ben", category="network", service="network", impact=1, urgency=1)

    deliver(office, "127.0.0.1")

    assert [json.loads(body)["element"] for _, body in receiver.got] == ["classify"]


def test_evt_04_what_is_not_taken_is_tried_again_and_then_kept(
    office: Office, receiver: Receiver
) -> None:
    add(office, receiver, "case.opened")
    office.open_incident()
    receiver.status = 503

    for _ in range(8):
        deliver(office, "127.0.0.1")
        office.advance(hours=13)

    assert len(receiver.got) == 6
    with office.runtime.read() as reader:
        kept = [row for row in outbox.recent(reader, limit=50) if row.channel == "webhook"]
    assert [row.state for row in kept] == ["dead"]
    keys = {headers["Signalbox-Delivery"] for headers, _ in receiver.got}
    assert len(keys) == 1  # the receiver can tell a repetition


def test_evt_04_nothing_inside_the_house_is_reached_unless_it_is_allowed(
    office: Office, receiver: Receiver
) -> None:
    add(office, receiver, "case.opened")
    add(office, receiver, "case.opened", host="localhost")
    office.open_incident()

    assert deliver(office) == 0
    assert receiver.got == []


def test_evt_04_a_redirect_is_not_followed(office: Office, receiver: Receiver) -> None:
    add(office, receiver, "case.opened")
    office.open_incident()
    receiver.status = 302

    assert deliver(office, "127.0.0.1") == 0
    assert len(receiver.got) == 1


@pytest.mark.parametrize(
    ("url", "events"),
    [
        ("ftp://example.org/", ["case.opened"]),
        ("file:///etc/passwd", ["case.opened"]),
        ("https://user:secret@example.org/", ["case.opened"]),
        ("https://example.org/", []),
        ("https://example.org/", ["everything"]),
    ],
)
def test_evt_04_a_webhook_that_cannot_be_is_refused(
    office: Office, url: str, events: list[str]
) -> None:
    with pytest.raises(WebhookInvalid):
        office.runtime.run(ADMIN, lambda work: webhooks.add(work, "x", url, events, SECRET))
