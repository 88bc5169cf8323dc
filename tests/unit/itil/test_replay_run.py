"""Whole replays, on a sample log and, where it is at hand, on the real one."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

import wiring
from engine.clock import ManualClock, SystemClock
from engine.queries import audit
from engine.store.unit_of_work import Reader, Runtime
from itil import cases, replay, sample_log
from itil.cases import Case, Entry, Search
from itil.replay import log
from itil.replay.journal import ReplayUnfinished
from itil.replay.run import ClockNotManual
from tests.conftest import MONDAY
from tests.office import Office, opened

LOG = "uci498_incidents/incident_event_log.csv.gz"


class Killed(BaseException):
    """The program dies here."""


def options(folder: Path, **more: object) -> replay.Options:
    return replay.Options(folder / "progress", folder / "report.json", **more)


def due(office: Office) -> Callable[[datetime], object]:
    return lambda _: wiring.run_due(office.runtime)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sample") / "log.csv"
    sample_log.write(path, 60, seed=11)
    return path


def real_log() -> Path:
    """The published log: in $SIGNALBOX_DATA, or in shared/data beside the repository."""
    named = os.environ.get("SIGNALBOX_DATA")
    folder = Path(named) if named else Path(__file__).parents[4] / "shared" / "data"
    if not (folder / LOG).exists():
        pytest.skip(f"1 log not replayed: no {LOG} in $SIGNALBOX_DATA")
    return folder / LOG


def everything(office: Office) -> list[tuple[object, ...]]:
    """Every case as it stands, and how long its audit trail is."""
    with office.runtime.read() as reader:
        found = cases.search(reader, Search(), limit=10_000)
        return [(*kept(case), len(trail(reader, case.number))) for case in found]


def kept(case: Case) -> tuple[object, ...]:
    moments = (case.recorded_at, case.responded_at, case.resolved_at, case.closed_at)
    counts = (case.reopened, case.reassigned)
    return (case.number, case.summary, case.state, case.priority, case.group, *counts, *moments)


def trail(reader: Reader, number: str) -> list[Entry]:
    history = cases.timeline(reader, number, public_only=False, limit=10_000)
    return history.entries[::-1]


def test_every_incident_of_a_sample_is_followed_to_its_closing(
    office: Office,
    sample: Path,
    tmp_path: Path,
) -> None:
    report = replay.run(office.runtime, sample, due(office), options(tmp_path))

    assert report.not_followed == {}
    assert (report.incidents, report.followed, report.open) == (60, 60, 0)
    assert report.mismatches == []
    assert report.priorities >= 60
    assert report.closed_by_timer + report.closed_by_requester == 60
    assert sum(attained.cases for attained in report.attainment.values()) == 60
    assert {case[2] for case in everything(office)} == {"closed"}


def test_the_audit_trail_of_a_replay_is_whole(
    office: Office,
    sample: Path,
    tmp_path: Path,
) -> None:
    replay.run(office.runtime, sample, due(office), options(tmp_path, limit=10))

    with office.runtime.read() as reader:
        found = cases.search(reader, Search(), limit=100)
        verdicts = [audit.verify(reader, f"instance:{case.instance_id}") for case in found]

    assert len(verdicts) == 10
    assert [verdict for verdict in verdicts if not verdict.ok] == []
    assert min(verdict.length for verdict in verdicts) >= 3


def test_the_report_is_kept_and_can_be_read_by_people_and_tools(
    office: Office,
    sample: Path,
    tmp_path: Path,
) -> None:
    report = replay.run(office.runtime, sample, due(office), options(tmp_path, limit=5))

    assert json.loads((tmp_path / "report.json").read_text("utf-8"))["followed"] == 5
    assert "Followed to Closed      5 (100.000%)" in report.as_text()
    assert not (tmp_path / "progress").exists()


@pytest.mark.parametrize("calls", [3, 47, 120])
@pytest.mark.parametrize("torn", [False, True])
def test_an_interrupted_replay_goes_on_as_if_nothing_had_happened(
    office: Office,
    sample: Path,
    tmp_path: Path,
    calls: int,
    torn: bool,  # noqa: FBT001 - a parameter of the test
    furnished: Path,
) -> None:
    left = calls

    def dies(_: datetime) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Killed
        wiring.run_due(office.runtime)

    with pytest.raises(Killed):
        replay.run(office.runtime, sample, dies, options(tmp_path, limit=12))
    if torn:
        # As if the program had died after a commit and before its line was written whole.
        lines = (tmp_path / "progress").read_text("utf-8").splitlines(keepends=True)
        cut = [*lines[:-1], lines[-1][:20]] if len(lines) > 1 else lines
        (tmp_path / "progress").write_text("".join(cut), "utf-8")
    resumed = replay.run(
        office.runtime, sample, due(office), options(tmp_path, limit=12, resume=True)
    )
    interrupted = everything(office)

    assert resumed.followed == 12
    assert interrupted == undisturbed(furnished, sample, tmp_path)


def undisturbed(furnished: Path, sample: Path, folder: Path) -> list[tuple[object, ...]]:
    """What the same replay gives without the interruption."""
    folder = folder / "undisturbed"
    folder.mkdir()
    shutil.copy(furnished, folder / "office.sqlite")
    with opened(folder, ManualClock(MONDAY), ready=True) as office:
        replay.run(office.runtime, sample, due(office), options(folder, limit=12))
        return everything(office)


def test_a_second_replay_does_not_run_over_an_interrupted_one(
    office: Office,
    sample: Path,
    tmp_path: Path,
) -> None:
    (tmp_path / "progress").write_text("{}\n", "utf-8")

    with pytest.raises(ReplayUnfinished, match="An earlier replay was interrupted"):
        replay.run(office.runtime, sample, due(office), options(tmp_path))

    assert everything(office) == []


def test_only_the_same_log_can_be_resumed(office: Office, sample: Path, tmp_path: Path) -> None:
    (tmp_path / "progress").write_text('{"run": "a", "log": "another"}\n', "utf-8")

    with pytest.raises(ReplayUnfinished, match="belongs to a replay of another log"):
        replay.run(office.runtime, sample, due(office), options(tmp_path, resume=True))


def test_there_must_be_something_to_resume(office: Office, sample: Path, tmp_path: Path) -> None:
    with pytest.raises(ReplayUnfinished, match="There is no replay to resume"):
        replay.run(office.runtime, sample, due(office), options(tmp_path, resume=True))


def test_real_time_cannot_be_replayed(office: Office, sample: Path, tmp_path: Path) -> None:
    runtime = Runtime(
        office.runtime.database, SystemClock(), office.runtime.topics, office.runtime.catalogue
    )

    with pytest.raises(ClockNotManual):
        replay.run(runtime, sample, due(office), options(tmp_path))


def test_what_the_diagram_cannot_follow_is_counted_and_left_aside(
    office: Office,
    tmp_path: Path,
) -> None:
    lines = list(sample_log.lines(3, seed=2))
    first = [line for line in lines if line["number"] == lines[0]["number"]]
    jumped = [first[0], {**first[-1], "sys_mod_count": "1"}]  # from its first state to Closed
    with (tmp_path / "log.csv").open("w", encoding="utf-8", newline="") as stream:
        table = csv.DictWriter(stream, log.COLUMNS)
        table.writeheader()
        table.writerows(jumped + lines[len(first) :])

    report = replay.run(office.runtime, tmp_path / "log.csv", due(office), options(tmp_path))

    state = first[0]["incident_state"]
    assert state != "Resolved"
    assert report.not_followed == {f"{state} -> Closed": [first[0]["number"]]}
    assert report.followed == 2


def test_a_thousand_real_incidents_are_followed(office: Office, tmp_path: Path) -> None:
    report = replay.run(office.runtime, real_log(), due(office), options(tmp_path, limit=1_000))

    assert report.share >= 0.998  # some are reopened after their closing
    assert set(report.not_followed) <= {"Resolved -> Active"}
    assert report.mismatches == []
    assert report.closed_by_timer > 900


@pytest.mark.slow
def test_the_whole_real_log_is_followed(office: Office, tmp_path: Path) -> None:
    report = replay.run(office.runtime, real_log(), due(office), options(tmp_path))

    assert (report.incidents, report.events) == (14_951, 90_271)
    assert report.share >= 0.999
    assert report.mismatches == []
    assert report.broken == []
    assert report.cpu < 600
