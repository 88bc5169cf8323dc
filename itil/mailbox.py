"""The mailbox that letters come in by: IMAP, encrypted unless it is on this machine (EVT-05).

A letter is marked as read only after what it causes is committed; one that came twice is known by
its Message-ID, so a crash in between loses and repeats nothing.
"""

from __future__ import annotations

import imaplib
import logging
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
        OSError, imaplib.IMAP4.error: the server is not there or refuses; look again later.
    """
    plain = box.host in HERE and box.port != _ENCRYPTED
    make = imaplib.IMAP4 if plain else imaplib.IMAP4_SSL
    server = make(box.host, box.port, timeout=_TIMEOUT)
    try:
        taken = _take_in(server, box, take)
        server.logout()
    finally:
        with suppress(OSError):  # already closed by the logout
            server.shutdown()
    return taken


def _take_in(server: imaplib.IMAP4, box: Mailbox, take: Callable[[bytes], object]) -> int:
    server.login(box.user, box.password)
    _done(server.select(_quoted(box.folder)))
    found = _done(server.uid("SEARCH", "UNSEEN"))[0] or b""
    taken = 0
    for uid in found.decode("ascii").split()[:BATCH]:
        content = _fetch(server, uid)
        try:
            take(content)
        except Exception:  # one that fails stays unread, for another look; others go on
            log.exception("Letter %s stays unread.", uid, extra={"action": "mail.failed"})
            continue
        _done(server.uid("STORE", uid, "+FLAGS", "(\\Seen)"))
        taken += 1
    return taken


def _fetch(server: imaplib.IMAP4, uid: str) -> bytes:
    # One byte more than is taken, so that a larger one is seen to be.
    found = _done(server.uid("FETCH", uid, f"(BODY.PEEK[]<0.{LARGEST + 1}>)"))
    return next((bytes(part[1]) for part in found if isinstance(part, tuple)), b"")


def _done(answer: tuple[str, Any]) -> list[Any]:
    """The data of an answer; imaplib gives bytes, pairs of bytes, or None."""
    kind, data = answer
    if kind != "OK":
        raise imaplib.IMAP4.error(str(data[0])[:200])
    return list(data)


def _quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
