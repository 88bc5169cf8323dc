"""Reading files: versions, modelers, hostile XML, and what is wrong with a model."""

from __future__ import annotations

from hashlib import sha256

import pytest

from engine.feel import dmn
from engine.feel.dmn.xml import NAMESPACES
from engine.feel.errors import DecisionNotFoundError, DmnError
from tests.unit.feel.asking import NOW, literal, model, source, table

CAMUNDA = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"
  xmlns:dmndi="https://www.omg.org/spec/DMN/20191111/DMNDI/"
  xmlns:dc="http://www.omg.org/spec/DMN/20180521/DC/"
  xmlns:modeler="http://camunda.org/schema/modeler/1.0"
  xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
  xmlns:camunda="http://camunda.org/schema/1.0/dmn"
  id="Definitions_1" name="DRD" namespace="http://camunda.org/schema/1.0/dmn"
  modeler:executionPlatform="Camunda Cloud" modeler:executionPlatformVersion="8.6.0">
  <decision id="priority" name="Priority">
    <extensionElements><zeebe:versionTag value="1" /></extensionElements>
    <informationRequirement id="r"><requiredDecision href="#Decision_vip" />
    </informationRequirement>
    <decisionTable id="t" hitPolicy="UNIQUE">
      <input id="i1" label="Impact" camunda:inputVariable="cellInput">
        <inputExpression id="e1" typeRef="string"><text>impact</text></inputExpression></input>
      <input id="i2"><inputExpression id="e2" typeRef="date"><text>opened</text>
        </inputExpression></input>
      <output id="o1" label="Priority" name="priority" typeRef="integer" />
      <output id="o2" name="why" typeRef="string" />
      <rule id="rule_1"><description>All is down</description>
        <inputEntry id="c1"><text>"high"</text></inputEntry>
        <inputEntry id="c2"><text>&gt;= date("2026-01-01")</text></inputEntry>
        <outputEntry id="c3"><text>Decision_vip</text></outputEntry>
        <outputEntry id="c4"><text>"new"</text></outputEntry></rule>
      <rule id="rule_2"><inputEntry id="c5"><text>"low"</text></inputEntry>
        <inputEntry id="c6"><text></text></inputEntry>
        <outputEntry id="c7"><text>5</text></outputEntry>
        <outputEntry id="c8"><text></text></outputEntry></rule>
    </decisionTable></decision>
  <decision id="Decision_vip" name="Level of the caller">
    <literalExpression id="l"><text>if vip then 1 else 2</text></literalExpression></decision>
  <dmndi:DMNDI><dmndi:DMNDiagram><dmndi:DMNShape dmnElementRef="priority">
    <dc:Bounds height="80" width="180" x="1" y="1" /></dmndi:DMNShape></dmndi:DMNDiagram>
  </dmndi:DMNDI>
</definitions>"""


@pytest.mark.parametrize("namespace", sorted(NAMESPACES))
def test_every_version_of_dmn_is_read(namespace: str) -> None:
    rules = [(['"high"'], ["1"]), (['"low"'], ["5"])]

    read = model(table(rules, inputs={"impact": "string"}), namespace=namespace)

    assert read.decide("d", {"impact": "low"}, NOW).result == 5
    assert not read.problems


def test_all_five_versions_are_known() -> None:
    assert len(NAMESPACES) == 5


def test_a_file_of_camunda_modeler_is_read() -> None:
    read = dmn.load(CAMUNDA)

    assert dict(read.decisions) == {"priority": "Priority", "Decision_vip": "Level of the caller"}
    assert read.inputs("priority") == ("impact", "opened", "vip")
    assert not read.problems
    variables = {"impact": "high", "opened": "2026-02-03", "vip": True}
    assert read.decide("priority", variables, NOW).result == {"priority": 1, "why": "new"}
    variables = {"impact": "low", "opened": "2026-02-03", "vip": True}
    assert read.decide("priority", variables, NOW).result == {"priority": 5, "why": None}


def test_the_digest_is_that_of_the_file() -> None:
    assert dmn.load(CAMUNDA).digest == sha256(CAMUNDA).hexdigest()


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"", "not XML"),
        (b"{}", "not XML"),
        (b"<definitions>", "not XML"),
        (b"<definitions/>", "root is 'definitions'"),
        (b'<bpmn xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"/>', "root is"),
        (b'<!DOCTYPE d [<!ENTITY a "b">]>' + source(), "DOCTYPE"),
        (b'<!DOCTYPE d SYSTEM "http://example.org/d.dtd">' + source(), "DOCTYPE"),
        (b"<a>" * 300 + b"</a>" * 300, "not XML"),
        (b" " * 5_000_001, "5000001 bytes"),
    ],
)
def test_what_is_no_dmn_is_refused(bad: bytes, reason: str) -> None:
    with pytest.raises(DmnError, match=reason) as caught:
        dmn.load(bad)

    assert caught.value.code == "dmn.unreadable"


def test_an_entity_is_never_expanded() -> None:
    laughs = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(12))
    hostile = f'<!DOCTYPE d [<!ENTITY a0 "ha">{laughs}]>'.encode() + source(
        literal("d", '"x"').replace("x", "&a12;")
    )

    with pytest.raises(DmnError):
        dmn.load(hostile)


def test_an_unknown_decision_is_named_with_those_there_are() -> None:
    with pytest.raises(DecisionNotFoundError, match="no decision 'x'") as caught:
        model(literal("d", "1")).decide("x", {}, NOW)

    assert caught.value.code == "dmn.decision-unknown"


def test_a_broken_cell_is_a_problem_with_its_decision_and_the_rest_still_decides() -> None:
    read = model(
        table([(['"high'], ["1"]), (["-"], ["2"])], inputs={"impact": "string"}),
        literal("other", "1 + 1"),
    )

    (problem,) = read.problems
    assert str(problem).startswith("Decision 'd': FEEL '\"high', line 1, column 1: expected")
    assert read.decide("d", {"impact": "high"}, NOW).result == 2
    assert read.decide("other", {}, NOW).result == 2


@pytest.mark.parametrize(
    ("element", "message"),
    [
        (literal("d", "1").replace("<literal", "<literalX").replace("</literal", "</literalX"), ""),
        (
            literal("d", "1").replace(
                "<literalExpression", '<literalExpression expressionLanguage="groovy"'
            ),
            "language 'groovy' is not FEEL",
        ),
        (table([], inputs={"a": "string"}, policy="LUCKY"), "hit policy 'LUCKY' does not exist"),
        (table([(["1", "2"], ["1"])], inputs={"a": "string"}), "rule 1 does not have one cell"),
        (table([], inputs={"": "string"}), "expected a value"),
    ],
)
def test_what_cannot_be_decided_is_a_problem(element: str, message: str) -> None:
    read = model(element)

    assert (not message and not read.problems) or message in str(read.problems[0])
    assert read.decide("d", {"a": "x"}, NOW).result is None


def test_a_model_with_problems_is_refused_with_a_finding_for_each() -> None:
    rules = [(['"high'], ["1"]), (['"low"'], ["2 +"])]

    with pytest.raises(DmnError, match="Faults in the file: 2") as caught:
        dmn.load(source(table(rules, inputs={"impact": "string"})))

    assert [finding.element for finding in caught.value.findings] == ["d", "d"]
    assert "expected a closing" in caught.value.findings[0].message
    assert str(caught.value).startswith("Decision 'd': FEEL")
