"""Requirements, knowledge models, services, imports, types, and the trace of it all."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine import feel
from engine.feel import dmn
from tests.unit.feel.asking import NOW, literal, model, source, table

INPUT = '<inputData id="i_age" name="Age"><variable name="Age" typeRef="number"/></inputData>'
KNOWLEDGE = (
    '<businessKnowledgeModel id="k" name="factorial"><variable name="factorial"/>'
    '<encapsulatedLogic><formalParameter name="n" typeRef="number"/><literalExpression><text>'
    "if n &lt;= 1 then 1 else n * factorial(n - 1)</text></literalExpression></encapsulatedLogic>"
    "</businessKnowledgeModel>"
)
NEEDS_KNOWLEDGE = '<knowledgeRequirement><requiredKnowledge href="#k"/></knowledgeRequirement>'


def test_a_decision_takes_what_it_requires() -> None:
    read = model(
        INPUT,
        literal("adult", "Age >= 18", requires=("i_age",)),
        literal("greeting", 'if adult then "Dear" else "Hi"', requires=("adult",)),
    )

    assert read.decide("greeting", {"Age": 20}, NOW).result == "Dear"
    assert read.decide("greeting", {"Age": 3}, NOW).result == "Hi"
    assert read.inputs("greeting") == ("Age",)


def test_a_variable_with_the_name_of_a_decision_does_not_replace_it() -> None:
    read = model(literal("priority", "1 + 1"))

    assert read.decide("priority", {"priority": 5}, NOW).result == 2


def test_variables_without_a_drawn_input_are_seen_and_listed() -> None:
    read = model(literal("d", "impact + count(xs[item > limit])"))

    assert read.inputs("d") == ("impact", "xs")
    assert read.decide("d", {"impact": 1, "xs": [1, 5], "limit": 3}, NOW).result == 2


def test_decisions_that_require_one_another_are_null() -> None:
    read = model(
        literal("a", "if b = null then 1 else b", requires=("b",)),
        literal("b", "a", requires=("a",)),
    )

    assert read.decide("a", {}, NOW).result == 1
    assert [one.message for one in read.problems] == [
        "'a' and 'b' require one another; remove one requirement"
    ]


def test_a_requirement_of_nothing_is_a_problem() -> None:
    read = model(literal("a", "1", requires=("i_gone", "elsewhere#b")))

    assert [str(one) for one in read.problems] == [
        "Decision 'a': it requires '#i_gone', which is not there; remove the requirement",
        "Decision 'a': it requires '#elsewhere#b', which is not there; remove the requirement",
    ]


def test_a_long_chain_of_decisions_is_decided_or_refused() -> None:
    short = [literal("d0", "1")]
    short += [literal(f"d{n}", f"d{n - 1} + 1", requires=(f"d{n - 1}",)) for n in range(1, 60)]
    long = [literal("d0", "1")]
    long += [literal(f"d{n}", f"d{n - 1} + 1", requires=(f"d{n - 1}",)) for n in range(1, 900)]

    assert model(*short).decide("d59", {}, NOW).result == 60
    with pytest.raises(feel.FeelBudgetError):
        model(*long).decide("d899", {}, NOW)


def test_a_knowledge_model_calls_itself() -> None:
    decision = literal("d", "factorial(10)").replace("<literal", NEEDS_KNOWLEDGE + "<literal", 1)

    assert model(KNOWLEDGE, decision).decide("d", {}, NOW).result == 3628800


def test_a_knowledge_model_without_end_is_stopped() -> None:
    decision = literal("d", "factorial(1000)").replace("<literal", NEEDS_KNOWLEDGE + "<literal", 1)

    with pytest.raises(feel.FeelBudgetError):
        model(KNOWLEDGE, decision).decide("d", {}, NOW)


def test_a_service_is_decided_by_its_parameters_alone() -> None:
    read = model(
        INPUT,
        literal("adult", "Age >= 18", requires=("i_age",)),
        literal("greeting", 'if adult then "Dear" else "Hi"', requires=("adult",)),
        '<decisionService id="s" name="Greet"><outputDecision href="#greeting"/>'
        '<inputDecision href="#adult"/></decisionService>',
    )

    assert dict(read.services) == {"s": "Greet"}
    assert read.inputs("s") == ("adult",)
    assert read.decide("s", {"adult": True}, NOW).result == "Dear"
    missing = read.decide("s", {"Age": 20}, NOW)
    assert missing.result is None
    assert missing.trace["messages"] == ["'Greet' needs adult"]


def test_an_import_brings_types_and_decisions() -> None:
    imported = source(
        '<itemDefinition name="tAge"><typeRef>number</typeRef><allowedValues><text>[0..150]</text>'
        "</allowedValues></itemDefinition>",
        literal("base", "40 + 2"),
    ).replace(b'namespace="here"', b'namespace="there"')
    own = source(
        '<import name="lib" namespace="there" importType="x"/>',
        '<decision id="d" name="d"><variable name="d" typeRef="lib.tAge"/><informationRequirement>'
        '<requiredDecision href="there#base"/></informationRequirement><literalExpression>'
        "<text>lib.base * 2</text></literalExpression></decision>",
    )

    read = dmn.load(own, [imported])

    assert read.decide("d", {}, NOW).result == 84


def test_a_result_that_is_not_of_its_type_is_null_and_said() -> None:
    decided = model(literal("d", '"x"', type_="number")).decide("d", {}, NOW)

    assert decided.result is None
    assert decided.trace["messages"] == ["decision 'd' is string, which is not its type"]


def test_texts_inside_an_input_are_read_as_their_types() -> None:
    read = model(
        '<itemDefinition name="tTicket"><itemComponent name="opened"><typeRef>dateTime</typeRef>'
        '</itemComponent><itemComponent name="tags" isCollection="true"><typeRef>string</typeRef>'
        "</itemComponent></itemDefinition>",
        '<inputData id="i_t" name="ticket"><variable name="ticket" typeRef="tTicket"/></inputData>',
        literal("d", 'ticket.opened + duration("PT4H")', requires=("i_t",)),
    )

    ticket = {"opened": "2026-11-23T10:00:00Z", "tags": ["a"]}
    assert read.decide("d", {"ticket": ticket}, NOW).result == "2026-11-23T14:00:00Z"
    assert read.decide("d", {"ticket": {**ticket, "opened": "soon"}}, NOW).result is None


BOXED = [
    ("<list><L>1</L><L>1 + 1</L></list>", [1, 2]),
    (
        """<context><contextEntry><variable name="a b"/><L>2</L></contextEntry>
        <contextEntry><L>a b * 3</L></contextEntry></context>""",
        6,
    ),
    (
        '<relation><column name="x"/><column name="y"/><row><L>1</L><L>2</L></row></relation>',
        [{"x": 1, "y": 2}],
    ),
    ("<conditional><if><L>1 &gt; 0</L></if><then><L>1</L></then><else/></conditional>", 1),
    ("<conditional><if><L>1</L></if><then><L>1</L></then><else/></conditional>", None),
    ("<filter><in><L>[1, 2, 3]</L></in><match><L>item &gt; 1</L></match></filter>", [2, 3]),
    ('<for iteratorVariable="i"><in><L>null</L></in><return><L>i</L></return></for>', None),
    (
        '<for iteratorVariable="i"><in><L>[1..3]</L></in><return><L>i * i</L></return></for>',
        [1, 4, 9],
    ),
    (
        """<some iteratorVariable="i"><in><L>[1, 2]</L></in>
        <satisfies><L>i = 2</L></satisfies></some>""",
        True,
    ),
    (
        """<every iteratorVariable="i"><in><L>[1, 2]</L></in>
        <satisfies><L>i = 2</L></satisfies></every>""",
        False,
    ),
    (
        """<invocation><L>substring</L><binding><parameter name="string"/><L>"abc"</L></binding>
        <binding><parameter name="start position"/><L>2</L></binding></invocation>""",
        "bc",
    ),
    (
        """<context><contextEntry><variable name="f"/>
        <functionDefinition><formalParameter name="n"/><L>n + 1</L></functionDefinition>
        </contextEntry><contextEntry><L>f(1)</L></contextEntry></context>""",
        2,
    ),
    (
        """<context><contextEntry><variable name="f"/>
        <functionDefinition kind="Java"><L>{}</L></functionDefinition>
        </contextEntry><contextEntry><L>f</L></contextEntry></context>""",
        None,
    ),
]


@pytest.mark.parametrize(("boxed", "expected"), BOXED)
def test_boxed_expressions_answer(boxed: str, expected: object) -> None:
    written = boxed.replace("<L>", "<literalExpression><text>")
    written = written.replace("</L>", "</text></literalExpression>")

    read = model(f'<decision id="d" name="d">{written}</decision>')

    assert read.decide("d", {}, NOW).result == expected


def test_the_trace_tells_the_whole_decision_as_plain_json() -> None:
    read = model(
        table(
            [(['"high"', "> 10"], ["1"]), (['"high"', "-"], ["2"])],
            inputs={"impact": "string", "users": "number"},
            policy="FIRST",
        )
    )

    decided = read.decide("d", {"impact": "high", "users": 12.5}, NOW)

    assert decided.result == 1
    assert decided.trace == {
        "model": read.digest,
        "decision": {"id": "d", "name": "Decision"},
        "tables": [
            {
                "decision": {"id": "d", "name": "Decision"},
                "hit_policy": "FIRST",
                "inputs": [
                    {"expression": "impact", "value": "high"},
                    {"expression": "users", "value": 12.5},
                ],
                "matched": [{"rule": 1, "id": "r1", "annotations": ["note 1"]}],
                "output": 1,
                "messages": [],
            }
        ],
        "messages": [],
    }
    assert json.loads(json.dumps(decided.trace)) == decided.trace


def test_the_trace_has_a_record_for_every_table_on_the_way() -> None:
    first = table([(["-"], ["a + 1"])], inputs={"a": "number"})
    second = first.replace('"d"', '"e"').replace("a + 1", "Decision + 1")
    second = second.replace(
        "<decisionTable",
        '<informationRequirement><requiredDecision href="#d"/>'
        "</informationRequirement><decisionTable",
    )

    trace = model(first, second).decide("e", {"a": 1}, NOW).trace

    assert [(t["decision"]["id"], t["output"]) for t in trace["tables"]] == [("d", 2), ("e", 3)]


def test_a_model_is_asked_by_several_threads_at_once() -> None:
    read = model(table([([f"{n}"], [f"{n} * 2"]) for n in range(30)], inputs={"n": "number"}))

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: read.decide("d", {"n": n}, NOW).result, range(30)))

    assert answers == [n * 2 for n in range(30)]
