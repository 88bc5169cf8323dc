"""Who is looking, in which language and time zone: one value for each request."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import cast
from zoneinfo import ZoneInfo

from flask import g, request

from engine.store.unit_of_work import Actor, Once
from web.words import Words


@dataclass(frozen=True, slots=True)
class Visit:
    """The person behind a request; `actor` is None before sign-in."""

    actor: Actor | None
    name: str  #: as shown, empty before sign-in
    words: Words
    zone: ZoneInfo
    token: str  #: of the session, or of the visit before sign-in; CSRF tokens derive from it
    lacks_factor: bool = False  #: signed in, with no second factor set up

    @property
    def language(self) -> str:
        """The language that the person reads."""
        return self.words.language

    def has(self, roles: frozenset[str]) -> bool:
        """Whether the person has one of the roles."""
        return self.actor is not None and bool(self.actor.roles & roles)


def visit() -> Visit:
    """The visit of the present request."""
    return cast(Visit, g.visit)


def actor() -> Actor:
    """The signed-in person of the present request; pages for anybody must not ask."""
    found = visit().actor
    if found is None:
        raise RuntimeError("This page asks for the signed-in person but lets anybody in.")
    return found


def owners() -> list[str]:
    """The owners whose tasks the signed-in person can do: the person and their groups."""
    me = actor()
    return [f"person:{me.name}", *(f"group:{group}" for group in sorted(me.groups))]


def command_key() -> Once:
    """What makes the present request work once: the key of its form, and all that was sent."""
    key = request.form.get("key") or secrets.token_hex()  # a form without one is sent once
    sent = hashlib.sha256()
    for name, value in sorted(request.form.items(multi=True)):
        if name not in ("csrf", "key", "signature"):
            sent.update(f"{name}={len(value)}:{value}".encode())
    for name, file in request.files.items(multi=True):
        sent.update(f"{name}={file.filename}:".encode() + hashlib.sha256(file.read()).digest())
        file.seek(0)
    return Once(key, f"{request.method} {request.path}", sent.hexdigest()[:16])
