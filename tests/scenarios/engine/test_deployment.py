"""Deploying: what is refused, and that a refusal leaves everything as it was."""

import pytest

import wiring
from engine.commands import definitions
from engine.errors import DiagramRejected, Rejected
from tests.desk import Desk
from tests.drawing import diagram, end, start, user
from tests.office import Office

WORK = diagram(start(), user("work"), end(), flows=[("begin", "work"), ("work", "done")])


def deploy(desk: Desk, **files: bytes) -> None:
    named = {name.replace("__", "."): source for name, source in files.items()}
    desk.runtime.run(desk.actor, lambda work: definitions.deploy(work, named, "try"))


def test_a_table_may_not_lose_a_decision_that_a_process_calls(office: Office) -> None:
    source = (wiring.ROOT / "workflows/incident/priority.dmn").read_bytes()
    renamed = source.replace(b'<decision id="priority"', b'<decision id="rank"')
    assert renamed != source

    with pytest.raises(DiagramRejected, match="'prioritise': Process 'incident' calls it here"):
        deploy(office, priority__dmn=renamed)

    incident = office.open_incident()
    incident.complete("classify", "ben", category="network", impact=2, urgency=2)
    assert incident.record.priority == 3


@pytest.mark.parametrize("name", ["a/b", " ", "../../etc", "<x>", "x" * 300, "1st"])
def test_an_id_that_no_address_can_carry_is_refused(desk: Desk, name: str) -> None:
    source = WORK.replace(b'process id="p"', f'process id="{name.replace("<", "&lt;")}"'.encode())
    with pytest.raises(DiagramRejected, match="cannot be part of an address"):
        desk.deploy(source)


def test_a_deployment_without_a_reason_is_refused(desk: Desk) -> None:
    with pytest.raises(Rejected, match="needs a reason"):
        desk.runtime.run(desk.actor, lambda work: definitions.deploy(work, {"p.bpmn": WORK}, "  "))


@pytest.mark.parametrize(
    ("schema", "rule"),
    [
        (b'{"type": "default", "components": [{"type": ["a"], "key": "x"}]}', "form.component"),
        (
            b'{"type": "default", "components": ['
            + b",".join(b'{"type": "textfield", "key": "k%d"}' % n for n in range(20_000))
            + b"]}",
            "form.fields",
        ),
        (b"[1]", "json.object"),
        (b"{", "json.syntax"),
    ],
)
def test_a_form_of_nonsense_is_refused(desk: Desk, schema: bytes, rule: str) -> None:
    with pytest.raises(DiagramRejected) as refused:
        deploy(desk, x__form=schema)
    assert rule in {finding.rule for finding in refused.value.findings}
