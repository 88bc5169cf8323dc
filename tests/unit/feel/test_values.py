"""Between JSON and FEEL, and the arithmetic of decimals."""

from __future__ import annotations

import decimal
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import feel
from engine.feel.values import feel_text, from_json, to_json
from tests.unit.feel.asking import NOW, value

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.floats(-1e15, 1e15) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@settings(deadline=None)
@given(JSON)
def test_json_comes_back_as_it_went_in(plain: object) -> None:
    assert to_json(from_json(plain)) == plain


@settings(deadline=None)
@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-1e15, max_value=1e15)
)
def test_a_number_reads_back_from_its_text(number: Decimal) -> None:
    again = feel.expression(f"number({feel_text(str(number), inner=True)})").run(
        feel.scope({}, NOW)
    )

    assert again == number


@settings(deadline=None)
@given(st.text())
def test_a_text_reads_back_from_its_feel_literal(text: str) -> None:
    whole = text.encode("utf-16", "replace").decode("utf-16")

    assert value(feel_text(whole, inner=True)) == whole


def test_numbers_are_decimal_and_integral_ones_come_back_as_int() -> None:
    assert value("0.1 + 0.2 = 0.3") is True
    assert type(value("0.5 + 0.5")) is int
    assert type(value("0.5 + 1")) is float
    assert value("x", {"x": 1.10}) == 1.1
    assert value("string(x)", {"x": 1e21}) == "1" + "0" * 21


def test_arithmetic_keeps_34_digits_and_rounds_half_to_even() -> None:
    assert value("string(1/3)") == "0." + "3" * 34
    assert value("string(1234567890123456789012345678901234 + 0.5)") == (
        "1234567890123456789012345678901234"
    )


def test_the_decimal_context_of_the_caller_is_neither_used_nor_changed() -> None:
    with decimal.localcontext() as context:
        context.prec = 2
        context.clear_flags()  # a copy of the thread's context also has what others raised in it
        before = context.copy()

        assert value("string(2/3)") == "0." + "6" * 33 + "7"
        assert value("string(-123456)") == "-123456"
        assert value("string(abs(-123456))") == "123456"
        assert value("string(round half up(123456.5, 0))") == "123457"
        assert value("modulo(123456, 1000)") == 456
        assert value("even(123456)") is True

        assert context.prec == before.prec
        assert not any(context.flags.values())


@pytest.mark.parametrize("text", ["10 ** 7000", "1e7000", "9e6144 * 10", "10 ** 100000"])
def test_numbers_beyond_the_limits_are_null(text: str) -> None:
    assert value(text) is None


def test_numbers_too_big_for_json_become_null() -> None:
    assert value("9e6000") is None
    assert value("1e40") == 1e40
    assert value("x", {"x": float("nan")}) is None


def test_ranges_and_functions_leave_as_their_text() -> None:
    assert value('["a".."b"]') == '["a".."b"]'
    assert value("(> 5)") == "(> 5)"
    assert value("function(a) a") == "function(a)"


def test_what_is_not_json_is_refused() -> None:
    with pytest.raises(feel.FeelValueError, match="object, which is not plain JSON"):
        feel.scope({"x": object()}, NOW)
    with pytest.raises(feel.FeelValueError, match="key 1, which is not text"):
        feel.scope({"x": {1: 2}}, NOW)


def test_variables_nested_too_deeply_are_refused() -> None:
    nested: object = 1
    for _ in range(200):
        nested = [nested]

    with pytest.raises(feel.FeelValueError, match="more than 100 levels"):
        feel.scope({"x": nested}, NOW)


def test_an_evaluation_leaves_the_variables_as_they_were() -> None:
    variables = {"xs": [1, 2], "c": {"a": 1}}
    scope = feel.scope(variables, NOW)

    feel.expression('{c: context put(c, "a", 2), xs: append(xs, 3), i: 5}').in_scope(scope)
    feel.expression("for xs in xs return xs").in_scope(scope)

    assert feel.expression("xs").in_scope(scope) == [1, 2]
    assert feel.expression("c").in_scope(scope) == {"a": 1}
    assert feel.expression("i").in_scope(scope) is None
