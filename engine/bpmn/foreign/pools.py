"""The processes of a file, of which one runs and the others are only shown."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from engine.bpmn.foreign.conversion import is_node
from engine.bpmn.foreign.convert import written
from engine.bpmn.xml import BPMN, parse

_SHOWN = 300  #: characters of a line that are shown


@dataclass(frozen=True, slots=True)
class Pool:
    """A process with steps, by the name of its pool where it has one."""

    id: str
    name: str
    steps: int
    runs: bool


def pools(source: bytes, name: str) -> list[Pool]:
    """The processes of a converted file that have steps.

    Raises:
        DiagramRejected: not safe XML.
    """
    root = parse(source, name)
    names = {p.get("processRef"): p.get("name") for p in root.iter(BPMN + "participant")}
    found = []
    for process in root.iterfind(BPMN + "process"):
        identity = process.get("id") or ""
        label = process.get("name") or names.get(identity) or identity
        steps = sum(is_node(element) for element in process.iter(BPMN + "*"))
        if steps:
            found.append(Pool(identity, label, steps, process.get("isExecutable") == "true"))
    return found


def lanes(source: bytes, name: str) -> list[str]:
    """The names of the lanes of the process that runs, in the order of the file."""
    root = parse(source, name)
    running = root.findall(f"{BPMN}process[@isExecutable='true']")
    drawn = [lane for process in running for lane in process.iter(BPMN + "lane")]
    holding = [lane for lane in drawn if lane.find(BPMN + "flowNodeRef") is not None]
    return list(dict.fromkeys(lane.get("name") or "" for lane in holding))


@dataclass(frozen=True, slots=True)
class Origin:
    """An element of a file: what it is called, and the line on which it begins."""

    name: str
    line: int
    text: str


def origins(source: bytes, name: str) -> dict[str, Origin]:
    """The elements of a file that have an id.

    Raises:
        DiagramRejected: not safe XML.
    """
    root = parse(source, name)
    try:
        text = source.decode(root.getroottree().docinfo.encoding or "utf-8", "replace")
    except LookupError:
        text = source.decode("utf-8", "replace")
    written_lines = text.split("\n")
    elements = root.xpath("//*[@id]")
    names = {str(e.get("id")): " ".join((e.get("name") or "").split()) for e in elements}
    found = {}
    for element in elements:
        identity, at = str(element.get("id")), int(element.sourceline or 0)
        around = written_lines[at - 1] if 0 < at <= len(written_lines) else ""
        name = names[identity] or _ends(element, names)
        found[identity] = Origin(name, at, _quoted(around, identity))
    return found


def _ends(element: etree._Element, names: dict[str, str]) -> str:
    """What to call a flow that has no name: what it leads from and to."""
    ends = [element.get(end) or "" for end in ("sourceRef", "targetRef")]
    return " → ".join(names.get(end) or end for end in ends) if all(ends) else ""


def _quoted(line: str, identity: str) -> str:
    """The line of an element; of a long one the part where the element begins."""
    begun = line.rfind("<", 0, max(line.find(f'"{identity}"'), 0))
    return line[max(begun, 0) :].strip()[:_SHOWN]


def choose(source: bytes, name: str, process: str) -> bytes:
    """The file with exactly this process executable."""
    root = parse(source, name)
    for found in root.iterfind(BPMN + "process"):
        found.set("isExecutable", "true" if found.get("id") == process else "false")
    return written(root)
