"""Messages that documents promise to send, such as the levels of a clock: a diagram catches each.

What an escalation does is drawn, so a message that no diagram catches is an escalation that
silently never happens.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import orjson
from sqlalchemy import select

from engine.errors import DiagramRejected, Finding
from engine.store.tables import definitions
from engine.store.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Deployed:
    """What a deployment leaves as it is, and what it brings."""

    replaced: frozenset[tuple[str, str]]  #: kinds and keys of the files that it brings
    caught: frozenset[str]  #: messages that its diagrams catch
    sent: Mapping[str, frozenset[str]]  #: file of a document -> messages that it sends


def keep(work: UnitOfWork, new: Deployed, keys: Mapping[str, frozenset[str]]) -> None:
    """Refuse a document whose messages nothing catches, and diagrams that leave one uncaught.

    Raises:
        DiagramRejected: a message would go nowhere once this is deployed.
    """
    if not new.sent and all(kind != "process" for kind, _ in new.replaced):
        return
    staying, before = _caught(work, new.replaced)
    after = staying | new.caught
    for file, messages in new.sent.items():
        _refuse(file, messages - after, "It sends message '{}', which no diagram catches.")
    for name, messages in _sent(work, new.replaced, keys):
        # What nothing caught before is not the fault of this deployment.
        lost = (messages & before) - after
        _refuse("The diagram", lost, f"{name} send it message '{{}}', which nothing catches then.")


def _refuse(file: str, messages: Iterable[str], sentence: str) -> None:
    advice = "Draw an event that catches it, or name another message."
    found = [
        Finding("message.uncaught", "error", "", sentence.format(name), advice)
        for name in sorted(messages)
    ]
    if found:
        raise DiagramRejected(file, found)


def _caught(
    work: UnitOfWork, replaced: frozenset[tuple[str, str]]
) -> tuple[frozenset[str], frozenset[str]]:
    """What the diagrams that stay catch, and what all active ones catch."""
    catalogue = work.runtime.catalogue
    staying, before = set[str](), set[str]()
    for (kind, key), definition_id in catalogue.active(work.connection).ids.items():
        if kind == "process":
            caught = catalogue.process(work.connection, definition_id).drawing.catches
            before |= caught
            if (kind, key) not in replaced:
                staying |= caught
    return frozenset(staying), frozenset(before)


def _sent(
    work: UnitOfWork, replaced: frozenset[tuple[str, str]], keys: Mapping[str, frozenset[str]]
) -> Iterable[tuple[str, frozenset[str]]]:
    """The documents that stay, with the messages that each sends."""
    catalogue = work.runtime.catalogue
    for (kind, key), definition_id in catalogue.active(work.connection).ids.items():
        check = work.runtime.documents.get(kind)
        if check is not None and (kind, key) not in replaced:
            query = select(definitions.c.source).where(definitions.c.id == definition_id)
            document = orjson.loads(work.connection.execute(query).scalar_one())
            yield f"{kind.replace('_', ' ').capitalize()} '{key}'", check(document, keys)
