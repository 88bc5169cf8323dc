"""Running instances on their way to another version: try a plan, run it, follow it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import redirect, render_template, request, url_for

from engine.commands import migrations as commands
from engine.errors import Conflict, DefinitionNotFound, Rejected
from engine.queries import definitions, names
from engine.queries import migrations as queries
from engine.queries.definitions import DefinitionRow
from engine.store.migrations import Plan
from engine.store.unit_of_work import Reader
from itil import people
from web.errors import PageError, status_of
from web.pages import Answer, Pages
from web.roles import OWNERS
from web.site import site
from web.visit import actor, command_key, visit
from web.wording import sentence, text

bp = Pages("migrations", __name__)

MAP = "map."  #: begins the name of a field that maps an element
MOST = 10_000  #: instances that a page judges; the command line judges all

ACTS = {"stop": commands.stop, "resume": commands.go_on}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form of a plan says."""

    sources: tuple[int, ...]  #: versions
    target: int
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Renaming:
    """An element that the target has no longer, and what takes its place."""

    element: str
    label: str
    chosen: str


@bp.page("/processes/<key>/migrations", OWNERS)
def prepare(key: str) -> Answer:
    """Choose versions and renamed elements, and see what would happen."""
    return _page(key, _asked(request.args))


@bp.page("/processes/<key>/migrations", OWNERS, ["POST"])
def begin(key: str) -> Answer:
    """Let a plan run; it goes on in the background."""
    asked = _asked(request.form)
    reason = request.form.get("reason", "")
    wanted = (asked.sources, asked.target)
    try:
        begun = site().runtime.run(
            actor(),
            lambda work: commands.begin(work, key, wanted, asked.names, reason),
            command_key(),
        )
    except (Rejected, Conflict) as refusal:
        return _page(key, asked, sentence(refusal)), status_of(refusal)
    return redirect(url_for("migrations.progress", plan_id=begun["plan"]), 303)


@bp.page("/migrations/<int:plan_id>", OWNERS)
def progress(plan_id: int) -> Answer:
    """How far a plan has come, and which instances stay and why."""
    return _progress(plan_id)


@bp.page("/migrations/<int:plan_id>/<action>", OWNERS, ["POST"])
def act(plan_id: int, action: str) -> Answer:
    """Stop a plan, or let it go on."""
    if action not in ACTS:
        raise PageError(404, text("error.title.404"))
    reason = request.form.get("reason", "")
    try:
        site().runtime.run(actor(), lambda work: ACTS[action](work, plan_id, reason), command_key())
    except (Rejected, Conflict) as refusal:
        return _progress(plan_id, sentence(refusal)), status_of(refusal)
    return redirect(url_for("migrations.progress", plan_id=plan_id), 303)


def _asked(sent: Mapping[str, str]) -> Asked:
    """The plan of a form; a version is `from.1`, a renamed element `map.ELEMENT`."""
    numbers = (name.removeprefix("from.") for name in sent if name.startswith("from."))
    target = sent.get("to", "")
    return Asked(
        tuple(int(number) for number in numbers if number.isdecimal()),
        int(target) if target.isdecimal() else 0,
        {k.removeprefix(MAP): v for k, v in sent.items() if k.startswith(MAP) and v},
    )


def _page(key: str, asked: Asked, refused: str = "") -> str:
    with site().runtime.read() as reader:
        versions = definitions.history(reader, "process", key)
        if not versions:
            raise DefinitionNotFound("process", key)
        by_number = {version.version: version for version in versions}
        sources = [by_number[n] for n in asked.sources if n in by_number and n != asked.target]
        target = by_number.get(asked.target)
        ready = bool(sources and target)
        renamings, choices, outlook = [], {}, None
        if target is not None and sources:
            renamings = _renamings(reader, asked, sources, target)
            choices = names.elements(reader, target.id, visit().language)
            plan = Plan(key, tuple(s.id for s in sources), target.id, _chosen(renamings))
            outlook = queries.outlook(reader, plan, MOST)
        return render_template(
            "migrate.html",
            key=key,
            name=versions[0].name,
            versions=versions,
            running=definitions.running(reader, key),
            asked=asked,
            ready=ready,
            renamings=renamings,
            choices=choices,
            outlook=outlook,
            labels=_labels(reader, sources),
            plans=queries.of_process(reader, key),
            refused=refused,
            words=obstacle,
        )


def _renamings(
    reader: Reader, asked: Asked, sources: list[DefinitionRow], target: DefinitionRow
) -> list[Renaming]:
    """What has to be mapped, with what the person chose or else what is probable."""
    probable: dict[str, str] = {}
    for source in sources:
        probable |= queries.suggestions(reader, source.id, target.id)
    labels = _labels(reader, sources)
    tried = f"{MAP}tried" in request.values
    return [
        Renaming(e, labels.get(e, e), asked.names.get(e, "" if tried else suggested))
        for e, suggested in probable.items()
    ]


def _chosen(renamings: list[Renaming]) -> dict[str, str]:
    return {renaming.element: renaming.chosen for renaming in renamings if renaming.chosen}


def _labels(reader: Reader, versions: list[DefinitionRow]) -> dict[str, str]:
    found: dict[str, str] = {}
    for version in versions:
        found |= names.elements(reader, version.id, visit().language)
    return found


def _progress(plan_id: int, refused: str = "") -> str:
    with site().runtime.read() as reader:
        found = queries.report(reader, plan_id)
        rows = definitions.history(reader, "process", found.plan.process_id)
        versions = {row.id: row for row in rows}
        old = [versions[i] for i in found.plan.sources if i in versions]
        return render_template(
            "migration.html",
            report=found,
            name=rows[0].name if rows else found.plan.process_id,
            sources=old,
            target=versions.get(found.plan.target),
            labels=_labels(reader, old),
            names=people.names(reader, [found.plan.author]),
            refused=refused,
            words=obstacle,
        )


def obstacle(reason: queries.Reason, labels: Mapping[str, str]) -> str:
    """Why instances stay, in the reader's language."""
    found = reason.obstacle
    element = labels.get(found.element, found.element)
    return text(f"obstacle.{found.code}", element=element, other=found.other)
