"""Alerts of monitoring: one case for what is wrong, cleared when it is over, storms in one case."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from itil import alerts, cases
from tests.office import Office
from tests.web.programs import Program, program

FIRING: dict[str, Any] = {
    "key": "db1/PostgreSQL",
    "summary": "PostgreSQL is down",
    "severity": "critical",
    "ci": "srv-db",
    "group": "db1",
}
OVER = {**FIRING, "state": "resolved"}


@pytest.fixture
def monitoring(office: Office, pages: Flask) -> Program:
    return program(office, pages, {"intake": list(alerts.SOURCES)}, "monitoring")


def numbers(office: Office) -> list[str]:
    with office.runtime.read() as reader:
        return sorted(case.number for case in cases.search(reader, cases.Search()))


def test_evt_01_an_alert_opens_one_case_however_often_it_is_said(
    office: Office, monitoring: Program
) -> None:
    for _ in range(3):
        assert monitoring.post("intake/generic", FIRING).status_code == 200

    assert numbers(office) == ["INC-1"]
    case = office.case("INC-1").record
    assert (case.channel, case.ci, case.summary) == ("monitoring", "srv-db", "PostgreSQL is down")
    with office.runtime.read() as reader:
        assert [row.heard for row in alerts.of_case(reader, "INC-1")] == [3]


def test_evt_01_what_is_over_clears_its_case(office: Office, monitoring: Program) -> None:
    monitoring.post("intake/generic", FIRING)
    incident = office.case("INC-1")
    incident.complete("classify", "ben", category="data", service="erp", impact=1, urgency=1)

    monitoring.post("intake/generic", OVER)

    assert (incident.state, incident.record.resolution_code) == ("resolved", "gone")
    assert monitoring.post("intake/generic", OVER).get_json()["noted"] == 1


def test_evt_01_what_is_over_before_anybody_looked_is_resolved_when_they_do(
    office: Office, monitoring: Program
) -> None:
    monitoring.post("intake/generic", FIRING)
    monitoring.post("intake/generic", OVER)
    incident = office.case("INC-1")

    incident.complete("classify", "ben", category="data", service="erp", impact=1, urgency=1)

    assert incident.state == "resolved"


def test_evt_01_after_its_case_was_closed_the_same_alert_opens_another(
    office: Office, monitoring: Program
) -> None:
    monitoring.post("intake/generic", FIRING)
    incident = office.case("INC-1")
    incident.complete("classify", "ben", category="data", service="erp", impact=3, urgency=3)
    monitoring.post("intake/generic", OVER)
    office.advance(days=10)
    assert incident.state == "closed"

    monitoring.post("intake/generic", FIRING)

    assert numbers(office) == ["INC-1", "INC-2"]


def storm(office: Office, monitoring: Program, posts: int) -> None:
    for n in range(posts):
        alert = {**FIRING, "key": f"host-{n % 50}", "group": "switch 7"}
        assert monitoring.post("intake/generic", alert).status_code == 200
    assert numbers(office) == ["INC-1"]


def test_evt_01_a_storm_leaves_one_case(office: Office, monitoring: Program) -> None:
    storm(office, monitoring, 200)


@pytest.mark.slow
def test_evt_01_a_storm_of_ten_thousand_posts_leaves_one_case(
    office: Office, monitoring: Program
) -> None:
    storm(office, monitoring, 10_000)


@pytest.mark.parametrize(
    ("severity", "opened", "impact"),
    [("info", 0, None), ("warning", 1, 3), ("critical", 1, 1), ("never heard of", 1, 1)],
)
def test_evt_02_kinds_of_events_are_handled_by_a_table(
    office: Office, monitoring: Program, severity: str, opened: int, impact: int | None
) -> None:
    monitoring.post("intake/generic", {**FIRING, "severity": severity})

    assert len(numbers(office)) == opened
    if opened:
        assert office.case("INC-1").record.impact == impact


def test_evt_01_every_source_needs_a_token_of_its_own(office: Office, pages: Flask) -> None:
    one = program(office, pages, {"intake": ["zabbix"]})

    assert one.post("intake/generic", FIRING).status_code == 403
    nobody = Program(pages, "wrong")
    assert nobody.post("intake/zabbix", FIRING).status_code == 401


SAMPLES = {
    "alertmanager": {
        "status": "firing",
        "groupKey": "{}:{alertname='Down'}",
        "alerts": [
            {
                "status": "firing",
                "labels": {
                    "alertname": "Down",
                    "instance": "srv-mail:9100",
                    "severity": "critical",
                },
                "annotations": {"summary": "srv-mail is down"},
                "fingerprint": "ab12",
            }
        ],
        "unknown": {"field": 1},
    },
    "zabbix": {
        "event_value": "1",
        "event_name": "High CPU",
        "event_severity": "High",
        "host_name": "srv-mail",
        "trigger_id": "21557",
    },
    "nagios": {
        "NOTIFICATIONTYPE": "PROBLEM",
        "HOSTNAME": "srv-mail",
        "SERVICEDESC": "SMTP",
        "SERVICESTATE": "CRITICAL",
        "SERVICEOUTPUT": "refused",
    },
}


@pytest.mark.parametrize("source", list(SAMPLES))
def test_evt_01_each_source_is_understood(office: Office, monitoring: Program, source: str) -> None:
    answer = monitoring.post(f"intake/{source}", SAMPLES[source])

    assert answer.get_json()["opened"] == 1
    assert office.case("INC-1").record.ci == "srv-mail"


@pytest.mark.parametrize("source", list(alerts.SOURCES))
@pytest.mark.parametrize(
    "body",
    [{}, {"alerts": 3}, {"alerts": [3]}, {"labels": []}, {"key": {"a": 1}}, {"key": "x" * 9999}],
)
def test_a_body_of_another_shape_does_no_harm(
    monitoring: Program, source: str, body: dict[str, Any]
) -> None:
    assert monitoring.post(f"intake/{source}", body).status_code in (200, 400, 422)


def test_the_samples_of_real_monitoring_open_and_clear_their_cases(
    office: Office, monitoring: Program
) -> None:
    folder = os.environ.get("SIGNALBOX_DATA")
    if not folder:
        pytest.skip("SIGNALBOX_DATA does not say where samples of real monitoring are.")
    for file in sorted(Path(folder, "alerts").glob("*.json")):
        source = file.name.partition("_")[0]
        if source in alerts.SOURCES:
            body = json.loads(file.read_text("utf-8"))
            assert monitoring.post(f"intake/{source}", body).status_code == 200, file.name
    for source in ("nagios", "zabbix"):
        with office.runtime.read() as reader:
            rows = reader.connection.execute(
                alerts.table.select().where(alerts.table.c.source == source)
            ).all()
        assert {row.state for row in rows} <= {"resolved", "firing", "noted"}
        assert rows, source
