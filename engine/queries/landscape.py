"""The landscape: how the processes that are deployed reach each other."""

from __future__ import annotations

from dataclasses import dataclass

from engine.bpmn import landscape
from engine.bpmn.landscape import Link
from engine.store.unit_of_work import Reader

__all__ = ["Landscape", "Link", "now"]


@dataclass(frozen=True, slots=True)
class Landscape:
    """The active processes and the ways between them."""

    names: dict[str, str]  #: by process id, in one language
    links: list[Link]

    def picture(self) -> str:
        """As a BPMN collaboration."""
        return landscape.picture(self.links, self.names)


def now(reader: Reader, language: str) -> Landscape:
    """The landscape of the active versions."""
    catalogue, connection = reader.runtime.catalogue, reader.connection
    keys = catalogue.active(connection).keys("process")
    ids = [catalogue.id_of(connection, "process", key) for key in keys]
    drawings = [catalogue.process(connection, one).drawing for one in ids]
    names = {
        d.process_id: d.settings.properties.get(f"name:{language}") or d.name for d in drawings
    }
    return Landscape(names, landscape.links(drawings))
