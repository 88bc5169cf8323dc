"""Wires the product together: engine, ITIL, handlers, pages; imported by app.py and tests only."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from alembic import command as alembic
from alembic.config import Config
from sqlalchemy import inspect

import handlers
import logs
import settings
from engine.bpmn import uploads
from engine.bpmn.uploads import Around, DocumentCheck
from engine.clock import ManualClock, SystemClock
from engine.commands import definitions
from engine.errors import Finding, Rejected
from engine.jobs import migrations, outbox, sweep
from engine.jobs.scheduler import Job, Scheduler
from engine.queries import definitions as definition_queries
from engine.store import outbox as letters
from engine.store.catalogue import Catalogue
from engine.store.database import Database
from engine.store.unit_of_work import SYSTEM, Actor, Runtime
from itil import (
    answers,
    assignment,
    calendars,
    case_progress,
    cases,
    catalogue,
    changes,
    choices,
    classification,
    demo,
    duties,
    known,
    level_sweep,
    links,
    mail_intake,
    mail_record,
    mailbox,
    notices,
    policy,
    releases,
    roles,
    senders,
    service_levels,
    signatures,
    surveys,
    webhooks,
)
from settings import Settings

if TYPE_CHECKING:
    from flask import Flask

ROOT = Path(__file__).parent
SHIPPED = ("workflows", "forms")
SUFFIXES = frozenset({".bpmn", ".dmn", ".form", ".json"})
#: How often the mailbox is looked into.
_MAIL_SECONDS = 30
#: What the command line does is recorded under the name of whoever runs it.
OPERATOR = Actor(os.environ.get("USER") or "operator", frozenset({"admin"}), channel="cli")


def build_runtime(chosen: Settings, database: Database | None = None) -> Runtime:
    """The engine with ITIL on top of it."""
    return Runtime(
        database=database or Database(chosen.database),
        clock=SystemClock(),
        topics=handlers.load(),
        catalogue=Catalogue(),
        zone=ZoneInfo(chosen.zone),
        dispatchers=roles.DISPATCHERS,
        numbering=cases.number,
        subscribers=(
            assignment.follow,
            case_progress.follow,
            links.follow,
            changes.follow,
            releases.follow,
            duties.follow,
            webhooks.follow,
            classification.follow,
            partial(surveys.follow, pages=_pages(chosen)),
            notices.post,
        ),
        deploy_guards=(policy.guard,),
        guards=(duties.guard, signatures.guard),
        documents=documents(),
        sources=choices.SOURCES,
        names=known.names,
    )


def _pages(chosen: Settings) -> str:
    """Where people reach the pages: an address for letters."""
    return chosen.pages.rstrip("/") or f"http://{chosen.host}:{chosen.port}"


def documents() -> dict[str, DocumentCheck]:
    """The kinds of JSON documents that may be deployed, with what checks each."""
    return {
        answers.KIND: answers.check,
        "calendar": _check_calendar,
        catalogue.KIND: catalogue.check,
        duties.KIND: duties.check,
        policy.KIND: policy.check,
        surveys.KIND: surveys.check,
        "service_levels": _check_service_levels,
        "notices": _check_notices,
    }


def check_files(chosen: Settings, files: Mapping[str, bytes], *, alone: bool) -> list[Finding]:
    """All findings about files; nothing is changed, and no database is made.

    They are checked beside what this installation has deployed, or, `alone` or where there is no
    installation yet, beside what is shipped; then no groups are known.
    """
    if not alone and _installed(chosen.database):
        database = Database(chosen.database)
        try:
            with build_runtime(chosen, database).read() as reader:
                if inspect(reader.connection).has_table("definitions"):
                    return definition_queries.check(reader, files)
        finally:
            database.close()
    kinds = documents()
    around = Around(handlers.load(), kinds, partial(known.names, None), SystemClock().now())
    shipped = uploads.recognise(shipped_files(), kinds)
    return uploads.findings(uploads.recognise(files, kinds), shipped, around)


def _installed(url: str) -> bool:
    """Whether there may be a database; to open a SQLite file that is not there would make it."""
    file = Path(url.removeprefix("sqlite:///"))
    return not url.startswith("sqlite:///") or (file.exists() and file.stat().st_size > 0)


def _check_calendar(document: Mapping[str, object], _: object) -> frozenset[str]:
    calendars.read(document)
    return frozenset()


def _check_notices(document: Mapping[str, object], _: object) -> frozenset[str]:
    notices.check(document)
    return frozenset()


def _check_service_levels(
    document: Mapping[str, object], known: Mapping[str, frozenset[str]]
) -> frozenset[str]:
    definition = service_levels.read(document, known["calendar"])
    unknown = sorted(definition.states - set(cases.STATES))
    if unknown:
        raise Rejected(
            f"Service levels '{definition.key}' name states that no case has: "
            f"{', '.join(unknown)}. Known: {', '.join(sorted(cases.STATES))}.",
        )
    return definition.messages


def build_web(
    chosen: Settings, runtime: Runtime, scheduler: Scheduler, *, demo_people: bool
) -> Flask:
    """The pages on top of the runtime."""
    import web  # noqa: PLC0415 - Flask is not loaded for commands that need no pages
    from web.site import Settings as WebSettings  # noqa: PLC0415

    return web.build(
        runtime,
        WebSettings(
            demo=demo_people,
            secure_cookies=chosen.secure_cookies,
            second_factor_roles=frozenset(chosen.second_factor_roles.split()),
            trusted_proxies=chosen.trusted_proxies,
            zone=chosen.zone,
            version=settings.VERSION,
            # Most threads stay free for people, whatever workers do.
            waiting=chosen.threads // 4,
            heartbeat=lambda: scheduler.heartbeats().get("sweep"),
            demo_people=tuple((p.login, demo.PASSWORD) for p in demo.PEOPLE) if demo_people else (),
        ),
    )


def build_scheduler(chosen: Settings, runtime: Runtime) -> Scheduler:
    """What runs by itself, on APScheduler as an in-memory clock."""
    post = None
    if chosen.smtp_host:
        post = senders.Mail(
            host=chosen.smtp_host,
            port=chosen.smtp_port,
            sender=chosen.smtp_sender,
            user=chosen.smtp_user,
            password=chosen.smtp_password,
            starttls=chosen.smtp_starttls,
            signed=mail_record.secret(runtime),
            reply_to=chosen.smtp_reply_to,
        )
    poster = webhooks.Poster(runtime, frozenset(chosen.webhook_hosts.split()))
    ways = senders.Senders(post, chosen.apprise.split(), poster.send)
    if post or ways.targets:
        since = runtime.clock.now() - timedelta(hours=chosen.held_hours)
        runtime.run(SYSTEM, lambda work: letters.release(work, since))
    return Scheduler(
        runtime.clock,
        [
            Job("sweep", chosen.sweep_seconds, lambda: run_due(runtime)),
            Job("migrations", chosen.sweep_seconds, lambda: migrations.run_due(runtime)),
            Job("outbox", chosen.sweep_seconds, lambda: outbox.deliver(runtime, ways.send)),
            *_mail_job(chosen, runtime),
        ],
    )


def _mail_job(chosen: Settings, runtime: Runtime) -> list[Job]:
    """Looking into the mailbox, where one is set."""
    if not chosen.imap_host:
        return []
    return [Job("mail", _MAIL_SECONDS, mail_reader(chosen, runtime))]


def mail_reader(chosen: Settings, runtime: Runtime) -> Callable[[], int]:
    """What takes in the unread letters of the mailbox and answers how many there were.

    Raises:
        Rejected: no mailbox is set.
    """
    if not chosen.imap_host:
        raise Rejected("No mailbox is set. Set SIGNALBOX_IMAP_HOST; see docs/email.md.")
    box = mailbox.Mailbox(
        chosen.imap_host,
        chosen.imap_user,
        chosen.imap_password,
        chosen.imap_port,
        chosen.imap_folder,
    )
    ours = (parseaddr(text)[1].lower() for text in (chosen.smtp_sender, chosen.smtp_reply_to))
    rules = mail_intake.Rules(frozenset(filter(None, ours)), chosen.mail_proven_by)
    signed = mail_record.secret(runtime)
    take = partial(mail_intake.receive, runtime, rules=rules, signed=signed)
    return lambda: mailbox.take_in(box, take)


def settle_memory() -> None:
    """Let the garbage collector leave alone what was loaded to serve, and look less often.

    Modules and compiled definitions live as long as the process; walking them again and again
    took a fifth of the time of a page.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def run_due(runtime: Runtime) -> int:
    """Fire every timer and SLA level whose moment has come."""
    return sweep.run_due(runtime).fired + level_sweep.run_due(runtime)


