"""The landscape: which process reaches which, read from the diagrams."""

from __future__ import annotations

from collections.abc import Callable

from engine.bpmn import landscape
from engine.bpmn.xml import parse
from engine.queries import landscape as queries
from engine.queries.landscape import Link
from tests.drawing import call, diagram, end, message, messages, start, throw, user
from tests.office import ADMIN, Office
from tests.web.conftest import Browser

Visitor = Callable[[str], Browser]


def neighbours(office: Office) -> None:
    """`a` throws to `b`, which calls `a`."""
    office.actor = ADMIN
    first = diagram(
        start(),
        throw("tell", message("hello")),
        end(),
        flows=[("begin", "tell"), ("tell", "done")],
        top=messages("hello"),
    )
    second = diagram(
        start().replace("/>", f">{message('hello')}</bpmn:startEvent>"),
        call("ask", "p"),
        user("work"),
        end(),
        flows=[("begin", "ask"), ("ask", "work"), ("work", "done")],
        top=messages("hello"),
    ).replace(b'process id="p"', b'process id="q"')
    office.deploy(first)
    office.deploy(second, "q.bpmn")


def test_it_lists_messages_calls_and_what_comes_from_outside(office: Office) -> None:
    neighbours(office)

    with office.runtime.read() as reader:
        found = queries.now(reader, "en").links

    assert {Link("p", "q", "message", "hello"), Link("q", "p", "call", "")} <= set(found)
    assert Link("", "incident", "message", "sla-warning") in found


def test_its_picture_is_a_collaboration_of_the_processes_that_reach_each_other(
    office: Office,
) -> None:
    neighbours(office)

    with office.runtime.read() as reader:
        root = parse(queries.now(reader, "en").picture().encode(), "landscape.bpmn")

    pools = {pool.get("id") for pool in root.iter("{*}participant")}
    assert {"pool_p", "pool_q"} <= pools
    flows = [(f.get("sourceRef"), f.get("targetRef")) for f in root.iter("{*}messageFlow")]
    assert ("pool_p", "pool_q") in flows
    shapes = {shape.get("bpmnElement") for shape in root.iter("{*}BPMNShape")}
    assert shapes == pools


def test_processes_in_a_ring_are_all_drawn_apart() -> None:
    ring = [Link(a, b, "message", f"{a}{b}") for a, b in ("ab", "bc", "ca", "cd", "dd")]

    root = parse(landscape.picture(ring, {}).encode(), "landscape.bpmn")

    spots = {(b.get("x"), b.get("y")) for b in root.iterfind(".//{*}BPMNShape/{*}Bounds")}
    assert len(spots) == len("abcd")


def test_staff_see_it_and_take_it_along(visitor: Visitor, office: Office) -> None:
    neighbours(office)
    ben = visitor("ben")

    assert "hello" in ben.get("/landscape").text
    assert ben.get("/landscape.bpmn").mimetype == "application/xml"
    assert visitor("rita").get("/landscape").status_code == 403
