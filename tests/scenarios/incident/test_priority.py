"""Priorities beyond the matrix: other rules without code, and a lead who knows better."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from engine.commands import definitions, messages
from engine.errors import FormRejected, NotOffered
from tests.conftest import MONDAY
from tests.office import ADMIN, Incident, Office

CLASSIFIED = {"category": "network", "service": "network", "impact": 3, "urgency": 3}
#: Many people, or a director, count more than impact and urgency.
RULES = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="Priority"
  namespace="x"><decision id="priority" name="Priority"><decisionTable id="t" hitPolicy="FIRST">
  <input id="i1"><inputExpression id="e1"><text>affected_users</text></inputExpression></input>
  <input id="i2"><inputExpression id="e2"><text>affected_user</text></inputExpression></input>
  <input id="i3"><inputExpression id="e3"><text>service</text></inputExpression></input>
  <output id="o" name="priority" typeRef="number" />
  <rule id="r1"><inputEntry id="a1"><text>&gt;= 100</text></inputEntry>
    <inputEntry id="a2"><text></text></inputEntry><inputEntry id="a3"><text></text></inputEntry>
    <outputEntry id="a4"><text>1</text></outputEntry></rule>
  <rule id="r2"><inputEntry id="b1"><text></text></inputEntry>
    <inputEntry id="b2"><text>"mei"</text></inputEntry>
    <inputEntry id="b3"><text></text></inputEntry>
    <outputEntry id="b4"><text>2</text></outputEntry></rule>
  <rule id="r3"><inputEntry id="c1"><text></text></inputEntry>
    <inputEntry id="c2"><text></text></inputEntry>
    <inputEntry id="c3"><text>"erp"</text></inputEntry>
    <outputEntry id="c4"><text>3</text></outputEntry></rule>
  <rule id="r4"><inputEntry id="f1"><text></text></inputEntry>
    <inputEntry id="f2"><text></text></inputEntry><inputEntry id="f3"><text></text></inputEntry>
    <outputEntry id="f4"><text>4</text></outputEntry></rule>
  </decisionTable></decision></definitions>"""


@pytest.mark.parametrize(
    ("reported", "classified", "priority"),
    [
        ({}, {"affected_users": 250}, 1),
        ({"affected_user": "mei"}, {}, 2),
        ({}, {"service": "erp"}, 3),
        ({}, {}, 4),
    ],
)
def test_inc_07_users_people_and_services_give_the_priority_by_a_table(
    office: Office, reported: dict[str, object], classified: dict[str, object], priority: int
) -> None:
    files = {"workflows/incident/priority.dmn": RULES}
    office.runtime.run(ADMIN, lambda work: definitions.deploy(work, files, "other rules"))
    incident = office.open_incident(**reported)

    incident.complete("classify", "ben", **{**CLASSIFIED, **classified})

    assert incident.record.priority == priority


def override(office: Office, incident: Incident, login: str, **values: object) -> None:
    office.runtime.run(
        office.person(login),
        lambda work: messages.send_offered(work, incident.id, "priority_overridden", values),
    )


def test_inc_06_a_lead_overrides_the_priority_with_a_reason(office: Office) -> None:
    incident = office.open_incident()
    incident.complete("classify", "ben", **CLASSIFIED)
    assert incident.record.priority == 4

    with pytest.raises(FormRejected):
        override(office, incident, "nora", priority=1)
    override(office, incident, "nora", priority=1, override_reason="The board meets")

    assert incident.record.priority == 1
    assert incident.variable("overridden_by") == "nora"
    due = incident.clocks()["resolution"].reading.due_at
    assert due == MONDAY + timedelta(hours=4)


def test_inc_06_not_everybody_may(office: Office) -> None:
    incident = office.open_incident()
    incident.complete("classify", "ben", **CLASSIFIED)

    with pytest.raises(NotOffered):
        override(office, incident, "ben", priority=1, override_reason="I want it")


def test_inc_12_an_escalation_rule_takes_effect_without_a_restart(office: Office) -> None:
    incident = office.open_incident()
    incident.complete("classify", "ben", **{**CLASSIFIED, "impact": 1, "urgency": 1})
    file = "workflows/incident/escalation.dmn"
    source = Path(file).read_bytes()
    other = source.replace(b'<text>"lead"</text>', b'<text>"management"</text>')
    assert other != source
    office.runtime.run(
        ADMIN, lambda work: definitions.deploy(work, {file: other}, "directors want to know")
    )

    office.advance(hours=2, minutes=1)

    assert any("mei" in to for to, _ in incident.notices())
