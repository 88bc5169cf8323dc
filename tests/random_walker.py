"""One random process in the engine, moved on step by step, beside plain walks."""

from __future__ import annotations

from engine.bpmn import lint, reader
from engine.bpmn.definition import ProcessDefinition, compile_drawing
from engine.bpmn.drawing import Drawing
from engine.bpmn.instance import Instance
from engine.bpmn.tokens import NoEffects
from engine.topics import Topics
from tests.conftest import MONDAY
from tests.random_process import process


class Engine:
    """The engine under test; `saves` restores it from its state before every step."""

    def __init__(
        self, definition: ProcessDefinition, variables: dict[str, object], *, saves: bool
    ) -> None:
        self.definition = definition
        self.saves = saves
        self.instance = self.fresh(variables)
        self.instance.start()

    def fresh(self, variables: dict[str, object]) -> Instance:
        return Instance(self.definition, variables, MONDAY, NoEffects())

    def reload(self) -> None:
        if self.saves and not self.instance.ended:
            state = self.instance.state()
            self.instance = self.fresh(dict(self.instance.variables))
            self.instance.restore(state)

    def open(self) -> list[str]:
        places = self.definition.drawing.places
        return sorted(e for e in self.instance.active() if places[e].kind == "userTask")

    def messages(self) -> list[str]:
        return sorted(w.element for w in self.instance.waiting() if w.kind == "message")

    @property
    def ended(self) -> bool:
        return self.instance.ended

    def complete(self, element: str, values: dict[str, object]) -> None:
        self.reload()
        self.instance.complete(self.instance.token_at(element), values)

    def send(self, element: str) -> None:
        self.reload()
        self.instance.catch_at(element, {})


def compiled(seed: int, budget: int) -> tuple[Drawing, ProcessDefinition]:
    """The process of a seed, in which the linter finds no error."""
    drawing = reader.read(process(seed, budget), f"seed {seed}")
    found = lint.check(drawing, lint.Known(Topics()))
    assert [f for f in found if f.severity == "error"] == [], f"seed {seed} is no valid process"
    return drawing, compile_drawing(drawing)
