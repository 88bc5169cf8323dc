"""Call activities: processes that run as instances of their own for another one."""

import pytest

from engine.commands import instances, messages
from engine.errors import (
    CalledByAnother,
    CallTooDeep,
    DiagramRejected,
    ErrorUncaught,
)
from engine.queries import instances as queries
from tests.conftest import both_databases
from tests.desk import Case, Desk
from tests.drawing import (
    boundary,
    call,
    catch,
    diagram,
    end,
    error,
    errors,
    escalation,
    escalations,
    exclusive,
    inputs,
    outputs,
    repeated,
    script,
    signal,
    signals,
    start,
    throw,
    timer,
    user,
)
from tests.proofs import proves
from tests.scenarios.engine.test_signals import cases

TOP = errors("broken") + escalations("late")


def called(*, version: str = "work") -> bytes:
    return diagram(
        start(),
        user(version),
        exclusive("g", default="g_done"),
        end(),
        end("bad", error("broken")),
        throw("raise", escalation("late")),
        user("more"),
        end("o"),
        flows=[
            ("begin", version),
            (version, "g"),
            ("g", "done"),
            ("g", "bad", "=bad"),
            ("g", "raise", "=late"),
            ("raise", "more"),
            ("more", "o"),
        ],
        top=TOP,
        pid="inner",
    )


def calling(activity: str, *more: str, flows: tuple[tuple[str, str], ...] = ()) -> bytes:
    return diagram(
        start(),
        activity,
        user("after"),
        end(),
        *more,
        flows=[("begin", "ask"), ("ask", "after"), ("after", "done"), *flows],
        top=TOP,
    )


def deployed(
    desk: Desk, activity: str, *more: str, flows: tuple[tuple[str, str], ...] = ()
) -> Case:
    desk.deploy(called(), file="inner.bpmn")
    desk.deploy(calling(activity, *more, flows=flows))
    return desk.start(key="INC-1", topic="vpn")


@both_databases
@proves("callActivity")
def test_a_called_process_runs_as_an_instance_of_its_own(desk: Desk) -> None:
    case = deployed(desk, call("ask", "inner"))
    [inner] = cases(desk, "inner")
    assert (case.waits_at(), inner.waits_at()) == ([], ["work"])
    assert (inner.variable("topic"), inner.row.business_key) == ("vpn", "INC-1")

    inner.complete("work", answer=42)

    assert (inner.status, case.waits_at()) == ("completed", ["after"])
    assert case.variable("answer") == 42
    assert [row.action for row in inner.trail()] == ["instance.called", "task.completed"]
    assert case.trail()[-1].action == "call.returned"
    assert case.chain().ok
    with desk.runtime.read() as reader:
        assert queries.by_business_key(reader, "INC-1").id == case.id


def test_only_what_is_mapped_passes_when_not_everything_does(desk: Desk) -> None:
    mapped = inputs(subject='="On " + topic') + outputs(result="=answer")
    case = deployed(desk, call("ask", "inner", mapped, everything=False))
    [inner] = cases(desk, "inner")
    assert (inner.variable("subject"), inner.variable("topic")) == ("On vpn", None)

    inner.complete("work", answer=42, other=1)

    assert (case.variable("result"), case.variable("answer")) == (42, None)
    assert (case.variable("other"), case.variable("subject")) == (None, None)


def test_a_process_that_does_not_wait_returns_in_the_same_move(desk: Desk) -> None:
    desk.deploy(
        diagram(
            start(),
            script("s", "=n * 2", "twice"),
            end(),
            flows=[("begin", "s"), ("s", "done")],
            pid="inner",
        ),
        file="inner.bpmn",
    )
    desk.deploy(calling(call("ask", "inner")))
    case = desk.start(n=4)
    assert (case.waits_at(), case.variable("twice")) == (["after"], 8)


def test_a_caller_keeps_to_the_version_it_began_with(desk: Desk) -> None:
    desk.deploy(called(), file="inner.bpmn")
    desk.deploy(
        diagram(
            start(),
            user("first"),
            call("ask", "inner"),
            end(),
            flows=[("begin", "first"), ("first", "ask"), ("ask", "done")],
        ),
    )
    old = desk.start()
    desk.deploy(called(version="changed"), file="inner.bpmn")
    new = desk.start()
    old.complete("first")
    new.complete("first")
    assert [inner.waits_at() for inner in cases(desk, "inner")] == [["work"], ["changed"]]


def test_an_error_leaves_the_called_process_and_is_caught_at_the_call(desk: Desk) -> None:
    case = deployed(
        desk,
        call("ask", "inner"),
        boundary("oops", "ask", error("broken")),
        user("repair"),
        flows=(("oops", "repair"),),
    )
    [inner] = cases(desk, "inner")
    inner.complete("work", bad=True)
    assert (case.waits_at(), inner.status) == (["repair"], "completed")


def test_an_error_that_nobody_catches_changes_neither_instance(desk: Desk) -> None:
    case = deployed(desk, call("ask", "inner"))
    [inner] = cases(desk, "inner")
    with pytest.raises(ErrorUncaught, match="'broken' of 'ask'"):
        inner.complete("work", bad=True)
    assert (inner.waits_at(), case.row.revision) == (["work"], 1)


@pytest.mark.parametrize("interrupting", [True, False])
def test_an_escalation_of_the_called_process_reaches_the_caller(
    desk: Desk, *, interrupting: bool
) -> None:
    case = deployed(
        desk,
        call("ask", "inner"),
        boundary("help", "ask", escalation(), interrupting=interrupting),
        user("manager"),
        flows=(("help", "manager"),),
    )
    [inner] = cases(desk, "inner")
    inner.complete("work", late=True)
    assert case.waits_at() == ["manager"]
    assert (inner.status, inner.waits_at()) == (
        ("cancelled", []) if interrupting else ("active", ["more"])
    )


