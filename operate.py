"""Jobs, messages, mail and API tokens on the command line, without pages; part of app.py."""

from __future__ import annotations

import imaplib

import click
import orjson

from engine.bpmn import timers
from engine.commands import jobs as commands
from engine.commands import messages, variables
from engine.commands.variables import VariablesInvalid
from engine.queries import jobs as queries
from engine.queries.jobs import Filter
from itil import api_tokens
from wiring import OPERATOR, mail_reader, opened

PAGE = 1_000


@click.group()
def jobs() -> None:
    """Work that waits: list it, try it again, skip it."""


@jobs.command("list")
@click.option(
    "--state",
    type=click.Choice(["stalled", "backoff", "ready"]),
    default="stalled",
    show_default=True,
    help="Stalled, to be tried again, or waiting for a worker.",
)
@click.option("--type", "kind", default="", help="Only jobs of this type.")
@click.option("--process", default="", help="Only jobs of this process.")
def list_jobs(state: str, kind: str, process: str) -> None:
    """Print jobs, one a line: number, case, element, type, tries, what went wrong."""
    with opened(ship=False) as installation, installation.runtime.read() as reader:
        rows, more = queries.page(reader, Filter(state, kind, process), limit=PAGE)
        stuck = queries.stalled_instances(reader, process)[0] if state == "stalled" else []
    for row in rows:
        tries = f"{row.attempts} failed, {row.retries} left"
        case = row.business_key or f"instance {row.instance_id}"
        click.echo(f"{row.id}\t{case}\t{row.element}\t{row.type}\t{tries}\t{row.error}")
    for instance in stuck:
        click.echo(f"instance {instance.id}\t{instance.business_key or ''}\t{instance.reason}")
    if not rows and not stuck:
        click.echo("Nothing waits here.")
    if more:
        click.echo(f"There are more than {PAGE}. Narrow them with --type or --process.", err=True)


@jobs.command()
@click.argument("number", type=int)
@click.option("--instance", is_flag=True, help="NUMBER is that of a stalled instance.")
@click.option("--reason", default="", help="Why; kept in the audit trail.")
def retry(number: int, reason: str, *, instance: bool) -> None:
    """Try a job again now, or take a stalled instance up again."""
    act = commands.retry_instance if instance else commands.retry
    with opened(ship=False) as installation:
        answer = installation.runtime.run(OPERATOR, lambda work: act(work, number, reason))
    if answer.get("failed"):
        raise click.ClickException(f"It failed again: {answer['failed']}")
    click.echo("The process goes on.")


@jobs.command()
@click.argument("number", type=int)
@click.option("--outcome", default="{}", show_default=True, help="Variables, as a JSON object.")
@click.option("--reason", required=True, help="Why; kept in the audit trail.")
def skip(number: int, outcome: str, reason: str) -> None:
    """Go on as if a job was done with these variables as its outcome."""
    values = _variables(outcome)
    with opened(ship=False) as installation:
        installation.runtime.run(OPERATOR, lambda work: commands.skip(work, number, values, reason))
    click.echo("The process goes on.")


def _variables(text: str) -> dict[str, object]:
    try:
        return variables.checked(orjson.loads(text))
    except orjson.JSONDecodeError as error:
        raise VariablesInvalid(f"are no JSON: {error}") from error


@click.command()
@click.argument("name")
@click.argument("key", default="")
@click.option("--values", default="{}", help="The message's variables, a JSON object.")
@click.option("--lives", default=timers.LIFETIME, show_default=True, help="How long it is kept.")
@click.option("--id", "message_id", help="Two messages with one id count once.")
def publish(name: str, key: str, values: str, lives: str, message_id: str | None) -> None:
    """Send a message: `publish order-paid 4711`. Nobody waiting for it, it is kept."""
    given = _variables(values)
    with opened(ship=False) as installation:
        answer = installation.runtime.run(
            OPERATOR,
            lambda work: messages.publish(
                work, name, key, given, lives=lives, message_id=message_id
            ),
        )
    places = ", ".join(answer["caught"])
    click.echo(f"Caught at {places}." if places else "Nobody waits for it now.")


@click.command("read-mail")
def read_mail() -> None:
    """Take in the unread letters of the mailbox, once; the server does so by itself."""
    with opened(ship=False) as installation:
        look = mail_reader(installation.settings, installation.runtime)
        host = installation.settings.imap_host
        try:
            taken = look()
        except (OSError, imaplib.IMAP4.error) as error:
            raise click.ClickException(
                f"The mailbox at '{host}' cannot be read: {error}"
            ) from error
    click.echo(f"{taken} letters were taken in; 'Received mail' shows what became of each.")


@click.group()
def token() -> None:
    """Tokens with which programs call the REST API: make, list, revoke."""


@token.command()
@click.argument("name")
@click.option("--job", "types", multiple=True, help="A job type that it may take; repeatable.")
@click.option("--days", default=90, show_default=True, help="How long it lives.")
def make(name: str, types: tuple[str, ...], days: int) -> None:
    """Make a token and print it, this once."""
    grants = {"jobs": types} if types else {}
    secret = api_tokens.new_secret()
    with opened(ship=False) as installation:
        installation.runtime.run(
            OPERATOR, lambda work: api_tokens.make(work, name, grants, days, secret)
        )
    click.echo(secret)


@token.command("list")
def list_tokens() -> None:
    """Print tokens, one a line: number, name, state, end, what it is for."""
    with opened(ship=False) as installation, installation.runtime.read() as reader:
        for found in api_tokens.everyone(reader):
            granted = "; ".join(f"{k}: {', '.join(v)}" for k, v in found.grants.items())
            state = found.state(reader.now)
            click.echo(f"{found.id}\t{found.name}\t{state}\t{found.expires_at:%Y-%m-%d}\t{granted}")


@token.command()
@click.argument("number", type=int)
def revoke(number: int) -> None:
    """End a token at once."""
    with opened(ship=False) as installation:
        installation.runtime.run(OPERATOR, lambda work: api_tokens.revoke(work, number))
    click.echo(f"Token {number} is refused from now on.")
