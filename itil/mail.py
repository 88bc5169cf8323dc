"""A letter from outside, read: who writes about what, whether a machine wrote it (INC-23, EVT-05).

Nothing here touches the database. Whatever the bytes are, they are read or refused.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.utils import parseaddr
from html.parser import HTMLParser
from typing import ClassVar

from engine.errors import Rejected

#: Bytes of a letter, and its parts, at most.
LARGEST = 10_000_000
_PARTS = 200
#: Characters of a page of which the words are taken.
_LONGEST_PAGE = 1_000_000
#: Characters of a head that is read: the library takes time with the square of its length.
_LONGEST_HEAD = 10_000
_HEADS = frozenset(
    {
        *("from", "subject", "message-id", "in-reply-to", "references", "return-path"),
        *("auto-submitted", "precedence", "authentication-results", "action", "status"),
        *("content-type", "content-disposition", "content-transfer-encoding", "mime-version"),
    }
)
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
    result: str  #: the topmost Authentication-Results
    files: tuple[tuple[str, bytes], ...]
    returned: str  #: of a report that a letter was not delivered: all it says; else empty


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
    _bound(message_from_bytes(content))
    letter = message_from_bytes(content, policy=policy.default)
    if not isinstance(letter, EmailMessage):
        raise MailInvalid("The letter has no parts that can be read.")
    return Received(
        id=_line(letter, "Message-ID")[:300] or hashlib.sha256(content).hexdigest(),
        sender=parseaddr(_line(letter, "From"))[1].lower()[:200],
        subject=_line(letter, "Subject")[:300],
        text=_own_words(_text(letter)),
        automatic=_automatic(letter),
        references=" ".join(_line(letter, n) for n in ("In-Reply-To", "References", "Subject")),
        result=_line(letter, "Authentication-Results"),
        files=tuple(_files(letter)),
        returned=_returned(letter),
    )


def _bound(letter: Message) -> None:
    """Refuse what would take long to read; the older policy looks at no head before it is asked."""
    for count, part in enumerate(letter.walk()):
        if count >= _PARTS:
            raise MailInvalid(f"The letter has more than {_PARTS} parts.")
        for name, value in part.raw_items():
            if name.lower() in _HEADS and len(str(value)) > _LONGEST_HEAD:
                raise MailInvalid(
                    f"The head '{name.lower()}' has {len(str(value)):,} characters; "
                    f"{_LONGEST_HEAD:,} are read."
                )


def _line(letter: EmailMessage, name: str) -> str:
    return " ".join(_storable(str(letter.get(name, ""))).split())


def _storable(text: str) -> str:
    """Without what no database keeps: NUL, and halves of characters as UTF-7 can make them."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


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
        # Without the tag, an '&' in the last words keeps all of them waiting for more. To close the
        # parser would do as well, but takes minutes for a page of '<a <a <a'.
        stripper.feed(f"{text[:_LONGEST_PAGE]}<br>")
        text = "".join(stripper.said)
    return _storable(text).replace("\r\n", "\n")


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
    alone = not letter.is_multipart() and letter.get_content_maintype() != "text"
    for part in [letter] if alone else letter.iter_attachments():
        name, content = part.get_filename() or "file", part.get_payload(decode=True)
        if part.get_content_type() == "message/rfc822":  # a letter that is passed on
            name, content = part.get_filename() or "letter.eml", _inner(part)
        yield _storable(str(name)), content if isinstance(content, bytes) else b""


def _inner(part: EmailMessage) -> bytes:
    """A letter inside another, as it is; what cannot be written down is empty, so left out."""
    try:
        return b"".join(one.as_bytes(policy=policy.compat32) for one in part.iter_parts())
    except (LookupError, TypeError, UnicodeError, ValueError):
        return b""


def _returned(letter: EmailMessage) -> str:
    """What a report of a failed delivery says; one of a delay, or that it was read, is none."""
    if letter.get_content_type() != "multipart/report":
        return ""
    if str(letter.get_param("report-type", "delivery-status")).lower() != "delivery-status":
        return ""
    parts = list(letter.walk())[1:]
    if not any(map(_failed, parts)):
        return ""
    return _storable(" ".join(" ".join(str(part).split()) for part in parts))[:200_000]


def _failed(part: Message) -> bool:
    action = str(part.get("Action", "")).strip().lower()
    return action == "failed" or (not action and str(part.get("Status", "")).strip()[:1] == "5")
