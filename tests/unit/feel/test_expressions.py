"""What the language answers, by subject."""

from __future__ import annotations

import pytest

from engine import feel
from tests.unit.feel.asking import NOW, messages, value

TICKET = {
    "impact": "1 - High",
    "affected": ["mail", "vpn", "intranet"],
    "caller": {"name": "ann", "first name": "Ann", "vip": True},
    "orders": [{"id": 1, "total": 80}, {"id": 2, "total": 120}, {"id": 3, "total": None}],
    "count": 7,
    "order date": "2026-11-23",
    "lead-time": 10,
}

CASES: dict[str, list[tuple[str, object]]] = {
    "arithmetic": [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("10 - 2 - 3", 5),
        ("2 ** 3 ** 2", 64),
        ("-2 ** 2", 4),
        ("7 / 2", 3.5),
        ("1 / 0", None),
        ("0 ** -1", None),
        ("0 ** 0", None),
        ("(-1) ** 0.5", None),
        ('"a" + "b"', "ab"),
        ('"a" + 1', None),
        ("1 + null", None),
        (".5 + 1.50", 2),
        ("1e3", 1000),
    ],
    "comparison": [
        ("1 < 2", True),
        ('"a" < "b"', True),
        ('1 < "b"', None),
        ("1 = 1.0", True),
        ('1 = "1"', None),
        ("null = null", True),
        ("1 = null", False),
        ("null != 1", True),
        ("[1, 2] = [1, 2]", True),
        ("{a: 1, b: 2} = {b: 2, a: 1}", True),
        ("2 between 1 and 3", True),
        ("4 between 1 and 3", False),
        ('"x" between 1 and 3', None),
    ],
    "logic": [
        ("true and false", False),
        ("true and null", None),
        ("false and null", False),
        ("true or null", True),
        ("false or null", None),
        ('true and "yes"', None),
        ("not(true)", False),
        ("not(null)", None),
        ("if null then 1 else 2", 2),
        ("if false then 1 else if true then 2 else 3", 2),
        ('if "yes" then 1 else 2', 2),
    ],
    "ranges": [
        ("5 in [1..5]", True),
        ("5 in [1..5)", False),
        ("5 in [1..5[", False),
        ("1 in ]1..5]", False),
        ("5 in (> 3)", True),
        ("5 in (1, 5)", True),
        ("5 in (< 3, > 4)", True),
        ("5 in [(< 3), (> 4)]", True),
        ('"b" in ["a".."c"]', True),
        ("null in [1..5]", None),
        ("[5..1]", None),
        ("[1..5].end", 5),
        ("(1..5].start included", False),
        ("string([1..5))", "[1..5)"),
    ],
    "lists": [
        ("[1, 2, 3][1]", 1),
        ("[1, 2, 3][-1]", 3),
        ("[1, 2, 3][4]", None),
        ("[1, 2, 3][item > 1]", [2, 3]),
        ("affected[1]", "mail"),
        ("orders[total > 100].id", [2]),
        ("orders.id", [1, 2, 3]),
        ("orders[1].total", 80),
        ("5[1]", 5),
        ("null[1]", None),
    ],
    "loops": [
        ("for i in 1..3 return i * i", [1, 4, 9]),
        ("for i in 3..1 return i", [3, 2, 1]),
        ("for i in [1, 2], j in [10, 20] return i + j", [11, 21, 12, 22]),
        ("for i in 1..4 return if i = 1 then 1 else i * partial[-1]", [1, 2, 6, 24]),
        ('for d in [date("2026-01-30")..date("2026-02-01")] return d.day', [30, 31, 1]),
        ("for i in null return i", None),
        ("some i in [1, 2] satisfies i > 1", True),
        ("every i in [1, 2] satisfies i > 1", False),
        ("every i in [] satisfies false", True),
        ("(for i in 1..3 return function() i)[2]()", 2),
    ],
    "contexts": [
        ("{a: 1, b: a + 1}", {"a": 1, "b": 2}),
        ("{a b: 1, c: a b + 1}.c", 2),
        ('{"a b": 1}.a b', 1),
        ("caller.name", "ann"),
        ("caller.unknown", None),
        ("{a: {b: {c: 1}}}.a.b.c", 1),
    ],
    "functions": [
        ("(function(a, b) a + b)(1, 2)", 3),
        ("(function(a, b) a - b)(b: 1, a: 5)", 4),
        ("{f: function(x: number) x * 2, r: f(4)}.r", 8),
        ('{f: function(x: number) x, r: f("4")}.r', None),
        ("{f: function(x) x, r: f(1, 2)}.r", None),
        ("function() external {java: {class: 1}}", None),
        ("count(affected) > 2", True),
        ("(1)(2)", None),
    ],
    "types": [
        ("1 instance of number", True),
        ("[1] instance of list<number>", True),
        ('[1, "a"] instance of list<number>', False),
        ("{a: 1} instance of context<a: number>", True),
        ("null instance of number", False),
        ('@"P1D" instance of days and time duration', True),
        ("[1..2] instance of range<number>", True),
        ("abs instance of function<number> -> number", True),
    ],
    "names": [
        ("order date", "2026-11-23"),
        ("lead-time - 1", 9),
        ("lead-time-1", 9),
        ("impact", "1 - High"),
        ("// a comment\n1 + /* another */ 1", 2),
    ],
    "texts": [
        ('"a\\"b"', 'a"b'),
        ('"\\u0041"', "A"),
        ('"\\U01F600"', "\U0001f600"),
        ('"\\uD83D\\uDE00"', "\U0001f600"),
        ('string length("\U0001f600")', 1),
    ],
}


@pytest.mark.parametrize(("text", "expected"), [case for cases in CASES.values() for case in cases])
def test_an_expression_answers_what_the_standard_says(text: str, expected: object) -> None:
    answer = value(text, TICKET)

    assert answer == expected
    assert type(answer) is type(expected)


def test_a_variable_that_is_no_function_does_not_hide_a_function() -> None:
    assert value("count(affected) + count", TICKET) == 10


def test_an_entry_of_several_words_is_read_when_the_compiler_is_told() -> None:
    told = feel.expression("caller.first name", ["caller", "first name"])

    assert told.evaluate(TICKET, NOW) == "Ann"
    with pytest.raises(feel.FeelSyntaxError):
        feel.expression("caller.first name", ["caller"])


def test_an_unknown_variable_is_null_and_is_named() -> None:
    assert value("urgency = 1") is False
    assert messages("urgency = 1") == ("there is no variable 'urgency'",)


def test_a_reason_is_noted_once_however_often_it_comes() -> None:
    assert messages('for i in 1..1000 return i < "a"') == ("number and string have no order",)


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ('"a" + 1', "string and number cannot be added"),
        ("1 / 0", "1 and 0 have no such result within 34 digits and 10^6144"),
        ('1 < "a"', "number and string have no order"),
        ("substring(1, 2)", "substring cannot be called with (number, number)"),
        ("[1][5]", "a list of 1 has no item 5"),
        ("{a: 1}.b", "the context has no entry 'b'"),
        ('"a".b', "string has no property 'b'"),
        ("(function(x) x)(y: 1)", "a function cannot be called with (y: number)"),
    ],
)
def test_what_makes_null_is_said(text: str, note: str) -> None:
    assert note in messages(text)
