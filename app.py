"""The command line of Signalbox; nothing imports it."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import click

import checking
import operate
import operations
import settings
import wiring
from engine.bpmn.foreign import convert as foreign
from engine.bpmn.foreign import layout
from engine.clock import ManualClock
from engine.commands import definitions, drafts, instances
from engine.errors import EngineError
from engine.findings import LANGUAGES, Finding
from engine.queries import audit
from engine.queries import drafts as draft_queries
from engine.store.database import Database
from engine.store.unit_of_work import Reader, Runtime, UnitOfWork
from itil import cases, demo, leavers, people, sessions
from itil.roles import ROLES
from wiring import OPERATOR, opened


@contextmanager
def sole_owner(url: str) -> Iterator[None]:
    """Refuse to open a SQLite file that another server owns."""
    if not url.startswith("sqlite:///"):
        yield
        return
    path = Path(url.removeprefix("sqlite:///") + ".lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            _fail(f"Another Signalbox server owns {url}. Stop it, or set SIGNALBOX_DATABASE.")
        yield


def _fail(sentence: str) -> NoReturn:
    click.echo(f"signalbox: {sentence}", err=True)
    sys.exit(1)


class Plain(click.Group):
    """A command group whose errors are one clear line."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; what goes wrong is said in a sentence."""
        try:
            return super().invoke(ctx)
        except (EngineError, settings.SettingInvalid) as error:
            show(getattr(error, "findings", ()))
            _fail(str(error))


def show(findings: Iterable[Finding], language: str = "en") -> None:
    """Print findings, one a line."""
    for finding in findings:
        click.echo(checking.line(finding, language))


# -- command line


@click.group(cls=Plain)
@click.version_option(settings.VERSION, prog_name="signalbox")
def main() -> None:
    """Signalbox runs ITIL processes as BPMN diagrams.

    Settings come from environment variables, see docs/settings.md.
    """


for operation in operations.COMMANDS:
    main.add_command(operation)


@main.command()
@click.option("--demo", "demo_people", is_flag=True, help="Add demo people to sign in as.")
def serve(*, demo_people: bool) -> None:
    """Migrate, deploy the shipped processes and serve the pages."""
    from waitress.server import create_server  # noqa: PLC0415 - only the server needs it

    chosen = settings.read(os.environ)
    with sole_owner(chosen.database), opened() as installation:
        runtime = installation.runtime
        if demo_people:
            _populate_once(runtime)
        scheduler = wiring.build_scheduler(chosen, runtime)
        app = wiring.build_web(chosen, runtime, scheduler, demo_people=demo_people)
        server = create_server(
            app,
            host=chosen.host,
            port=chosen.port,
            threads=chosen.threads,
            ident="signalbox",
            # Otherwise they never reach the application, which knows how many of them to believe.
            clear_untrusted_proxy_headers=not chosen.trusted_proxies,
        )
        wiring.settle_memory()
        scheduler.start()
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        click.echo(f"Signalbox answers on http://{chosen.host}:{chosen.port}  (Ctrl-C stops it)")
        try:
            server.run()
        finally:
            scheduler.stop()
            server.close()


def _populate_once(runtime: Runtime) -> None:
    with runtime.read() as reader:
        known = {person.login for person in people.everybody(reader)}
    if not known & {person.login for person in demo.PEOPLE}:
        runtime.run(OPERATOR, demo.populate)


@main.command()
def migrate() -> None:
    """Bring the database to this version."""
    with opened(ship=False):
        click.echo("The database is at this version.")


@main.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--reason", required=True, help="Why this version; kept in the audit trail.")
def deploy(files: tuple[Path, ...], reason: str) -> None:
    """Deploy diagrams, decisions, forms or documents, all or none."""
    with opened() as installation:
        answers = installation.runtime.run(
            OPERATOR, lambda work: definitions.deploy(work, checking.contents(files), reason)
        )
    for answer in answers:
        what = "is now" if answer["changed"] else "was already"
        click.echo(f"{answer['kind']} '{answer['key']}' {what} version {answer['version']}.")


