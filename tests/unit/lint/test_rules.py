"""Every rule finds what it is for, leaves alone what is right, and speaks both languages."""

from __future__ import annotations

import ast
import re
import string
from collections import Counter

import pytest

from engine.bpmn import rules
from engine.findings import ERROR, WARNING, Finding, Rule, Said
from scripts.machine import ROOT
from tests.drawing import catch, decision, message, messages
from tests.unit.feel.asking import source, table
from tests.unit.lint import asking
from tests.unit.lint.asking import row
from tests.unit.lint.examples import EXAMPLES

RULES = {rule.id: rule for rule in rules.every()}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
#: Needs something that was deployed before, and has a test of its own.
APART = {"decision.called", "message.promised"}
#: What may make a finding without a rule: these say their sentences in English only so far.
ENGLISH_ONLY = {
    "engine/bpmn/foreign/conversion.py",
    "engine/bpmn/foreign/convert.py",
    "itil/calendar_reader.py",
    "itil/replay/log.py",
    "itil/service_levels.py",
}


def test_every_rule_has_an_example_and_an_id_of_its_own() -> None:
    counted = Counter(rule.id for rule in rules.every())

    assert [rule for rule, count in counted.items() if count > 1] == []
    assert EXAMPLES.keys() | APART == RULES.keys()


@pytest.mark.parametrize("rule", EXAMPLES)
def test_a_rule_finds_what_it_is_for(rule: str) -> None:
    found = [one for one in asking.check(EXAMPLES[rule][0]) if one.rule == rule]

    assert found
    assert {one.severity for one in found} == {RULES[rule].severity}
    assert all(one.file for one in found)


@pytest.mark.parametrize("rule", EXAMPLES)
def test_a_rule_leaves_alone_what_is_right(rule: str) -> None:
    assert rule not in asking.rules(EXAMPLES[rule][1])


@pytest.mark.parametrize("rule", EXAMPLES)
def test_what_is_right_has_no_other_error_either(rule: str) -> None:
    assert [str(one) for one in asking.check(EXAMPLES[rule][1]) if one.refuses] == []


def test_a_table_that_loses_a_decision_names_the_process_that_calls_it() -> None:
    deployed = {"d.dmn": named("d"), "p.bpmn": row(decision("x", "d", "r"))}

    [found] = [f for f in asking.check({"d.dmn": named("e")}, deployed) if f.refuses]

    assert (found.rule, found.element, found.file) == ("decision.called", "x", "d.dmn")
    assert "decision.called" not in asking.rules({"d.dmn": named("d")}, deployed)


def test_a_diagram_that_stops_catching_what_a_document_sends_it_names_the_document() -> None:
    caught = row(catch("c", message("late")), top=messages("late"))
    sends = b'{"key": "y", "zone": "UTC", "sends": ["late"]}'
    deployed = {"p.bpmn": caught, "calendars/y.json": sends}

    [found] = [f for f in asking.check({"p.bpmn": row()}, deployed) if f.refuses]

    assert (found.rule, found.file) == ("message.promised", "p.bpmn")
    assert "calendars/y.json sends it message 'late'" in str(found)
    assert "message.promised" not in asking.rules({"p.bpmn": caught}, deployed)
    without = {"p.bpmn": row(), "calendars/y.json": b'{"key": "y", "zone": "UTC"}'}
    assert "message.promised" not in asking.rules(without, deployed)


def named(decision_id: str) -> bytes:
    drawn = table([(["-"], ["1"])], inputs={"urgency": "number"})
    return source(drawn.replace('id="d"', f'id="{decision_id}"'))


def placeholders(text: str) -> Counter[str]:
    return Counter(name for _, name, _, _ in string.Formatter().parse(text) if name)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_says_the_same_in_both_languages(rule: Rule) -> None:
    assert rule.severity in (ERROR, WARNING)
    for said in (rule.says, rule.why, rule.do):
        only_filled_in = not string.Formatter().vformat(said, (), Blank()).strip(" .")
        assert CHINESE.search(said.zh) or only_filled_in, said
        assert placeholders(said) == placeholders(said.zh)


class Blank(dict[str, str]):
    def __missing__(self, _: str) -> str:
        return ""


def findings() -> list[Finding]:
    return [one for bad, _ in EXAMPLES.values() for one in asking.check(bad)]


def test_every_finding_of_every_example_is_in_chinese_too() -> None:
    lacking = {
        finding.rule
        for finding in findings()
        for text in (finding.message, finding.advice)
        if not isinstance(text, Said) or not CHINESE.search(text.zh)
    }

    assert lacking == set()


def test_every_finding_reads_as_sentences() -> None:
    for finding in findings():
        assert re.fullmatch(r".*[.:…]`?", finding.message), finding
        assert finding.advice.endswith("."), finding
        assert not re.search(r"\{\w+\}", str(finding) + finding.text("zh")), finding


def test_findings_without_a_rule_are_made_only_where_the_list_says() -> None:
    found = set()
    for path in (*ROOT.glob("engine/**/*.py"), *ROOT.glob("itil/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Finding":
                found.add(str(path.relative_to(ROOT)))

    # The first defines it; the second reads back what was stored, in both languages.
    assert found - {"engine/findings.py", "engine/store/drafts.py"} == ENGLISH_ONLY
