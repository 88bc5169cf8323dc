"""Hit policies, inputs and outputs of decision tables."""

from __future__ import annotations

import pytest

from tests.unit.feel.asking import NOW, model, table

ORDER = '<outputValues><text>"high","middle","low"</text></outputValues>'
RULES = [
    (["< 10"], ['"low"']),
    (["< 20"], ['"high"']),
    (["< 20"], ['"middle"']),
    (["[30..40]"], ['"low"']),
    (["[35..40]"], ['"low"']),
]
NUMBERS = [(["< 10"], ["1"]), (["< 20"], ["2"]), (["< 20"], ["2"])]


@pytest.mark.parametrize(
    ("policy", "amount", "expected"),
    [
        ("UNIQUE", 30, "low"),
        ("UNIQUE", 5, None),
        ("UNIQUE", 99, None),
        ("FIRST", 5, "low"),
        ("FIRST", 15, "high"),
        ("ANY", 36, "low"),
        ("ANY", 5, None),
        ("PRIORITY", 5, "high"),
        ("RULE ORDER", 5, ["low", "high", "middle"]),
        ("OUTPUT ORDER", 5, ["high", "middle", "low"]),
        ("COLLECT", 15, ["high", "middle"]),
        ("COLLECT", 99, None),
        ("COLLECT of COUNT", 5, 3),
        ("COLLECT of COUNT", 99, 0),
        ("COLLECT of MIN", 5, "high"),
    ],
)
def test_a_hit_policy_chooses_among_the_rules_that_match(
    policy: str, amount: int, expected: object
) -> None:
    drawn = table(RULES, inputs={"amount": "number"}, policy=policy, inside=ORDER)

    assert model(drawn).decide("d", {"amount": amount}, NOW).result == expected


@pytest.mark.parametrize(
    ("aggregation", "expected"), [("SUM", 5), ("MIN", 1), ("MAX", 2), ("COUNT", 3)]
)
def test_collect_adds_up(aggregation: str, expected: int) -> None:
    drawn = table(NUMBERS, inputs={"amount": "number"}, policy=f"COLLECT of {aggregation}")

    assert model(drawn).decide("d", {"amount": 5}, NOW).result == expected


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("UNIQUE", "rules 1, 2 and 3 match, but hit policy UNIQUE allows one"),
        ("ANY", "rules 1, 2 and 3 match with different outputs, which hit policy ANY forbids"),
    ],
)
def test_rules_that_overlap_are_named(policy: str, message: str) -> None:
    drawn = table(RULES, inputs={"amount": "number"}, policy=policy)

    trace = model(drawn).decide("d", {"amount": 5}, NOW).trace

    assert any(message in str(one) for one in _messages(trace))


def test_no_match_is_null_and_said() -> None:
    decided = model(table(RULES, inputs={"amount": "number"})).decide("d", {"amount": 99}, NOW)

    assert decided.result is None
    assert "no rule matches, and there is no default output" in _messages(decided.trace)


@pytest.mark.parametrize(("policy", "expected"), [("UNIQUE", "none"), ("COLLECT", ["none"])])
def test_a_default_output_answers_where_no_rule_matches(policy: str, expected: object) -> None:
    default = '<defaultOutputEntry><text>"none"</text></defaultOutputEntry>'
    drawn = table(RULES, inputs={"amount": "number"}, policy=policy, inside=default)

    assert model(drawn).decide("d", {"amount": 99}, NOW).result == expected


def test_several_outputs_make_a_context_and_priority_goes_from_the_left() -> None:
    rules = [(["-"], ['"low"', "1"]), (["-"], ['"high"', "2"])]
    drawn = table(
        rules,
        inputs={"amount": "number"},
        policy="PRIORITY",
        outputs=("level", "days"),
        inside=ORDER,
    )

    assert model(drawn).decide("d", {"amount": 1}, NOW).result == {"level": "high", "days": 2}


def test_an_input_beyond_its_allowed_values_is_refused_and_said() -> None:
    drawn = table(RULES, inputs={"amount": "number"}).replace(
        "</inputExpression>", "</inputExpression><inputValues><text>[0..50]</text></inputValues>"
    )

    decided = model(drawn).decide("d", {"amount": 51}, NOW)

    assert decided.result is None
    assert "'amount' is 51, which is not among [0..50]" in _messages(decided.trace)


@pytest.mark.parametrize(
    ("type_", "cell", "variable"),
    [
        ("date", '> date("2026-01-01")', "2026-02-03"),
        ("dateTime", '> date and time("2026-01-01T00:00:00Z")', "2026-02-03T00:00:00Z"),
        ("dayTimeDuration", '> duration("PT4H")', "PT5H"),
        ("number", "> 4", 5),
        ("long", "> 4", 5),
        ("boolean", "true", True),
        ("string", 'starts with(?, "a")', "abc"),
        ("number", "> 4", [5]),
        ("Any", "count(?) = 2", [1, 2]),
    ],
)
def test_plain_json_is_read_as_the_type_of_the_column(
    type_: str, cell: str, variable: object
) -> None:
    drawn = table([([cell], ['"yes"'])], inputs={"x": type_})

    assert model(drawn).decide("d", {"x": variable}, NOW).result == "yes"


def test_a_table_may_ask_for_the_time() -> None:
    drawn = table([(['< now() - duration("PT4H")'], ['"late"'])], inputs={"due": "dateTime"})

    assert model(drawn).decide("d", {"due": "2026-11-23T10:00:00Z"}, NOW).result == "late"
    assert model(drawn).decide("d", {"due": "2026-11-23T11:00:00Z"}, NOW).result is None


def _messages(trace: dict[str, object]) -> list[object]:
    messages = trace["messages"]
    assert isinstance(messages, list)
    return messages
