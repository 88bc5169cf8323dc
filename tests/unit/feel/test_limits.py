"""Hostile texts, big results, and several threads at once."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from time import process_time

import pytest

from engine import feel
from tests.unit.feel.asking import NOW, messages, value

SECONDS = 3.0
#: A list that holds another twice, forty times over.
DOUBLING = "for i in 1..40 return if i = 1 then [1] else [partial[-1], partial[-1]]"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("+".join(["1"] * 3000), 3000),
        (" or ".join(["false"] * 3000), False),
        ("a" + ".b" * 3000, None),
        ("if false then 1 else " * 400 + "2", 2),
        ("(" * 20 + "1" + ")" * 20, 1),
    ],
)
def test_long_texts_work(text: str, answer: object) -> None:
    assert value(text) == answer


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000 + "1" + ")" * 5000,
        "[" * 5000,
        "{a:" * 5000,
        "-" * 5000 + "1",
        "f(" * 5000,
        "x in (" * 5000,
        "not(" * 200 + "true" + ")" * 200,
        "1" + "=1" * 5000,
        "a" + "[1]" * 5000,
        "x instance of " + "list<" * 5000,
        "if true then " * 2000,
        "/*" * 20_000,
        "[1..(" * 300,
        "x" * 100_001,
    ],
)
def test_deep_and_endless_texts_are_refused_quickly(text: str) -> None:
    started = process_time()

    with pytest.raises(feel.FeelSyntaxError):
        feel.expression(text)

    assert process_time() - started < SECONDS


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("for a in 1..1000, b in 1..1000, c in 1..1000 return a", "used up its steps"),
        ("for i in 1..999999999 return i", "steps"),
        ("some a in 1..1000, b in 1..1000 satisfies false", "steps"),
        ("count((for i in 1..1000 return for j in 1..1000 return j)[item[1] = 0])", "steps"),
        ("{a: function(f) f(f), b: a(a)}.b", "call one another too deeply"),
        ("for i in 1..5000 return [partial[-1]]", "call one another too deeply"),
        ('for i in 1..20 return if i = 1 then "0123456789" else partial[-1] + partial[-1]', "text"),
        (
            "for i in 1..30 return if i = 1 then [1] else concatenate(partial[-1], partial[-1])",
            "steps",
        ),
        (
            DOUBLING,
            "250,000 values",
        ),
        (
            f"flatten({DOUBLING})",
            "steps",
        ),
        (
            f"{{l: {DOUBLING}, m: {DOUBLING}, r: l = m}}",
            "steps",
        ),
        (f'matches("{"a" * 40}!", "^(a|aa)+$")', "a pattern took too long"),
        ('for i in 1..100000 return matches("a", "(b|c)*" + string(i))', "patterns took too long"),
        (f'split("{"a" * 40}!", "(a|aa)+$")', "a pattern took too long"),
    ],
)
def test_endless_work_is_stopped_quickly(text: str, reason: str) -> None:
    started = process_time()

    with pytest.raises(feel.FeelBudgetError, match=reason) as caught:
        value(text)

    assert caught.value.code == "feel.budget"
    assert process_time() - started < SECONDS


def test_recursion_works_as_far_as_the_limit() -> None:
    factorial = "function(f, n) if n <= 1 then 1 else n * f(f, n - 1)"

    assert value(f"{{f: {factorial}, r: f(f, 20)}}.r") == 2432902008176640000


def test_a_caller_deep_in_the_stack_gets_a_refusal_and_no_recursion_error() -> None:
    condition = feel.expression("[" * 40 + "1" + "]" * 40)
    scope = feel.scope({}, NOW)

    def deeper() -> object:
        try:
            return deeper()
        except RecursionError:
            return condition.holds(scope)

    with pytest.raises((feel.FeelBudgetError, RecursionError)):
        deeper()
    assert condition.run(scope) is not None
    assert sys.getrecursionlimit() >= 1000


@pytest.mark.parametrize(
    "text",
    [
        "x.__class__",
        "x.constructor",
        '"a".join',
        "x.__init__.__globals__",
        "open",
        "__import__",
        "{}.keys",
        "count.call",
    ],
)
def test_nothing_of_python_can_be_reached(text: str) -> None:
    assert value(text, {"x": {"a": 1}}) is None
    assert messages(text, {"x": {"a": 1}})


def test_many_threads_evaluate_one_expression_in_one_scope() -> None:
    text = "{s: sum(for i in 1..n return i), d: decimal(n / 3, 2), t: today()}"
    shared = feel.expression(text)
    endless = feel.expression("for a in 1..1000, b in 1..1000 return a")
    scopes = [feel.scope({"n": n}, NOW) for n in range(1, 60)]
    expected = [shared.in_scope(scope) for scope in scopes]

    def ask(_turn: int) -> list[object]:
        with pytest.raises(feel.FeelBudgetError):
            endless.holds(scopes[0])
        return [shared.in_scope(scope) for scope in scopes]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, range(8)))

    assert answers == [expected] * 8
