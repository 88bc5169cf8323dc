"""The effort of checking grows with the diagram, not with its square, whatever its shape.

Instructions of the checks that run are counted, so that the answer is the same on any machine.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from engine.bpmn import lint, reader
from engine.bpmn.drawing import Drawing
from tests.drawing import (
    boundary,
    call,
    catch,
    choice,
    diagram,
    end,
    exclusive,
    link,
    message,
    messages,
    parallel,
    script,
    service,
    start,
    sub,
    throw,
    timer,
    user,
)
from tests.unit.lint import asking
from tests.unit.lint.asking import row
from tests.unit.lint.drawn import duty

FOLDER = str(Path(lint.__file__).parent)


def each(count: int, draw: Callable[[int], str]) -> list[str]:
    return [draw(number) for number in range(count)]


def ladder(count: int) -> bytes:
    """Each gateway leads on and back to every third before it."""
    names = [f"g{n}" for n in range(count)]
    flows = [("begin", "g0"), *pairwise(names), (names[-1], "done")]
    flows += [(names[n], names[n - 3], "=x") for n in range(3, count, 3)]
    return diagram(start(), *map(exclusive, names), end(), flows=flows)


def fan(count: int, kind: Callable[[str], str] = parallel) -> bytes:
    """One gateway out to all, one in from all."""
    names = [f"t{n}" for n in range(count)]
    flows = [("begin", "f"), ("j", "done")]
    flows += [flow for name in names for flow in (("f", name), (name, "j"))]
    return diagram(start(), kind("f"), user(*names), kind("j"), end(), flows=flows)


def pairs(count: int) -> bytes:
    """Splits and joins, one after the other."""
    body, flows, last = [], [], "begin"
    for n in range(count // 4):
        body += [parallel(f"s{n}", f"j{n}"), user(f"a{n}", f"b{n}")]
        flows += [(last, f"s{n}"), (f"s{n}", f"a{n}"), (f"s{n}", f"b{n}")]
        flows += [(f"a{n}", f"j{n}"), (f"b{n}", f"j{n}")]
        last = f"j{n}"
    return diagram(start(), *body, end(), flows=[*flows, (last, "done")])


def links(count: int) -> bytes:
    body, flows = [], []
    for n in range(count // 2):
        body += [throw(f"t{n}", link(f"l{n}")), catch(f"c{n}", link(f"l{n}"))]
        flows.append(("begin" if not n else f"c{n - 1}", f"t{n}"))
    return diagram(start(), *body, end(), flows=[*flows, (f"c{count // 2 - 1}", "done")])


def waiting(count: int) -> bytes:
    """An event-based gateway before all, each waiting for the same message."""
    names = [f"c{n}" for n in range(count)]
    flows = [("begin", "g"), *(("g", name) for name in names), *((name, "done") for name in names)]
    body = [catch(name, message("m")) for name in names]
    return diagram(start(), choice("g"), *body, end(), flows=flows, top=messages("m"))


def nested(count: int) -> bytes:
    """Sub-processes thirty deep, again and again."""
    towers = []
    for n in range(count // 90):
        inside = ""
        for level in range(30):
            name = f"s{n}_{level}"
            inside = sub(name, start(f"b{name}"), inside or user(f"u{name}"), end(f"e{name}"))
        towers.append(inside)
    return row(*towers)


SHAPES: dict[str, Callable[[int], bytes]] = {
    "tasks": lambda n: row(*each(n, lambda i: user(f"t{i}"))),
    "nobody's tasks": lambda n: row(*each(n, lambda i: f'<bpmn:userTask id="t{i}"/>')),
    "unknown handlers": lambda n: row(*each(n, lambda i: service(f"t{i}", f"handler{i}x"))),
    "unknown names": lambda n: row(
        *each(n, lambda i: script(f"t{i}", f"=abcdef{i}", f"abcdeg{i}"))
    ),
    "unknown calls": lambda n: row(*each(n, lambda i: call(f"t{i}", f"process{i}"))),
    "boundaries": lambda n: row(
        user("work"),
        more="".join(each(n, lambda i: boundary(f"x{i}", "work", timer("PT1H")))),
    ),
    "duties": lambda n: row(
        *each(n, lambda i: duty(f"t{i}", ("request", "approve")[i % 2], f"g{i}"))
    ),
    "unreached": lambda n: row(user("work"), more="".join(each(n, lambda i: user(f"t{i}")))),
    "ladder": ladder,
    "parallel fan": fan,
    "exclusive fan": lambda n: fan(n, exclusive),
    "pairs": pairs,
    "links": links,
    "waiting": waiting,
    "nested": nested,
}


def steps(drawing: Drawing) -> int:
    """Instructions of the checks that run."""
    counted = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal counted
        if not frame.f_code.co_filename.startswith(FOLDER):
            return None
        frame.f_trace_opcodes = True
        counted += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        for check in lint.CHECKS:
            list(check(drawing, asking.known()))
    finally:
        sys.settrace(before)
    return counted


@pytest.mark.parametrize("shape", SHAPES)
def test_four_times_the_diagram_is_about_four_times_the_effort(shape: str) -> None:
    small, large = (steps(reader.read(SHAPES[shape](n), shape)) for n in (90, 360))

    assert small > 1_000
    assert large < small * 5
