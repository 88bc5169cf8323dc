"""Cells of decision tables: a value against tests."""

from __future__ import annotations

import pytest

from engine import feel
from tests.unit.feel.asking import passes


@pytest.mark.parametrize(
    ("tests", "tested", "expected"),
    [
        ("-", None, True),
        ('"high"', "high", True),
        ('"high", "urgent"', "urgent", True),
        ('"high"', None, False),
        ('not("high", "urgent")', "low", True),
        ('not("high")', "high", False),
        ("not(null)", 1, True),
        ("null", None, True),
        ("< 10", 9, True),
        ("<= 10, > 20", 15, False),
        ("[1..10)", 10, False),
        ("(1..10], 20", 20, True),
        ('"high"', 1, None),
        ("true", True, True),
        ("= 5", 5, True),
        ("!= 5", 6, True),
        ("limit", 7, True),
        ("> limit - 1", 7, True),
        ("[5, 7]", 7, True),
        ("? > 5 and ? < limit + 1", 7, True),
        ("? > 5 and ? < limit + 1", 8, False),
        ('matches(?, "^INC")', "INC-1", True),
        ("count(?) > 1", [1, 2], True),
        ("list contains(?, 2)", [1, 2], True),
        ("[1, 2]", [1, 2], True),
        ("? + 1", 5, False),
        ("-5", -5, True),
        ("1 + 4", 5, True),
    ],
)
def test_a_value_passes_or_not(tests: str, tested: object, expected: object) -> None:
    assert passes(tests, tested, {"limit": 7}) is expected


def test_the_input_is_no_free_name_but_what_it_is_compared_with_is() -> None:
    assert feel.unary_tests("? > limit, other").names == ("limit", "other")


@pytest.mark.parametrize("tests", ["", "not(", "< ", "1,", 'not("a") and true'])
def test_what_is_no_test_is_refused(tests: str) -> None:
    with pytest.raises(feel.FeelSyntaxError):
        feel.unary_tests(tests)
