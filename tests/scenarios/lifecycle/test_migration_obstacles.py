"""Why an instance stays on its version, each reason with its element."""

from __future__ import annotations

from engine.jobs import migrations as job
from tests.desk import Desk
from tests.drawing import (
    boundary,
    call,
    catch,
    choice,
    compensating,
    diagram,
    end,
    message,
    repeated,
    start,
    sub,
    timer,
    user,
)
from tests.scenarios.lifecycle.steps import (
    beside,
    migrate,
    plan,
    reasons,
    report,
)
from tests.scenarios.lifecycle.test_migration import TOP, state_of, straight
from tests.scenarios.lifecycle.test_migration_events import task_with


def gone() -> tuple[bytes, bytes]:
    return straight(user("a"), more=("a",)), straight(user("b"), more=("b",))


def kind() -> tuple[bytes, bytes]:
    return straight(user("a"), more=("a",)), straight(catch("a", message("m")), more=("a",))


def scope() -> tuple[bytes, bytes]:
    inside = sub("s", start("x"), user("a"), end("y"), flows=[("x", "a"), ("a", "y")])
    return straight(user("a"), more=("a",)), straight(inside, more=("s",))


def loop() -> tuple[bytes, bytes]:
    def each(item: str) -> bytes:
        return straight(repeated(user("a"), "=[1,2]", item), more=("a",))

    return each("one"), each("other")


def waits() -> tuple[bytes, bytes]:
    def until(name: str) -> bytes:
        return straight(catch("a", message(name)), more=("a",))

    return until("m"), until("n")


def gate() -> tuple[bytes, bytes]:
    def drawn(behind: str) -> bytes:
        return diagram(
            start(),
            choice("a") if behind else user("a"),
            catch("x", message("m")),
            catch("y", message("n")),
            end("e"),
            end("f"),
            user("z") if not behind else "",
            flows=[
                ("begin", "a"),
                *([("a", "x"), ("a", "y")] if behind else [("a", "x"), ("z", "y"), ("x", "z")]),
                *([("x", "e")] if behind else []),
                ("y", "f"),
            ],
            top=TOP,
        )

    return drawn("gate"), drawn("").replace(b'<bpmn:endEvent id="e"></bpmn:endEvent>', b"")


def undo() -> tuple[bytes, bytes]:
    def drawn(extra: str) -> bytes:
        return straight(user("a", "b"), more=("a", "b"), extra=extra)

    return drawn(compensating("a", user("revert"))), drawn("")


def test_each_obstacle_is_named_with_its_element(desk: Desk) -> None:
    for draw, done in (
        (gone, ()),
        (kind, ()),
        (scope, ()),
        (loop, ()),
        (waits, ()),
        (gate, ()),
        (undo, ("a",)),
    ):
        old, new = draw()
        name = draw.__name__
        process = f"p_{name}"
        desk.deploy(
            old.replace(b'process id="p"', f'process id="{process}"'.encode()), f"{name}.bpmn"
        )
        case = desk.start(process, key=name)
        for element in done:
            case.complete(element)
        state = state_of(case)
        desk.deploy(
            new.replace(b'process id="p"', f'process id="{process}"'.encode()), f"{name}.bpmn"
        )

        number = plan(desk, process=process)
        job.run(desk.runtime, number)

        found = report(desk, number)
        assert (found.moved, found.kept) == (0, 1), name
        assert reasons(found) == [(name, "a", 1)]
        assert str(found.reasons[0].obstacle)
        assert (case.row.version, state_of(case)) == (1, state)


def test_a_call_of_another_process_and_a_join_that_would_wait_are_obstacles(desk: Desk) -> None:
    for name in ("one", "two"):
        desk.deploy(
            diagram(start(), user("w"), end(), flows=[("begin", "w"), ("w", "done")], pid=name),
            f"{name}.bpmn",
        )
    desk.deploy(straight(call("a", "one"), more=("a",)))
    desk.start()
    desk.deploy(straight(call("a", "two"), more=("a",)))
    found = migrate(desk)
    assert reasons(found) == [("call", "a", 1)]


def test_a_join_that_gains_a_branch_is_an_obstacle_once_it_is_under_way(desk: Desk) -> None:
    desk.deploy(beside())
    early, late, waits = desk.start(key="1"), desk.start(key="2"), desk.start(key="3")
    late.complete("before")
    waits.complete("before")
    waits.complete("left")
    third = user("third") + '<bpmn:sequenceFlow id="x" sourceRef="fork" targetRef="third"/>'
    third += '<bpmn:sequenceFlow id="y" sourceRef="third" targetRef="join"/>'
    desk.deploy(beside().replace(b"</bpmn:process>", third.encode() + b"</bpmn:process>"))

    found = migrate(desk)

    assert (found.moved, reasons(found)) == (1, [("join", "join", 2)])
    early.complete("before")
    assert early.waits_at() == ["left", "right", "third"]


def test_a_token_at_a_join_keeps_the_flow_it_came_by(desk: Desk) -> None:
    desk.deploy(beside())
    case = desk.start()
    case.complete("before")
    case.complete("left")
    desk.deploy(beside().replace(b'"left_join"', b'"renamed_flow"'))

    assert migrate(desk).moved == 1

    case.complete("right")
    assert case.waits_at() == ["after"]


def test_what_the_new_version_cannot_evaluate_keeps_an_instance_back(desk: Desk) -> None:
    desk.deploy(task_with())
    good, bad = desk.start(day="P1D"), desk.start(day="tomorrow")
    desk.deploy(task_with(boundary("late", "work", timer("=day"))))

    found = migrate(desk)

    assert (found.moved, found.kept) == (1, 1)
    assert "tomorrow" in str(found.reasons[0].obstacle)
    assert (good.row.version, bad.row.version) == (2, 1)
