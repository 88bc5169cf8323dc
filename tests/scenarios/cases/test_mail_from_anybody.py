"""What comes by mail is anybody's: who it claims to be from, how large, how broken it is."""

from __future__ import annotations

import ssl
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from email.mime.application import MIMEApplication

import pytest
import trustme
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import app
from engine.errors import InstanceChanged
from engine.jobs import outbox as delivery
from engine.queries import audit, outbox
from itil import attachments, mail, mail_intake, mail_proof, mail_record, mailbox, privacy
from itil import mail_references as references
from itil.mail import MailInvalid
from itil.senders import Mail, Senders
from tests import imap
from tests.office import ADMIN, Office
from tests.scenarios.cases.test_mail import answer, last, letter, receive, said
from tests.unit.itil.test_senders import Mailbox as SmtpMailbox
from tests.unit.itil.test_senders import mailbox as smtp  # noqa: F401 - a fixture
from wiring import opened

#: Not one of the names of this machine that are spoken to without TLS.
ELSEWHERE = "127.0.0.2"


def report(kind: str, status: bytes, reference: str) -> bytes:
    return (
        b"From: rita@example.org\r\nMessage-ID: <report@example.org>\r\nSubject: About it\r\n"
        b"MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type="
        + kind.encode()
        + b"; boundary=b\r\n\r\n--b\r\n\r\nAbout your letter.\r\n--b\r\nContent-Type: message/"
        + kind.encode()
        + b"\r\n\r\nReporting-MTA: dns; mx\r\nOriginal-Message-ID: "
        + reference.encode()
        + b"\r\n\r\n"
        + status
        + b"\r\n\r\n--b--\r\n"
    )


@pytest.mark.parametrize(
    ("kind", "status", "outcome", "state"),
    [
        ("delivery-status", b"Action: failed\r\nStatus: 5.1.1", "returned", "dead"),
        ("delivery-status", b"Status: 5.1.1", "returned", "dead"),
        ("delivery-status", b"Action: delayed\r\nStatus: 4.4.1", "refused", "pending"),
        ("delivery-status", b"Action: delivered\r\nStatus: 2.0.0", "refused", "pending"),
        ("disposition-notification", b"Disposition: manual; displayed", "refused", "pending"),
    ],
)
def test_evt_05_only_a_failed_delivery_came_back(
    office: Office, kind: str, status: bytes, outcome: str, state: str
) -> None:
    office.open_incident(as_="rita")
    with office.runtime.read() as reader:
        sent = next(row for row in outbox.recent(reader) if row.business_key)
    secret = mail_record.secret(office.runtime)
    reference = references.reference(secret, sent.key, str(sent.business_key))
    assert receive(office, report(kind, status, reference)) == outcome
    with office.runtime.read() as reader:
        assert next(row.state for row in outbox.recent(reader) if row.id == sent.id) == state


@pytest.mark.parametrize(
    ("result", "good"),
    [
        ("mx.example.org; dmarc=pass header.from=example.org", True),
        ("mx.example.org 1; spf=pass smtp.mailfrom=rita@example.org", True),
        ("MX.example.org; dkim=fail header.d=x.example; dkim=pass header.d=example.org", True),
        ("mx.example.org; spf=pass smtp.mailfrom=eve@evil.example", False),
        ("mx.example.org; dkim=pass header.d=evil.example", False),
        ("mx.example.org; dkim=pass", False),
        ("mx.example.org; dmarc=fail; spf=pass smtp.mailfrom=rita@example.org", False),
        ('mx.example.org; spf=fail smtp.mailfrom="; dmarc=pass header.from=example.org"', False),
        ("mx.example.org; spf=fail (; dmarc=pass header.from=example.org)", False),
        ("mx.evil.example; dmarc=pass header.from=example.org", False),
        ("", False),
    ],
)
def test_evt_05_a_pass_counts_for_the_domain_of_the_sender(result: str, *, good: bool) -> None:
    assert mail_proof.proven(result, "mx.example.org", "rita@example.org") is good


def test_evt_05_only_the_topmost_result_is_that_of_our_server(office: Office) -> None:
    content = letter(Authentication_Results="mx.evil.example; dmarc=pass header.from=example.org")
    forged = "Authentication-Results: mx.example.org; dmarc=pass header.from=example.org\n"
    raw = content.as_bytes().replace(b"\n\n", b"\n" + forged.encode() + b"\n", 1)
    assert receive(office, raw, proven_by="mx.example.org") == "refused"


