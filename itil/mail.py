"""A letter from outside, read: who writes about what, whether a machine wrote it (INC-23, EVT-05).

Nothing here touches the database. Whatever the bytes are, they are read or refused.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr
from html.parser import HTMLParser
from typing import ClassVar

from engine.errors import Rejected

#: Bytes of a letter, and its parts, at most.
LARGEST = 10_000_000
_PARTS = 200
#: Behind the @ of the Message-ID of what we send.
OURS = "signalbox"
_REFERENCE = re.compile(rf"<([^<>@~\s]{{1,100}})~([^<>@~\s]{{1,100}})~([0-9a-f]{{32}})@{OURS}>")
_CLOSED_BY = re.compile(
    r"^\s*(-{2,}\s*(original message|原始邮件|forwarded message).*|on .{1,200} wrote:|_{10,}"
    r"|在.{1,200}写道[::]|发件人[::].*|from: .*)\s*$",
    re.IGNORECASE,
)
_BULK = frozenset({"bulk", "junk", "list"})


class MailInvalid(Rejected):
    """The bytes are no letter that can be read."""

    code: ClassVar[str] = "mail.invalid"


@dataclass(frozen=True, slots=True)
class Received:
    """What a letter says."""

    id: str  #: its Message-ID, or the SHA-256 of its bytes where it has none
    sender: str  #: address, in lower case
    subject: str
    text: str  #: what the sender wrote, without what is quoted
    automatic: str  #: the head that says that no person wrote it; empty where a person did
    references: str  #: heads that name the letters it answers
    results: tuple[str, ...]  #: Authentication-Results
    files: tuple[tuple[str, bytes], ...]
    returned: str  #: of a report that a letter of ours was not delivered: what it names, and why


def read(content: bytes) -> Received:
    """Read a letter.

    Raises:
        MailInvalid: it is too large, has too many parts, or cannot be read.
    """
    if len(content) > LARGEST:
        raise MailInvalid(f"The letter has {len(content):,} bytes; {LARGEST:,} are taken.")
    try:
        return _read(content)
    except MailInvalid:
        raise
    # The library fails on some broken letters in ways of its own; none may stop the others.
    except Exception as error:
        raise MailInvalid(f"The letter cannot be read: {error}"[:300]) from error


def _read(content: bytes) -> Received:
    letter = message_from_bytes(content, policy=policy.default)
    if not isinstance(letter, EmailMessage):
        raise MailInvalid("The letter has no parts that can be read.")
    parts = []
    for part in letter.walk():
        parts.append(part)
        if len(parts) > _PARTS:
            raise MailInvalid(f"The letter has more than {_PARTS} parts.")
    return Received(
        id=_line(letter, "Message-ID")[:300] or hashlib.sha256(content).hexdigest(),
        sender=parseaddr(_line(letter, "From"))[1].lower()[:200],
        subject=_line(letter, "Subject")[:300],
        text=_own_words(_text(letter)),
        automatic=_automatic(letter),
        references=f"{_line(letter, 'In-Reply-To')} {_line(letter, 'References')}",
        results=tuple(
            " ".join(str(one).split()) for one in letter.get_all("Authentication-Results", [])
        ),
        files=tuple(_files(letter)),
        returned=_returned(parts) if letter.get_content_type() == "multipart/report" else "",
    )


def _line(letter: EmailMessage, name: str) -> str:
    return " ".join(str(letter.get(name, "")).replace("\0", "").split())


def _automatic(letter: EmailMessage) -> str:
    """The head by which RFC 3834 and custom tell that a machine wrote."""
    submitted = _line(letter, "Auto-Submitted").partition(";")[0].lower()
    if submitted not in ("", "no"):
        return f"Auto-Submitted: {submitted}"
    if _line(letter, "Precedence").lower() in _BULK:
        return "Precedence"
    for name in ("List-Id", "X-Auto-Response-Suppress", "X-Autoreply", "X-Autorespond"):
        if letter.get(name) is not None:
            return name
    if _line(letter, "Return-Path") == "<>" or letter.get_content_type() == "multipart/report":
        return "Return-Path: <>"
    return ""


def _text(letter: EmailMessage) -> str:
    body = letter.get_body(("plain", "html"))
    if body is None:
        return ""
    try:
        text = str(body.get_content())
    except (LookupError, UnicodeError):  # a charset that nobody knows
        raw = body.get_payload(decode=True)
        text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""
    if body.get_content_type() == "text/html":
        stripper = _Plain()
        stripper.feed(text)
        text = "".join(stripper.said)
    return text.replace("\0", "").replace("\r\n", "\n")


class _Plain(HTMLParser):
    """The words of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in ("script", "style", "head")
        if tag in ("br", "p", "div", "tr", "li"):
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style", "head") and self._hidden > 0

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.said.append(data)


def _own_words(text: str) -> str:
    """Without what is quoted; all of it, where nothing else is there."""
    own = []
    for line in text.split("\n"):
        if _CLOSED_BY.match(line):
            break
        if not line.lstrip().startswith(">"):
            own.append(line.rstrip())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(own)).strip() or text.strip()


def _files(letter: EmailMessage) -> Iterator[tuple[str, bytes]]:
    for part in letter.iter_attachments():
        raw = part.get_payload(decode=True)
        if isinstance(raw, bytes):
            yield str(part.get_filename() or "file"), raw


def _returned(parts: list[EmailMessage]) -> str:
    return " ".join(" ".join(str(part).split()) for part in parts[1:])[:200_000]


# -- references that only we can make


def reference(secret: bytes, key: str, number: str) -> str:
    """The Message-ID of a letter about a case: an answer names it, and nobody else can make it."""
    return f"<{key}~{number}~{_sign(secret, key, number)}@{OURS}>"


def referred(secret: bytes, heads: str) -> tuple[str, str] | None:
    """The letter and the case that a signed reference names; None where none is signed by us."""
    for key, number, signature in _REFERENCE.findall(heads):
        if hmac.compare_digest(signature, _sign(secret, key, number)):
            return key, number
    return None


def forged(secret: bytes, heads: str) -> bool:
    """Whether there is a reference in our form that we did not sign."""
    return bool(_REFERENCE.search(heads)) and referred(secret, heads) is None


def _sign(secret: bytes, key: str, number: str) -> str:
    return hmac.new(secret, f"{key}~{number}".encode(), hashlib.sha256).hexdigest()[:32]
