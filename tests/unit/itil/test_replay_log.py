from __future__ import annotations

import csv
import gzip
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import pytest

from itil import sample_log
from itil.replay import log
from itil.replay.log import LogRejected, Row

LINES = list(sample_log.lines(3, seed=1))


def written(path: Path, lines: list[dict[str, str]], columns: list[str] = log.COLUMNS) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.DictWriter(stream, columns, extrasaction="ignore", restval="x")
        table.writeheader()
        table.writerows(lines)
    return path


def test_rows_are_grouped_by_incident_in_file_order(tmp_path: Path) -> None:
    read = log.read(written(tmp_path / "log.csv", LINES))

    assert list(read.incidents) == list(dict.fromkeys(line["number"] for line in LINES))
    assert read.events == len(LINES)
    assert [row.line for rows in read.incidents.values() for row in rows] == list(
        range(2, len(LINES) + 2)
    )


def test_a_packed_file_reads_the_same(tmp_path: Path) -> None:
    plain = written(tmp_path / "log.csv", LINES)
    packed = tmp_path / "log.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))

    assert log.read(packed).incidents == log.read(plain).incidents


def test_what_only_the_end_can_tell_is_dropped_at_the_door(tmp_path: Path) -> None:
    future = [{**line, **dict.fromkeys(log.LEAKING, "1/1/2099 09:00")} for line in LINES]

    known = log.read(written(tmp_path / "log.csv", LINES)).incidents
    leaked = log.read(written(tmp_path / "future.csv", future)).incidents

    assert leaked == known
    assert not log.LEAKING & {field.name for field in fields(Row)}


def test_the_published_formats_are_read(tmp_path: Path) -> None:
    line = {
        **LINES[0],
        "opened_at": "29/2/2016 01:16",
        "impact": "1 - High",
        "urgency": "2 - Medium",
        "priority": "2 - High",
        "assignment_group": "Group  56",
        "rfc": "?",
    }

    ((row,),) = log.read(written(tmp_path / "log.csv", [line])).incidents.values()

    assert row.opened_at == datetime(2016, 2, 29, 1, 16, tzinfo=UTC)
    assert (row.impact, row.urgency, row.priority) == (1, 2, 2)
    assert row.group == "Group 56"
    assert row.change is None


@pytest.mark.parametrize(
    ("column", "text", "said"),
    [
        ("incident_state", "-100", "The state '-100' is not known."),
        ("sys_updated_at", "2016-02-29", "sys_updated_at is '2016-02-29', not a moment"),
        ("impact", "High", "impact is 'High', not a level"),
        ("priority", "5 - Planning", "priority is '5 - Planning', not a level"),
        ("number", "", "It names no incident."),
    ],
)
def test_a_broken_line_is_named_and_left_out(
    tmp_path: Path,
    column: str,
    text: str,
    said: str,
) -> None:
    lines = [LINES[0], {**LINES[1], column: text}, *LINES[2:]]

    read = log.read(written(tmp_path / "log.csv", lines))

    assert read.events == len(LINES) - 1
    (finding,) = read.broken
    assert str(finding).startswith(f"'line 3': {said}")


def test_a_short_line_is_broken(tmp_path: Path) -> None:
    path = written(tmp_path / "log.csv", LINES)
    path.write_text(path.read_text("utf-8") + "INC9,New\n", "utf-8")

    (finding,) = log.read(path).broken

    assert finding.message == "It has 2 fields instead of 36."


def test_a_strict_reader_stops_at_broken_lines(tmp_path: Path) -> None:
    path = written(tmp_path / "log.csv", [LINES[0], {**LINES[1], "impact": "?"}])

    with pytest.raises(LogRejected, match=r"log\.csv has 1 lines that cannot be used.*'line 3'"):
        log.read(path, strict=True)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ([c for c in log.COLUMNS if c != "impact"], "lacks impact"),
        ([*log.COLUMNS, "mood"], "has more: mood"),
        (log.COLUMNS[::-1], "has its columns in another order"),
    ],
)
def test_another_header_is_refused(tmp_path: Path, columns: list[str], said: str) -> None:
    path = written(tmp_path / "log.csv", LINES, columns)

    with pytest.raises(LogRejected, match=said):
        log.read(path)


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b broken", b"\xff\xfe\x00"])
def test_a_file_that_is_no_log_is_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    for name in ("log.csv", "log.csv.gz"):
        (tmp_path / name).write_bytes(content)

        with pytest.raises(LogRejected):
            log.read(tmp_path / name)


def test_a_missing_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(LogRejected, match=r"cannot be read: .* Name a csv or csv\.gz file\."):
        log.read(tmp_path / "nowhere.csv")


def test_a_limit_counts_incidents(tmp_path: Path) -> None:
    read = log.read(written(tmp_path / "log.csv", LINES), limit=2)

    assert len(read.incidents) == 2
    assert read.incidents.keys() < {line["number"] for line in LINES}
