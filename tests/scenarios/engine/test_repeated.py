"""Activities done once for each item of a list."""

import json

import pytest

from engine.errors import DiagramRejected, ExpressionFailed, FormRejected
from engine.queries import tasks
from engine.topics import BpmnError, Outcome, Topics
from tests.desk import Case, Desk
from tests.drawing import (
    boundary,
    decision,
    diagram,
    end,
    error,
    errors,
    inputs,
    message,
    outputs,
    repeated,
    script,
    service,
    start,
    sub,
    timer,
    user,
)
from tests.drawing import messages as named
from tests.proofs import proves

FLOWS = [("begin", "work"), ("work", "after"), ("after", "done")]
VOTES = repeated(user("work", group="=item"), "=teams", "item", results=("votes", "=vote"))


def around(activity: str, *more: str, top: str = "") -> bytes:
    return diagram(start(), activity, user("after"), end(), *more, flows=FLOWS, top=top)


def items_of(case: Case, name: str = "item") -> list[object]:
    """What each open task sees as its item, in the order in which they were opened."""
    with case.desk.runtime.read() as reader:
        return [tasks.variables(reader, row.id).get(name) for row in case.open()]


@proves("multiInstanceLoopCharacteristics parallel")
def test_a_task_is_offered_once_for_each_item_at_the_same_time(desk: Desk) -> None:
    desk.deploy(around(VOTES))
    case = desk.start(teams=["desk", "net", "desk"])

    assert [task.candidates for task in case.open()] == [
        ["group:desk"],
        ["group:net"],
        ["group:desk"],
    ]
    assert items_of(case, "loopCounter") == [1, 2, 3]


def test_results_stand_in_the_order_of_the_items_whoever_is_first(desk: Desk) -> None:
    desk.deploy(around(repeated(user("work"), "=teams", "item", results=("votes", "=vote"))))
    case = desk.start(teams=["a", "b", "c"])
    for vote in ("first", "second", "third"):
        with case.desk.runtime.read() as reader:
            seen = tasks.variables(reader, case.open()[0].id)
        assert seen["vote"] is None
        case.complete("work", vote=f"{vote}:{seen['item']}")

    assert case.variable("votes") == ["first:a", "second:b", "third:c"]
    assert (case.variable("vote"), case.variable("item")) == (None, None)
    assert case.waits_at() == ["after"]


@proves("multiInstanceLoopCharacteristics sequential")
def test_rounds_one_after_the_other_until_the_condition_holds(desk: Desk) -> None:
    desk.deploy(
        around(
            repeated(
                user("work"),
                "=teams",
                "item",
                results=("votes", "=vote"),
                until='=vote = "no"',
                sequential=True,
            ),
        ),
    )
    case = desk.start(teams=["a", "b", "c"])
    assert items_of(case) == ["a"]
    case.complete("work", vote="yes")
    assert items_of(case) == ["b"]
    case.complete("work", vote="no")

    assert case.waits_at() == ["after"]
    assert case.variable("votes") == ["yes", "no", None]


def test_enough_rounds_withdraw_the_others(desk: Desk) -> None:
    desk.deploy(
        around(
            repeated(
                user("work"),
                "=teams",
                until="numberOfCompletedInstances = 2 and numberOfActiveInstances = 1",
            ),
        ),
    )
    case = desk.start(teams=[1, 2, 3])
    case.complete("work")
    assert case.waits_at() == ["work", "work"]
    case.complete("work")
    assert case.waits_at() == ["after"]


@pytest.mark.parametrize("sequential", [True, False])
def test_an_empty_list_is_done_at_once(desk: Desk, *, sequential: bool) -> None:
    activity = repeated(user("work"), "=teams", results=("votes", "=vote"), sequential=sequential)
    desk.deploy(around(activity))
    case = desk.start(teams=[])
    assert (case.waits_at(), case.variable("votes")) == (["after"], [])


def test_what_is_no_list_or_too_long_a_list_is_refused(desk: Desk) -> None:
    desk.deploy(around(repeated(user("work"), "=teams")))
    with pytest.raises(ExpressionFailed, match="`=teams` gave no list"):
        desk.start(teams="desk")
    with pytest.raises(ExpressionFailed, match="gave 1,001 items; the limit is 1,000"):
        desk.start(teams=[0] * 1001)


@pytest.mark.parametrize("sequential", [True, False])
def test_handlers_get_the_item_and_scripts_see_it(
    desk: Desk, topics: Topics, *, sequential: bool
) -> None:
    @topics.handles("double")
    def double(number: int, factor: int) -> Outcome:
        return Outcome({"doubled": number * factor})

    inner = sub(
        "work",
        start("i"),
        service("call", "double", inputs(factor="=2 * one")),
        script("add", "=doubled + number * 100", "sum"),
        end("o"),
        flows=[("i", "call"), ("call", "add"), ("add", "o")],
    )
    desk.deploy(
        around(
            repeated(
                inner,
                "=[1, 2, 3]",
                "number",
                results=("sums", "={sum: sum, n: loopCounter}"),
                sequential=sequential,
            ),
        ),
    )
    case = desk.start(one=1)
    sums = case.variable("sums")
    if sequential:
        assert sums == [{"sum": n * 102, "n": n} for n in (1, 2, 3)]
    assert isinstance(sums, list)
    assert [entry["n"] for entry in sums] == [1, 2, 3]
    assert case.waits_at() == ["after"]


