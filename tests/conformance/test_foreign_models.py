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
from engine.errors import DiagramRejected, Finding

ROOT = Path(__file__).resolve().parents[2]
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


def test_every_foreign_diagram_is_converted_read_and_judged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    outcomes = [outcome(path) for path in files()]

    refused = [one for one in outcomes if one.refused]
    executable = [one for one in outcomes if one.executable]
    drafts = len(outcomes) - len(refused) - len(executable)
    with capsys.disabled():
        sys.stdout.write(
            f"\nforeign models: {len(outcomes)} files, {len(executable)} executable, "
            f"{drafts} drafts with findings, {len(refused)} refused as no BPMN\n"
        )
    # A refusal names the fault of the file, so none can hide a fault of the conversion.
    assert all("no BPMN 2.0" in one.refused or "executable" in one.refused for one in refused)
    assert [one for one in outcomes if one.seconds > LIMIT] == []
    assert executable


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
