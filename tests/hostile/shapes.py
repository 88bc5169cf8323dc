"""Diagrams with 10,000 of something."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

from tests import drawing as draw
from tests.desk import Case as Instance
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
    flows = [("begin", "n0"), *pairwise(names), (names[-1], "done")]
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
    flows = [("begin", "n0"), *pairwise(names), (names[-1], "n0")]
    return draw.diagram(draw.start(), *map(draw.inclusive, names), flows=flows)


def bordered(count: int = MANY) -> bytes:
    events = [
        draw.boundary(f"b{n}", "t", draw.timer("PT1H"), interrupting=False) for n in range(count)
    ]
    return draw.diagram(
        draw.start(), draw.user("t"), *events, draw.end(), flows=[("begin", "t"), ("t", "done")]
    )


def joined(count: int) -> bytes:
    """Inclusive gateways that each lead to the two behind them."""
    names = [f"n{n}" for n in range(count)]
    flows: list[tuple[str, ...]] = [("begin", "n0"), (names[-1], "done")]
    flows += [(a, b, "=true") for a, b in pairwise(names)]
    flows += [(a, b, "=true") for a, b in zip(names, names[2:], strict=False)]
    return draw.diagram(draw.start(), *map(draw.inclusive, names), draw.end(), flows=flows)


def flows_to_one(count: int = MANY) -> bytes:
    flows: list[tuple[str, ...]] = [("begin", "g"), ("t", "done")]
    drawn = "".join(
        f'<bpmn:sequenceFlow id="f{n}" sourceRef="g" targetRef="t">'
        f"<bpmn:conditionExpression>=x = {n}</bpmn:conditionExpression></bpmn:sequenceFlow>"
        for n in range(count)
    )
    gate = draw.exclusive("g", default="f0")
    return draw.diagram(draw.start(), gate, draw.user("t"), draw.end(), drawn, flows=flows)


def nested(depth: int) -> bytes:
    inside: Sequence[str] = (draw.start("s"), draw.user("t"), draw.end("e"))
    flows: list[tuple[str, ...]] = [("s", "t"), ("t", "e")]
    for n in range(depth):
        inside = (draw.start(f"s{n}"), draw.sub(f"p{n}", *inside, flows=flows), draw.end(f"e{n}"))
        flows = [(f"s{n}", f"p{n}"), (f"p{n}", f"e{n}")]
    return draw.diagram(*inside, flows=flows)


def listening(count: int) -> bytes:
    subs = [draw.event_sub(f"v{n}", draw.timer("PT1H"), interrupting=False) for n in range(count)]
    return draw.diagram(
        draw.start(), draw.user("t"), draw.end(), *subs, flows=[("begin", "t"), ("t", "done")]
    )


def links(count: int) -> bytes:
    """Throwing links of one name, with as many that catch."""
    throws = [draw.throw(f"t{n}", draw.link("x")) for n in range(count)]
    catches = [draw.catch(f"c{n}", draw.link("x")) for n in range(count)]
    return draw.diagram(draw.start(), *throws, *catches, flows=[("begin", "t0")])


def compensated(count: int) -> bytes:
    names = [f"n{n}" for n in range(count)]
    tasks = [draw.user(n) + draw.compensating(n, draw.user(f"{n}_u")) for n in names]
    flows = [("begin", "n0"), *pairwise(names), (names[-1], "done")]
    return draw.diagram(draw.start(), *tasks, draw.end(), flows=flows)


def lanes(count: int = MANY) -> bytes:
    drawn = "".join(
        f'<bpmn:lane id="l{n}" name="l{n}"><bpmn:flowNodeRef>t</bpmn:flowNodeRef></bpmn:lane>'
        for n in range(count)
    )
    body = f"<bpmn:laneSet id='ls'>{drawn}</bpmn:laneSet>"
    return draw.diagram(
        body, draw.start(), draw.user("t"), draw.end(), flows=[("begin", "t"), ("t", "done")]
    )


SHAPES: dict[str, tuple[bytes, str, bool]] = {
    "10,000 tasks": (chain("task"), "bpmn.nodes", True),
    "10,000 user tasks": (chain("user"), "bpmn.nodes", False),
    "10,000 inclusive gateways": (chain("inclusive"), "bpmn.nodes", False),
    "2,900 tasks": (chain("task", 2_900), "EndlessLoop", True),
    "2,900 user tasks without people": (chain("user", 2_900), "task.nobody", False),
    "2,900 scripts": (chain("script", 2_900), "EndlessLoop", False),
    "2,900 exclusive gateways": (chain("exclusive", 2_900), "EndlessLoop", False),
    "2,900 inclusive gateways": (chain("inclusive", 2_900), "EndlessLoop", False),
    "2,900 timers": (chain("timer", 2_900), "", False),
    "10,000 parallel branches": (fan("parallel"), "xml.nodes", True),
    "10,000 exclusive branches": (fan("exclusive"), "xml.size", False),
    "2,900 parallel branches": (fan("parallel", 2_900), "", False),
    "2,900 exclusive branches": (fan("exclusive", 2_900), "", False),
    "2,900 inclusive branches": (fan("inclusive", 2_900), "gateway.joins", False),
    "700 inclusive branches": (fan("inclusive", 700), "", False),
    "a gateway with 10,000 flows to one task": (flows_to_one(), "", False),
    "a circle of 10,000 joins": (circle(), "bpmn.nodes", False),
    "a circle of 2,900 joins": (circle(2_900), "loop.endless|gateway.joins", True),
    "10,000 boundary events": (bordered(), "bpmn.nodes", True),
    "2,900 boundary events": (bordered(2_900), "", False),
    "2,900 joins, each before two": (joined(2_900), "gateway.joins", False),
    "400 joins, each before two": (joined(400), "", False),
    "sub-processes 40 deep": (nested(40), "", False),
    "sub-processes 200 deep": (nested(200), "xml.depth", True),
    "700 event sub-processes": (listening(700), "", False),
    "1,400 links to 1,400": (links(1_400), "reach.none", False),
    "900 compensations": (compensated(900), "", False),
    "10,000 lanes": (lanes(), "", False),
}


def cases() -> list[Case]:
    """Each is deployed, and where it can be, started."""
    found = []
    for name, (source, says, quick) in SHAPES.items():
        deploy = partial(_deploy, source=source)
        found.append(Case(f"shape: {name}", (deploy, _start), says, quick=quick))
    complete = tuple(partial(_complete, element=f"n{n}") for n in range(0, 700, 70))
    deploy = partial(_deploy, source=SHAPES["700 inclusive branches"][0])
    found.append(
        Case(
            "shape: completing among 700 inclusive branches",
            complete,
            "",
            lambda ground: (deploy(ground), _start(ground)),
        )
    )
    return found


def _deploy(ground: Ground, source: bytes) -> None:
    ground.deploy(source)


def _start(ground: Ground) -> None:
    ground.desk.start()


def _complete(ground: Ground, element: str) -> None:
    Instance(ground.desk, 1).complete(element)
