"""Programs at the door: a bearer token and nothing else; cookies are not looked at.

Only refused calls count against an address, so a program with a good token is heard even where a
neighbour behind the same address tries wrong ones.
"""

from __future__ import annotations

from typing import cast

from flask import g, request

from engine.store.unit_of_work import Actor, UnitOfWork
from itil import api_tokens
from itil.api_tokens import Caller, TokenRefused
from web.site import site


def admit(scope: str) -> None:
    """Find out which program calls, or refuse it.

    Raises:
        TokenRefused: nobody knows it, or it may not; the refusal is recorded.
        TokenThrottled: too many such calls came from its address.
    """
    runtime, address = site().runtime, request.remote_addr or ""
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    try:
        with runtime.read() as reader:
            secret = secret.strip() if kind.lower() == "bearer" else ""
            found = api_tokens.find(reader, secret, scope, address)
    except TokenRefused as refusal:
        refuse(Actor("nobody", channel="api", address=address), str(refusal))
        raise
    if found.stale:
        runtime.run(found.actor, lambda work: api_tokens.touch(work, found.token))
    g.caller = found


def caller() -> Caller:
    """The program that makes the present call."""
    return cast(Caller, g.caller)


def refuse(actor: Actor, why: str) -> None:
    """Count and record a refused call.

    Raises:
        TokenThrottled: there were too many; this one is neither counted nor recorded.
    """
    runtime, address = site().runtime, request.remote_addr or ""
    with runtime.read() as reader:
        api_tokens.throttle(reader, address)

    def note(work: UnitOfWork) -> None:
        api_tokens.note_refusal(work, address, why)

    runtime.run(actor, note)