@main.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON, in both languages.")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True)
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings, too.")
@click.option("--alone", is_flag=True, help="Beside what is shipped, not what is deployed here.")
@click.option("--rules", "list_rules", is_flag=True, help="List the rules instead.")
def check(
    files: tuple[Path, ...],
    language: str,
    *,
    as_json: bool,
    strict: bool,
    alone: bool,
    list_rules: bool,
) -> None:
    """Check files and folders together, by the rules of an upload.

    Changes nothing. Exits with 1 where something would be refused.
    """
    if list_rules:
        click.echo(checking.rules_as_json() if as_json else checking.rules_as_text(language))
        return
    if not files:
        raise click.UsageError("Name files or folders to check, or --rules.")
    contents = checking.contents(files)
    found = wiring.check_files(settings.read(os.environ), contents, alone=alone)
    errors = sum(finding.refuses for finding in found)
    warnings = len(found) - errors
    if as_json:
        click.echo(checking.as_json(found))
    else:
        show(found, language)
        stands = f"{errors} errors" if errors else f"{len(contents)} files can be deployed"
        click.echo(f"{stands}; {warnings} warnings.")
    sys.exit(bool(errors or (strict and warnings)))


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def convert(file: Path, folder: Path) -> None:
    """Rewrite a BPMN file of another product into FOLDER, with the forms that were inside it."""
    found = foreign.convert(file.read_bytes(), file.name)
    drawn = layout.with_layout(found.source, file.name)
    files = {f"{file.name.partition('.')[0]}.bpmn": drawn}
    files |= {f"forms/{key}.form": schema for key, schema in found.forms.items()}
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    show(found.findings)
    click.echo(f"{folder}: {', '.join(files)}; {len(found.findings)} findings.")


@main.command("import")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
def import_(files: tuple[Path, ...]) -> None:
    """Keep diagrams of any product as drafts, converted as far as that goes; deploys nothing.

    Forms and decision tables may come with one diagram.
    """
    with opened() as installation:
        answer = installation.runtime.run(
            OPERATOR, lambda work: drafts.keep(work, checking.contents(files))
        )
        with installation.runtime.read() as reader:
            for one in answer["kept"]:
                draft = draft_queries.get(reader, one["draft"])
                click.echo(f"{one['file']}: draft {draft.id}, {_counted(reader, draft)}.")
    for one in answer["refused"]:
        click.echo(f"{one['file']}: {' '.join(one['reasons'])}", err=True)
    if answer["refused"]:
        _fail(f"{len(answer['refused'])} of {len(files)} files were not kept.")


@main.command("drafts")
def drafts_() -> None:
    """List the drafts with what is found about each now."""
    with opened() as installation, installation.runtime.read() as reader:
        for draft in draft_queries.every(reader):
            click.echo(f"{draft.id:4}  {draft.name}  {_counted(reader, draft)}  ({draft.file})")


def _counted(reader: Reader, draft: draft_queries.Entry) -> str:
    found = drafts.check(reader, draft)
    errors = sum(finding.severity == "error" for finding in found)
    return f"{errors} errors, {len(found) - errors} warnings"


@main.command()
@click.argument("login")
@click.option("--name", default="", help="Full name.")
@click.option("--email", default="", help="Where notices go.")
@click.option("--language", type=click.Choice(["en", "zh"]), default="en")
@click.option("--role", "roles", multiple=True, type=click.Choice(sorted(ROLES)))
@click.option("--group", "groups", multiple=True, help="Key of a support group.")
@click.password_option()
def user(
    *,
    login: str,
    name: str,
    email: str,
    language: str,
    roles: tuple[str, ...],
    groups: tuple[str, ...],
    password: str,
) -> None:
    """Add a person, or replace one."""
    identity = {"login": login, "name": name, "email": email, "language": language}

    def save(work: UnitOfWork) -> None:
        people.add_person(work, identity, password, roles or ("requester",), groups)
        # New password, perhaps fewer rights: what was signed in before has to sign in again.
        sessions.close_all(work, login)

    with opened(ship=False) as installation:
        installation.runtime.run(OPERATOR, save)
    click.echo(f"{login} can sign in.")


@main.command()
@click.argument("login")
def deactivate(login: str) -> None:
    """Lock a person out at once; what the person did stays in the audit trail."""
    with opened(ship=False) as installation:
        moved = installation.runtime.run(OPERATOR, lambda work: leavers.leave(work, login))
    click.echo(
        f"{login} can no longer sign in. Tasks: {moved['returned']} back to their groups, "
        f"{moved['to_manager']} to the manager."
    )


