"""Mail leaves through a real SMTP server; what cannot leave is kept."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from engine.clock import ManualClock
from engine.jobs import outbox as job
from engine.queries import outbox as queries
from engine.store import outbox
from engine.store.unit_of_work import SYSTEM, Runtime
from itil.senders import Mail, Senders
from tests.conftest import both_databases


@dataclass
class Mailbox:
    """What the mail server took; refuses as long as it is full."""

    port: int = 0
    full: bool = False
    messages: list[Any] = field(default_factory=list)

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802
        if self.full:
            return "452 mailbox full"
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 taken"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        box.port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    yield box
    controller.stop()


def letter(key: str = "1.1.0.en") -> outbox.Letter:
    return outbox.Letter(
        key,
        "mail",
        "rita@example.org, ben@example.org",
        "INC-1 已记录: résumé",
        "Hello\n你好",
        "INC-1",
    )


def write(runtime: Runtime, one: outbox.Letter) -> None:
    runtime.run(SYSTEM, lambda work: outbox.add(work, one))


def states(runtime: Runtime) -> list[tuple[str, int]]:
    with runtime.read() as reader:
        return [(row.state, row.attempts) for row in queries.recent(reader)]


@both_databases
def test_a_letter_leaves_once_with_its_words_and_its_key(
    runtime: Runtime, mailbox: Mailbox
) -> None:
    write(runtime, letter())
    send = Senders(Mail("127.0.0.1", mailbox.port)).send

    assert job.deliver(runtime, send) == 1
    assert job.deliver(runtime, send) == 0

    [mail] = mailbox.messages
    assert (mail["Subject"], mail["To"]) == (
        "INC-1 已记录: résumé",
        "rita@example.org, ben@example.org",
    )
    assert mail.get_content().strip().replace("\r", "") == "Hello\n你好"
    assert (mail["Message-ID"], mail["Auto-Submitted"]) == (
        "<1.1.0.en@signalbox>",
        "auto-generated",
    )
    assert states(runtime) == [("sent", 1)]


def test_a_refused_letter_is_tried_again_later_and_leaves_then(
    runtime: Runtime, mailbox: Mailbox, clock: ManualClock
) -> None:
    write(runtime, letter())
    send = Senders(Mail("127.0.0.1", mailbox.port)).send
    mailbox.full = True
    assert job.deliver(runtime, send) == 0
    assert job.deliver(runtime, send) == 0  # not again at once
    assert states(runtime) == [("pending", 1)]

    mailbox.full = False
    clock.advance(timedelta(minutes=2))
    assert job.deliver(runtime, send) == 1
    assert states(runtime) == [("sent", 2)]


def test_a_letter_that_never_leaves_is_kept_as_dead(
    runtime: Runtime, mailbox: Mailbox, clock: ManualClock
) -> None:
    write(runtime, letter())
    mailbox.full = True
    for _ in range(8):
        job.deliver(runtime, Senders(Mail("127.0.0.1", mailbox.port)).send)
        clock.advance(timedelta(days=2))

    assert states(runtime) == [("dead", 6)]  # once, and after each of the five waits
    with runtime.read() as reader:
        assert "452" in (queries.recent(reader)[0].error or "")


def test_without_a_way_out_letters_are_held(runtime: Runtime) -> None:
    write(runtime, letter())
    assert job.deliver(runtime, Senders().send) == 0
    assert states(runtime) == [("held", 1)]


def test_one_letter_that_fails_does_not_stop_the_others(runtime: Runtime, mailbox: Mailbox) -> None:
    write(runtime, outbox.Letter("a", "mail", "", "no recipient", "x"))
    write(runtime, letter("b"))

    assert job.deliver(runtime, Senders(Mail("127.0.0.1", mailbox.port)).send) == 1
    assert sorted(state for state, _ in states(runtime)) == ["pending", "sent"]
