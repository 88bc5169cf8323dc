"""docs/coverage.md is true: what runs is proved, what does not is refused, and it says so."""

import pytest

from engine.errors import DiagramRejected
from scripts import coverage
from tests.desk import Desk
from tests.drawing import begins, boundary, diagram, end, start, sub, throw, user

REFUSED = [element.name for element in coverage.elements() if not element.runs]


def test_the_page_says_what_the_rules_and_the_tests_say() -> None:
    assert coverage.PAGE.read_text(encoding="utf-8") == coverage.page(), (
        "docs/coverage.md is out of date: run `python -m scripts.coverage`"
    )


def test_every_element_that_runs_is_proved_and_every_proof_is_of_one() -> None:
    runs = {element.name for element in coverage.elements() if element.runs}
    assert set(coverage.proofs()) == runs


def trigger(kind: str) -> str:
    """An event definition; two, where the event has several."""
    if "multiple" in kind:
        return trigger("message") + trigger("signal")
    return f"<bpmn:{kind}EventDefinition/>"


def drawn(name: str) -> bytes:
    """A process that contains the element, and nothing else that is wrong."""
    kind, _, event = name.rpartition(" ")
    flows = [("begin", "x"), ("x", "done")]
    if kind == "startEvent":
        return diagram(begins("x", trigger(event)), end(), flows=flows[1:])
    if kind == "event sub-process":
        inside = sub("s", begins("x", trigger(event)), end("e"), flows=[("x", "e")], by_event=True)
        return diagram(start(), end(), inside, flows=[("begin", "done")])
    if kind == "boundaryEvent":
        host = user("a") + boundary("x", "a", trigger(event))
        return diagram(start(), host, end(), flows=[("begin", "a"), ("a", "done"), ("x", "done")])
    if kind == "endEvent":
        return diagram(start(), end("x", trigger(event)), flows=flows[:1])
    if kind == "intermediateThrowEvent":
        return diagram(start(), throw("x", trigger(event)), end(), flows=flows)
    if kind == "intermediateCatchEvent":
        catching = throw("x", trigger(event)).replace("Throw", "Catch")
        return diagram(start(), catching, end(), flows=flows)
    if name == "standardLoopCharacteristics":
        looping = user("x").replace("</bpmn:userTask>", f"<bpmn:{name}/></bpmn:userTask>")
        return diagram(start(), looping, end(), flows=flows)
    inside = user("a") if name == "adHocSubProcess" else ""
    return diagram(start(), f'<bpmn:{name} id="x">{inside}</bpmn:{name}>', end(), flows=flows)


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_run_is_refused_by_name(desk: Desk, name: str) -> None:
    with pytest.raises(DiagramRejected) as refused:
        desk.deploy(drawn(name))
    found = [f for f in refused.value.findings if f.element == "x"]
    assert {f.rule for f in found} & {"element.unsupported", "event.unsupported"}
