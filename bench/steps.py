"""CPU per step of the engine alone, beside the stock library, by age and by size of the diagram.

python -m bench.steps: in memory, no database; the state is saved and loaded where it says so.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from time import process_time

from lxml import etree
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.util.task import TaskState

from engine.bpmn import reader
from engine.bpmn.definition import ProcessDefinition, compile_drawing
from engine.bpmn.instance import Instance
from engine.bpmn.tokens import NoEffects
from tests.drawing import diagram, end, exclusive, start, user

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ROUNDS = 5


def loop(again: str) -> bytes:
    """Two tasks in a loop; the condition in the language of the engine."""
    return diagram(
        start(),
        user("a", "b"),
        exclusive("g", default="g_done"),
        end(),
        flows=[("begin", "a"), ("a", "b"), ("b", "g"), ("g", "done"), ("g", "a", again)],
    )


def chain(length: int) -> bytes:
    """So many user tasks in a row."""
    names = [f"t{number}" for number in range(length)]
    flows = [("begin", names[0]), *pairwise(names), (names[-1], "done")]
    return diagram(start(), user(*names), end(), flows=flows)


def best(act: Callable[[], object], times: int) -> float:
    """Milliseconds of CPU for one act, the best of several rounds."""
    found = []
    for _ in range(ROUNDS):
        begun = process_time()
        for _ in range(times):
            act()
        found.append((process_time() - begun) * 1000 / times)
    return min(found)


class Stock:
    """The library as it comes."""

    def __init__(self, source: bytes) -> None:
        parser = BpmnParser()
        parser.add_bpmn_xml(etree.ElementTree(etree.XML(source)))
        self.spec = parser.get_spec("p")
        self.start()

    def start(self) -> None:
        """A new instance, run until it waits."""
        self.workflow = BpmnWorkflow(self.spec)
        self.workflow.do_engine_steps()

    def complete(self) -> None:
        """Complete whatever task is open."""
        task = self.workflow.get_next_task(state=TaskState.READY, manual=True)
        task.data["again"] = True
        task.run()
        self.workflow.do_engine_steps()


class Ours:
    """The engine, saved and loaded around every completion."""

    def __init__(self, source: bytes) -> None:
        self.definition: ProcessDefinition = compile_drawing(reader.read(source, "bench"))
        self.start()

    def start(self) -> None:
        """A new instance, run until it waits, saved."""
        instance = Instance(self.definition, {}, NOW, NoEffects())
        instance.start()
        self.state = instance.state()

    def complete(self) -> None:
        """Load, complete whatever task is open, save."""
        instance = Instance(self.definition, {"again": True}, NOW, NoEffects())
        instance.restore(self.state)
        [element] = instance.active()
        instance.complete(instance.token_at(element), {"again": True})
        self.state = instance.state()


def main() -> None:
    """Print every comparison."""
    stock, ours = Stock(loop("again == True")), Ours(loop("=again"))
    theirs, mine = best(stock.start, 50), best(ours.start, 50)
    print(f"create and run to the first task: stock {theirs:.3f} ms, ours {mine:.3f} ms with save")
    stock.start()
    begun = process_time()
    for _ in range(20):
        stock.complete()
    theirs, mine = (process_time() - begun) * 50, best(ours.complete, 100)
    print(f"complete, rounds 1 to 10: stock {theirs:.3f} ms, ours {mine:.3f} ms with load and save")
    for age in (10, 100, 1_000):
        ours.start()
        for _ in range(2 * age):
            ours.complete()
        size = len(ours.state)
        print(
            f"complete after {age:5} rounds: {best(ours.complete, 100):.3f} ms, state {size} bytes"
        )
    for length in (10, 100, 500):
        source = chain(length)
        compiled = best(lambda source=source: compile_drawing(reader.read(source, "b")), 1)  # type: ignore[misc]
        row = Ours(source)
        print(
            f"{length:5} tasks in a row: read and compile {compiled:7.1f} ms, "
            f"first completion {best(lambda row=row: (row.start(), row.complete()), 50):.3f} ms"  # type: ignore[misc]
        )


if __name__ == "__main__":
    main()
