"""A simple layout for a file that has none: from left to right, a column a step.

Where shapes are drawn but lines between them are missing, these are added.
"""

from __future__ import annotations

from collections import Counter

from lxml import etree

from engine.bpmn.foreign.conversion import is_node
from engine.bpmn.foreign.convert import written
from engine.bpmn.foreign.shapes import EVENT, GATEWAY, TASK, Box, Shapes, has_layout
from engine.bpmn.xml import BPMN, DI, local, parse
from engine.errors import DiagramRejected

_COLUMN, _ROW, _MARGIN = 160.0, 120.0, 100.0


def with_layout(source: bytes, name: str) -> bytes:
    """The file with a layout; unchanged where it has a whole one, or no process with a step.

    Sub-processes are shown collapsed. Only what a process holds directly is drawn.
    """
    root = parse(source, name)
    processes = [p for p in root.iterfind(BPMN + "process") if any(is_node(e) for e in p)]
    if not processes:
        return source
    if has_layout(root):
        return _readable(root, source, name) if _join_what_is_not(root) else source
    running = next((p for p in processes if p.get("isExecutable") == "true"), processes[0])
    for old in root.findall(DI + "BPMNDiagram"):
        root.remove(old)
    diagram = etree.SubElement(root, DI + "BPMNDiagram", id="diagram_1")
    plane = etree.SubElement(
        diagram, DI + "BPMNPlane", id="plane_1", bpmnElement=running.get("id") or ""
    )
    _draw(running, plane, Shapes(root))
    return _readable(root, source, name)


def _readable(root: etree._Element, source: bytes, name: str) -> bytes:
    drawn = written(root)
    try:
        parse(drawn, name)
    except DiagramRejected:
        return source  # so large that it can only just be read without a layout
    return drawn


def _join_what_is_not(root: etree._Element) -> bool:
    """Draw the flows that have no line, between shapes that are drawn; whether there were any."""
    shapes = Shapes(root)
    missing = [
        flow
        for flow in root.iter(BPMN + "sequenceFlow")
        if flow.get("id") and not shapes.drawn(flow.get("id") or "")
    ]
    for flow in missing:
        shapes.join(flow.get("id") or "", flow.get("sourceRef") or "", flow.get("targetRef") or "")
    return any(shapes.drawn(flow.get("id") or "") for flow in missing)


def _draw(process: etree._Element, plane: etree._Element, shapes: Shapes) -> None:
    nodes = {e.get("id") or "": e for e in process if isinstance(e.tag, str) and is_node(e)}
    flows = [
        (f.get("id") or "", f.get("sourceRef") or "", f.get("targetRef") or "")
        for f in process.iterfind(BPMN + "sequenceFlow")
        if f.get("sourceRef") in nodes and f.get("targetRef") in nodes
    ]
    hosts = {i: e.get("attachedToRef") or "" for i, e in nodes.items() if e.get("attachedToRef")}
    columns = _columns(nodes, flows, hosts)
    filled: Counter[int] = Counter()
    for identity, element in nodes.items():
        if identity in hosts:
            continue
        width, height = _size(element)
        column = columns[identity]
        x = _MARGIN + column * _COLUMN - width / 2
        y = _MARGIN + filled[column] * _ROW - height / 2
        filled[column] += 1
        shapes.draw(identity, Box(x, y, width, height), plane)
    attached: Counter[str] = Counter()
    for identity, host in hosts.items():
        at = shapes.box(host)
        if at is not None:
            x = at.x + at.width - EVENT[0] * (1 + attached[host])
            attached[host] += 1
            shapes.draw(identity, Box(x, at.y + at.height - EVENT[1] / 2, *EVENT), plane)
    for flow, source, target in flows:
        shapes.join(flow, source, target)


def _columns(
    nodes: dict[str, etree._Element],
    flows: list[tuple[str, str, str]],
    hosts: dict[str, str],
) -> dict[str, int]:
    """How many steps each node is from where the process begins; loops are walked once."""
    after: dict[str, list[str]] = {identity: [] for identity in nodes}
    entered = set(hosts)
    for _, source, target in flows:
        after[source].append(target)
        entered.add(target)
    for event, host in hosts.items():
        if host in after:
            after[host].append(event)
    found: dict[str, int] = {}
    for first in [*(i for i in nodes if i not in entered), *nodes]:
        if first in found:
            continue
        found[first] = 0
        waiting = [first]
        for identity in waiting:
            for target in after[identity]:
                if target not in found:
                    found[target] = found[identity] + (target not in hosts)
                    waiting.append(target)
    return found


def _size(element: etree._Element) -> tuple[float, float]:
    if local(element).endswith("Event"):
        return EVENT
    return GATEWAY if local(element).endswith("Gateway") else TASK