@main.command()
@click.argument("kind")
@click.argument("key")
@click.argument("version", type=int)
@click.option("--reason", required=True, help="Why; kept in the audit trail.")
def activate(kind: str, key: str, version: int, reason: str) -> None:
    """Make an earlier version active again: `activate process incident 1 --reason ...`."""
    with opened(ship=False) as installation:
        installation.runtime.run(
            OPERATOR, lambda work: definitions.activate(work, kind, key, version, reason)
        )
    click.echo(f"{kind} '{key}' is now version {version}.")


@main.command()
@click.argument("number")
@click.option("--reason", required=True, help="Why; kept in the audit trail.")
def cancel(number: str, reason: str) -> None:
    """End a case before its end event; its open tasks are withdrawn."""
    with opened(ship=False) as installation:
        with installation.runtime.read() as reader:
            instance = cases.get(reader, number).instance_id
        installation.runtime.run(OPERATOR, lambda work: instances.cancel(work, instance, reason))
    click.echo(f"{number} is cancelled.")


main.add_command(operate.jobs)
main.add_command(operate.token)
main.add_command(operate.publish)
main.add_command(operate.read_mail)


@main.command()
@click.argument("stream", default="system")
def verify(stream: str) -> None:
    """Recompute the hash chain of a stream: `system` or `instance:12`."""
    with opened(ship=False) as installation, installation.runtime.read() as reader:
        verdict = audit.verify(reader, stream)
    if verdict.ok and not verdict.length and stream != "system":
        _fail(f"There is no stream '{stream}'. Write 'system' or 'instance:' and a number.")
    if not verdict.ok:
        _fail(f"Stream '{stream}' is broken at event {verdict.broken_at}.")
    click.echo(f"Stream '{stream}' is whole: {verdict.length} events.")


@main.command("sample-log")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--incidents", default=1000, show_default=True, help="How many.")
@click.option("--seed", default=1, show_default=True, help="The same seed writes the same log.")
def sample_log(file: Path, incidents: int, seed: int) -> None:
    """Write an incident log of the shape that `replay` reads."""
    from itil import sample_log as generator  # noqa: PLC0415 - only this command needs it

    file.parent.mkdir(parents=True, exist_ok=True)
    generator.write(file, incidents, seed)
    click.echo(f"{file}: {incidents} incidents.")


@main.command()
@click.argument("log", type=click.Path(exists=True, path_type=Path))
@click.option("--limit", type=int, help="Only so many incidents, from the beginning.")
@click.option("--resume", is_flag=True, help="Take up an interrupted replay of the same log.")
@click.option("--strict", is_flag=True, help="Refuse a log with a line that cannot be used.")
@click.option(
    "--database",
    default="sqlite:///var/replay.sqlite",
    show_default=True,
    help="Filled with the incidents of the log; begun anew unless resumed.",
)
def replay(log: Path, limit: int | None, database: str, *, resume: bool, strict: bool) -> None:
    """Drive every incident of a log through the deployed process, on a simulated clock.

    Prints what the diagram could follow and what not, and keeps it as JSON beside the database.
    """
    from itil import replay as player  # noqa: PLC0415 - only this command needs it

    file = Path(database.removeprefix("sqlite:///"))
    if not database.startswith("sqlite:///"):
        _fail("A replay needs a SQLite file of its own. Give --database sqlite:///PATH.")
    file.parent.mkdir(parents=True, exist_ok=True)
    progress, report = file.with_suffix(".progress"), file.with_suffix(".json")
    if not resume:
        _forget(file, progress)
    store = Database(database, safe=False)
    wiring.migrate_database(store)
    built = wiring.build_runtime(settings.read(os.environ), store)
    runtime = replace(built, clock=ManualClock(datetime.fromtimestamp(0, UTC)))
    runtime.run(OPERATOR, lambda work: definitions.ship(work, wiring.shipped_files()))
    options = player.Options(progress, report, limit, resume, strict)
    try:
        found = player.run(runtime, log, lambda _: wiring.run_due(runtime), options)
    except KeyboardInterrupt:
        _fail("Interrupted. Go on with the same command and --resume.")
    finally:
        store.close()
    click.echo(found.as_text())
    click.echo(f"As JSON: {report}")


def _forget(file: Path, progress: Path) -> None:
    if progress.exists():
        _fail(f"An interrupted replay is in {file}. Add --resume, or delete {progress}.")
    for suffix in ("", "-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)


if __name__ == "__main__":
    main(prog_name="signalbox")
