"""Checks of elements and flows: what runs, how it is connected, where paths begin and end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from engine.bpmn.definition import RUNS
from engine.bpmn.drawing import SCOPES, Drawing, Place
from engine.bpmn.lint.rule import Check, Known, after, shown, waits
from engine.findings import Finding, Said, error, warning

#: Flows into inclusive joins times elements; about as many entries are kept for each process.
JOINED = 500_000
_INSTEAD = {
    "complexGateway": Said(
        "Use exclusive, inclusive and parallel gateways.", "请使用排他、包容和并行网关。"
    ),
    "adHocSubProcess": Said(
        "Draw the order of the tasks, or one user task with a checklist.",
        "请画出任务的顺序,或画一个带检查清单的用户任务。",
    ),
}
Edges = Mapping[str, Sequence[str]]

_OTHERWISE = Said("Draw it with the supported elements.", "请用受支持的元素绘制。")
#: Ends that stop more than their own path.
_STOPS = frozenset({"terminate", "error", "escalation", "cancel"})

UNSUPPORTED = error(
    "element.unsupported",
    ("A {what} does not run.", "{what} 无法运行。"),
    why=(
        "What cannot run faithfully is refused, never run in another way.",
        "不能如实运行的元素会被拒绝,绝不会以别的方式运行。",
    ),
    do=("{instead}", "{instead}"),
)
UNCONNECTED = error(
    "flow.unconnected",
    (
        "The flow leads from '{source}' to '{target}', not both of which exist.",
        "该连线从 '{source}' 到 '{target}',但两端并不都存在。",
    ),
    why=("A token could not follow it.", "令牌无法沿它前进。"),
    do=("Connect it, or remove it.", "请连接它,或删除它。"),
)
CROSSING = error(
    "flow.scope",
    ("The flow crosses the border of a sub-process.", "该连线跨越了子流程的边界。"),
    why=(
        "Variables, boundary events and the end of a sub-process hold within its border.",
        "变量、边界事件和子流程的结束只在其边界内有效。",
    ),
    do=(
        "End inside, and continue from the sub-process.",
        "请在内部结束,再从子流程继续。",
    ),
)
STARTS = error(
    "start.one",
    ("There are {count}.", "有 {count}。"),
    why=(
        "It must be plain where an instance begins.",
        "实例从哪里开始必须明确。",
    ),
    do=(
        "Draw exactly one; join several ways in with a gateway.",
        "请只画一个;多个入口用网关汇合。",
    ),
)
UNREACHED = error(
    "reach.none",
    ("No path leads to {it}.", "没有路径通向{it}。"),
    why=("It would never happen.", "它永远不会发生。"),
    do=("Connect it, or remove it.", "请连接它,或删除它。"),
)
AFTER_END = error(
    "end.outgoing",
    ("A flow leaves an end event.", "有连线离开结束事件。"),
    why=("A path ends at its end event.", "路径在结束事件处终止。"),
    do=("Remove it.", "请删除该连线。"),
)
IMPLICIT = warning(
    "end.implicit",
    ("The path stops at {it}.", "路径停在{it}。"),
    why=(
        "It ends there, but a reader may think that something was forgotten.",
        "流程在此结束,但读者可能以为遗漏了什么。",
    ),
    do=(
        "Draw an end event, so that readers see it ends here.",
        "请画一个结束事件,让读者看到流程在此结束。",
    ),
)
NEVER = error(
    "end.never",
    ("From {it} no path leads to an end.", "从{it}出发没有路径通向结束。"),
    why=("The case could only be cancelled.", "该案例只能被取消。"),
    do=("Draw a way out of the cycle.", "请画出离开循环的路径。"),
)
JOINS = error(
    "gateway.joins",
    (
        "{flows} flows lead into inclusive joins among {elements} elements.",
        "在 {elements} 个元素中,有 {flows} 条连线进入包容汇合网关。",
    ),
    why=(
        "What can still arrive at each would take too long to work out.",
        "计算每个网关还可能到达什么将耗时过长。",
    ),
    do=(
        "Split the process by call activities, or join with parallel or exclusive gateways.",
        "请用调用活动拆分流程,或用并行或排他网关汇合。",
    ),
)
ENDLESS = error(
    "loop.endless",
    (
        "The path comes back here without waiting for anything.",
        "路径未等待任何事情就回到这里。",
    ),
    why=("The engine would turn in this circle.", "引擎会在这个圈里一直打转。"),
    do=(
        "Put a user task, a timer or a message into the loop.",
        "请在循环中加入用户任务、定时器或消息。",
    ),
)


def supported(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Only elements that run faithfully are taken."""
    for place in drawing.places.values():
        if place.kind not in RUNS:
            instead = _INSTEAD.get(place.kind, _OTHERWISE)
            yield UNSUPPORTED.at(place.id, what=place.kind, instead=instead)
        if "standardLoopCharacteristics" in place.features:
            instead = Said("Draw it with a gateway.", "请用网关绘制循环。")
            yield UNSUPPORTED.at(place.id, what=Said("loop marker", "循环标记"), instead=instead)
    for tag, identity, line in drawing.strangers:
        remove = Said("Remove it.", "请删除它。")
        yield UNSUPPORTED.at(identity or f"line {line}", what=tag, instead=remove)


