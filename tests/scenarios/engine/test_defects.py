"""The defects of the stock library, each shown there and cured here.

Every test first makes the stock library fail, so that it tells us when an upgrade cures it.
"""

import pytest
from lxml import etree
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.util.task import TaskState

from engine.bpmn.expressions import NoPython
from engine.errors import DiagramRejected
from tests.desk import Desk
from tests.drawing import (
    begins,
    diagram,
    end,
    error,
    errors,
    exclusive,
    parallel,
    rounds,
    start,
    sub,
    user,
)


class Stock:
    """The library as it comes, told apart from ours by nothing but our subclasses."""

    def __init__(self, source: bytes) -> None:
        parser = BpmnParser()
        parser.add_bpmn_xml(etree.ElementTree(etree.XML(source)))
        self.workflow = BpmnWorkflow(parser.get_spec("p"), parser.get_subprocess_specs("p"))
        self.workflow.do_engine_steps()

    def ready(self) -> list[str]:
        return sorted(
            t.task_spec.name for t in self.workflow.get_tasks(state=TaskState.READY, manual=True)
        )

    def complete(self, name: str, **data: object) -> None:
        tasks = self.workflow.get_tasks(state=TaskState.READY, spec_name=name)
        tasks[0].data.update(data)
        tasks[0].run()
        self.workflow.do_engine_steps()


def loop(condition: str) -> bytes:
    return diagram(
        start(),
        user("work"),
        exclusive("g", default="g_done"),
        end(),
        flows=[("begin", "work"), ("work", "g"), ("g", "done"), ("g", "work", condition)],
    )


def test_a_loop_lives_past_a_depth_of_one_thousand_and_costs_what_the_first_round_cost(
    desk: Desk,
) -> None:
    stock = Stock(loop("again == True"))
    for _ in range(600):
        if stock.ready() != ["work"]:
            break
        stock.complete("work", again=True)
    assert stock.ready() == []  # it has forgotten its task, and says nothing

    desk.deploy(loop("=again"))
    case = desk.start()
    for _ in range(1_100):
        case.complete("work", again=True)
    assert case.waits_at() == ["work"]
    case.complete("work", again=False)
    assert case.status == "completed"


def test_an_approval_in_the_second_round_is_not_skipped(desk: Desk) -> None:
    stock = Stock(rounds("again == True"))
    for name in ("a", "b"):
        stock.complete(name)
    stock.complete("d", again=True)
    stock.complete("b")
    assert "d" in stock.ready()  # although "a" is still open

    desk.deploy(rounds("=again"))
    case = desk.start()
    for name in ("a", "b"):
        case.complete(name)
    case.complete("d", again=True)
    case.complete("b")
    assert case.waits_at() == ["a"]


def by_error() -> bytes:
    inside = begins("i", error()) + user("x") + end("o")
    event = sub("event", inside, flows=[("i", "x"), ("x", "o")], by_event=True)
    return diagram(
        start(),
        user("a"),
        event,
        end("bad", error("broken")),
        flows=[("begin", "a"), ("a", "bad")],
        top=errors("broken"),
    )


def test_an_event_sub_process_waits_for_its_event(desk: Desk) -> None:
    # Stock begins its body with the process.
    assert "x" in Stock(by_error()).ready()

    desk.deploy(by_error())
    case = desk.start()
    assert case.waits_at() == ["a"]
    case.complete("a")
    assert case.waits_at() == ["x"]


@pytest.mark.parametrize(
    "condition",
    ["__import__('os').getpid() > 0", "().__class__.__base__.__subclasses__()", "x == True"],
)
def test_python_in_a_condition_never_runs(desk: Desk, condition: str) -> None:
    if "x ==" not in condition:
        stock = Stock(loop(condition))
        stock.complete("work")
        assert stock.ready() == ["work"]  # the condition was evaluated: any code would have run

    with pytest.raises(DiagramRejected, match=r"'g_work': The condition .* is not FEEL"):
        desk.deploy(loop(condition))


def test_no_instance_ever_gets_the_python_engine() -> None:
    assert isinstance(Stock(loop("again")).workflow.script_engine, PythonScriptEngine)
    with pytest.raises(PermissionError, match="FEEL only"):
        NoPython().evaluate(None, "1 + 1")
    with pytest.raises(PermissionError, match="FEEL only"):
        NoPython().environment.execute("import os")


def test_what_one_branch_writes_the_other_sees_at_once(desk: Desk) -> None:
    source = diagram(
        start(),
        parallel("fork", "join"),
        user("a", "b", "c"),
        end(),
        flows=[
            ("begin", "fork"),
            ("fork", "a"),
            ("fork", "b"),
            ("a", "join"),
            ("b", "join"),
            ("join", "c"),
            ("c", "done"),
        ],
    )
    stock = Stock(source)
    stock.complete("a", notes=[1, 2])
    [other] = stock.workflow.get_tasks(state=TaskState.READY, spec_name="b")
    assert "notes" not in other.data
    stock.complete("b", notes=[3])
    [last] = stock.workflow.get_tasks(state=TaskState.READY, spec_name="c")
    assert last.data["notes"] != [1, 2]  # and the merge has eaten an entry

    desk.deploy(source)
    case = desk.start()
    case.complete("a", notes=[1, 2])
    assert case.variable("notes") == [1, 2]
    case.complete("b", more=1)
    assert (case.variable("notes"), case.variable("more")) == ([1, 2], 1)


@pytest.mark.parametrize("name", ["Start", "End", "Root", "p.EndJoin"])
def test_any_element_id_is_just_an_id(desk: Desk, name: str) -> None:
    desk.deploy(diagram(start(), user(name), end(), flows=[("begin", name), (name, "done")]))
    case = desk.start()
    assert case.waits_at() == [name]  # with "End" stock drops the task and completes
    case.complete(name)
    assert case.status == "completed"


def test_a_path_without_an_end_event_ends(desk: Desk) -> None:
    desk.deploy(diagram(start(), user("a"), flows=[("begin", "a")]))
    case = desk.start()
    case.complete("a")
    assert case.status == "completed"