def test_evt_05_the_mailbox_has_to_show_a_certificate_that_is_trusted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pytest.TempPathFactory
) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(ELSEWHERE).configure_cert(context)
    with imap.served(ELSEWHERE, context) as folder:
        folder.put(b"From: a@b\r\n\r\nhello")
        box = mailbox.Mailbox(ELSEWHERE, "signalbox", folder.password, folder.port)
        with pytest.raises(ssl.SSLCertVerificationError):
            mailbox.take_in(box, print)
        assert folder.seen == set()

        trusted = f"{tmp_path}/ca.pem"
        authority.cert_pem.write_to_path(trusted)
        monkeypatch.setenv("SSL_CERT_FILE", trusted)
        assert mailbox.take_in(box, len) == 1


def test_evt_05_letters_that_fail_do_not_stand_before_the_others() -> None:
    def take(content: bytes) -> None:
        if content == b"bad":
            raise InstanceChanged("12", "ben")

    with imap.served() as folder:
        for _ in range(mailbox.BATCH + 5):
            folder.put(b"bad")
        folder.withheld = {folder.put(b"not given out")}
        good = folder.put(b"good")
        box = mailbox.Mailbox("127.0.0.1", "signalbox", folder.password, folder.port)
        assert mailbox.take_in(box, take) == 1
        assert folder.seen == {good}


def test_evt_05_servers_that_take_a_letter_at_once_take_it_once(office: Office) -> None:
    content = letter()
    mail_record.secret(office.runtime)
    with ThreadPoolExecutor(4) as servers:
        became = list(servers.map(lambda _: receive(office, content), range(4)))
    assert sorted(became) == ["known", "known", "known", "opened"]
    with office.runtime.read() as reader:
        assert len(mail_record.latest(reader)) == 1


def test_evt_05_what_cannot_be_read_is_known_when_it_comes_again(office: Office) -> None:
    broken = b"From: a@b\r\nSubject: " + b"x" * 20_000 + b"\r\n\r\nhello"
    assert [receive(office, broken), receive(office, broken)] == ["refused", "known"]
    assert "The head 'subject' has 20,000 characters" in last(office).reason


def test_inc_23_an_answer_without_its_heads_is_known_by_the_subject(
    office: Office,
    smtp: SmtpMailbox,  # noqa: F811 - the fixture
) -> None:
    number = office.open_incident(as_="rita").number
    signed = mail_record.secret(office.runtime)
    way = Senders(Mail("127.0.0.1", smtp.port, signed=signed, reply_to="desk@example.org"))
    delivery.deliver(office.runtime, way.send)
    (notice,) = [m for m in smtp.messages if m["To"] == "rita@example.org"]
    assert notice["Reply-To"] == "desk@example.org"

    assert receive(office, letter(Subject=f"Re: {notice['Subject']}")) == "commented"
    assert said(office, number) == ["It drops every ten minutes."]


def test_inc_23_a_forged_subject_threads_nothing(office: Office) -> None:
    number = office.open_incident(as_="rita").number
    assert receive(office, letter(Subject=f"Re: VPN [{number}~{'0' * 16}]")) == "opened"
    assert last(office).reason == "Its reference is not signed by us."
    assert office.case("INC-2").record.summary == "Re: VPN"
    assert said(office, number) == []


def test_evt_05_letters_that_are_passed_on_and_files_without_words_are_kept(office: Office) -> None:
    passed_on = letter()
    inner = EmailMessage()
    inner["Subject"] = "It drops"
    inner.set_content("for me too")
    passed_on.add_attachment(inner)
    assert receive(office, passed_on) == "opened"
    scan = MIMEApplication(b"%PDF", "pdf", name="scan.pdf")
    scan["From"], scan["Message-ID"], scan["Subject"] = "rita@example.org", "<pdf@x>", "A scan"
    assert receive(office, scan.as_bytes()) == "opened"
    with office.runtime.read() as reader:
        names = [attachments.of(reader, n, internal=False)[0].name for n in ("INC-1", "INC-2")]
        (kept,) = attachments.of(reader, "INC-1", internal=False)
        assert b"for me too" in attachments.get(reader, kept.id)[1]
    assert names == ["letter.eml", "scan.pdf"]


def test_evt_05_a_letter_of_a_thousand_bad_files_is_still_an_answer(office: Office) -> None:
    number = office.open_incident(as_="rita").number
    content = answer(number, office)
    for _ in range(150):
        content.add_attachment(b"", maintype="a", subtype="b", filename="n" * 200)
    content.get_body().set_content("word " * 5_000)  # type: ignore[union-attr]
    assert receive(office, content) == "commented"
    (comment,) = said(office, number)
    assert "[17,999 characters are left out.]" in comment
    assert "[140 more files are left out.]" in comment