def flows(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Sequence flows join two nodes of the same scope."""
    for flow in drawing.unconnected:
        yield UNCONNECTED.at(flow.id, source=flow.source, target=flow.target)
    for flow in drawing.flows.values():
        if drawing.places[flow.source].parent != drawing.places[flow.target].parent:
            yield CROSSING.at(flow.id)


def starts(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """A process has one plain start event at most, a sub-process exactly one start event."""
    top = [p for p in drawing.inside("") if p.kind == "startEvent"]
    plain = [p for p in top if p.trigger.kind == "none"]
    if not top:
        yield STARTS.at(drawing.process_id, count=_starts(0))
    elif len(plain) > 1:
        count = len(plain)
        without = Said(f"{count} start events without trigger", f"{count} 个无触发器的开始事件")
        yield STARTS.at(drawing.process_id, count=without)
    for scope in drawing.places.values():
        if scope.kind in SCOPES and len(scope.starts) != 1:
            yield STARTS.at(scope.id, count=_starts(len(scope.starts)))


def _starts(count: int) -> Said:
    return Said(f"{count} start events", f"{count} 个开始事件")


def reachable(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Every node can be reached from the start."""
    begin = [p.id for p in drawing.places.values() if p.kind == "startEvent" or p.by_event]
    reached = _closure({p.id: after(p) for p in drawing.places.values()}, begin)
    for place in drawing.places.values():
        if place.id not in reached:
            yield UNREACHED.at(place.id, it=shown(place))


def _closure(edges: Edges, begin: Iterable[str]) -> set[str]:
    found: set[str] = set()
    _spread(edges, begin, found)
    return found


def _spread(edges: Edges, begin: Iterable[str], found: set[str]) -> None:
    """Add what can be reached to what was found before, which is not gone through again."""
    waiting = [node for node in begin if node not in found]
    found.update(waiting)
    while waiting:
        for target in edges.get(waiting.pop(), ()):
            if target not in found:
                found.add(target)
                waiting.append(target)


def _turned(edges: Edges) -> dict[str, list[str]]:
    """The same edges, followed backwards."""
    found: dict[str, list[str]] = {}
    for source, targets in edges.items():
        for target in targets:
            found.setdefault(target, []).append(source)
    return found


def ends(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Paths end at end events, and nothing follows an end event."""
    for place in drawing.places.values():
        if place.kind == "endEvent" and place.outgoing:
            yield AFTER_END.at(place.id)
        if not place.outgoing and not _ends_by_nature(place):
            yield IMPLICIT.at(place.id, it=shown(place))


def _ends_by_nature(place: Place) -> bool:
    if place.kind == "endEvent" or place.by_event or "isForCompensation" in place.features:
        return True
    return place.kind == "boundaryEvent" and place.trigger.kind == "compensate"


def endings(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """From everywhere a path leads to an end, or something else stops the scope around."""
    forward = {place.id: after(place) for place in drawing.places.values()}
    ending = _closure(_turned(forward), [p.id for p in drawing.places.values() if not p.outgoing])
    stopped = set(_stopped_scopes(drawing))
    told: set[str] = set()
    for place in drawing.places.values():
        # One finding for all that leads into the same cycle, at what comes first.
        if place.id in ending or place.id in told:
            continue
        _spread(forward, [place.id], told)
        if stopped.isdisjoint(_around(drawing, place)):
            yield NEVER.at(place.id, it=shown(place))


def _stopped_scopes(drawing: Drawing) -> Iterator[str]:
    """The scopes that something other than their own paths can stop; empty is the process."""
    for place in drawing.places.values():
        if place.kind == "endEvent" and place.trigger.kind in _STOPS:
            yield from _around(drawing, place)
        elif place.kind == "boundaryEvent" and place.interrupting:
            yield place.attached_to
        elif place.kind == "startEvent" and place.parent and place.interrupting:
            inside = drawing.places[place.parent]
            if inside.by_event:
                yield inside.parent


def _around(drawing: Drawing, place: Place) -> Iterator[str]:
    """The scopes around an element, the nearest first, at last the process (empty)."""
    scope = place.parent
    while scope:
        yield scope
        scope = drawing.places[scope].parent if scope in drawing.places else ""
    yield ""


def loops(drawing: Drawing, known: Known) -> Iterator[Finding]:
    """A cycle contains something that waits."""
    waiting: set[str] = set()
    for place in drawing.places.values():
        if waits(place, known):
            waiting.update((place.id, *_around(drawing, place)))
    busy = {
        place.id: [flow.target for flow in place.outgoing if flow.target not in waiting]
        for place in drawing.places.values()
        if place.id not in waiting
    }
    for cycle in _cycles(busy):
        yield ENDLESS.at(min(cycle))


def _cycles(edges: Edges) -> Iterator[list[str]]:
    """Cycles, at least one of those that share a node or lead into one another."""
    onward = {node: len(targets) for node, targets in edges.items()}
    before = _turned(edges)
    waiting = [node for node, count in onward.items() if not count]
    while waiting:
        for source in before.get(waiting.pop(), ()):
            onward[source] -= 1
            if not onward[source]:
                waiting.append(source)
    # From every node that is left something goes on, so that each walk ends where one was before.
    walked: dict[str, int] = {}
    for number, begin in enumerate(node for node, count in onward.items() if count):
        node, path = begin, []
        while node not in walked:
            walked[node] = number
            path.append(node)
            node = next(target for target in edges[node] if onward[target])
        if walked[node] == number:
            yield path[path.index(node) :]


def joins(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Inclusive joins do not ask for more than an engine can keep in its head.

    What can still arrive at one is worked out for each of its flows over the whole diagram.
    """
    inclusive = [p for p in drawing.places.values() if p.kind == "inclusiveGateway"]
    flows = sum(len(p.incoming) for p in inclusive if len(p.incoming) > 1)
    if flows * len(drawing.places) > JOINED:
        largest = max(inclusive, key=lambda place: len(place.incoming))
        yield JOINS.at(largest.id, flows=flows, elements=len(drawing.places))


CHECKS: tuple[Check, ...] = (supported, flows, starts, reachable, ends, loops, endings, joins)
