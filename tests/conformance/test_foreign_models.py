"""Diagrams of other products, as far as they are there: converted, or refused with a reason."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

import handlers
from engine.bpmn import lint, reader
from engine.bpmn.foreign.convert import Converted, convert
from engine.commands import drafts as commands
from engine.errors import DiagramRejected, Finding
from engine.queries import drafts
from engine.topics import Topics
from tests.desk import Desk
from tests.walker import walk

ROOT = Path(__file__).resolve().parents[2]
#: How many of the collection's 18 files run at least: as they are converted, and by people.
AS_CONVERTED, BY_PEOPLE = 6, 18
WALKS = range(5)
GROUP = frozenset({"desk", "management"})
#: Seconds of processor time that one file may take.
LIMIT = 2.0


@dataclass(frozen=True)
class Outcome:
    """What became of one file."""

    name: str
    seconds: float
    converted: Converted | None = None
    refused: str = ""
    findings: tuple[Finding, ...] = ()

    @property
    def executable(self) -> bool:
        """Whether it could be deployed with its forms as it is."""
        refusing = (*self.findings, *(self.converted.findings if self.converted else ()))
        return not self.refused and all(found.severity != "error" for found in refusing)


def folder() -> Path | None:
    """The collection: in $SIGNALBOX_DATA, or in shared/data beside the repository."""
    named = os.environ.get("SIGNALBOX_DATA")
    data = Path(named) if named else ROOT.parent / "shared" / "data"
    return data / "bpmn_models" if (data / "bpmn_models").is_dir() else None


def files() -> list[Path]:
    """Every file of the collection's list; skips where there is none."""
    found = folder()
    if found is None:
        pytest.skip("1 collection not run: no bpmn_models in $SIGNALBOX_DATA or beside it")
    lines = (found / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    return [found / "models" / json.loads(line)["file"] for line in lines]


def outcome(path: Path) -> Outcome:
    """Convert one file, then read and judge it as an upload would."""
    begun = time.process_time()
    try:
        converted = convert(path.read_bytes(), path.name)
    except DiagramRejected as reason:
        return Outcome(path.name, time.process_time() - begun, refused=str(reason))
    try:
        drawing = reader.read(converted.source, path.name)
    except DiagramRejected as reason:
        return Outcome(path.name, time.process_time() - begun, converted, refused=str(reason))
    known = lint.Known(handlers.load(), frozenset(converted.forms))
    findings = tuple(lint.check(drawing, known))
    return Outcome(path.name, time.process_time() - begun, converted, findings=findings)


@pytest.fixture
def topics() -> Topics:
    """The handlers that are there."""
    return handlers.load()


def test_every_foreign_diagram_is_converted_read_and_judged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    outcomes = [outcome(path) for path in files()]

    refused = [one for one in outcomes if one.refused]
    executable = [one for one in outcomes if one.executable]
    others = len(outcomes) - len(refused) - len(executable)
    with capsys.disabled():
        sys.stdout.write(
            f"\nforeign models: {len(outcomes)} files, {len(executable)} executable as converted, "
            f"{others} drafts with findings, {len(refused)} refused as no BPMN\n"
        )
    # A refusal names the fault of the file, so none can hide a fault of the conversion.
    assert all("no BPMN 2.0" in one.refused or "executable" in one.refused for one in refused)
    assert [one for one in outcomes if one.seconds > LIMIT] == []
    assert executable


def _kept(desk: Desk, path: Path) -> drafts.Draft:
    """The draft of a file, its process chosen where the file leaves that open."""
    answer = desk.runtime.run(
        desk.actor, lambda work: commands.keep(work, {path.name: path.read_bytes()})
    )
    assert answer["refused"] == [], path.name
    number = answer["kept"][0]["draft"]
    draft = _draft(desk, number)
    if not draft.process_id:
        found = max(drafts.anatomy(draft).pools, key=lambda pool: pool.steps)
        desk.runtime.run(
            desk.actor,
            lambda work: commands.choose_process(work, number, draft.revision, found.id),
        )
    return _draft(desk, number)


def _draft(desk: Desk, number: int) -> drafts.Draft:
    with desk.runtime.read() as reader:
        return drafts.get(reader, number)


def _errors(desk: Desk, draft: drafts.Draft) -> list[Finding]:
    with desk.runtime.read() as reader:
        return [one for one in commands.check(reader, draft) if one.severity == "error"]


def _deployed(desk: Desk, draft: drafts.Draft) -> str:
    answers = desk.runtime.run(
        desk.actor, lambda work: commands.deploy(work, draft.id, draft.revision, "test")
    )
    return str(next(one["key"] for one in answers if one["kind"] == "process"))


def test_every_file_is_kept_as_a_draft_and_runs_or_says_at_which_element_why_not(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    numbers = {"kept": 0, "run": 0}
    for path in files():
        draft = _kept(desk, path)
        numbers["kept"] += 1
        found = _errors(desk, draft)
        if found:
            assert all(one.element and one.message and one.advice for one in found), path.name
            with pytest.raises(DiagramRejected):
                _deployed(desk, draft)
            continue
        walks = [walk(desk, _deployed(desk, draft), GROUP, seed) for seed in WALKS]
        assert [one for one in walks if one.status != "completed"] == [], path.name
        numbers["run"] += 1
    with capsys.disabled():
        sys.stdout.write(f"foreign models as drafts: {numbers['kept']}, walked {numbers['run']}\n")
    assert numbers["run"] >= AS_CONVERTED


def test_every_file_runs_to_an_end_once_people_do_what_no_program_does(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    walked = 0
    for path in files():
        draft = _kept(desk, path)
        desk.runtime.run(
            desk.actor,
            lambda work, d=draft: commands.make_executable(  # type: ignore[misc]
                work, d.id, d.revision, commands.Groups("desk")
            ),
        )
        draft = _draft(desk, draft.id)
        assert _errors(desk, draft) == [], path.name
        process = _deployed(desk, draft)
        walks = [walk(desk, process, GROUP, seed) for seed in WALKS]
        assert [one for one in walks if one.status != "completed"] == [], path.name
        assert any(one.elements for one in walks), path.name
        walked += 1
    with capsys.disabled():
        sys.stdout.write(f"foreign models run by people: {walked}\n")
    assert walked >= BY_PEOPLE


def test_converting_a_converted_file_changes_nothing() -> None:
    for path in files():
        once = convert(path.read_bytes(), path.name)
        twice = convert(once.source, path.name)
        assert twice.source == once.source, path.name
        assert not twice.forms, path.name


def test_every_finding_says_where_and_what_to_do() -> None:
    for path in files():
        for found in convert(path.read_bytes(), path.name).findings:
            assert found.rule.startswith("import.")
            assert found.message.endswith(".")
            assert found.advice.endswith(".")
            assert found.element or found.rule in ("import.vendor", "import.process")
