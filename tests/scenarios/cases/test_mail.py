"""Letters come in by a real IMAP server and leave by a real SMTP server."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.commands import instances
from engine.jobs import outbox as delivery
from engine.queries import outbox
from itil import attachments, cases, links, mail, mail_intake, mail_record, mail_references, mailbox
from itil.mail import MailInvalid
from itil.mail_intake import Rules
from itil.senders import Mail, Senders
from tests import imap
from tests.office import ADMIN, Office
from tests.unit.itil.test_senders import Mailbox as SmtpMailbox
from tests.unit.itil.test_senders import mailbox as smtp  # noqa: F401 - a fixture

OWN = "signalbox@localhost"


@pytest.fixture
def folder() -> Iterator[imap.Folder]:
    with imap.served() as found:
        yield found


def letter(sender: str = "rita@example.org", **heads: str) -> EmailMessage:
    made = EmailMessage()
    made["From"] = f"Somebody <{sender}>"
    made["To"] = OWN
    given = {"Subject": "VPN drops", "Message_ID": "<1@example.org>", **heads}
    for name, value in given.items():
        made[name.replace("_", "-")] = value
    made.set_content("It drops every ten minutes.\n")
    return made


def answer(number: str, office: Office, **heads: str) -> EmailMessage:
    reference = mail_references.reference(mail_record.secret(office.runtime), "1-1.1.en", number)
    return letter(**{"Subject": "Re: your case", "In-Reply-To": reference, **heads})


def receive(office: Office, content: EmailMessage | bytes, **rules: Any) -> str:
    raw = content if isinstance(content, bytes) else content.as_bytes()
    signed = mail_record.secret(office.runtime)
    return mail_intake.receive(office.runtime, raw, Rules(frozenset({OWN}), **rules), signed)


def last(office: Office) -> mail_record.Taken:
    with office.runtime.read() as reader:
        return mail_record.latest(reader)[0]


def said(office: Office, number: str) -> list[str]:
    with office.runtime.read() as reader:
        entries = cases.timeline(reader, number, public_only=True).entries
    return [e.details["text"] for e in entries if e.action == "case.commented"]


def test_evt_05_a_letter_an_answer_and_a_notice_go_all_the_way(
    office: Office,
    folder: imap.Folder,
    smtp: SmtpMailbox,  # noqa: F811 - the fixture
) -> None:
    signed = mail_record.secret(office.runtime)
    box = mailbox.Mailbox("127.0.0.1", "signalbox", folder.password, folder.port)
    take = partial(mail_intake.receive, office.runtime, rules=Rules(), signed=signed)
    way = Senders(Mail("127.0.0.1", smtp.port, signed=signed))

    folder.put(letter().as_bytes())
    assert mailbox.take_in(box, take) == 1
    record = office.case("INC-1").record
    assert (record.summary, record.requester, record.channel) == ("VPN drops", "rita", "mail")
    assert "every ten minutes" in str(record.description)

    delivery.deliver(office.runtime, way.send)
    (notice,) = [m for m in smtp.messages if m["To"] == "rita@example.org"]
    assert notice["Auto-Submitted"] == "auto-generated"

    reply = letter(Message_ID="<2@example.org>", In_Reply_To=notice["Message-ID"])
    reply.set_content("It is worse now.\n\nOn Monday Signalbox wrote:\n> we have it\n")
    folder.put(reply.as_bytes())
    assert mailbox.take_in(box, take) == 1
    assert said(office, "INC-1") == ["It is worse now."]
    assert mailbox.take_in(box, take) == 0


def test_evt_05_what_was_committed_but_not_marked_is_not_taken_twice(
    office: Office, folder: imap.Folder
) -> None:
    box = mailbox.Mailbox("127.0.0.1", "signalbox", folder.password, folder.port)
    folder.put(letter().as_bytes())
    folder.drops_when_marking = True
    with pytest.raises((OSError, mailbox.imaplib.IMAP4.error)):
        mailbox.take_in(box, partial(receive, office))

    folder.drops_when_marking = False
    assert mailbox.take_in(box, partial(receive, office)) == 1
    with office.runtime.read() as reader:
        assert list(cases.by_numbers(reader, ["INC-1", "INC-2"])) == ["INC-1"]


def test_evt_05_a_letter_that_fails_leaves_the_others(folder: imap.Folder) -> None:
    box = mailbox.Mailbox("127.0.0.1", "signalbox", folder.password, folder.port)
    folder.put(b"bad")
    folder.put(b"good")

    def take(content: bytes) -> None:
        if content == b"bad":
            raise RuntimeError("the disk is full")

    assert mailbox.take_in(box, take) == 1
    assert folder.seen == {2}


def test_evt_05_a_wrong_password_is_said(folder: imap.Folder) -> None:
    box = mailbox.Mailbox("127.0.0.1", "signalbox", "wrong", folder.port)
    with pytest.raises(mailbox.imaplib.IMAP4.error):
        mailbox.take_in(box, print)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Auto-Submitted", "auto-replied"),
        ("Auto-Submitted", "auto-generated; x=y"),
        ("Precedence", "bulk"),
        ("List-Id", "<all.example.org>"),
        ("X-Auto-Response-Suppress", "All"),
        ("Return-Path", "<>"),
    ],
)
def test_inc_23_what_a_machine_wrote_is_left_out(office: Office, name: str, value: str) -> None:
    assert receive(office, letter(**{name: value})) == "refused"
    assert "A machine wrote it" in last(office).reason


def test_inc_23_a_person_says_no_machine(office: Office) -> None:
    assert receive(office, letter(Auto_Submitted="no")) == "opened"


def test_inc_23_our_own_letters_and_floods_stop(office: Office) -> None:
    assert receive(office, letter(OWN)) == "refused"
    ids = [f"<{number}@example.org>" for number in range(22)]
    became = [receive(office, letter(Message_ID=one)) for one in ids]
    assert became.count("opened") == mail_intake.MOST
    assert "within an hour" in last(office).reason
    office.clock.advance(mail_intake.HOUR)
    assert receive(office, letter(Message_ID="<later@example.org>")) == "opened"


def test_inc_23_an_answer_becomes_a_comment_by_its_signed_reference(office: Office) -> None:
    number = office.open_incident(as_="rita").number
    assert receive(office, answer(number, office)) == "commented"
    assert last(office).number == number


def test_inc_23_a_forged_reference_threads_nothing(office: Office) -> None:
    number = office.open_incident(as_="rita").number
    forged = f"<1-1.1.en~{number}~{'0' * 32}@signalbox>"
    assert receive(office, letter(In_Reply_To=forged)) == "opened"
    assert said(office, number) == []
    assert last(office).reason == "Its reference is not signed by us."


def test_inc_23_a_stranger_to_the_case_writes_a_case_of_their_own(office: Office) -> None:
    number = office.open_incident(as_="rita").number
    content = answer(number, office)
    content.replace_header("From", "wang@example.org")
    assert receive(office, content) == "opened"
    assert said(office, number) == []
    with office.runtime.read() as reader:
        assert links.of(reader, str(last(office).number)) == []


def test_inc_23_an_answer_to_a_closed_case_is_a_new_one_that_goes_on_from_it(
    office: Office,
) -> None:
    incident = office.open_incident(as_="rita")
    office.runtime.run(ADMIN, lambda work: instances.cancel(work, incident.id, "done"))
    assert receive(office, answer(incident.number, office)) == "opened"
    with office.runtime.read() as reader:
        (link,) = links.of(reader, str(last(office).number))
    assert (link.kind, link.other) == ("continues", incident.number)


def test_evt_05_unknown_people_are_not_heard(office: Office) -> None:
    assert receive(office, letter("eve@example.com")) == "refused"
    assert "has this address" in last(office).reason


def test_evt_05_the_mail_server_has_to_prove_the_sender(office: Office) -> None:
    good = "mx.example.org; dkim=pass header.d=example.org"
    forged = "mx.evil.example; dkim=pass"
    ours = {"proven_by": "mx.example.org"}
    assert receive(office, letter(Message_ID="<a@x>"), **ours) == "refused"
    content = letter(Message_ID="<b@x>", Authentication_Results=forged)
    assert receive(office, content, **ours) == "refused"
    content = letter(Message_ID="<c@x>", Authentication_Results=good)
    assert receive(office, content, **ours) == "opened"


def test_evt_05_files_are_kept_and_what_is_not_is_said(office: Office) -> None:
    content = letter()
    content.add_attachment(b"log", maintype="text", subtype="x", filename="../vpn.log")
    content.add_attachment(b"x" * 1_500_001, maintype="a", subtype="b", filename="big.bin")
    content.add_attachment(b"evil", maintype="a", subtype="b", filename="evil.exe")

    def scan(name: str, found: bytes) -> str:
        return f"'{name}' is not clean." if found == b"evil" else ""

    assert receive(office, content, scan=scan) == "opened"
    with office.runtime.read() as reader:
        files = attachments.of(reader, "INC-1", internal=False)
    assert [file.name for file in files] == ["vpn.log"]
    described = str(office.case("INC-1").record.description)
    assert "'big.bin' has 1,500,001 bytes" in described
    assert "'evil.exe' is not clean." in described


def test_evt_05_what_comes_back_is_seen_in_the_outbox(office: Office) -> None:
    office.open_incident(as_="rita")
    with office.runtime.read() as reader:
        sent = next(row for row in outbox.recent(reader, None, None, 10) if row.business_key)
    reference = mail_references.reference(
        mail_record.secret(office.runtime), sent.key, str(sent.business_key)
    )
    report = (
        b"From: MAILER-DAEMON@example.org\r\nMessage-ID: <back@example.org>\r\n"
        b"Subject: Undelivered\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        b"--b\r\n\r\nNo such user.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        b"Status: 5.1.1\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        b"Message-ID: " + reference.encode() + b"\r\n\r\n--b--\r\n"
    )
    assert receive(office, report) == "returned"
    with office.runtime.read() as reader:
        (row,) = [r for r in outbox.recent(reader, None, None, 10) if r.key == sent.key]
    assert (row.state, row.error) == ("dead", "It came back: Undelivered")


def test_a_page_and_an_unknown_charset_are_read() -> None:
    page = EmailMessage()
    page.set_content("<style>x{}</style><p>Hello</p><p>你好</p>", subtype="html")
    assert mail.read(page.as_bytes()).text == "Hello\n你好"
    raw = b"From: a@b\r\nContent-Type: text/plain; charset=klingon\r\n\r\nnuqneH"
    assert mail.read(raw).text == "nuqneH"


@given(st.binary(max_size=400))
def test_evt_05_whatever_the_bytes_are_they_are_read_or_refused(noise: bytes) -> None:
    heads = b"From: a@b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
    for content in (noise, heads + noise, noise + heads):
        try:
            mail.read(content)
        except MailInvalid:
            continue


def test_evt_05_a_letter_in_a_letter_in_a_letter() -> None:
    start, each = b"From: a@b\r\n", b"Content-Type: message/rfc822\r\n\r\n"
    assert mail.read(start + each * 20 + b"\r\nend").sender == "a@b"
    with pytest.raises(MailInvalid, match=r"cannot be read|more than 200 parts"):
        mail.read(start + each * 3_000 + b"\r\nend")


def test_what_is_kept_parses_as_it_was_sent() -> None:
    reference = mail_references.reference(b"s", "12-3.1.en", "INC-1")
    made = letter(In_Reply_To=reference)
    again = message_from_bytes(made.as_bytes(), policy=policy.default)
    assert mail_references.referred(b"s", str(again["In-Reply-To"])) == ("12-3.1.en", "INC-1")
    assert mail_references.referred(b"t", reference) is None
