"""Gaps and overlaps that are found before a case falls into one."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.feel import dmn
from engine.feel.dmn import Fault, TableFinding
from tests.unit.feel.asking import NOW, model, table

LEVEL = {"impact": "string"}
CELLS = ("-", "< 10", "<= 10", "10", "[10..20)", "[10..20]", "> 20", "not(10)", "5, 15", ">= 20")


def found(*rules: list[str], inputs: dict[str, str], policy: str = "UNIQUE") -> list[TableFinding]:
    drawn = table(
        [(cells, [str(n)]) for n, cells in enumerate(rules)], inputs=inputs, policy=policy
    )
    return dmn.check(model(drawn))


def test_a_table_without_gap_or_overlap_has_no_findings() -> None:
    assert not found(["< 10"], ["[10..20]"], ["> 20"], inputs={"n": "number"})
    assert not found(['"high"'], ['not("high")'], inputs=LEVEL)
    assert not found(["true"], ["false"], inputs={"vip": "boolean"})
    assert not found(["-"], inputs=LEVEL)


def test_an_overlap_names_both_rules_and_an_input() -> None:
    (overlap,) = found(["<= 10"], [">= 10"], inputs={"n": "number"})

    assert overlap.fault is Fault.OVERLAP
    assert overlap.rules == (1, 2)
    assert overlap.example == {"n": 10}
    assert overlap.owner.id == "d"
    assert overlap.finding.text("en") == (
        "'d': Table 'Decision': rules 1 and 2 both match for n = 10. "
        "Make one of them narrower, or choose another hit policy."
    )
    assert overlap.finding.text("zh") == (
        "'d': 决策表 'Decision':n = 10 时规则 1 和 2 同时匹配。请收窄其中一条,或选择其他命中策略。"
    )


def test_a_gap_names_an_input_that_no_rule_takes() -> None:
    (gap,) = found(["< 10"], ["> 10"], inputs={"n": "number"})

    assert gap.fault is Fault.GAP
    assert gap.example == {"n": 10}
    assert "no rule matches for n = 10. Add a rule for it" in str(gap.finding)


def test_a_gap_may_lie_between_columns() -> None:
    gaps = found(
        ['"high"', "true"],
        ['"high"', "false"],
        ['not("high")', "true"],
        inputs={"impact": "string", "vip": "boolean"},
    )

    assert [gap.example for gap in gaps] == [{"impact": "any other text", "vip": False}]


@pytest.mark.parametrize("policy", ["FIRST", "ANY", "PRIORITY", "RULE ORDER", "COLLECT"])
def test_other_hit_policies_may_overlap(policy: str) -> None:
    assert not found(["-"], ["-"], inputs=LEVEL, policy=policy)


def test_null_counts_only_where_a_cell_names_it() -> None:
    (gap,) = found(["null"], ['"high"'], inputs=LEVEL)

    assert gap.example == {"impact": "any other text"}
    assert not found(["null"], ["not(null)"], inputs=LEVEL)
    assert [one.example for one in found(["null"], ["-"], inputs=LEVEL)] == [{"impact": None}]


def test_a_default_output_fills_gaps_and_lists_have_none() -> None:
    default = '<defaultOutputEntry><text>"none"</text></defaultOutputEntry>'
    drawn = table([(['"high"'], ["1"])], inputs=LEVEL, inside=default)

    assert not dmn.check(model(drawn))
    assert not found(['"high"'], inputs=LEVEL, policy="COLLECT")


def test_only_allowed_values_count() -> None:
    drawn = table([(['"high"'], ["1"]), (['"low"'], ["2"])], inputs=LEVEL).replace(
        "</inputExpression>",
        '</inputExpression><inputValues><text>"high","low","none"</text></inputValues>',
    )

    assert [gap.example for gap in dmn.check(model(drawn))] == [{"impact": "none"}]


@pytest.mark.parametrize(
    "rules", [[["> limit"]], [["10"], ['"ten"']], [["? > 5"]], [['date("2026-01-01")']], [["1 +"]]]
)
def test_what_cannot_be_checked_is_said(rules: list[list[str]]) -> None:
    (finding,) = found(*rules, inputs={"n": "Any"})

    assert finding.fault is Fault.UNCHECKED
    assert "was not checked for gaps and overlaps" in finding.finding.message


def test_a_wide_table_is_checked_or_given_up_soon() -> None:
    inputs = {f"n{column}": "number" for column in range(10)}
    rules = [[f"> {rule * column}" for column in range(10)] for rule in range(40)]

    assert found(*rules, inputs=inputs)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(CELLS), st.sampled_from(CELLS)), max_size=5))
def test_findings_are_what_trying_values_shows(rows: list[tuple[str, str]]) -> None:
    inputs = {"a": "number", "b": "number"}
    drawn = table([(list(row), ["1"]) for row in rows], inputs=inputs, policy="RULE ORDER")
    asked = model(drawn)
    hits = []
    for a, b in product((4, 5, 9, 10, 12, 15, 20, 21), repeat=2):
        trace = asked.decide("d", {"a": a, "b": b}, NOW).trace
        hits.append(len(trace["tables"][0]["matched"]))

    faults = {one.fault for one in found(*map(list, rows), inputs=inputs)}

    assert (Fault.GAP in faults) == (0 in hits)
    assert (Fault.OVERLAP in faults) == any(count > 1 for count in hits)
