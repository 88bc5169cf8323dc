from __future__ import annotations

import io
import json
from dataclasses import replace

from itil.replay.bar import Bar
from itil.replay.report import Attainment, Mismatch, Report

REPORT = Report(
    log="log.csv",
    incidents=1_000,
    events=6_000,
    followed=990,
    open=4,
    not_followed={"Closed -> Active": ["INC1"], "New -> Closed": [f"INC{n}" for n in range(2, 12)]},
    priorities=1_020,
    mismatches=[Mismatch("INC5", 2, 3)],
    attainment={3: Attainment(800, 600, 400), 1: Attainment(10, 0, 1)},
    closed_by_timer=900,
    closed_by_requester=90,
    broken=["'line 7': The state '-100' is not known."],
    wall=40.0,
    cpu=30.0,
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_report_names_what_was_not_followed_most_often_first() -> None:
    lines = REPORT.as_text().splitlines()

    at = lines.index("Not followed, by transition")
    assert lines[at + 1].split()[:4] == ["New", "->", "Closed", "10"]
    assert lines[at + 1].endswith("INC9 and 2 more")
    assert lines[at + 2].endswith("1  INC1")


def test_the_report_counts_and_compares() -> None:
    text = REPORT.as_text()

    assert "Followed to Closed      990 (99.000%)" in text
    assert "Not followed            11" in text
    assert "INC5: computed 2, recorded 3" in text
    assert "200 events/CPU s" in text
    assert "  P1      10       0    0.0%     10.0%" in text
    assert "'line 7': The state '-100' is not known." in text


def test_a_clean_report_has_no_empty_headings() -> None:
    clean = replace(REPORT, not_followed={}, mismatches=[], attainment={}, broken=[])

    assert clean.as_text().count("\n") == 9
    assert "" not in clean.as_text().split("\n")


def test_tools_get_plain_json() -> None:
    told = json.loads(json.dumps(REPORT.as_json()))

    assert told["share"] == 0.99
    assert told["not_followed"]["Closed -> Active"] == ["INC1"]
    assert told["attainment"]["3"] == {"cases": 800, "met": 600, "recorded_met": 400}


def test_a_terminal_shows_a_bar_that_moves_by_percents() -> None:
    terminal = Terminal()
    bar = Bar(1_000, terminal)

    for done in range(1_001):
        bar.show(done, "2016-03-01")

    drawn = terminal.getvalue().split("\r")[1:]
    assert len(drawn) == 101
    assert drawn[50].startswith("[####################....................]  50 %  2016-03-01")
    assert drawn[-1].endswith("100 %  2016-03-01\n")


def test_a_file_gets_no_bar() -> None:
    stream = io.StringIO()

    Bar(10, stream).show(5, "2016-03-01")

    assert stream.getvalue() == ""
