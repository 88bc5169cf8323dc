"""Which cases a person may open by hand: of processes with numbers and a start with a form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.bpmn.definition import ProcessDefinition
from engine.bpmn.drawing import Place
from engine.bpmn.lint.people import words
from engine.errors import Forbidden, NotFound
from engine.store.unit_of_work import Actor, Reader, UnitOfWork
from itil import cases
from itil.roles import ROLES

#: Who may begin what a diagram does not offer to anybody in particular.
STARTERS = ROLES - {"requester", "auditor"}


class OpeningNotFound(NotFound):
    """There is no process of which cases are opened by hand."""

    code = "opening.not-found"

    def __init__(self, process: str) -> None:
        self.process = process
        super().__init__(
            f"No case of '{process}' is opened by hand. Its diagram has no start event with a "
            "form, or its cases have no numbers.",
        )


class OpeningNotYours(Forbidden):
    """The diagram offers its start to others."""

    code = "opening.not-yours"

    def __init__(self, process: str, person: str) -> None:
        self.process, self.person = process, person
        super().__init__(
            f"'{person}' may not open a case of '{process}'. The property 'offeredTo' of its start "
            "event says who may.",
        )


@dataclass(frozen=True, slots=True)
class Opening:
    """A kind of case that a person may open."""

    process: str
    names: Mapping[str, str]  #: by language
    about: str
    form: str


def offered(reader: Reader, actor: Actor) -> list[Opening]:
    """What a person may open, in the order of their names."""
    catalogue = reader.runtime.catalogue
    found = []
    for process in catalogue.active(reader.connection).keys("process"):
        definition = _definition(reader, process)
        start = _start(definition)
        if start is not None and _may(start, actor):
            found.append(_opening(definition, start))
    return sorted(found, key=lambda one: one.names["en"])


def find(source: Reader | UnitOfWork, actor: Actor, process: str) -> Opening:
    """What a person opens a case of a process with.

    Raises:
        DefinitionNotFound: there is no such process.
        OpeningNotFound: its cases are not opened by hand.
        OpeningNotYours: they are, by others.
    """
    definition = _definition(source, process)
    start = _start(definition)
    if start is None:
        raise OpeningNotFound(process)
    if not _may(start, actor):
        raise OpeningNotYours(process, actor.name)
    return _opening(definition, start)


def _definition(source: Reader | UnitOfWork, process: str) -> ProcessDefinition:
    catalogue = source.runtime.catalogue
    definition_id = catalogue.id_of(source.connection, "process", process)
    return catalogue.process(source.connection, definition_id)


def _start(definition: ProcessDefinition) -> Place | None:
    if not cases.prefix(definition):
        return None
    plain = (s for s in definition.starts if s.trigger.kind == "none" and s.settings.form)
    return next(plain, None)


def _may(start: Place, actor: Actor) -> bool:
    offer = start.settings.properties.get("offeredTo")
    if offer is None:
        return not STARTERS.isdisjoint(actor.roles)
    return not set(_held(actor)).isdisjoint(words(offer))


def _held(actor: Actor) -> Iterator[str]:
    yield from (f"role:{role}" for role in actor.roles)
    yield from (f"group:{group}" for group in actor.groups)


def _opening(definition: ProcessDefinition, start: Place) -> Opening:
    drawing = definition.drawing
    chinese = drawing.settings.properties.get("name:zh") or drawing.name
    return Opening(
        definition.process_id,
        {"en": drawing.name, "zh": chinese},
        drawing.documentation,
        start.settings.form,
    )
