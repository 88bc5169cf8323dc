"""Checks of events: which trigger runs where, what it must say, what it is attached to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from engine.bpmn.drawing import THROWS, Drawing, Place
from engine.bpmn.lint.rule import Check, Known, of_kind
from engine.findings import Finding, Said, error, warning

#: Which triggers run on which kind of event.
TRIGGERS = {
    "startEvent": {"none", "message", "timer", "signal"},
    "event sub-process start": {
        "message",
        "timer",
        "signal",
        "error",
        "escalation",
        "conditional",
    },
    "sub-process start": {"none"},
    "endEvent": {
        "none",
        "error",
        "terminate",
        "escalation",
        "signal",
        "message",
        "compensate",
        "cancel",
    },
    "intermediateThrowEvent": {"none", "link", "escalation", "signal", "message", "compensate"},
    "intermediateCatchEvent": {"message", "timer", "signal", "conditional", "link"},
    "receiveTask": {"message"},
    "boundaryEvent": {
        "message",
        "timer",
        "error",
        "escalation",
        "signal",
        "conditional",
        "compensate",
        "cancel",
    },
}
_NAMED = ("message", "signal", "link")
_WORDS = {
    "message": Said("message", "消息"),
    "signal": Said("signal", "信号"),
    "link": Said("link", "链接"),
    "error": Said("error", "错误"),
    "escalation": Said("escalation", "升级"),
}

UNSUPPORTED = error(
    "event.unsupported",
    ("{kind} with {trigger} does not run.", "{kind}带有{trigger}时无法运行。"),
    why=(
        "Each kind of event has its triggers; others would never come, or mean nothing.",
        "每种事件有各自的触发器;其他触发器不会到来,或没有意义。",
    ),
    do=("Here these run: {runs}.", "此处可用的触发器:{runs}。"),
)
NAMELESS = error(
    "event.name",
    ("Its {kind} has no name.", "它的{kind}没有名称。"),
    why=(
        "The side that sends and the side that waits find each other by the name.",
        "发送方和等待方通过名称找到对方。",
    ),
    do=("Choose or name one.", "请选择一个,或为它命名。"),
)
LINK = error(
    "link.target",
    (
        "{count} catching link events are named '{name}' here.",
        "此处名为 '{name}' 的捕获链接事件有 {count} 个。",
    ),
    why=(
        "A pair of link events is one flow that is drawn as two.",
        "一对链接事件就是一条分成两段画的连线。",
    ),
    do=("Draw exactly one in the same scope.", "请在同一范围内只画一个。"),
)
NO_CONDITION = error(
    "condition.empty",
    ("It has no condition.", "它没有条件。"),
    why=("It would never happen.", "它永远不会发生。"),
    do=("Write one in FEEL.", "请用 FEEL 写一个条件。"),
)
HOST = error(
    "boundary.host",
    (
        "It is attached to '{host}', which is no activity.",
        "它附着在 '{host}' 上,而后者不是活动。",
    ),
    why=("Only an activity lasts, so that it can happen meanwhile.", "只有活动会持续一段时间。"),
    do=("Attach it to a task or sub-process.", "请将它附着在任务或子流程上。"),
)
INCOMING = error(
    "boundary.incoming",
    ("A flow leads into it.", "有连线进入它。"),
    why=("A boundary event begins a path.", "边界事件是路径的起点。"),
    do=("Remove the flow.", "请删除该连线。"),
)
SOLID = error(
    "boundary.error",
    ("{what}", "{what}"),
    why=(
        "What has failed or is cancelled cannot go on beside that.",
        "失败或被取消的内容不能同时继续。",
    ),
    do=("Make it solid.", "请改为中断型(实线)。"),
)
UNTHROWN = warning(
    "boundary.unthrown",
    (
        "Nothing inside '{host}' throws {kind}{code}.",
        "'{host}' 内部没有任何元素抛出{kind}{code}。",
    ),
    why=("The path behind it never begins.", "它后面的路径永远不会开始。"),
    do=(
        "Correct the code, or remove the event.",
        "请更正代码,或删除该事件。",
    ),
)
UNCAUGHT = warning(
    "error.uncaught",
    ("Nothing around it catches error '{code}'.", "它的外围没有任何元素捕获错误 '{code}'。"),
    why=(
        "An error must be caught: the step that throws it is refused.",
        "错误必须被捕获:抛出它的步骤会被拒绝。",
    ),
    do=(
        "Attach an error event to the sub-process around it, or use a terminate end event.",
        "请在外围子流程上附着错误事件,或使用终止结束事件。",
    ),
)


def triggers(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Each event has a trigger that runs there."""
    for place in drawing.places.values():
        kind = _kind(drawing, place)
        runs = TRIGGERS.get(kind)
        if runs is None or place.trigger.kind in runs:
            continue
        found = place.trigger.kind
        trigger = Said(f"a {found} trigger", f"触发器 {found}")
        if found == "none":
            trigger = Said("no trigger", "空触发器")
        named = Said(f"{'An' if kind[0] in 'aei' else 'A'} {kind}", kind)
        yield UNSUPPORTED.at(place.id, kind=named, trigger=trigger, runs=", ".join(sorted(runs)))