def test_each_round_of_a_sub_process_has_its_result_to_itself(desk: Desk) -> None:
    inner = sub(
        "work",
        start("i"),
        user("ask"),
        script("note", '=item + ":" + answer', "line"),
        user("check"),
        end("o"),
        flows=[("i", "ask"), ("ask", "note"), ("note", "check"), ("check", "o")],
    )
    desk.deploy(around(repeated(inner, "=teams", "item", results=("lines", "=line"))))
    case = desk.start(teams=["a", "b"])
    case.complete("ask", answer="1")
    case.complete("ask", answer="2")
    assert items_of(case, "line") == ["a:1", "b:2"]
    case.complete("check")
    case.complete("check")

    assert case.variable("lines") == ["a:1", "b:2"]
    assert case.variable("line") is None


DMN = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="x" name="x"
namespace="http://x"><decision id="size" name="size"><variable name="size"/>
<literalExpression><text>if item &gt; 10 then "big" else "small"</text></literalExpression>
</decision></definitions>"""


def test_a_decision_and_a_script_are_repeated_too(desk: Desk) -> None:
    desk.deploy(
        diagram(
            start(),
            repeated(decision("work", "size", "size"), "=n", "item", results=("sizes", "=size")),
            repeated(
                script("after", "=item * 2", "twice"), "=n", "item", results=("all", "=twice")
            ),
            user("look"),
            end(),
            flows=[*FLOWS[:2], ("after", "look"), ("look", "done")],
        ),
        size__dmn=DMN,
    )
    case = desk.start(n=[5, 50])
    assert (case.variable("sizes"), case.variable("all")) == (["small", "big"], [10, 100])


def test_boundary_events_are_on_the_activity_as_a_whole(desk: Desk, topics: Topics) -> None:
    @topics.handles("fail")
    def fail(item: int) -> Outcome:
        raise BpmnError("odd") if item % 2 else BpmnError("even")

    inner = sub(
        "work",
        start("i"),
        user("ask"),
        service("call", "fail"),
        end("o"),
        flows=[("i", "ask"), ("ask", "call"), ("call", "o")],
    )
    desk.deploy(
        diagram(
            start(),
            repeated(inner, "=[1, 2, 3]", "item"),
            boundary("odd", "work", error("odd")),
            boundary("late", "work", timer("PT1H")),
            boundary("told", "work", message("news"), interrupting=False),
            user("repair", "escalate", "read"),
            end(),
            flows=[
                ("begin", "work"),
                ("work", "done"),
                ("odd", "repair"),
                ("late", "escalate"),
                ("told", "read"),
            ],
            top=errors("odd") + named("news"),
        ),
    )
    failing, late = desk.start(key="A"), desk.start(key="B")
    desk.send("news", "A")
    assert failing.waits_at() == ["ask", "ask", "ask", "read"]
    failing.complete("ask")
    assert failing.waits_at() == ["read", "repair"]

    desk.advance(hours=1)
    assert late.waits_at() == ["escalate"]


FORM = json.dumps(
    {
        "type": "default",
        "id": "vote",
        "components": [
            {
                "type": "number",
                "key": "vote",
                "label": "Vote",
                "validate": {"required": True},
                "conditional": {"hide": '=item = "a"'},
            }
        ],
    }
).encode()


def test_the_form_of_a_round_sees_its_item(desk: Desk) -> None:
    vote = user("work", more='<zeebe:formDefinition formId="vote"/>')
    desk.deploy(
        around(repeated(vote, "=teams", "item", results=("votes", "=vote"), sequential=True)),
        vote__form=FORM,
    )
    case = desk.start(teams=["a", "b"])
    case.complete("work")  # hidden for "a"
    with pytest.raises(FormRejected):
        case.complete("work")
    case.complete("work", vote=3)
    assert case.variable("votes") == [None, 3]


@proves("userTask ioMapping", "subProcess ioMapping")
def test_mapped_inputs_are_seen_inside_only_and_outputs_come_out(desk: Desk) -> None:
    inner = sub(
        "work",
        f"<bpmn:extensionElements>{inputs(who='=requester.name')}{outputs(said='=answer')}"
        "</bpmn:extensionElements>",
        start("i"),
        user("ask", more=inputs(question='="Hello " + who') + outputs(answer='=reply + "!"')),
        end("o"),
        flows=[("i", "ask"), ("ask", "o")],
    )
    desk.deploy(around(inner))
    case = desk.start(requester={"name": "Rita"}, answer="")
    assert items_of(case, "question") == ["Hello Rita"]
    case.complete("ask", reply="fine")

    assert items_of(case, "who") == [None]
    assert (case.variable("said"), case.variable("answer")) == ("fine!", "fine!")
    assert (case.variable("reply"), case.variable("question")) == (None, None)


def test_what_a_person_answers_is_kept_although_an_input_has_its_name(desk: Desk) -> None:
    desk.deploy(around(user("work", more=inputs(cause="=guess"))))
    case = desk.start(guess="cable")
    case.complete("work", cause="switch")
    assert case.variable("cause") == "switch"


@pytest.mark.parametrize(
    ("activity", "finding"),
    [
        (repeated(user("work"), "teams"), "does not say for which list"),
        (repeated(user("work"), "=teams", results=("votes", "")), "only one is set"),
        (repeated(user("work"), "=teams", "my item"), "'my item' is no name of a variable"),
        (repeated(user("work"), "=teams +"), "The list `teams \\+` is not FEEL"),
        (
            repeated(user("work"), "=teams", until="=("),
            "The completion condition `\\(` is not FEEL",
        ),
    ],
)
def test_a_repetition_that_cannot_run_is_refused(desk: Desk, activity: str, finding: str) -> None:
    with pytest.raises(DiagramRejected, match=finding):
        desk.deploy(around(activity))
