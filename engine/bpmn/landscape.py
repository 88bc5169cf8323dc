"""How processes reach each other: what one throws and another catches, and what one calls.

The picture is a BPMN collaboration of closed pools with message flows, for any BPMN tool to open.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from engine.bpmn.drawing import THROWS, Drawing

WIDTH, HEIGHT, ACROSS, DOWN, MARGIN = 200, 90, 260, 70, 60
#: Pixels between two lines that leave the same side of a pool.
_APART = 14

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" '
    'xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" '
    'xmlns:di="http://www.omg.org/spec/DD/20100524/DI" '
    'id="definitions_landscape" targetNamespace="http://bpmn.io/schema/bpmn">\n'
)


@dataclass(frozen=True, slots=True, order=True)
class Link:
    """One way from a process to another."""

    sender: str  #: process id; empty: from outside, such as a page or an SLA clock
    receiver: str
    kind: str  #: message, signal or call
    name: str  #: of the message or signal; empty for a call


def links(drawings: Iterable[Drawing]) -> list[Link]:
    """Every way between these processes, in order."""
    drawn = list(drawings)
    throws = {d.process_id: _triggers(d, thrown=True) for d in drawn}
    known = set(throws)
    found: set[Link] = set()
    for drawing in drawn:
        me = drawing.process_id
        for kind, name in _triggers(drawing, thrown=False):
            senders = [process for process, thrown in throws.items() if (kind, name) in thrown]
            found.update(Link(sender, me, kind, name) for sender in senders or [""])
        called = {p.settings.called for p in drawing.places.values()} & known
        found.update(Link(me, process, "call", "") for process in called)
    return sorted(found)


def _triggers(drawing: Drawing, *, thrown: bool) -> set[tuple[str, str]]:
    """Messages and signals that a process throws, or catches."""
    return {
        (place.trigger.kind, place.trigger.name)
        for place in drawing.places.values()
        if place.trigger.kind in ("message", "signal") and (place.kind in THROWS) is thrown
    }


def picture(found: Iterable[Link], names: Mapping[str, str]) -> str:
    """The processes that reach each other, as BPMN; `names` by process id."""
    between: dict[tuple[str, str], list[str]] = defaultdict(list)
    for link in found:
        if link.sender and link.sender != link.receiver and link.kind != "call":
            between[link.sender, link.receiver].append(link.name)
    spots = _spots(between)
    pools = "".join(
        f'    <bpmn:participant id="pool_{p}" name={quoteattr(names.get(p, p))} />\n' for p in spots
    )
    flows, edges = "", ""
    for number, ((sender, receiver), messages) in enumerate(sorted(between.items()), 1):
        name = quoteattr("\n".join(sorted(messages)))
        ends = f'sourceRef="pool_{sender}" targetRef="pool_{receiver}"'
        flows += f'    <bpmn:messageFlow id="flow_{number}" name={name} {ends} />\n'
        edges += _edge(
            f"flow_{number}", _way(spots[sender], spots[receiver], number), len(messages)
        )
    shapes = "".join(_shape(process, spot) for process, spot in spots.items())
    return (
        f'{_HEAD}  <bpmn:collaboration id="landscape">\n{pools}{flows}  </bpmn:collaboration>\n'
        '  <bpmndi:BPMNDiagram id="diagram_landscape">\n'
        '    <bpmndi:BPMNPlane id="plane_landscape" bpmnElement="landscape">\n'
        f"{shapes}{edges}    </bpmndi:BPMNPlane>\n  </bpmndi:BPMNDiagram>\n</bpmn:definitions>\n"
    )


def _spots(between: Mapping[tuple[str, str], object]) -> dict[str, tuple[int, int]]:
    """Where each pool stands: in the column after the first that sends to it; x, y."""
    processes = sorted({process for pair in between for process in pair})
    column: dict[str, int] = {}
    senders = {receiver for _, receiver in between}
    waiting = [p for p in processes if p not in senders] or processes[:1]
    column.update(dict.fromkeys(waiting, 0))
    while len(column) < len(processes):
        following = [
            receiver
            for sender, receiver in sorted(between)
            if sender in waiting and receiver not in column
        ]
        if not following:
            following = [next(p for p in processes if p not in column)]
        last = max(column.values()) + 1
        column.update(dict.fromkeys(following, last))
        waiting = following
    spots: dict[str, tuple[int, int]] = {}
    filled: dict[int, int] = defaultdict(int)
    for process in processes:
        x = MARGIN + column[process] * (WIDTH + ACROSS)
        y = MARGIN + filled[column[process]] * (HEIGHT + DOWN)
        # Every second column is half a step lower, so that fewer lines run through pools.
        spots[process] = (x, y + column[process] % 2 * (HEIGHT + DOWN) // 2)
        filled[column[process]] += 1
    return spots


def _way(start: tuple[int, int], end: tuple[int, int], number: int) -> list[tuple[int, int]]:
    """A line from the side of one pool to the side of another."""
    shift = (number % 5 - 2) * _APART
    from_y, to_y = start[1] + HEIGHT // 2 + shift, end[1] + HEIGHT // 2 + shift
    if end[0] > start[0]:
        return [(start[0] + WIDTH, from_y), (end[0], to_y)]
    if end[0] < start[0]:
        return [(start[0], from_y), (end[0] + WIDTH, to_y)]
    side = start[0] + WIDTH
    turn = side + _APART * 2 + number % 5 * _APART
    return [(side, from_y), (turn, from_y), (turn, to_y), (side, to_y)]


def _shape(process: str, spot: tuple[int, int]) -> str:
    bounds = f'<dc:Bounds x="{spot[0]}" y="{spot[1]}" width="{WIDTH}" height="{HEIGHT}" />'
    return (
        f'      <bpmndi:BPMNShape id="shape_{process}" bpmnElement="pool_{process}" '
        f'isHorizontal="true">{bounds}</bpmndi:BPMNShape>\n'
    )


def _edge(flow: str, way: list[tuple[int, int]], lines: int) -> str:
    points = "".join(f'<di:waypoint x="{x}" y="{y}" />' for x, y in way)
    # Nearer to the sender, so that the labels of the two directions lie apart.
    straight = len(way) == len("ab")
    middle_x = way[0][0] + (way[-1][0] - way[0][0]) * 3 // 10 if straight else way[1][0]
    middle_y = way[0][1] + (way[-1][1] - way[0][1]) * 3 // 10
    label = (
        f'<dc:Bounds x="{middle_x - 60}" y="{middle_y - 8 * lines}" '
        f'width="120" height="{16 * lines}" />'
    )
    return (
        f'      <bpmndi:BPMNEdge id="edge_{flow}" bpmnElement="{flow}">{points}'
        f"<bpmndi:BPMNLabel>{label}</bpmndi:BPMNLabel></bpmndi:BPMNEdge>\n"
    )
