"""Outgoing webhooks: what happens to cases, told to programs elsewhere, signed (EVT-04).

They leave through the outbox like letters: tried again with back-off, kept when they fail for good,
sent again from its page. The signature is HMAC-SHA256 over time and body.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ipaddress
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlsplit

import orjson
from sqlalchemy import Boolean, Column, Integer, String, Table, delete, insert, select

from engine.commands.advance import Progress
from engine.errors import NotFound, Rejected, Unavailable
from engine.store import audit, outbox
from engine.store.columns import Json, Moment, metadata
from engine.store.unit_of_work import Reader, Runtime, UnitOfWork

CHANNEL = "webhook"
#: What there is to be told of.
EVENTS = ("case.opened", "case.changed", "case.closed", "task.opened", "task.completed")
TIMEOUT = 10.0  #: seconds
_LONGEST = 500

table = Table(
    "webhooks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(80), nullable=False, unique=True),
    Column("url", String(500), nullable=False),
    Column("events", Json, nullable=False),
    Column("secret", String(100), nullable=False),  # signs; never shown again
    Column("active", Boolean, nullable=False),
    Column("made_by", String(100), nullable=False),
    Column("made_at", Moment, nullable=False),
)


class WebhookInvalid(Rejected):
    """A webhook cannot be like this."""

    code: ClassVar[str] = "webhook.invalid"


class WebhookNotFound(NotFound):
    """There is no such webhook."""

    code: ClassVar[str] = "webhook.not-found"

    def __init__(self, webhook: int) -> None:
        self.webhook = webhook
        super().__init__(f"There is no webhook {webhook}. Look at the list of webhooks.")


class NotDelivered(Unavailable):
    """A webhook was not taken; it is tried again."""

    code: ClassVar[str] = "webhook.not-delivered"


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where what is told; not the secret."""

    id: int
    name: str
    url: str
    events: Sequence[str]
    active: bool
    made_by: str


# -- admins


def add(work: UnitOfWork, name: str, url: str, events: Sequence[str], secret: str) -> int:
    """Add a webhook; answers its id.

    Raises:
        WebhookInvalid: names what is wrong.
    """
    parts = urlsplit(url)
    if not name.strip() or len(name) > 80:  # noqa: PLR2004 - the column
        raise WebhookInvalid("A webhook needs a name of up to 80 characters.")
    if parts.scheme not in ("http", "https") or not parts.hostname or len(url) > _LONGEST:
        raise WebhookInvalid(f"'{url[:100]}' is no address. Write one with http:// or https://.")
    if parts.username or parts.password:
        raise WebhookInvalid("An address with a password in it is not taken; we sign instead.")
    unknown = sorted(set(events) - set(EVENTS))
    if unknown or not events:
        raise WebhookInvalid(
            f"There are no events {', '.join(unknown) or 'chosen'}. Known: {', '.join(EVENTS)}."
        )
    if work.connection.execute(select(table.c.id).where(table.c.name == name)).first():
        raise WebhookInvalid(f"There is a webhook '{name}' already. Choose another name.")
    row = {"name": name, "url": url, "events": list(events), "secret": secret, "active": True}
    row |= {"made_by": work.actor.name, "made_at": work.now}
    made = work.connection.execute(insert(table).values(row).returning(table.c.id)).scalar_one()
    details = {"url": url, "events": list(events)}
    work.record(audit.Draft("system", "webhook.added", f"webhook:{name}", details))
    return int(made)


def remove(work: UnitOfWork, webhook: int) -> None:
    """Remove a webhook; what is still to be sent to it is not sent any more.

    Raises:
        WebhookNotFound: there is none.
    """
    name = work.connection.execute(select(table.c.name).where(table.c.id == webhook)).scalar()
    if name is None:
        raise WebhookNotFound(webhook)
    work.connection.execute(delete(table).where(table.c.id == webhook))
    work.record(audit.Draft("system", "webhook.removed", f"webhook:{name}", {}))


