"""The built-in functions, by subject."""

from __future__ import annotations

import pytest

from engine.feel.builtins import BUILTINS
from tests.unit.feel.asking import value

CASES: dict[str, list[tuple[str, object]]] = {
    "strings": [
        ('substring("foobar", 3)', "obar"),
        ('substring("foobar", -2, 1)', "a"),
        ('substring("foobar", 0)', None),
        ('substring(string: "foobar", start position: 3, length: 2)', "ob"),
        ('substring("foobar", 1e30)', None),
        ('upper case(["a"])', "A"),
        ('substring before("a-b", "-")', "a"),
        ('substring after("a-b", "-")', "b"),
        ('substring after("a-b", "x")', ""),
        ('contains("signal", "gna")', True),
        ('starts with("signal", "sig")', True),
        ('string join(["a", null, "b"], "-")', "a-b"),
        ('string join(["a", 1])', None),
        ('split("a;b;;c", ";")', ["a", "b", "", "c"]),
        ("string(1.50)", "1.5"),
        ('string(["a", {b: 1}])', '["a", {b: 1}]'),
        ("string(null)", None),
    ],
    "patterns": [
        ('matches("INC-42", "^INC-\\d+$")', True),
        ('matches("abc", "ABC", "i")', True),
        ('matches("b", "[a-z-[aeiou]]")', True),
        ('matches("e", "[a-z-[aeiou]]")', False),
        ('matches("a b", "a b", "x")', False),
        ('matches("a.b", "a.b", "q")', True),
        ('matches("axb", "a.b", "q")', False),
        ('matches("é", "\\p{IsLatin-1Supplement}")', True),
        ('matches("_", "\\i")', True),
        ('matches("a", "(?=a)")', None),
        ('matches("a", "[")', None),
        ('matches("a", "a", "y")', None),
        ('replace("abcd", "(ab)|(a)", "[1=$1][2=$2]")', "[1=ab][2=]cd"),
        ('replace("abc", "b", "$")', None),
        ('replace("abc", "b", "\\\\$")', "a$c"),
        ('replace("abc", "x*", "-")', None),
    ],
    "numbers": [
        ("decimal(1/3, 2)", 0.33),
        ("decimal(2.5, 0)", 2),
        ("floor(-1.5)", -2),
        ("ceiling(1.51, 1)", 1.6),
        ("round up(-5.5, 0)", -6),
        ("round down(5.9, 0)", 5),
        ("round half up(5.5, 0)", 6),
        ("round half down(5.5, 0)", 5),
        ("round half up(1234, -2)", 1200),
        ("round up(5.5, 6177)", None),
        ("modulo(-12, 5)", 3),
        ("modulo(1, 0)", None),
        ("sqrt(-1)", None),
        ("abs(-1.5)", 1.5),
        ("odd(3)", True),
        ("even(1e6000)", True),
        ("odd(2.5)", False),
        ("log(0)", None),
        ("exp(1e6000)", None),
        ('number("1 000,5", " ", ",")', 1000.5),
        ('number("1.000.5", ".", ".")', None),
        ('number("x")', None),
    ],
    "lists": [
        ("count(null)", None),
        ("count(1)", 1),
        ("min(3, 1, 2)", 1),
        ('max(["a", "c", "b"])', "c"),
        ("max([])", None),
        ('min(1, "a")', None),
        ("sum([])", None),
        ('string(sum([@"PT1H", @"PT30M"]))', "PT1H30M"),
        ("mean([1, 2, 6])", 3),
        ("median([4, 1, 3, 2])", 2.5),
        ("mode([1, 2, 2, 3, 3])", [2, 3]),
        ("stddev([2, 4, 7, 5])", 2.0816659994661326),
        ("product([2, 3])", 6),
        ("all([true, null])", None),
        ("any([false, true, null])", True),
        ("append([1], 2, 3)", [1, 2, 3]),
        ("concatenate([1], [2], 3)", [1, 2, 3]),
        ("union([1, 2], [2, 3])", [1, 2, 3]),
        ("distinct values([1, 1.0, [2], [2], null, null])", [1, [2], None]),
        ("flatten([1, [2, [3, []]]])", [1, 2, 3]),
        ("sublist([1, 2, 3], -2)", [2, 3]),
        ("sublist([1, 2, 3], 2, 1)", [2]),
        ("insert before([1, 3], 2, 2)", [1, 2, 3]),
        ("remove([1, 2, 3], -1)", [1, 2]),
        ("reverse([1, 2])", [2, 1]),
        ("index of([1, 2, 1], 1)", [1, 3]),
        ("list contains([1, null], null)", True),
        ("list replace([1, 2, 3], 2, 9)", [1, 9, 3]),
        ("list replace([1, 2, 3], function(i, n) i > 1, 9)", [1, 9, 9]),
        ("sort([3, 1, 2])", [1, 2, 3]),
        ("sort([3, 1, 2], function(a, b) a > b)", [3, 2, 1]),
        ('sort([1, "a"])', None),
    ],
    "contexts": [
        ('get value({a: {b: 1}}, ["a", "b"])', 1),
        ('get value({a: 1}, "b")', None),
        ("get entries({a: 1})", [{"key": "a", "value": 1}]),
        ('context([{key: "a", value: 1}])', {"a": 1}),
        ('context([{key: "a", value: 1}, {key: "a", value: 2}])', None),
        ('context put({a: 1}, "b", 2)', {"a": 1, "b": 2}),
        ('context put({a: {b: 1}}, ["a", "b"], 2)', {"a": {"b": 2}}),
        ("context merge([{a: 1}, {a: 2}])", {"a": 2}),
        ("is(1, 1.0)", True),
        ('is("a", null)', False),
    ],
    "ranges": [
        ('range("[1..3]").end', 3),
        ('range("[1..x]")', None),
        ("before(1, [2..5])", True),
        ("after([2..5], 1)", True),
        ("meets([1..3], [3..5])", True),
        ("met by([3..5], [1..3])", True),
        ("overlaps([1..3], [3..5])", True),
        ("overlaps([1..3), [3..5])", False),
        ("overlaps before([1..4], [3..5])", True),
        ("overlaps after([3..5], [1..4])", True),
        ("finishes(5, [1..5])", True),
        ("finished by([1..5], [3..5])", True),
        ("includes([1..5], 5)", True),
        ("during(5, [1..5))", False),
        ("starts([1..3], [1..5])", True),
        ("started by([1..5], 1)", True),
        ("coincides([1..5], [1..5])", True),
        ('before(1, "a")', None),
    ],
}


@pytest.mark.parametrize(("text", "expected"), [case for cases in CASES.values() for case in cases])
def test_a_function_answers_what_the_standard_says(text: str, expected: object) -> None:
    assert value(text) == expected


def test_no_function_fails_on_arguments_of_any_kind() -> None:
    odd = ["null", "true", '"a"', "1e6000", "[]", "{}", "[1..2]", '@"P1M"', "function(a, b) null"]
    for name in BUILTINS:
        for first in odd:
            for second in odd:
                value(f"{name}({first}, {second})")
                value(f"{name}({first})")
                value(f"{name}({first}, {second}, {first})")