def _kind(drawing: Drawing, place: Place) -> str:
    around = drawing.places.get(place.parent)
    if place.kind != "startEvent" or around is None:
        return place.kind
    return "event sub-process start" if around.by_event else "sub-process start"


def names(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """A message, signal or link has a name by which its two sides find each other."""
    for place in drawing.places.values():
        kind = place.trigger.kind
        if kind in _NAMED and not place.trigger.name:
            yield NAMELESS.at(place.id, kind=_WORDS[kind])


def links(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Throwing link events lead to exactly one catching one of the same name and scope."""
    links = [p for p in drawing.places.values() if p.trigger.kind == "link" and p.trigger.name]
    targets = Counter(
        (p.parent, p.trigger.name) for p in links if p.kind == "intermediateCatchEvent"
    )
    for link in links:
        count = targets[link.parent, link.trigger.name]
        if count != 1:
            yield LINK.at(link.id, count=count, name=link.trigger.name)


def conditions(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """A conditional event says its condition."""
    for place in drawing.places.values():
        if place.trigger.kind == "conditional" and not place.trigger.text:
            yield NO_CONDITION.at(place.id)


def boundaries(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Boundary events sit on an activity, and nothing leads into them."""
    for place in of_kind(drawing, "boundaryEvent"):
        host = drawing.places.get(place.attached_to)
        if host is None or not host.activity:
            yield HOST.at(place.id, host=place.attached_to)
        if place.incoming:
            yield INCOMING.at(place.id)


def interrupting(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Errors and cancellations interrupt."""
    for place in drawing.places.values():
        kind = place.trigger.kind
        if catches(drawing, place) and kind in ("error", "cancel") and not place.interrupting:
            what = Said("Cancelling interrupts.", "取消总是中断的。")
            if kind == "error":
                what = Said("Errors always interrupt.", "错误总是中断的。")
            yield SOLID.at(place.id, what=what)


def catches(drawing: Drawing, place: Place) -> bool:
    """Whether an event is armed beside the flow: on an activity or a scope."""
    return place.kind == "boundaryEvent" or _kind(drawing, place).startswith("event")


def unthrown(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """What a boundary event catches can come out of its activity."""
    inside = _thrown_inside(drawing)
    for place in of_kind(drawing, "boundaryEvent"):
        kind, code = place.trigger.kind, place.trigger.code
        host = drawing.places.get(place.attached_to)
        if kind not in ("error", "escalation") or host is None:
            continue
        thrown = inside.get(host.id, set())
        if "*" in thrown or (kind in thrown if not code else f"{kind} {code}" in thrown):
            continue
        named = f" '{code}'" if code else ""
        yield UNTHROWN.at(place.id, host=host.id, kind=_WORDS[kind], code=named)


def _thrown_inside(drawing: Drawing) -> dict[str, set[str]]:
    """What may come out of each activity: `error`, `error CODE`; `*` where nobody can say."""
    found: dict[str, set[str]] = {}
    for place in drawing.places.values():
        thrown: set[str] = set()
        if place.kind in ("serviceTask", "sendTask", "callActivity"):
            thrown = {"*"}
        elif place.trigger.kind in ("error", "escalation") and place.kind in THROWS:
            thrown = {place.trigger.kind, f"{place.trigger.kind} {place.trigger.code}"}
        scope = place.id
        while thrown and scope in drawing.places:
            found.setdefault(scope, set()).update(thrown)
            scope = drawing.places[scope].parent
    return found


def uncaught(drawing: Drawing, known: Known) -> Iterator[Finding]:
    """Thrown errors are caught, unless a process that calls this one may do so."""
    if any(drawing.process_id in _called(other) for other in known.processes.values()):
        return
    catching: dict[str, set[str]] = {}
    for place in drawing.places.values():
        if place.trigger.kind == "error" and place.kind == "boundaryEvent":
            catching.setdefault(place.attached_to, set()).add(place.trigger.code)
        elif place.trigger.kind == "error" and place.kind == "startEvent" and place.parent:
            around = drawing.places[place.parent].parent
            catching.setdefault(f"in {around}", set()).add(place.trigger.code)
    for place in of_kind(drawing, "endEvent"):
        if place.trigger.kind == "error" and not _is_caught(drawing, place, catching):
            yield UNCAUGHT.at(place.id, code=place.trigger.code)


def _called(drawing: Drawing) -> set[str]:
    return {place.settings.called for place in drawing.places.values()}


def _is_caught(drawing: Drawing, place: Place, catching: Mapping[str, set[str]]) -> bool:
    wanted = {place.trigger.code, ""}
    scope = place.parent
    while True:
        if wanted & catching.get(f"in {scope}", set()):
            return True
        if scope not in drawing.places:
            return False
        if wanted & catching.get(scope, set()):
            return True
        scope = drawing.places[scope].parent


CHECKS: tuple[Check, ...] = (
    triggers,
    names,
    links,
    conditions,
    boundaries,
    interrupting,
    unthrown,
    uncaught,
)