def migrate_database(database: Database) -> None:
    """Bring the tables to this version, in one transaction."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    with database.write() as connection:
        config.attributes["connection"] = connection
        alembic.upgrade(config, "head")


def shipped_files() -> dict[str, bytes]:
    """Diagrams, decisions, forms and documents of the repository, by path."""
    found = (path for folder in SHIPPED for path in sorted((ROOT / folder).rglob("*")))
    return {
        str(path.relative_to(ROOT)): path.read_bytes()
        for path in found
        if path.suffix in SUFFIXES and not path.name.endswith(".test.json")
    }


@dataclass(frozen=True)
class Opened:
    """An installation that is ready for work."""

    settings: Settings
    runtime: Runtime


@contextmanager
def opened(*, ship: bool = True) -> Iterator[Opened]:
    """This installation: settings read, database migrated, shipped processes deployed."""
    chosen = settings.read(os.environ)
    logs.set_up(chosen.log_format, chosen.log_level)
    if chosen.database.startswith("sqlite:///"):
        Path(chosen.database.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    database = Database(chosen.database)
    try:
        migrate_database(database)
        runtime = build_runtime(chosen, database)
        if ship:
            runtime.run(OPERATOR, lambda work: definitions.ship(work, shipped_files()))
        yield Opened(chosen, runtime)
    finally:
        database.close()


@contextmanager
def replaying(url: str) -> Iterator[Runtime]:
    """A new database on a manual clock with the shipped processes, for a replay."""
    file = Path(url.removeprefix("sqlite:///"))
    if not url.startswith("sqlite:///"):
        raise Rejected("A replay needs a SQLite file of its own: sqlite:///PATH.")
    file.parent.mkdir(parents=True, exist_ok=True)
    for suffix in ("", "-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
    database = Database(url, safe=False)
    try:
        migrate_database(database)
        built = build_runtime(settings.read(os.environ), database)
        runtime = replace(built, clock=ManualClock(datetime.fromtimestamp(0, UTC)))
        runtime.run(OPERATOR, lambda work: definitions.ship(work, shipped_files()))
        runtime.run(OPERATOR, demo.populate)
        yield runtime
    finally:
        database.close()
