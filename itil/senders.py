"""The ways out of the house: mail by SMTP, chat and the rest by Apprise."""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage

import apprise

from engine.errors import Unavailable
from engine.store.outbox import Letter
from itil import mail_references
from itil.webhooks import CHANNEL

log = logging.getLogger("signalbox.outbox")


class NotSent(Unavailable):
    """A target did not take a letter."""

    code = "letter.not-sent"


@dataclass(frozen=True, slots=True)
class Mail:
    """How to reach the mail server."""

    host: str
    port: int = 25
    sender: str = "signalbox@localhost"
    user: str = ""
    password: str = ""
    starttls: bool = False
    signed: bytes = b""  #: secret of references to cases, for answers by mail
    reply_to: str = ""  #: where answers go, if not to the sender


@dataclass(frozen=True, slots=True)
class Senders:
    """Sends a letter by mail, and a copy to every Apprise target."""

    mail: Mail | None = None
    targets: Sequence[str] = ()  #: Apprise URLs
    webhooks: Callable[[Letter], bool] | None = None

    def send(self, letter: Letter) -> bool:
        """Send, or answer False where no way out is configured.

        Raises:
            NotSent, OSError, smtplib.SMTPException: it may be tried again.
        """
        if letter.channel == CHANNEL:
            return self.webhooks is not None and self.webhooks(letter)
        if self.mail is None and not self.targets:
            return False
        if self.mail is not None:
            _by_mail(self.mail, letter)
        if self.targets:
            self._copy(letter)
        return True

    def _copy(self, letter: Letter) -> None:
        try:
            _by_apprise(self.targets, letter)
        except NotSent:
            if self.mail is None:
                raise
            # The mail has left: trying again would send it twice for the sake of a copy.
            log.warning("Letter %s was mailed, but a chat target refused the copy.", letter.key)


def _by_mail(way: Mail, letter: Letter) -> None:
    message = EmailMessage()
    message["From"] = way.sender
    message["To"] = letter.recipient
    case, subject = letter.business_key, letter.subject
    if way.signed and case:
        subject = mail_references.tagged(way.signed, subject, case)
        message["Message-ID"] = mail_references.reference(way.signed, letter.key, case)
    else:
        message["Message-ID"] = f"<{letter.key}@{mail_references.OURS}>"
    message["Subject"] = subject
    if way.reply_to:
        message["Reply-To"] = way.reply_to
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.body)
    with smtplib.SMTP(way.host, way.port, timeout=20) as server:
        if way.starttls:
            server.starttls()
        if way.user:
            server.login(way.user, way.password)
        server.send_message(message)


def _by_apprise(targets: Sequence[str], letter: Letter) -> None:
    sender = apprise.Apprise()
    for target in targets:
        sender.add(target)
    if not sender.notify(title=letter.subject, body=letter.body):
        raise NotSent(f"Letter '{letter.key}' was refused by a target. It will be tried again.")
