"""Checks of gateways: which way a token may take, and ways that none ever takes."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.drawing import Drawing
from engine.bpmn.lint.rule import Check, Known, of_kind
from engine.findings import Finding, Said, error, warning

_CHOOSING = ("exclusiveGateway", "inclusiveGateway")
_CATCHING = ("intermediateCatchEvent", "receiveTask")
_TRUE, _FALSE = "true", "false"

CONDITION = error(
    "gateway.condition",
    (
        "The flow leaves gateway '{gateway}' without a condition.",
        "该连线离开网关 '{gateway}' 时没有条件。",
    ),
    why=("Nothing says when to take it.", "没有说明何时走这条路。"),
    do=(
        "Write a condition, or mark it as the default flow.",
        "请写一个条件,或将它标记为默认连线。",
    ),
)
DEFAULT = warning(
    "gateway.default",
    (
        "No flow is the default; where no condition holds, the process cannot go on.",
        "没有默认连线;所有条件都不成立时流程无法继续。",
    ),
    why=(
        "A case with unforeseen values would be refused at this gateway.",
        "取值出乎意料的案例会在此网关处被拒绝。",
    ),
    do=("Mark one flow as default.", "请将一条连线标记为默认。"),
)
NEVER = warning(
    "flow.never",
    ("The flow is never taken: {reason}.", "这条连线永远不会被采用:{reason}。"),
    why=(
        "What is drawn behind it does not happen for its sake.",
        "它后面所画的内容不会因它而发生。",
    ),
    do=("Correct the condition, or remove the flow.", "请更正条件,或删除该连线。"),
)
IGNORED = warning(
    "flow.ignored",
    (
        "Nobody looks at its condition: {reason}.",
        "它的条件不会被检查:{reason}。",
    ),
    why=(
        "A reader takes it for a choice that nobody makes.",
        "读者会以为这里有选择,实际并没有。",
    ),
    do=(
        "Remove the condition, or choose with an exclusive or inclusive gateway.",
        "请删除条件,或用排他网关、包容网关进行选择。",
    ),
)
IDLE = warning(
    "gateway.idle",
    ("The gateway neither splits nor joins anything.", "该网关既不分支也不汇合。"),
    why=("A flow is missing, or the gateway is of no use.", "缺少连线,或者该网关多余。"),
    do=("Draw the missing flow, or remove the gateway.", "请补上连线,或删除该网关。"),
)
EVENT = error(
    "gateway.event",
    ("'{target}' behind it is no event.", "它后面的 '{target}' 不是事件。"),
    why=(
        "The gateway goes on with what happens first, so something must happen.",
        "该网关随最先发生的事情继续,所以后面必须是事件。",
    ),
    do=("Let it lead to catching events.", "请让它通向捕获事件。"),
)
EVENT_SHARED = error(
    "gateway.event-shared",
    (
        "Several flows lead into an event behind an event-based gateway.",
        "有多条连线进入基于事件的网关后面的事件。",
    ),
    why=(
        "Which gateway it decides would depend on the way by which the token came.",
        "它决定哪个网关将取决于令牌从哪条路来。",
    ),
    do=("Give the gateway an event of its own.", "请为该网关画一个专属的事件。"),
)
EVENT_SINGLE = warning(
    "gateway.event-single",
    ("Only one event is behind it.", "它后面只有一个事件。"),
    why=("There is nothing to choose from.", "没有可选择的内容。"),
    do=(
        "Draw the other events, or the event without the gateway.",
        "请画出其他事件,或去掉网关只留事件。",
    ),
)


def choices(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """A gateway that chooses has a condition on each flow but the default one."""
    for place in of_kind(drawing, *_CHOOSING):
        bare = [flow.id for flow in place.outgoing if not flow.condition and not flow.default]
        if len(place.outgoing) > 1:
            for flow in bare:
                yield CONDITION.at(flow, gateway=place.id)
        if place.outgoing and not bare and not any(flow.default for flow in place.outgoing):
            yield DEFAULT.at(place.id)


def never(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Every flow can be taken some time."""
    for place in of_kind(drawing, "exclusiveGateway"):
        seen: dict[str, str] = {}
        for flow in place.outgoing:
            if flow.default or not flow.condition:
                continue
            text = "".join(flow.condition.removeprefix("=").split())
            if text == _FALSE:
                yield NEVER.at(flow.id, reason=Said("its condition is false", "条件恒为假"))
            elif _TRUE in seen or text in seen:
                yield NEVER.at(flow.id, reason=_earlier(seen.get(text) or seen[_TRUE]))
            seen.setdefault(text, flow.id)
        for flow in place.outgoing:
            if flow.default and _TRUE in seen:
                yield NEVER.at(flow.id, reason=_earlier(seen[_TRUE]))


def _earlier(flow: str) -> Said:
    return Said(f"'{flow}' is always taken before it", f"'{flow}' 总是先于它被采用")


def ignored(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """A condition is where somebody looks at it."""
    for flow in drawing.flows.values():
        if not flow.condition:
            continue
        kind = drawing.places[flow.source].kind
        if flow.default:
            yield IGNORED.at(flow.id, reason=Said("it is the default flow", "它是默认连线"))
        elif kind in ("parallelGateway", "eventBasedGateway"):
            yield IGNORED.at(flow.id, reason=Said(f"it leaves a {kind}", f"它离开的是 {kind}"))


def idle(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """A gateway splits or joins."""
    for place in drawing.places.values():
        through = len(place.incoming) == len(place.outgoing) == 1
        if place.kind.endswith("Gateway") and through and place.kind != "eventBasedGateway":
            yield IDLE.at(place.id)


def events(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Behind an event-based gateway stand events only, each with this one way in."""
    for place in of_kind(drawing, "eventBasedGateway"):
        for flow in place.outgoing:
            target = drawing.places[flow.target]
            if target.kind not in _CATCHING:
                yield EVENT.at(place.id, target=target.id)
            elif len(target.incoming) > 1:
                yield EVENT_SHARED.at(target.id)
        if len(place.outgoing) == 1:
            yield EVENT_SINGLE.at(place.id)


CHECKS: tuple[Check, ...] = (choices, events, never, ignored, idle)
