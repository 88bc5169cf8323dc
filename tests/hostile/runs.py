"""Diagrams that would run for ever, or make more and more of something."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

from engine.commands import messages
from engine.jobs import sweep
from tests import drawing as draw
from tests.desk import Case as Instance
from tests.hostile.cage import Case, Ground

S, E = draw.start(), draw.end()

Step = Callable[[Ground], object]


def nothing(_: Ground) -> None:
    """Nothing is there before."""


def line(*body: str, names: tuple[str, ...], top: str = "", pid: str = "p") -> bytes:
    """Start, what is named one after the other, end."""
    whole = ("begin", *names, "done")
    return draw.diagram(S, *body, E, flows=list(pairwise(whole)), top=top, pid=pid)


def loop(middle: str, *more: str, top: str = "") -> bytes:
    """`middle` again and again."""
    return draw.diagram(
        S,
        draw.exclusive("m"),
        middle,
        draw.exclusive("g", default="g_done"),
        E,
        *more,
        flows=[("begin", "m"), ("m", "t"), ("t", "g"), ("g", "m", "=true"), ("g", "done")],
        top=top,
    )


def deploying(source: bytes, **more: bytes) -> Step:
    def act(ground: Ground) -> None:
        ground.desk.deploy(source, **more)

    return act


def started(ground: Ground) -> None:
    ground.desk.start()


def _complete(element: str = "t", times: int = 1) -> Step:
    def act(ground: Ground) -> None:
        case = Instance(ground.desk, 1)
        for _ in range(times):
            case.complete(element)

    return act


def given(source: bytes, *then: Step, **more: bytes) -> Step:
    """Deployed, and then moved on."""

    def prepare(ground: Ground) -> None:
        ground.desk.deploy(source, **more)
        for act in then:
            act(ground)

    return prepare


def signalled(ground: Ground) -> None:
    ground.desk.runtime.run(ground.desk.actor, lambda work: messages.signal(work, "s", {}))


def _years_later(ground: Ground) -> sweep.Swept:
    return ground.desk.advance(days=365 * 20)


def _sweep_soon(ground: Ground) -> sweep.Swept:
    ground.desk.clock.advance(timedelta(hours=1))
    return sweep.run_due(ground.desk.runtime)


def many(count: int, *, sequential: bool = False, inside: str = "") -> str:
    body = inside or draw.script("t", "=1", "x")
    # A sum, because the linter foresees what a written number comes to.
    items = f"=for i in 1..({count} + 0) return i"
    return draw.repeated(body, items, "item", sequential=sequential)


def nested_rounds(size: int) -> bytes:
    inner = many(size, inside=draw.user("u"))
    middle = draw.sub("t", draw.start("s"), inner, draw.end("e"), flows=[("s", "u"), ("u", "e")])
    return line(many(size, inside=middle), names=("t",))


FORKS = draw.diagram(
    S,
    draw.parallel("m"),
    draw.parallel("f"),
    draw.user("t"),
    draw.exclusive("x"),
    flows=[("begin", "x"), ("x", "t"), ("t", "f"), ("f", "x"), ("f", "m"), ("m", "x")],
)
#: An event sub-process that throws what begins it.
SELF_SIGNAL = line(
    draw.user("t"),
    draw.sub(
        "v",
        draw.begins("b", draw.signal("s"), interrupting=False),
        draw.end("x", draw.signal("s")),
        flows=[("b", "x")],
        by_event=True,
    ),
    names=("t",),
    top=draw.signals("s"),
)
SELF_ESCALATION = line(
    draw.user("t"),
    draw.throw("h", draw.escalation("x")),
    draw.sub(
        "v",
        draw.begins("b", draw.escalation("x"), interrupting=False),
        draw.end("y", draw.escalation("x")),
        flows=[("b", "y")],
        by_event=True,
    ),
    names=("t", "h"),
    top=draw.escalations("x"),
)
SELF_CONDITION = line(
    draw.user("t"),
    draw.sub(
        "v",
        draw.begins("b", draw.conditional("=n > 0"), interrupting=False),
        draw.script("k", "=0", "n"),
        draw.script("l", "=n + 1", "n"),
        draw.end("y"),
        flows=[("b", "k"), ("k", "l"), ("l", "y")],
        by_event=True,
    ),
    names=("t",),
)
SELF_ERROR = line(
    draw.sub("p1", draw.start("s"), draw.end("x", draw.error("e")), flows=[("s", "x")]),
    draw.boundary("b", "p1", draw.error("e")),
    names=("p1",),
    top=draw.errors("e"),
).replace(
    b'<bpmn:sequenceFlow id="p1_done"',
    b'<bpmn:sequenceFlow id="back" sourceRef="b" targetRef="p1"/><bpmn:sequenceFlow id="p1_done"',
)


def cases() -> list[Case]:
    """Each is refused at upload, or at the step that would not end."""
    endless, budget = "EndlessLoop", "gave|budget|stopped|limit"
    hidden = draw.sub(
        "t",
        draw.start("s"),
        draw.script("k", "=1", "x"),
        draw.end("e"),
        flows=[("s", "k"), ("k", "e")],
    )
    rows: list[tuple[str, Step, Step | None, str, bool]] = [
        (
            "a loop of scripts",
            deploying(loop(draw.script("t", "=1", "x"))),
            None,
            "loop.endless",
            True,
        ),
        ("a loop through a sub-process", deploying(loop(hidden)), None, "loop.endless", True),
        (
            "a loop through an empty list",
            started,
            given(loop(draw.repeated(draw.user("t"), "=[]"))),
            endless,
            False,
        ),
        (
            "a loop of links",
            deploying(
                draw.diagram(
                    S,
                    draw.throw("a", draw.link("x")),
                    draw.catch("b", draw.link("x")),
                    flows=[("begin", "a"), ("b", "a")],
                )
            ),
            None,
            "loop.endless",
            False,
        ),
        (
            "a loop past a condition that holds",
            started,
            given(loop(draw.catch("t", draw.conditional("=1 = 1")))),
            endless,
            False,
        ),
        ("an error that begins its scope again", started, given(SELF_ERROR), endless, False),
        (
            "a signal that begins what throws it",
            signalled,
            given(SELF_SIGNAL, started),
            endless + "|recursi|too",
            True,
        ),
        (
            "an escalation that begins what throws it",
            _complete(),
            given(SELF_ESCALATION, started),
            "",
            False,
        ),
        (
            "a condition that makes itself true",
            _complete(),
            given(SELF_CONDITION, started),
            "",
            False,
        ),
        ("forks that double in every round", deploying(FORKS), None, "end.never", False),
        (
            "rounds over a million items",
            started,
            given(line(many(1_000_000), names=("t",))),
            budget,
            True,
        ),
        (
            "rounds over 1,001 items",
            started,
            given(line(many(1_001), names=("t",))),
            "1,001 items",
            False,
        ),
        (
            "1,000 user tasks at once",
            started,
            given(line(many(1_000, inside=draw.user("t")), names=("t",))),
            "",
            False,
        ),
        (
            "1,000 rounds of 1,000 rounds",
            started,
            given(nested_rounds(1_000)),
            "10,000 tokens",
            True,
        ),
        ("100 rounds of 100 rounds", started, given(nested_rounds(100)), "", False),
        (
            "1,000 scripts one by one",
            started,
            given(line(many(1_000, sequential=True), names=("t",))),
            "",
            False,
        ),
        ("a cycle each second", deploying(timed("R/PT1S", "timeCycle")), None, "timer.text", True),
        (
            "20 years of minutes missed",
            _years_later,
            given(timed("R/PT1M", "timeCycle"), started),
            "",
            True,
        ),
        (
            "20 years of months missed",
            _years_later,
            given(timed("R/P1M", "timeCycle"), started),
            "",
            False,
        ),
        (
            "a timer that is due when it is set, in a loop",
            _sweep_soon,
            given(loop(draw.catch("t", draw.timer("2020-01-01T00:00:00Z", "timeDate"))), started),
            "",
            True,
        ),
    ]
    return [
        Case(f"run: {name}", act, says, before or nothing, quick)
        for name, act, before, says, quick in rows
    ]


def timed(text: str, kind: str = "timeDuration") -> bytes:
    """A user task with a timer beside it."""
    return draw.diagram(
        S,
        draw.user("t", "late"),
        draw.boundary("b", "t", draw.timer(text, kind), interrupting=False),
        E,
        draw.end("x"),
        flows=[("begin", "t"), ("t", "done"), ("b", "late"), ("late", "x")],
    )
