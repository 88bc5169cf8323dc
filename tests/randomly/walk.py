"""Random walks: the same steps on the reference and on the engine, compared after every step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar

from engine.bpmn import lint, reader
from engine.bpmn.definition import ProcessDefinition, compile_drawing
from engine.bpmn.drawing import Drawing
from tests.conftest import MONDAY
from tests.randomly.builder import NAMES, SIGNALS, VALUES
from tests.randomly.chance import Chance
from tests.randomly.engines import InMemory, topics
from tests.randomly.process import processes
from tests.randomly.sight import Sight, difference
from tests.reference.family import Family

T = TypeVar("T")

STEPS = 40


class Side(Protocol):
    """What runs the same walk as the reference."""

    def complete(self, instance: str, element: str, values: Mapping[str, object]) -> None: ...
    def send(self, name: str, key: str | None, values: Mapping[str, object]) -> None: ...
    def signal(self, name: str, values: Mapping[str, object]) -> None: ...
    def move_to(self, moment: datetime) -> None: ...
    def look(self) -> Sight: ...


class Different(AssertionError):
    """A side does not run as the reference says."""


@dataclass
class Course:
    """A process and those it calls, with the chance that walks them."""

    files: Mapping[str, bytes]
    drawings: Mapping[str, Drawing]
    definitions: Mapping[str, ProcessDefinition]
    variables: Mapping[str, object]
    chance: Chance


@dataclass
class Walked:
    """How a walk went."""

    ended: bool
    steps: int
    done: list[str] = field(default_factory=list)


#: Makes the sides of a walk, started, and looks at the end whether they are in order.
Sides = Callable[[Course], AbstractContextManager[Sequence[tuple[str, Side]]]]


def course(chance: Chance, budget: int) -> Course:
    """What a chance draws, checked: the linter finds no error in it."""
    files = processes(chance, budget)
    drawings = {name: reader.read(source, name) for name, source in files.items()}
    known = lint.Known(topics(), decisions={"tens": ("c0",)}, processes=drawings)
    for name, drawing in drawings.items():
        errors = [str(f) for f in lint.check(drawing, known) if f.severity == "error"]
        assert not errors, f"{name} is no valid process: {errors}"
    definitions = {name: compile_drawing(drawing) for name, drawing in drawings.items()}
    variables = {name: chance.one_of(VALUES) for name in NAMES}
    return Course(files, drawings, definitions, variables, chance)


@contextmanager
def in_memory(given: Course) -> Iterator[Sequence[tuple[str, Side]]]:
    """The engine as it is, and saved and loaded before every move."""
    sides: list[tuple[str, Side]] = []
    for name, saves in (("plain", False), ("saved", True)):
        side = InMemory(given.definitions, MONDAY, saves)
        side.start(given.variables)
        sides.append((name, side))
    yield sides


def walk(given: Course, sides: Sides = in_memory, steps: int = STEPS) -> Walked:
    """Walk until the process has ended, or for some steps.

    Raises:
        Different: a side shows something else than the reference.
    """
    walked = Walked(ended=False, steps=0)
    with ExitStack() as stack:
        others = _tried("start", walked, lambda: stack.enter_context(sides(given)))
        _side_by_side(given, walked, others, steps)
    return walked


def _side_by_side(
    given: Course, walked: Walked, others: Sequence[tuple[str, Side]], steps: int
) -> None:
    reference = Family(given.drawings, given.variables, MONDAY)
    for step in range(steps + 1):
        walked.steps = step
        expected = reference.look()
        for name, side in others:
            looked = partial(_difference, expected, side)
            if differs := _tried(name, walked, looked):
                raise Different(_told(f"{name} differs", walked, differs))
        walked.ended = all(seen.status != "active" for seen in expected.values())
        if walked.ended or step == steps:
            return
        act, words = _next(reference, expected, given.chance)
        walked.done.append(words)
        act(reference)
        for name, side in others:
            _tried(name, walked, partial(act, side))


def _difference(expected: Sight, side: Side) -> str:
    return difference(expected, side.look())


def _tried(name: str, walked: Walked, act: Callable[[], T]) -> T:
    try:
        return act()
    except Different:
        raise
    except Exception as error:
        told = _told(f"{name} failed", walked, f"{type(error).__name__}: {error}")
        raise Different(told) from error


def _told(what: str, walked: Walked, reason: str) -> str:
    steps = "".join(f"\n  {step}" for step in walked.done)
    return f"{what} after {len(walked.done)} steps:{steps}\n{reason}"


def _next(reference: Family, seen: Sight, chance: Chance) -> tuple[Callable[[Side], None], str]:
    """The next step: complete a task, send a message, shout, or let time pass."""
    tasks = [(name, task) for name, one in seen.items() for task in one.tasks]
    waits = [wait for one in seen.values() for wait in one.waits]
    messages = sorted({(w[2], w[3]) for w in waits if w[0] == "message"}, key=str)
    dues = sorted({w[4] for w in waits if w[4] is not None})
    heard = sorted({w[2] for w in waits if w[0] == "signal"})
    kinds = ["task"] * 5 * bool(tasks) + ["message"] * 2 * bool(messages)
    kinds += ["time"] * 2 * bool(dues) + ["signal"] * bool(heard)
    assert kinds, f"stuck: {seen}"
    chosen = chance.one_of(kinds)
    if chosen == "task":
        name, (element, own) = chance.one_of(tasks)
        values = _values(chance, [n for n, _ in own if n != "loopCounter"])
        return lambda side: side.complete(name, element, values), f"complete {element} {values}"
    values = {} if chance.happens(60) else _values(chance, [])
    if chosen == "message":
        message, key = chance.one_of(messages)
        return lambda side: side.send(message, key, values), f"send {message} {key} {values}"
    if chosen == "signal":
        signal = chance.one_of([*heard, *SIGNALS])
        return lambda side: side.signal(signal, values), f"signal {signal} {values}"
    late = [*dues, *(reference.now + timedelta(minutes=m) for m in (30, 200, 700))]
    moment = max(reference.now, chance.one_of(late))
    return lambda side: side.move_to(moment), f"time {moment.isoformat()}"


def _values(chance: Chance, own: list[str]) -> dict[str, object]:
    return {chance.one_of([*NAMES, *own, *own]): chance.one_of(VALUES)}


def kind(drawing: Drawing, element: str) -> str:
    """An element with what makes it run as it does: `boundaryEvent timer cycle beside`."""
    place = drawing.places[element]
    words = ["event sub-process" if place.by_event else place.kind]
    around = drawing.places.get(place.parent)
    if place.kind == "startEvent" and around is not None and around.by_event:
        words = ["event sub-process start"]
    if place.trigger.kind != "none":
        words.append("cycle" if place.trigger.timer == "timeCycle" else place.trigger.kind)
    if place.kind == "boundaryEvent" or words[0] == "event sub-process start":
        words.append("interrupting" if place.interrupting else "beside")
    if place.loop is not None:
        words.append("one by one" if place.loop.sequential else "all at once")
        words += ["until"] * bool(place.loop.until)
    if place.by_event and around is not None:
        words.append("nested")
    return " ".join(words)