def test_an_escalation_that_ends_the_called_process_may_interrupt_the_call(desk: Desk) -> None:
    desk.deploy(
        diagram(
            start(),
            user("work"),
            end("up", escalation("late")),
            flows=[("begin", "work"), ("work", "up")],
            top=TOP,
            pid="inner",
        ),
        file="inner.bpmn",
    )
    more = (boundary("help", "ask", escalation()), user("manager"))
    desk.deploy(calling(call("ask", "inner"), *more, flows=(("help", "manager"),)))
    case = desk.start()
    [inner] = cases(desk, "inner")

    inner.complete("work")

    assert (case.waits_at(), inner.status) == (["manager"], "completed")


def test_what_the_other_calls_return_is_dropped_once_one_was_enough(desk: Desk) -> None:
    at_once = diagram(
        start(), script("s", "=1", "x"), end(), flows=[("begin", "s"), ("s", "done")], pid="inner"
    )
    desk.deploy(at_once, file="inner.bpmn")
    until = "=numberOfCompletedInstances = 1"
    desk.deploy(calling(repeated(call("ask", "inner"), "=[1, 2, 3]", until=until)))

    assert desk.start().waits_at() == ["after"]


def test_a_signal_that_cancels_the_called_process_need_not_reach_it(desk: Desk) -> None:
    hears = diagram(
        start(),
        catch("hear", signal("stop")),
        user("react"),
        end(),
        flows=[("begin", "hear"), ("hear", "react"), ("react", "done")],
        top=signals("stop"),
        pid="inner",
    )
    desk.deploy(hears, file="inner.bpmn")
    stopped = calling(
        call("ask", "inner"),
        boundary("stop", "ask", signal("stop")),
        user("tell"),
        flows=(("stop", "tell"),),
    )
    desk.deploy(stopped.replace(b"<bpmn:process", f"{signals('stop')}<bpmn:process".encode(), 1))
    case = desk.start()
    [inner] = cases(desk, "inner")

    desk.runtime.run(desk.actor, lambda work: messages.signal(work, "stop", {}))

    assert (case.waits_at(), inner.status) == (["tell"], "cancelled")


def test_a_timer_on_the_call_cancels_what_was_called(desk: Desk) -> None:
    case = deployed(
        desk,
        call("ask", "inner"),
        boundary("late", "ask", timer("PT1H")),
        user("escalate"),
        flows=(("late", "escalate"),),
    )
    [inner] = cases(desk, "inner")
    desk.advance(hours=1)
    assert (case.waits_at(), inner.status, inner.waits_at()) == (["escalate"], "cancelled", [])


def test_cancelling_the_caller_cancels_the_called_but_not_the_other_way_round(desk: Desk) -> None:
    case = deployed(desk, call("ask", "inner"))
    [inner] = cases(desk, "inner")
    with pytest.raises(CalledByAnother, match=f"called by instance {case.id}"):
        desk.runtime.run(desk.actor, lambda work: instances.cancel(work, inner.id, "twice"))
    desk.runtime.run(desk.actor, lambda work: instances.cancel(work, case.id, "twice"))
    assert (case.status, inner.status) == ("cancelled", "cancelled")


def test_a_repeated_call_gives_its_results_in_order(desk: Desk) -> None:
    mapped = inputs(team="=item") + outputs(vote="=answer")
    activity = call("ask", "inner", mapped, everything=False)
    case = deployed(desk, repeated(activity, '=["a", "b"]', "item", results=("votes", "=vote")))
    one, two = cases(desk, "inner")
    assert (one.variable("team"), two.variable("team")) == ("a", "b")
    two.complete("work", answer="no")
    one.complete("work", answer="yes")
    assert (case.waits_at(), case.variable("votes")) == (["after"], ["yes", "no"])


def itself(*, waits: bool) -> bytes:
    middle = user("work") if waits else script("work", "=1", "x")
    return diagram(
        start(),
        middle,
        call("again", "p"),
        end(),
        flows=[("begin", "work"), ("work", "again"), ("again", "done")],
    )


def test_a_process_that_calls_itself_without_waiting_is_refused(desk: Desk) -> None:
    with pytest.raises(DiagramRejected, match="'p': It calls itself, or a process that calls it"):
        desk.deploy(itself(waits=False))


def test_processes_that_call_each_other_without_waiting_are_refused(desk: Desk) -> None:
    one = diagram(start(), call("c", "q"), flows=[("begin", "c")])
    two = diagram(start(), call("c", "p"), flows=[("begin", "c")], pid="q")
    with pytest.raises(DiagramRejected, match="'p': It calls itself, or a process that calls it"):
        desk.deploy(one, q__bpmn=two)


def test_calls_end_at_a_depth_of_twenty(desk: Desk) -> None:
    desk.deploy(itself(waits=True))
    desk.start()
    for _ in range(20):
        cases(desk, "p")[-1].complete("work")
    with pytest.raises(CallTooDeep, match="depth of more than 20"):
        cases(desk, "p")[-1].complete("work")


@pytest.mark.parametrize(
    ("process", "finding"),
    [("nowhere", "There is no process 'nowhere'"), ("=topic", "it calls is an expression")],
)
def test_a_call_to_nowhere_is_refused(desk: Desk, process: str, finding: str) -> None:
    with pytest.raises(DiagramRejected, match=finding):
        desk.deploy(calling(call("ask", process)))
