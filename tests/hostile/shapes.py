"""Diagrams with 10,000 of something."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from tests import drawing as draw
from tests.hostile.cage import Case, Ground

MANY = 10_000


def chain(kind: str, count: int = MANY) -> bytes:
    """One after the other."""
    makers = {
        "user": lambda name: f'<bpmn:userTask id="{name}"/>',
        "task": lambda name: f'<bpmn:task id="{name}"/>',
        "script": lambda name: draw.script(name, "=1", "x"),
        "exclusive": draw.exclusive,
        "inclusive": draw.inclusive,
        "timer": lambda name: draw.catch(name, draw.timer("PT1H")),
    }
    names = [f"n{n}" for n in range(count)]
    flows = [("begin", "n0"), *zip(names, names[1:], strict=False), (names[-1], "done")]
    return draw.diagram(draw.start(), *map(makers[kind], names), draw.end(), flows=flows)


def fan(kind: str, count: int = MANY) -> bytes:
    """One gateway with many branches, and one that joins them."""
    names = [f"n{n}" for n in range(count)]
    gateway = {"parallel": draw.parallel, "exclusive": draw.exclusive, "inclusive": draw.inclusive}
    flows: list[tuple[str, ...]] = [("begin", "fork"), ("join", "done")]
    flows += [("fork", name, *([] if kind == "parallel" else ["=true"])) for name in names]
    flows += [(name, "join") for name in names]
    body = [gateway[kind]("fork"), gateway[kind]("join"), *map(draw.user, names)]
    return draw.diagram(draw.start(), *body, draw.end(), flows=flows)


def circle(count: int = MANY) -> bytes:
    """All of it one loop without anything that waits, with joins in it."""
    names = [f"n{n}" for n in range(count)]
    flows = [("begin", "n0"), *zip(names, names[1:], strict=False), (names[-1], "n0")]
    return draw.diagram(draw.start(), *map(draw.inclusive, names), flows=flows)


def bordered(count: int = MANY) -> bytes:
    events = [draw.boundary(f"b{n}", "t", draw.timer("PT1H"), interrupting=False) for n in range(count)]
    return draw.diagram(
        draw.start(), draw.user("t"), *events, draw.end(), flows=[("begin", "t"), ("t", "done")]
    )


def joined(count: int = 3_000) -> bytes:
    """Inclusive gateways that each lead to the two behind them."""
    names = [f"n{n}" for n in range(count)]
    flows: list[tuple[str, ...]] = [("begin", "n0"), (names[-1], "done")]
    flows += [(a, b, "=true") for a, b in zip(names, names[1:], strict=False)]
    flows += [(a, b, "=true") for a, b in zip(names, names[2:], strict=False)]
    return draw.diagram(draw.start(), *map(draw.inclusive, names), draw.end(), flows=flows)


def nested(depth: int) -> bytes:
    inside: Sequence[str] = (draw.start("s"), draw.user("t"), draw.end("e"))
    flows: list[tuple[str, ...]] = [("s", "t"), ("t", "e")]
    for n in range(depth):
        inside = (draw.start(f"s{n}"), draw.sub(f"p{n}", *inside, flows=flows), draw.end(f"e{n}"))
        flows = [(f"s{n}", f"p{n}"), (f"p{n}", f"e{n}")]
    return draw.diagram(*inside, flows=flows)


def listening(count: int = MANY) -> bytes:
    subs = [draw.event_sub(f"v{n}", draw.timer("PT1H"), interrupting=False) for n in range(count // 5)]
    return draw.diagram(
        draw.start(), draw.user("t"), draw.end(), *subs, flows=[("begin", "t"), ("t", "done")]
    )


def links(count: int = 5_000) -> bytes:
    """Throwing links of one name, with as many that catch."""
    throws = [draw.throw(f"t{n}", draw.link("x")) for n in range(count)]
    catches = [draw.catch(f"c{n}", draw.link("x")) for n in range(count)]
    return draw.diagram(draw.start(), *throws, *catches, flows=[("begin", "t0")])


def compensated(count: int = 3_000) -> bytes:
    names = [f"n{n}" for n in range(count)]
    tasks = [draw.user(n) + draw.compensating(n, draw.user(f"{n}_u")) for n in names]
    flows = [("begin", "n0"), *zip(names, names[1:], strict=False), (names[-1], "done")]
    return draw.diagram(draw.start(), *tasks, draw.end(), flows=flows)


def lanes(count: int = MANY) -> bytes:
    drawn = "".join(
        f'<bpmn:lane id="l{n}" name="l{n}"><bpmn:flowNodeRef>t</bpmn:flowNodeRef></bpmn:lane>'
        for n in range(count)
    )
    body = f"<bpmn:laneSet id='ls'>{drawn}</bpmn:laneSet>"
    return draw.diagram(body, draw.start(), draw.user("t"), draw.end(),
                        flows=[("begin", "t"), ("t", "done")])


def _deploy(ground: Ground, source: bytes) -> None:
    ground.deploy(source)


def _deploy_and_start(ground: Ground, source: bytes) -> None:
    ground.deploy(source)
    ground.desk.start()


SHAPES: dict[str, tuple[bytes, bool]] = {
    "10,000 tasks": (chain("task"), True),
    "10,000 user tasks": (chain("user"), False),
    "10,000 scripts": (chain("script"), False),
    "10,000 exclusive gateways": (chain("exclusive"), False),
    "10,000 inclusive gateways": (chain("inclusive"), False),
    "10,000 timers": (chain("timer"), False),
    "10,000 parallel branches": (fan("parallel"), True),
    "10,000 exclusive branches": (fan("exclusive"), False),
    "10,000 inclusive branches": (fan("inclusive"), False),
    "1,500 inclusive branches": (fan("inclusive", 1_500), False),
    "a circle of 10,000 joins": (circle(), True),
    "10,000 boundary events": (bordered(), True),
    "3,000 joins, each before two": (joined(), False),
    "sub-processes 40 deep": (nested(40), False),
    "sub-processes 200 deep": (nested(200), False),
    "2,000 event sub-processes": (listening(), False),
    "5,000 links to 5,000": (links(), False),
    "3,000 compensations": (compensated(), False),
    "10,000 lanes": (lanes(), False),
}


def cases() -> list[Case]:
    """Each is deployed, and started where it can be."""
    found = []
    for name, (source, quick) in SHAPES.items():
        found.append(Case(f"shape: {name}", partial(_deploy, source=source), quick=quick))
        found.append(
            Case(f"shape: start {name}", partial(_deploy_and_start, source=source), quick=False)
        )
    return found
