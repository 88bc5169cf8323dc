"""Reports, trends, files and samples for auditors, and four eyes on our own configuration."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from engine.commands import definitions
from itil import case_file, figures, links
from itil.policy import NeedsChange
from tests.conftest import MONDAY
from tests.office import ADMIN, Incident, Office
from tests.scenarios.change.steps import approved, closing
from tests.scenarios.problem.test_problem import known_error, watched

CLASSIFIED = {"category": "network", "service": "network", "impact": 2, "urgency": 2}


def incident(office: Office, **fields: object) -> Incident:
    found = office.open_incident(**fields)
    found.complete("classify", "ben", **{**CLASSIFIED, **fields})
    return found


def test_prb_02_what_recurs_gives_a_candidate_once(office: Office) -> None:
    three = [incident(office, ci="srv-mail").number for _ in range(3)]
    incident(office, ci="srv-print")

    office.advance(days=1)

    problem = office.case("PRB-1")
    assert problem.variable("incidents") == three
    assert problem.record.channel == "trend"
    incident(office, ci="srv-mail")
    office.advance(days=1)
    with office.runtime.read() as reader:
        assert links.others(reader, three[0]) == ["PRB-1"]
    assert figures_of(office)["recorded"] == 1


def test_prb_02_the_table_says_what_counts_as_recurring(office: Office) -> None:
    source = Path("workflows/problem_trends/trend_rule.dmn").read_bytes()
    stricter = source.replace(b"<text>3</text>", b"<text>2</text>")
    assert stricter != source
    files = {"workflows/problem_trends/trend_rule.dmn": stricter}
    office.runtime.run(ADMIN, lambda work: definitions.deploy(work, files, "two are enough"))
    for _ in range(2):
        incident(office, ci="srv-mail")

    office.advance(days=1)

    assert office.case("PRB-1").record.summary == "2 incidents of ci 'srv-mail'"


def figures_of(office: Office) -> figures.Figures:
    with office.runtime.read() as reader:
        return figures.problems(reader, MONDAY - timedelta(days=1))


def test_prb_11_the_report_counts_what_problem_management_achieves(office: Office) -> None:
    first = incident(office)
    known_error(office, incidents=[first.number])
    watched(office)

    found = figures_of(office)

    assert (found["recorded"], found["open"], found["closed"]) == (2, 2, 0)
    assert (found["known_errors"], found["with_workaround"]) == (2, 2)
    assert (found["analysed_in_time"], found["linked_incidents"]) == (2, 1)


def test_chg_26_changes_are_looked_at_by_period(office: Office) -> None:
    change = closing(office)
    change.complete("close", "chen", close_code="failed")
    rejected = office.open_case("change", "ben", summary="x", reason="y")
    rejected.complete("plan", "chen", plan_outcome="withdraw")

    with office.runtime.read() as reader:
        trend = figures.change_trend(reader, reader.now + timedelta(days=1))

    assert (trend[-1]["changes"], trend[-1]["failed"], trend[-1]["success"]) == (2, 1, 0.0)
    assert [one["changes"] for one in trend[:-1]] == [0] * 5


def test_csi_06_the_pack_has_figures_findings_risks_and_improvements(office: Office) -> None:
    incident(office)
    office.open_case("improvement", "ben", summary="Better", description="x", expected_value="y")

    with office.runtime.read() as reader:
        pack = figures.management(reader, MONDAY - timedelta(days=1))

    assert pack["incidents"] == 1
    assert pack["improvements"] == {"assessing": 1} or pack["improvements"]
    assert {"problems", "changes", "findings", "risks", "resolution_met"} <= pack.keys()


def test_aud_05_the_case_file_proves_itself_without_us(office: Office, tmp_path: Path) -> None:
    case = incident(office)
    with office.runtime.read() as reader:
        content = case_file.whole(reader, case.number)
        assert case_file.whole(reader, case.number) == content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(tmp_path)

    def verify() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "verify.py"], cwd=tmp_path, capture_output=True, text=True, check=False
        )

    assert verify().stdout.startswith("Whole: ")
    names = {path.name for path in tmp_path.iterdir()}
    assert {"case.json", "diagram.bpmn", "path.json", "clocks.json", "proof.json"} <= names
    trail = tmp_path / "events.jsonl"
    trail.write_text(trail.read_text("utf-8").replace('"actor":"ben"', '"actor":"eve"'), "utf-8")
    assert "Broken at event" in verify().stderr


def test_aud_06_a_sample_is_drawn_again_by_its_seed(office: Office) -> None:
    numbers = sorted(office.open_incident().number for _ in range(30))
    span = (MONDAY - timedelta(days=1), MONDAY + timedelta(days=1))
    with office.runtime.read() as reader:
        one = case_file.sample(reader, "incident", span, 5, "2026")
        again = case_file.sample(reader, "incident", span, 5, "2026")
        other = case_file.sample(reader, "incident", span, 5, "2027")

    assert list(one.numbers) == numbers
    assert one == again
    assert one.chosen != other.chosen
    assert len(one.chosen) == 5
    assert case_file.as_csv(one).count(b",yes,") == 5


def four_eyes(office: Office) -> None:
    document = Path("workflows/policy/change.json").read_bytes()
    strict = document.replace(
        b'"configuration_needs_change": false', b'"configuration_needs_change": true'
    )
    files = {"workflows/policy/change.json": strict}
    office.runtime.run(ADMIN, lambda work: definitions.deploy(work, files, "four eyes"))


def deploy(office: Office, login: str, reason: str) -> None:
    files = {"workflows/change/change_level.dmn": LEVELS.replace(b"&lt; 6", b"&lt; 5")}
    files = {name: text.replace(b"[6..11]", b"[5..11]") for name, text in files.items()}
    office.runtime.run(
        office.person(login), lambda work: definitions.deploy(work, files, reason) and None
    )


LEVELS = Path("workflows/change/change_level.dmn").read_bytes()


def test_chg_34_our_own_configuration_changes_by_an_approved_change_and_another_person(
    office: Office,
) -> None:
    four_eyes(office)
    change = approved(office)

    with pytest.raises(NeedsChange, match="names no change"):
        deploy(office, "olga", "because")
    with pytest.raises(NeedsChange, match="unknown"):
        deploy(office, "olga", "CHG-99")
    with pytest.raises(NeedsChange, match="yourself"):
        deploy(office, "mei", f"for {change.number}")
    deploy(office, "olga", f"for {change.number}")


def test_chg_02_every_change_keeps_the_policy_that_it_was_asked_under(office: Office) -> None:
    before = approved(office).variable("policy_version")
    four_eyes(office)

    later = office.open_case("change", "ben", summary="x", reason="y")

    assert isinstance(before, int)
    assert later.variable("policy_version") != before
