from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.bpmn.expressions import Expressions
from engine.bpmn.foreign import juel


def holds(text: str, **variables: object) -> object:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    return Expressions(variables, now).value("=" + juel.to_feel(text), "x")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("${approved}", "approved"),
        ("#{approved}", "approved"),
        ("${!approved}", "approved != true"),
        ("${a.b == 'x'}", 'a.b = "x"'),
        ("${a && b || c}", "a and b or c"),
        ("${a and (b or c)}", "a and (b or c)"),
        ("${a lt 5 or b ge 6}", "a < 5 or b >= 6"),
        ("${1 + 2 * 3 - (4 - 5)}", "1 + 2 * 3 - (4 - 5)"),
        ("${(a + b) / 2}", "(a + b) / 2"),
        ("${a % 2 == 0}", "modulo(a, 2) = 0"),
        ("${-a}", "-a"),
        ("${a ? 'yes' : b ? 'no' : null}", 'if a then "yes" else if b then "no" else null'),
        ("${c ? x : -(y)}", "if c then x else -y"),
        ("${empty a}", 'a = null or a = "" or a = []'),
        ("${execution.getVariable('level') > 2}", "level > 2"),
        ("${variables['verified'] != true}", "verified != true"),
        ("${variables.verified}", "verified"),
        ("${execution.processBusinessKey}", "number"),
        ("${execution.hasVariable('level')}", "level != null"),
        ("${!execution.hasVariable('level')}", "not(level != null)"),
        ("${name.equals('x')}", 'name = "x"'),
        ("${name.isEmpty()}", 'name = null or name = "" or name = []'),
        ("${name.length() > 3}", "string length(name) > 3"),
        ("${name.toLowerCase() == 'x'}", 'lower case(name) = "x"'),
        ("${name.startsWith('x') && name.endsWith(y)}",
         'starts with(name, "x") and ends with(name, y)'),
        ("${vars:get(level) > 2}", "level > 2"),
        ("${variables:getOrDefault('level', 1) + 1}",
         "(if level = null then 1 else level) + 1"),
        ("${var:exists(level)}", "level != null"),
        ("${vars:lte(level, 3)}", "level <= 3"),
        ("${a ? vars:ne(level, 3) : b}", "if a then level != 3 else b"),
        ("${a['b'].c[0]}", "a.b.c[1]"),
        ("${nrOfCompletedInstances / nrOfInstances > 0.5}",
         "numberOfCompletedInstances / numberOfInstances > 0.5"),
        ("${loopCounter == 0}", "(loopCounter - 1) = 0"),
        ("Case ${id} of ${who}", 'string join(["Case ", string(id), " of ", string(who)])'),
        (r"${'it\'s \"so\"'}", r'"it\'s"'.replace(r"it\'s", r"it's \"so\"")),
        ("${不符 eq '是'}", '不符 = "是"'),
        ("plain", '"plain"'),
    ],
)  # fmt: skip
def test_juel_is_written_as_feel(text: str, written: str) -> None:
    assert juel.to_feel(text) == written


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("${a.size() > 0}", "the call of 'size'"),
        ("${mailer.send(to)}", "the call of 'send'"),
        ("${now()}", "the call of 'now'"),
        ("${vars:sum(x)}", "the call of 'vars:sum'"),
        ("${vars:eq(x)}", "the call of 'vars:eq'"),
        ("${vars:get(x + 1)}", "the call of 'vars:get'"),
        ("${vars:get()}", "the call of 'vars:get'"),
        ("${vars:get(x", "a bracket that is not closed"),
        ("${other:get(x)}", "the call of 'other:get'"),
        ("${a.startsWith()}", "the call of 'startsWith'"),
        ("${task.length()}", "the call of 'length'"),
        ("${execution.id}", "'execution.id'"),
        ("${execution.getVariable(name)}", "an expression without its ')'"),
        ("${execution.getVariable('x'", "a bracket that is not closed"),
        ("${execution.getVariable(}", "an expression without its ')'"),
        ("${execution}", "the engine's object 'execution'"),
        ("${task.assignee}", "the engine's object 'task'"),
        ("${a = 1}", "the character '='"),
        ("${a b}", "'b' at this place"),
        ("${}", "an empty text"),
        ("${a ==}", "an empty text"),
        ("${a", "a bracket that is not closed"),
        ("${a$b}", "the name 'a$b'"),
        ("${in == 1}", "a name that is a word of FEEL"),
        ("${1e5}", "the character '1'"),
        ("${a[b]}", "the index 'b'"),
        ("${" + "(" * 60 + "a" + ")" * 60 + "}", "nesting deeper than 40"),
        ("${" + "!" * 60 + "a}", "nesting deeper than 40"),
        ("${" + "a+" * 4000 + "a}", "a text of over 4,000 characters"),
    ],
)
def test_what_has_no_counterpart_is_named(text: str, what: str) -> None:
    with pytest.raises(juel.NotConvertible) as refused:
        juel.to_feel(text)
    assert refused.value.what == what


@pytest.mark.parametrize(
    ("text", "variables", "value"),
    [
        # JUEL takes null for false, so its negation holds.
        ("${!a}", {}, True),
        ("${!a}", {"a": False}, True),
        ("${!a}", {"a": True}, False),
        ("${!(a && b)}", {"a": True}, True),
        ("${!(a < 3)}", {}, True),
        ("${!(a == 'x')}", {"a": 3}, True),
        ("${!!a}", {"a": True}, True),
        ("${!!a}", {}, False),
        ("${!empty a}", {"a": "text"}, True),
        ("${!empty a}", {"a": [1]}, True),
        ("${!empty a}", {"a": []}, False),
        ("${!empty a}", {"a": ""}, False),
        ("${!empty a}", {}, False),
        ("${empty a}", {}, True),
        ("${(a && b) == false}", {"a": True}, True),
        ("${a != 'approved'}", {}, True),
        ("${a == null}", {}, True),
        ("${a ? 1 : 2}", {}, 2),
        ("${a[0].b}", {"a": [{"b": 7}, {"b": 8}]}, 7),
        ("Hello ${a}!", {"a": 3}, "Hello 3!"),
        ("Hello ${a}!", {}, "Hello !"),
        ("${a - b - c}", {"a": 9, "b": 3, "c": 2}, 4),
        ("${a - (b - c)}", {"a": 9, "b": 3, "c": 2}, 8),
        ("${a / (b * c)}", {"a": 12, "b": 3, "c": 2}, 2),
    ],
)
def test_the_feel_gives_what_juel_gave(
    text: str, variables: dict[str, object], value: object
) -> None:
    assert holds(text, **variables) == value


@given(st.text(alphabet="ab01 .'\"!&|=<>()[]?:+-*/%{}$#\\\n_,", max_size=60))
def test_any_text_is_converted_or_refused(inside: str) -> None:
    try:
        written = juel.to_feel("${" + inside + "}")
    except juel.NotConvertible:
        return
    assert written


def test_a_long_text_of_open_brackets_is_refused_at_once() -> None:
    with pytest.raises(juel.NotConvertible):
        juel.to_feel("${" * 1_000_000)
