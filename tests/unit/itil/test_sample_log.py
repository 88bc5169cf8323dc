from __future__ import annotations

import csv
import gzip
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from itil import sample_log
from itil.replay import log

STATES = log.STATES - {"Awaiting Evidence"}  # too rare for a small sample


@pytest.fixture(scope="module")
def incidents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, str]]]:
    path = tmp_path_factory.mktemp("sample") / "log.csv.gz"
    sample_log.write(path, 1_500, seed=3)
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        found: dict[str, list[dict[str, str]]] = {}
        for line in csv.DictReader(stream):
            found.setdefault(line["number"], []).append(line)
    return found


def test_the_same_seed_writes_the_same_file(tmp_path: Path) -> None:
    rows = [sample_log.write(tmp_path / name, 50, seed=9) for name in ("a.csv", "b.csv")]

    assert rows[0] == rows[1] > 50
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_another_seed_writes_another_file() -> None:
    assert list(sample_log.lines(20, seed=1)) != list(sample_log.lines(20, seed=2))


def test_it_can_be_read_as_a_log_without_a_broken_line(tmp_path: Path) -> None:
    sample_log.write(tmp_path / "log.csv", 200, seed=5)

    read = log.read(tmp_path / "log.csv", strict=True)

    assert len(read.incidents) == 200


def test_rows_come_one_by_one_however_many_incidents_there_are() -> None:
    first = next(sample_log.lines(10**9, seed=1))

    assert first["number"].startswith("INC")


def test_the_rates_are_the_published_ones(incidents: dict[str, list[dict[str, str]]]) -> None:
    rows = [line for lines in incidents.values() for line in lines]
    regrouped = [int(lines[-1]["reassignment_count"]) for lines in incidents.values()]
    levels = Counter(lines[0]["priority"] for lines in incidents.values())

    assert {line["incident_state"] for line in rows} >= STATES
    assert len(rows) / len(incidents) == pytest.approx(6.04, abs=0.4)
    assert sum(regrouped) / len(regrouped) == pytest.approx(1.08, abs=0.15)
    assert levels["3 - Moderate"] / len(incidents) == pytest.approx(0.94, abs=0.02)


def test_most_incidents_close_by_the_hourly_job_five_days_after_resolution(
    incidents: dict[str, list[dict[str, str]]],
) -> None:
    waits = [hours(lines[0], "resolved_at", "closed_at") for lines in incidents.values()]

    assert sum(119.9 <= wait <= 121.1 for wait in waits) / len(waits) > 0.7
    assert any(wait < 119 for wait in waits)


def test_priority_follows_impact_and_urgency_in_every_row(
    incidents: dict[str, list[dict[str, str]]],
) -> None:
    cells = {
        (line["impact"], line["urgency"], line["priority"])
        for lines in incidents.values()
        for line in lines
    }

    assert len({cell[:2] for cell in cells}) == len(cells)
    assert ("2 - Medium", "2 - Medium", "3 - Moderate") in cells


def test_final_columns_are_the_same_in_every_row_as_in_the_original(
    incidents: dict[str, list[dict[str, str]]],
) -> None:
    for lines in incidents.values():
        assert all(len({line[name] for line in lines}) == 1 for name in log.LEAKING)


def test_more_is_reported_in_office_hours(incidents: dict[str, list[dict[str, str]]]) -> None:
    opened = Counter(moment(lines[0], "opened_at").hour for lines in incidents.values())

    assert sum(opened[hour] for hour in range(8, 17)) / len(incidents) > 0.75


def moment(line: dict[str, str], column: str) -> datetime:
    return datetime.strptime(line[column], log.MOMENT)  # noqa: DTZ007 - as in the log


def hours(line: dict[str, str], begin: str, end: str) -> float:
    return (moment(line, end) - moment(line, begin)).total_seconds() / 3600