def every(reader: Reader) -> list[Webhook]:
    """Webhooks by name."""
    columns = (table.c[name] for name in Webhook.__dataclass_fields__)
    rows = reader.connection.execute(select(*columns).order_by(table.c.name))
    return [Webhook(*row) for row in rows]


# -- what happens


def follow(work: UnitOfWork, progress: Progress) -> None:
    """Put what a move means into the outbox for every webhook that wants it; a subscriber."""
    number = progress.instance.business_key
    if number is None:
        return
    rows = work.connection.execute(select(table).where(table.c.active)).all()
    happened = _happened(progress) if rows else []
    for position, (event, said) in enumerate(happened):
        body = {"event": event, "number": number, "at": work.now.isoformat(), **said}
        for row in rows:
            if event in row.events:
                key = f"hook-{row.id}-{progress.instance.id}-{len(work.recorded)}-{position}"
                letter = outbox.Letter(
                    key=f"{key}-{work.now:%H%M%S%f}",
                    channel=CHANNEL,
                    recipient=str(row.id),
                    subject=event,
                    body=orjson.dumps(body).decode(),
                    business_key=number,
                )
                outbox.add(work, letter)


def _happened(progress: Progress) -> list[tuple[str, dict[str, Any]]]:
    process = {"process": progress.instance.process_id}
    found: list[tuple[str, dict[str, Any]]] = []
    if progress.move.action == "instance.started" and progress.instance.parent_id is None:
        found.append(("case.opened", process))
    elif progress.changes:
        found.append(("case.changed", {**process, "fields": sorted(progress.changes)}))
    if progress.move.action == "task.completed":
        found.append(("task.completed", {**process, "element": progress.move.element}))
    found += [("task.opened", {**process, "element": t.element}) for t in progress.opened]
    if progress.ended and progress.instance.parent_id is None:
        found.append(("case.closed", process))
    return found


# -- on their way


def sign(secret: str, moment: str, body: bytes) -> str:
    """The signature that the header `Signalbox-Signature` carries."""
    return hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Poster:
    """Sends webhooks to addresses that are public, or that the installation allows by name."""

    runtime: Runtime
    allowed: frozenset[str] = frozenset()  #: hosts that may be private

    def send(self, letter: outbox.Letter) -> bool:
        """Post one; False where the webhook is gone.

        Raises:
            NotDelivered: the other side did not take it, or its address is not allowed.
        """
        with self.runtime.read() as reader:
            mine = table.c.id == int(letter.recipient)
            row = reader.connection.execute(select(table).where(mine)).first()
            moment = str(int(reader.now.timestamp()))
        if row is None or not row.active:
            return False
        body = letter.body.encode()
        headers = {
            "Content-Type": "application/json",
            "Signalbox-Event": letter.subject,
            "Signalbox-Delivery": letter.key,
            "Signalbox-Timestamp": moment,
            "Signalbox-Signature": f"sha256={sign(row.secret, moment, body)}",
        }
        status = self._post(row.url, body, headers)
        if not 200 <= status < 300:  # noqa: PLR2004 - success
            raise NotDelivered(f"Webhook '{row.name}' answered {status}. It is tried again.")
        return True

    def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        parts = urlsplit(url)
        host, secure = parts.hostname or "", parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
        try:
            # The address that was looked at is the one that is connected to; no redirect is taken.
            connection.sock = socket.create_connection((self._address(host, port), port), TIMEOUT)
            if secure:
                context = ssl.create_default_context()
                connection.sock = context.wrap_socket(connection.sock, server_hostname=host)
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path, body, dict(headers))
            return connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            raise NotDelivered(f"'{host}' could not be reached: {error}.") from error
        finally:
            connection.close()

    def _address(self, host: str, port: int) -> str:
        """An address of a host that is not inside the house, unless the host is allowed."""
        found = [
            str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        ]
        if host not in self.allowed:
            for address in found:
                if not ipaddress.ip_address(address).is_global:
                    raise NotDelivered(f"'{host}' is {address}, an address inside the house.")
        return found[0]
