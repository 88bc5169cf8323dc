"""Rewrites a BPMN file of another product into one that runs here; the layout stays.

A file that needs nothing comes back byte for byte, so converting twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lxml import etree

from engine.bpmn.foreign import camunda, events, normalise, people, references, variables
from engine.bpmn.foreign.conversion import Conversion
from engine.bpmn.xml import BPMN, parse
from engine.errors import DiagramRejected, Finding


@dataclass(frozen=True, slots=True)
class Converted:
    """A diagram in our dialect, and what a human must still decide or know."""

    source: bytes
    findings: tuple[Finding, ...] = ()
    forms: Mapping[str, bytes] = field(default_factory=dict)  #: key -> form-js schema

    @property
    def runs(self) -> bool:
        """Whether nothing was found that only a human can decide."""
        return all(finding.severity != "error" for finding in self.findings)


#: In this order: what refers to something comes after what defines it, and vendors' remains last.
_STEPS: tuple[Callable[[Conversion], None], ...] = (
    normalise.references,
    normalise.ids,
    normalise.one_process,
    references.definitions,
    events.listeners,
    people.user_tasks,
    camunda.tasks,
    variables.calls,
    variables.inputs_and_outputs,
    variables.repetitions,
    events.timers,
    events.conditions,
    normalise.defaults,
    normalise.message_flows,
    normalise.strip,
    normalise.empty_extensions,
)


def convert(source: bytes, name: str) -> Converted:
    """A BPMN file in the dialect that runs here, with findings on what could not be converted.

    `name` is the file's name; it chooses among several processes.

    Raises:
        DiagramRejected: not safe XML, or no BPMN 2.0.
    """
    root = parse(source, name)
    if root.tag != BPMN + "definitions":
        what = f"This is no BPMN 2.0 file: it holds '{root.tag}'."
        advice = "Export it as BPMN 2.0 XML."
        raise DiagramRejected(name, [Finding("import.root", "error", "", what, advice)])
    root = normalise.prepared(root)
    before = etree.tostring(root)
    conversion = Conversion(root, name)
    for step in _STEPS:
        step(conversion)
    findings = tuple(dict.fromkeys(conversion.findings))
    if etree.tostring(root) == before:
        return Converted(source, findings, conversion.forms)
    normalise.finished(root)
    return Converted(written(root), findings, conversion.forms)


def written(root: etree._Element) -> bytes:
    """The file as text, one element a line."""
    etree.indent(root, "  ")
    text = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return bytes(text) + b"\n"
