"""One command, one transaction: the only place that commits.

A unit of work collects what it will write about instances and the audit trail and writes it once,
at the end; anything raised before that leaves the database as it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any, TypeVar

import orjson
from sqlalchemy import Connection, Row, bindparam, select
from sqlalchemy.exc import DataError, StatementError

from engine.bpmn.definition import ProcessDefinition
from engine.bpmn.drawing import Place
from engine.bpmn.lint import Names
from engine.bpmn.uploads import DocumentCheck, Documents
from engine.clock import Clock
from engine.errors import CommandKeyUsed, Forbidden, Unstorable
from engine.store import audit, instances
from engine.store.bell import Bell
from engine.store.catalogue import Catalogue
from engine.store.database import Database, queue_for
from engine.store.tables import events
from engine.topics import Topics

R = TypeVar("R")
_OF_KEY = select(events.c.details).where(events.c.command_key == bindparam("key"))


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, with the rights this person has now."""

    name: str
    roles: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    channel: str = "web"  #: web, api, mail, job, replay, ...
    on_behalf_of: str | None = None
    address: str | None = None  #: network address, where there is one
    confirmed: bool = False  #: has given the password with this very command


@dataclass(frozen=True, slots=True)
class Once:
    """What makes a command work once: a key of its sender's, and what the command is."""

    key: str
    name: str = ""  #: such as `POST /tasks/311`
    digest: str = ""  #: of everything that was sent with it


#: The engine itself: timers, sweeps, outbox.
SYSTEM = Actor("system", channel="job")


@dataclass(slots=True)
class Reader:
    """A read transaction with the moment it began."""

    connection: Connection
    now: datetime
    runtime: Runtime


@dataclass(slots=True)
class UnitOfWork:
    """A write transaction of one actor at one moment."""

    connection: Connection
    now: datetime
    actor: Actor
    runtime: Runtime
    key: str | None = None  #: idempotency key of the command, hashed with the actor
    once: Once | None = None
    loaded: dict[int, instances.Loaded] = field(default_factory=dict)
    recorded: list[audit.Draft] = field(default_factory=list)
    #: open tasks of instances, as read and until one of them is written
    open_tasks: dict[int, Sequence[Row[Any]]] = field(default_factory=dict)
    rings: bool = False  #: whether there is a job that a worker may wait for

    def record(self, draft: audit.Draft) -> None:
        """Add to the audit trail; written at the end, in this order."""
        self.recorded.append(draft)


#: Called in the same transaction with what happened to an instance.
Subscriber = Callable[[UnitOfWork, Any], None]
#: Refuses a person for a task: gets the instance, the task's place in the diagram, the person, and
#: whether they are to `assign`, `claim` or `complete` it.
Guard = Callable[[UnitOfWork, instances.Loaded, Place, str, str], None]


def _no_names(_connection: Connection, _documents: Documents) -> Names:
    return Names()


@dataclass(frozen=True, slots=True)
class Runtime:
    """What commands and queries run on; built once in app.py."""

    database: Database
    clock: Clock
    topics: Topics
    catalogue: Catalogue
    subscribers: tuple[Subscriber, ...] = ()
    #: asked before a deployment, with its reason
    deploy_guards: tuple[Callable[[UnitOfWork, str], None], ...] = ()
    guards: tuple[Guard, ...] = ()  #: asked before a task is assigned, claimed or completed
    zone: tzinfo = UTC  #: of the installation
    dispatchers: frozenset[str] = frozenset({"admin"})  #: roles that move tasks between people
    #: the business key of an instance that a message, signal or timer begins
    numbering: Callable[[UnitOfWork, ProcessDefinition], str | None] = lambda _work, _process: None
    #: kinds of JSON documents that may be deployed, with what checks each
    documents: Mapping[str, DocumentCheck] = field(default_factory=dict)
    #: lists that forms may offer to choose from, by the `valuesKey` of a field
    sources: Mapping[str, Callable[[Connection], list[dict[str, Any]]]] = field(
        default_factory=dict
    )
    #: rings when workers may find a job
    bell: Bell = field(default_factory=Bell)
    #: what exists beside the deployed files, such as groups, for the checks of an upload
    names: Callable[[Connection, Documents], Names] = _no_names

    def run(
        self, actor: Actor, command: Callable[[UnitOfWork], R], key: Once | str | None = None
    ) -> R:
        """Run a command in one transaction and answer its result.

        A key that this actor used before answers the first result again and changes nothing. A
        refusal is recorded in a transaction of its own and raised.

        Raises:
            CommandKeyUsed: the key was used for another command, or for one with other content.
        """
        once = Once(key) if isinstance(key, str) else key
        try:
            with self._transaction(actor, once) as work:
                if work.key is not None and (first := _first(work)) is not None:
                    return first["result"]  # type: ignore[no-any-return]
                result = command(work)
                _finish(work, result)
                return result
        except Forbidden as refusal:
            self._record_refusal(actor, refusal)
            raise

    @contextmanager
    def _transaction(self, actor: Actor, once: Once | None) -> Iterator[UnitOfWork]:
        own = None
        if once is not None:
            own = hashlib.sha256(f"{actor.name}\n{once.key}".encode()).hexdigest()
        with _storable(), self.database.write() as connection:
            work = UnitOfWork(connection, self.clock.now(), actor, self, own, once)
            yield work
            connection.commit()
        if work.rings:
            self.bell.ring()

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """A read transaction for queries."""
        with _storable(), self.database.read() as connection:
            yield Reader(connection, self.clock.now(), self)

    def _record_refusal(self, actor: Actor, refusal: Forbidden) -> None:
        with self._transaction(actor, None) as work:
            work.record(
                audit.Draft(
                    stream="system",
                    action="refused",
                    subject=refusal.code,
                    details={"reason": str(refusal)},
                ),
            )
            _finish(work, None)


@contextmanager
def _storable() -> Iterator[None]:
    """Say plainly that a value fits no column, whichever database finds out and how."""
    try:
        yield
    except (DataError, OverflowError, orjson.JSONEncodeError) as error:
        raise Unstorable from error
    except StatementError as error:
        if isinstance(error.orig, (OverflowError, orjson.JSONEncodeError)):
            raise Unstorable from error
        raise


def _first(work: UnitOfWork) -> Mapping[str, Any] | None:
    """What the first event of a command with this key says; None: it is the first itself."""
    # The second of two sent at once waits for the first, and then finds its result.
    queue_for(work.connection, str(work.key))
    found = work.connection.execute(_OF_KEY, {"key": work.key}).scalar()
    if found is None:
        return None
    details: Mapping[str, Any] = orjson.loads(found)
    first = details.get("command")
    # What was recorded before commands had names is taken at its key alone.
    if first is not None and work.once is not None and first != _named(work.once):
        raise CommandKeyUsed(first[0])
    return details


def _named(once: Once) -> list[str]:
    return [once.name, once.digest]


def _finish(work: UnitOfWork, result: object) -> None:
    if work.key is not None and not work.recorded:
        work.record(audit.Draft(stream="system", action="command", subject="", details={}))
    if work.key is not None:
        first = work.recorded[0]
        first.command_key = work.key
        first.details = {**first.details, "result": result}
        if work.once is not None and work.once.name:
            first.details = {**first.details, "command": _named(work.once)}
    audit.write(work)
    instances.save(work)
