"""What is refused while compiling, where, and with which words; and which names are free."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import feel
from engine.errors import Rejected
from tests.unit.feel.asking import NOW

WORDS = (
    *("if", "then", "else", "for", "in", "return", "some", "every", "satisfies", "and", "or"),
    *("not", "between", "instance", "of", "function", "true", "false", "null", "x", "count"),
    *("date", "time", "number", "list", "context", '"a"', "1", "2.5", "(", ")", "[", "]"),
    *("{", "}", "<", ">", "<=", ">=", "=", "!=", "+", "-", "*", "/", "**", "..", ".", ",", ":"),
    *("@", "?", "/*", "*/", "//"),
)


@pytest.mark.parametrize(
    ("text", "line", "column", "expected"),
    [
        ("", 1, 1, "a value, a name or '('"),
        ("if a then b", 1, 12, "'else'"),
        ("impact =", 1, 9, "a value, a name or '('"),
        ("a = 1 and\n  b b", 2, 5, "an operator or the end"),
        ('"open', 1, 1, 'a closing "'),
        ("1 /* open", 1, 3, "a comment that ends with */"),
        ("count(affected", 1, 15, "',' or ')'"),
        ("[1, 2", 1, 6, "']'"),
        ("[1..2", 1, 6, "the end of the range: ']', ')' or '['"),
        ("{a: 1, a: 2}", 1, 9, "an entry other than 'a', which is there already"),
        ("function(a, a) 1", 1, 14, "a parameter other than 'a', which is there already"),
        ("f(a: 1, 2)", 1, 9, "an argument with a name of its own"),
        ("1 instance of nothing", 1, 15, "a type"),
        ("12abc", 1, 3, "a number without letters"),
        ("for 1 in [1] return 1", 1, 5, "a name"),
        ("a.1", 1, 2, "an operator or the end"),
        ("@x", 1, 2, "a date, time or duration in quotes"),
    ],
)
def test_a_syntax_error_says_where_and_what_was_expected(
    text: str, line: int, column: int, expected: str
) -> None:
    with pytest.raises(feel.FeelSyntaxError) as caught:
        feel.expression(text)

    error = caught.value
    assert (error.line, error.column, error.expected) == (line, column, expected)
    assert f"line {line}, column {column}: expected {expected}, found " in str(error)
    assert error.text == text


def test_a_syntax_error_is_a_refusal_with_a_code() -> None:
    with pytest.raises(Rejected) as caught:
        feel.expression("1 +")

    assert caught.value.code == "feel.syntax"
    assert str(caught.value) == (
        "FEEL '1 +', line 1, column 4: expected a value, a name or '(', found the end."
    )


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('impact = "high" and count(affected) > limit', ("impact", "affected", "limit")),
        ("ticket.caller.name", ("ticket",)),
        ("{a: b, c: a}.c", ("b",)),
        ("for i in xs, j in i return i + j + k", ("xs", "k")),
        ("some x in xs satisfies x > y", ("xs", "y")),
        ("(function(a) a + b)(c)", ("b", "c")),
        ("orders[total > 10]", ("orders",)),
        ("now() > due", ("due",)),
        ("a + a", ("a",)),
        ("1 + 2", ()),
    ],
)
def test_the_names_of_an_expression_are_the_variables_it_needs(
    text: str, names: tuple[str, ...]
) -> None:
    assert feel.expression(text).names == names


def test_inside_a_filter_only_known_variables_count() -> None:
    assert feel.expression("orders[total > limit]", ["limit"]).names == ("orders", "limit")


def test_the_longest_known_name_wins() -> None:
    known = ["a", "b", "a - b", "a - b c"]

    assert feel.expression("a - b c", known).names == ("a - b c",)
    assert feel.expression("a - b", known).names == ("a - b",)
    assert feel.expression("b - a", known).names == ("b", "a")


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_compiles_or_is_refused(text: str) -> None:
    _answer_or_refusal(text)


@settings(deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join))
def test_any_pile_of_feel_words_answers_or_is_refused(text: str) -> None:
    _answer_or_refusal(text)
    with suppress(feel.FeelSyntaxError):
        feel.unary_tests(text).evaluate(1, {"x": 1}, NOW)


def _answer_or_refusal(text: str) -> None:
    with suppress(feel.FeelSyntaxError):
        feel.expression(text).evaluate({"x": [1, {"a": 2}]}, NOW)
