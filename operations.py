"""What operators do to versions and instances on the command line; app.py takes it in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import orjson

from engine.commands import instances, migrations, placing, versions
from engine.errors import Rejected
from engine.jobs import migrations as job
from engine.queries import definitions as definition_queries
from engine.queries import migrations as queries
from engine.store.migrations import Plan
from engine.store.unit_of_work import Reader, Runtime, UnitOfWork
from itil import cases, classification, privacy, retention, sensitive
from wiring import OPERATOR, opened, replaying, run_due

_REASON = click.option("--reason", required=True, help="Why; kept in the audit trail.")


def _on(number: str, act: Callable[[UnitOfWork, int], Any], done: str) -> None:
    """Run a command on the instance of a case, or on `instance:12` itself."""
    with opened(ship=False) as installation:
        with installation.runtime.read() as reader:
            instance = _instance(reader, number)
        installation.runtime.run(OPERATOR, lambda work: act(work, instance))
    click.echo(f"{number} {done}.")


def _instance(reader: Reader, number: str) -> int:
    kind, _, own = number.partition(":")
    return (
        int(own) if kind == "instance" and own.isdigit() else cases.get(reader, number).instance_id
    )


@click.command()
@click.argument("number")
@_REASON
def suspend(number: str, reason: str) -> None:
    """Let a case rest: `suspend INC-7 --reason ...`; NUMBER may be `instance:12` too."""
    _on(number, lambda work, i: instances.suspend(work, i, reason), "is suspended")


@click.command()
@click.argument("number")
@_REASON
def resume(number: str, reason: str) -> None:
    """Let a suspended or stalled case go on."""
    _on(number, lambda work, i: instances.resume(work, i, reason), "goes on")


@click.command()
@click.argument("number")
@_REASON
def delete(number: str, reason: str) -> None:
    """Delete an ended case with its instance; the audit trail stays."""
    _on(number, lambda work, i: instances.delete(work, i, reason), "is deleted")


@click.command()
@click.argument("number")
@click.argument("source")
@click.argument("target")
@_REASON
def move(number: str, source: str, target: str, reason: str) -> None:
    """Move the token of a case from one element of its diagram to another."""
    done = f"is at '{target}'"
    _on(number, lambda work, i: placing.move(work, i, source, target, reason), done)


@click.command()
@click.argument("number")
@click.argument("element")
@click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help="A value as if entered.")
@_REASON
def skip(number: str, element: str, given: tuple[str, ...], reason: str) -> None:
    """Leave an element of a case along its flow as if it were done."""
    values: dict[str, object] = dict(_pair(text) for text in given)
    done = f"has left '{element}'"
    _on(number, lambda work, i: placing.skip(work, i, element, values, reason), done)


@click.command()
@click.argument("number")
@click.argument("element")
@_REASON
def reopen(number: str, element: str, reason: str) -> None:
    """Give an element that was done another token; a completed case goes on again."""
    done = f"is at '{element}' again"
    _on(number, lambda work, i: placing.reopen(work, i, element, reason), done)


def _pair(text: str) -> tuple[str, str]:
    name, is_pair, value = text.partition("=")
    if not is_pair or not name:
        raise Rejected(f"'{text}' is no pair. Write 'name=value'.")
    return name, value


@click.command()
@click.argument("action", type=click.Choice(["suspend", "resume", "delete"]))
@click.argument("process")
@click.argument("number", type=int)
@_REASON
def version(action: str, process: str, number: int, reason: str) -> None:
    """Suspend, resume or delete one version: `version suspend incident 2 --reason ...`."""
    acts = {
        "suspend": (versions.suspend, "is suspended: nothing starts on it"),
        "resume": (versions.resume, "is resumed"),
        "delete": (versions.remove, "is deleted"),
    }
    act, done = acts[action]
    with opened(ship=False) as installation:
        installation.runtime.run(OPERATOR, lambda work: act(work, process, number, reason))
    click.echo(f"Version {number} of '{process}' {done}.")


@click.command("migrate-instances")
@click.argument("process", required=False)
@click.option("--from", "sources", type=int, multiple=True, help="Version to leave; repeatable.")
@click.option("--to", "target", type=int, help="Version to go on with.")
@click.option("--map", "mapped", multiple=True, metavar="OLD=NEW", help="A renamed element.")
@click.option("--reason", default="", help="Why; kept in the audit trail.")
@click.option("--dry-run", is_flag=True, help="Only say what would move and why the rest cannot.")
@click.option("--resume", "plan_id", type=int, help="Go on with a migration that was interrupted.")
def migrate_instances(
    *,
    process: str | None,
    sources: tuple[int, ...],
    target: int | None,
    mapped: tuple[str, ...],
    reason: str,
    dry_run: bool,
    plan_id: int | None,
) -> None:
    """Move the running instances of a process to another version, as far as they can."""
    names = dict(_pair(text) for text in mapped)
    with opened(ship=False) as installation:
        runtime = installation.runtime
        if plan_id is not None:
            _take_up(runtime, plan_id)
        elif process is None or target is None or not sources:
            raise Rejected("Say which: PROCESS --from 1 --to 2, or --resume and a number.")
        elif dry_run:
            _foretell(runtime, process, (sources, target), names)
            return
        else:
            wanted = (sources, target)
            begun = runtime.run(
                OPERATOR, lambda work: migrations.begin(work, process, wanted, names, reason)
            )
            plan_id = int(begun["plan"])
        _carry_out(runtime, plan_id)


def _take_up(runtime: Runtime, plan_id: int) -> None:
    with runtime.read() as reader:
        state = queries.report(reader, plan_id).plan.state
    if state == "stopped":
        runtime.run(OPERATOR, lambda work: migrations.go_on(work, plan_id, "Taken up again"))


def _carry_out(runtime: Runtime, plan_id: int) -> None:
    def say(went: job.Went) -> None:
        click.echo(f"\r{went.moved} moved, {went.kept} kept", nl=False)

    try:
        job.run(runtime, plan_id, say)
    except KeyboardInterrupt:
        runtime.run(OPERATOR, lambda work: migrations.stop(work, plan_id, "Interrupted"))
        click.echo(f"\nInterrupted. Go on with: app.py migrate-instances --resume {plan_id}")
    with runtime.read() as reader:
        found = queries.report(reader, plan_id)
    click.echo(f"\nMigration {plan_id}: {found.moved} moved, {found.kept} kept, {found.left} left.")
    _tell(found.reasons)


def _foretell(
    runtime: Runtime, process: str, wanted: tuple[tuple[int, ...], int], names: dict[str, str]
) -> None:
    with runtime.read() as reader:
        ids = [definition_queries.version(reader, process, v).id for v in (*wanted[0], wanted[1])]
        found = queries.outlook(reader, Plan(process, tuple(ids[:-1]), ids[-1], names))
    click.echo(f"{found.can} instances can move, {found.cannot} cannot.")
    _tell(found.reasons)


def _tell(reasons: tuple[queries.Reason, ...]) -> None:
    for reason in reasons:
        named = ", ".join(number or f"instance:{i}" for i, number in reason.examples)
        more = ", …" if reason.count > len(reason.examples) else ""
        click.echo(f"{reason.count:6}  {reason.obstacle} ({named}{more})")


@click.command()
@click.argument("process")
@click.option("--days", type=int, required=True, help="Kept so long after closing; 180 at least.")
def purge(process: str, days: int) -> None:
    """Remove cases of a process that were closed long ago; their audit trails stay."""
    with opened(ship=False) as installation:
        gone = retention.purge(installation.runtime, OPERATOR, process, days)
    click.echo(f"{gone} cases of '{process}' were removed.")


@click.command("personal-data")
@click.argument("login")
@click.option("--erase", is_flag=True, help="Take the name away; the login stays as a pseudonym.")
def personal_data(login: str, *, erase: bool) -> None:
    """Print everything that is stored about a person, or take away who it was."""
    with opened(ship=False) as installation:
        if erase:
            installation.runtime.run(OPERATOR, lambda work: privacy.erase(work, login))
            click.echo(f"Nothing says any more who '{login}' was.")
            return
        with installation.runtime.read() as reader:
            found = privacy.export(reader, login)
        read = sensitive.Read(f"person:{login}", sensitive.PERSON)
        sensitive.record(installation.runtime, OPERATOR, [read])
    click.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())


@click.command("train-classifier")
@click.argument("target", type=click.Choice(classification.TARGETS))
def train_classifier(target: str) -> None:
    """Train suggestions of TARGET from closed incidents, and use them from now on."""
    with opened(ship=False) as installation:
        done = installation.runtime.run(OPERATOR, lambda work: classification.train(work, target))
    click.echo(
        f"Trained from {done['cases']} cases; {done['accuracy']:.1%} of them right by a model "
        "that did not see them."
    )


@click.command("replay-states")
@click.argument("kind", type=click.Choice(["problems", "requests"]))
@click.argument("log", type=click.Path(exists=True, path_type=Path))
@click.option("--limit", type=int, help="Only so many cases, from the beginning.")
@click.option("--database", default="sqlite:///var/replay.sqlite", show_default=True)
def replay_states(kind: str, log: Path, limit: int | None, database: str) -> None:
    """Drive the cases of a log of states through the deployed process, on a simulated clock."""
    from itil.replay import problem_states, request_states, states  # noqa: PLC0415 - only here

    followers: dict[str, states.Follower] = {
        "problems": problem_states.Problems(),
        "requests": request_states.Requests(),
    }
    with replaying(database) as runtime:
        found = states.run(runtime, log, followers[kind], lambda _: run_due(runtime), limit)
    click.echo(found.as_text())


COMMANDS = (
    *(suspend, resume, delete, move, skip, reopen, version, migrate_instances),
    *(purge, personal_data, train_classifier, replay_states),
)
