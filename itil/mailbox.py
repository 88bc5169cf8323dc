"""The mailbox that letters come in by: IMAP, encrypted unless it is on this machine (EVT-05).

A letter is marked as read only after what it causes is committed; one that came twice is known by
its Message-ID, so a crash in between loses and repeats nothing.
"""

from __future__ import annotations

import imaplib
import logging
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from itil.mail import LARGEST

log = logging.getLogger("signalbox.mail")
#: Letters taken in one look.
BATCH = 50
_TIMEOUT = 30  # seconds
_ENCRYPTED = 993
HERE = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Mailbox:
    """How to reach it."""

    host: str
    user: str
    password: str
    port: int = _ENCRYPTED
    folder: str = "INBOX"


def take_in(box: Mailbox, take: Callable[[bytes], object]) -> int:
    """Take what is unread, the oldest first; answers how many letters.

    Raises:
        OSError, imaplib.IMAP4.error: the server is not there, is not who it says, or refuses; look
            again later.
    """
    server = _reached(box)
    try:
        taken = _take_in(server, box, take)
        server.logout()
    finally:
        with suppress(OSError):  # already closed by the logout
            server.shutdown()
    return taken


def _reached(box: Mailbox) -> imaplib.IMAP4:
    if box.host in HERE and box.port != _ENCRYPTED:
        return imaplib.IMAP4(box.host, box.port, timeout=_TIMEOUT)
    # Of itself imaplib looks at no certificate: anybody in between would be told the password.
    context = ssl.create_default_context()
    return imaplib.IMAP4_SSL(box.host, box.port, ssl_context=context, timeout=_TIMEOUT)


def _take_in(server: imaplib.IMAP4, box: Mailbox, take: Callable[[bytes], object]) -> int:
    server.login(box.user, box.password)
    _done(server.select(_quoted(box.folder)))
    found = _done(server.uid("SEARCH", "UNSEEN"))[0] or b""
    taken = 0
    for uid in found.decode("ascii").split():
        if taken == BATCH:
            break
        if _one(server, uid, take):
            _done(server.uid("STORE", uid, "+FLAGS", "(\\Seen)"))
            taken += 1
    return taken


def _one(server: imaplib.IMAP4, uid: str, take: Callable[[bytes], object]) -> bool:
    """Whether a letter was taken; one that fails stays unread, for another look; others go on."""
    try:
        content = _fetch(server, uid)
    except imaplib.IMAP4.abort:  # the connection is gone, not this letter
        raise
    except imaplib.IMAP4.error as error:
        return _stays(uid, error)
    if content is None:  # somebody deleted it
        return False
    try:
        take(content)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it must not stop the others
        return _stays(uid, error)
    return True


def _stays(uid: str, error: Exception) -> bool:
    more = {"action": "mail.failed"}
    log.error("Letter %s stays unread: %s", uid, error, exc_info=error, extra=more)
    return False


def _fetch(server: imaplib.IMAP4, uid: str) -> bytes | None:
    # One byte more than is taken, so that a larger one is seen to be.
    found = _done(server.uid("FETCH", uid, f"(BODY.PEEK[]<0.{LARGEST + 1}>)"))
    return next((bytes(part[1]) for part in found if isinstance(part, tuple)), None)


def _done(answer: tuple[str, Any]) -> list[Any]:
    """The data of an answer; imaplib gives bytes, pairs of bytes, or None."""
    kind, data = answer
    if kind != "OK":
        raise imaplib.IMAP4.error(str(data[0])[:200])
    return list(data)


def _quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
