"""What a file is made of: its processes, lanes, and where its elements stand."""

from __future__ import annotations

from engine.bpmn import reader
from engine.bpmn.foreign import pools
from tests.unit.bpmn.foreign.files import NAMESPACES

SOURCE = f"""<definitions {NAMESPACES}>
  <collaboration id="c"><participant id="x" name="Customer" processRef="p"/></collaboration>
  <process id="p"><startEvent id="s"/></process>
  <process id="q" name="Ours" isExecutable="true">
    <laneSet><lane name="Desk"><flowNodeRef>a</flowNodeRef></lane><lane name="Nobody"/></laneSet>
    <startEvent id="b" name="Order"/><task id="a" name="Check
      it"/><sequenceFlow id="f" sourceRef="b" targetRef="a"/>
  </process>
  <process id="empty"/>
</definitions>""".encode()


def test_processes_with_steps_are_named_as_their_pools() -> None:
    found = pools.pools(SOURCE, "a.bpmn")
    assert found == [
        pools.Pool("p", "Customer", 1, runs=False),
        pools.Pool("q", "Ours", 2, runs=True),
    ]


def test_one_is_chosen_and_the_others_are_not() -> None:
    chosen = pools.choose(SOURCE, "a.bpmn", "p")
    assert reader.read(chosen, "a.bpmn").process_id == "p"


def test_lanes_are_those_of_the_process_that_runs_and_hold_something() -> None:
    assert pools.lanes(SOURCE, "a.bpmn") == ["Desk"]


def test_elements_are_found_with_their_line_and_flows_by_what_they_join() -> None:
    found = pools.origins(SOURCE, "a.bpmn")
    assert (found["b"].line, found["b"].name) == (6, "Order")
    assert found["a"].name == "Check it"
    assert found["f"].name == "Order → Check it"
    assert found["s"].text == '<startEvent id="s"/></process>'


def test_a_file_in_another_encoding_is_quoted_as_it_reads() -> None:
    text = f'<definitions {NAMESPACES}><process id="ä"/></definitions>'
    source = f'<?xml version="1.0" encoding="ISO-8859-1"?>{text}'.encode("latin-1")
    assert pools.origins(source, "a.bpmn")["ä"].text.startswith('<process id="ä"')