def test_the_last_words_of_a_page_are_not_lost() -> None:
    page = b"From: a@b\r\nContent-Type: text/html\r\n\r\n<p>Please unlock R&D"
    assert mail.read(page).text == "Please unlock R&D"


def test_evt_05_halves_of_characters_are_not_kept(office: Office) -> None:
    raw = (
        b"From: rita@example.org\r\nMessage-ID: <half@x>\r\nSubject: a\r\n"
        b"Content-Type: text/plain; charset=utf-7\r\n\r\nhello +2AA-"
    )
    assert receive(office, raw) == "opened"
    assert office.case("INC-1").record.description == "hello ?"
    in_a_head = raw.replace(b"Subject: a", b"Subject: =?utf-7?q?a+2AA-?=").replace(b"half", b"head")
    assert receive(office, in_a_head) == "refused"
    assert "cannot be read" in last(office).reason


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.binary(max_size=300), st.binary(max_size=60))
def test_evt_05_whatever_a_known_person_sends_is_on_record(
    office: Office, body: bytes, head: bytes
) -> None:
    office.clock.advance(mail_intake.HOUR)  # no flood
    start = b"From: rita@example.org\r\nContent-Type: multipart/mixed; boundary=b\r\nSubject: "
    file = b"--b\r\nContent-Disposition: attachment; filename=" + head + b"\r\n\r\n" + body
    raw = start + head + b"\r\n\r\n--b\r\n\r\n" + body + b"\r\n" + file + b"\r\n--b--\r\n"
    assert receive(office, raw) in {"opened", "refused", "known"}


@given(st.sampled_from(("From", "Subject", "Content-Type", "References")), st.text(max_size=50))
def test_evt_05_no_head_takes_long(name: str, piece: str) -> None:
    head = (piece.replace("\n", " ").replace("\r", " ") * 100_000)[:100_000]
    raw = f"From: a@b\r\n{name}: {head}\r\n\r\nx".encode("utf-8", "replace")
    if piece.strip():
        with pytest.raises(MailInvalid, match="characters"):
            mail.read(raw)


def test_aud_12_mail_of_a_person_is_exported_and_erased(office: Office) -> None:
    assert receive(office, letter()) == "opened"
    with office.runtime.read() as reader:
        assert [one["subject"] for one in privacy.export(reader, "rita")["mails"]] == ["VPN drops"]
    office.runtime.run(ADMIN, lambda work: privacy.erase(work, "rita"))
    assert (last(office).sender, last(office).subject) == ("", "")
    with office.runtime.read() as reader:
        told = [str(e.details) for e in audit.latest(reader, "system", None, 200)]
    assert not any("rita@example.org" in one for one in told)


def test_evt_05_the_mailbox_is_read_once_from_the_command_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("SIGNALBOX_DATABASE", f"sqlite:///{tmp_path}/mail.sqlite")
    run = CliRunner().invoke
    unset = run(app.main, ["read-mail"])
    assert unset.exit_code == 1
    assert "Set SIGNALBOX_IMAP_HOST" in unset.output

    options = ["--email", "rita@example.org", "--password", "a long password"]
    with opened():
        pass
    assert run(app.main, ["user", "rita", *options]).exit_code == 0
    with imap.served() as folder:
        folder.put(letter().as_bytes())
        folder.put(letter("desk@example.org", Message_ID="<own@x>").as_bytes())
        for name, value in {
            "SMTP_SENDER": "Help desk <desk@example.org>",
            "IMAP_HOST": "127.0.0.1",
            "IMAP_PORT": str(folder.port),
            "IMAP_USER": "signalbox",
            "IMAP_PASSWORD": "wrong",
        }.items():
            monkeypatch.setenv(f"SIGNALBOX_{name}", value)
        wrong = run(app.main, ["read-mail"])
        assert (wrong.exit_code, "127.0.0.1' cannot be read" in wrong.output) == (1, True)
        monkeypatch.setenv("SIGNALBOX_IMAP_PASSWORD", folder.password)
        read = run(app.main, ["read-mail"])
    assert read.exit_code == 0, read.output
    assert "2 letters were taken in" in read.output
    with opened(ship=False) as installation, installation.runtime.read() as reader:
        became = [(one.outcome, one.reason) for one in mail_record.latest(reader)]
    assert became == [("refused", "It comes from ourselves."), ("opened", "")]
