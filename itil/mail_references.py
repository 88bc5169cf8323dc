"""References to cases that only we can make: in the Message-ID and the subject of what we send.

An answer names the Message-ID in `In-Reply-To` or `References`. Some mail servers write one of
their own instead; then what stands at the end of the subject still names the case.
"""

from __future__ import annotations

import hashlib
import hmac
import re

#: Behind the @ of the Message-ID of what we send.
OURS = "signalbox"
_HEAD = re.compile(rf"<([^<>@~\s]{{1,100}})~([^<>@~\s]{{1,100}})~([0-9a-f]{{32}})@{OURS}>")
_TAG = re.compile(r"\[([^\[\]~\s]{1,100})~([0-9a-f]{16})\]")


def reference(secret: bytes, key: str, number: str) -> str:
    """The Message-ID of a letter about a case: an answer names it, and nobody else can make it."""
    return f"<{key}~{number}~{_sign(secret, key, number)}@{OURS}>"


def tagged(secret: bytes, subject: str, number: str) -> str:
    """A subject with the signed number of its case at the end."""
    return f"{subject} [{number}~{_sign(secret, '', number)[:16]}]"


def untagged(subject: str) -> str:
    """A subject as its writer meant it."""
    return " ".join(_TAG.sub(" ", subject).split())


def referred(secret: bytes, text: str) -> tuple[str, str] | None:
    """The key of the letter and the number of the case that a text names; None: none signed by us.

    A subject names no letter: its key is empty.
    """
    for key, number, signature in _HEAD.findall(text):
        if hmac.compare_digest(signature, _sign(secret, key, number)):
            return key, number
    for number, signature in _TAG.findall(text):
        if hmac.compare_digest(signature, _sign(secret, "", number)[:16]):
            return "", number
    return None


def forged(secret: bytes, text: str) -> bool:
    """Whether there is a reference in our form, and none that we signed."""
    ours = _HEAD.search(text) or _TAG.search(text)
    return bool(ours) and referred(secret, text) is None


def _sign(secret: bytes, key: str, number: str) -> str:
    return hmac.new(secret, f"{key}~{number}".encode(), hashlib.sha256).hexdigest()[:32]
