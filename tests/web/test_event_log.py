"""What happened to cases, as a table for mining."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest

from itil import event_log
from tests.conftest import MONDAY
from tests.office import Office
from tests.web.conftest import Browser

PERIOD = (MONDAY - timedelta(days=1), MONDAY + timedelta(days=1))
SOLVED = {"outcome": "resolve", "resolution_code": "fixed", "resolution": "It was restarted"}


def table(office: Office, language: str = "en") -> list[dict[str, str]]:
    with office.runtime.read() as reader:
        text = event_log.as_csv(reader, "incident", PERIOD, language)
    return list(csv.DictReader(text.splitlines()))


def test_evt_09_each_element_that_a_case_passed_is_a_line_in_order(office: Office) -> None:
    incident = office.open_incident(as_="rita")
    incident.complete("classify", "ben", category="network", service="network", impact=2, urgency=2)
    office.advance(minutes=9)
    incident.complete("diagnose", "nora", **SOLVED)

    lines = table(office)
    done = [(line["concept:name"], line["org:resource"]) for line in lines]
    assert done[:3] == [
        ("Incident reported", "rita"),
        ("Record", "system"),
        ("Classify", "ben"),
    ]
    assert ("Diagnose", "nora") in done
    assert "What next?" not in dict(done)
    times = [line["time:timestamp"] for line in lines]
    assert all(one <= other for one, other in pairwise(times))
    assert {line["case:concept:name"] for line in lines} == {incident.number}
    assert {line["version"] for line in lines} == {"1"}
    assert table(office, "zh")[0]["concept:name"] == "事件已报告"


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)"])
def test_evt_09_what_a_spreadsheet_would_reckon_is_text(office: Office, text: str) -> None:
    office.open_incident(as_=text)
    assert table(office)[0]["org:resource"] == f"'{text}"


def test_evt_09_too_many_cases_are_refused_and_not_cut_off(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_log, "MOST", 1)
    for _ in range(2):
        office.open_incident(as_="rita")
    with pytest.raises(event_log.LogTooLong, match="2 cases are in this period; 1 are taken"):
        table(office)


def test_evt_09_an_auditor_takes_it_from_the_page(
    office: Office, visitor: Callable[[str], Browser]
) -> None:
    office.open_incident(as_="rita")
    asked = "process=incident&from=2026-03-01&to=2026-03-03"
    answer = visitor("ada").get(f"/samples?{asked}&as=log")
    assert answer.mimetype == "text/csv"
    assert "INC-1,Incident reported," in answer.text
