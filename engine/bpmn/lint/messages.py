"""Checks of messages: the side that sends and the side that waits can find each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.bpmn import timers
from engine.bpmn.drawing import THROWS, Drawing, Place
from engine.bpmn.lint.rule import Check, Known, Near, listed
from engine.bpmn.throws import TIME_TO_LIVE
from engine.bpmn.time_texts import TimerInvalid
from engine.findings import Finding, error, warning

UNSENT = warning(
    "message.unsent",
    (
        "Nothing that is known here sends message '{name}'.",
        "已知范围内没有任何元素发送消息 '{name}'。",
    ),
    why=("It would be waited for in vain.", "等待将是徒劳的。"),
    do=(
        "{guess}Let a diagram throw it, offer it by 'offeredTo', or correct its name: {known}.",
        "{guess}请由流程图抛出它,用 'offeredTo' 提供给人员,或更正名称:{known}。",
    ),
)
UNCAUGHT = warning(
    "message.uncaught",
    ("No deployed process waits for message '{name}'.", "没有已部署的流程等待消息 '{name}'。"),
    why=("It would be kept until its time ends, and be gone.", "它会保留到期限结束,然后消失。"),
    do=(
        "{guess}Deploy the process that catches it, or correct its name: {known}.",
        "{guess}请部署捕获它的流程,或更正名称:{known}。",
    ),
)
TWICE = warning(
    "message.twice",
    (
        "Both '{other}' and this wait for message '{name}' at the same place.",
        "'{other}' 与此处在同一位置等待消息 '{name}'。",
    ),
    why=("Only one of them gets it.", "只有其中一个会收到。"),
    do=("Give them different messages.", "请使用不同的消息。"),
)
KEY = warning(
    "message.key",
    (
        "The correlation key '{key}' is the same for every case.",
        "关联键 '{key}' 对每个案例都相同。",
    ),
    why=(
        "Of several cases that wait, any one may get the message.",
        "多个案例等待时,任何一个都可能收到该消息。",
    ),
    do=(
        "Write '=variable', or leave it empty for the number of the case.",
        "请写 '=变量',或留空以使用案例编号。",
    ),
)
LIFETIME = error(
    "message.lifetime",
    ("Its message's {reason}.", "其消息的{reason}。"),
    why=(
        "Until when a message is kept that nobody waits for could not be told.",
        "无法得知尚无人等待的消息要保留到何时。",
    ),
    do=("{do}.", "{do}。"),
)
NOT_THROWN = warning(
    "message.lifetime-unused",
    (
        "It throws no message, so 'timeToLive' has no effect.",
        "它不抛出消息,因此 'timeToLive' 不起作用。",
    ),
    why=("Whoever reads it would expect one to be kept.", "读到它的人会以为有消息被保留。"),
    do=("Remove the property.", "请删除该属性。"),
)


def _caught(drawing: Drawing) -> Iterator[Place]:
    for place in drawing.places.values():
        if place.trigger.kind == "message" and place.trigger.name and place.kind not in THROWS:
            yield place


def _thrown(drawing: Drawing) -> Iterator[Place]:
    for place in drawing.places.values():
        if place.trigger.kind == "message" and place.trigger.name and place.kind in THROWS:
            yield place


def unsent(drawing: Drawing, known: Known) -> Iterator[Finding]:
    """Something sends the messages that are waited for."""
    if known.names.messages is None:
        return
    own = {name.replace("{process}", drawing.process_id) for name in known.names.messages}
    drawings = (drawing, *known.processes.values())
    near = Near(own.union(p.trigger.name for other in drawings for p in _thrown(other)))
    for place in _caught(drawing):
        name = place.trigger.name
        if name not in near.names and "offeredTo" not in place.settings.properties:
            yield UNSENT.at(place.id, name=name, guess=near.guess(name), known=listed(near.names))


def uncaught(drawing: Drawing, known: Known) -> Iterator[Finding]:
    """Something waits for the messages that are sent."""
    drawings = (drawing, *known.processes.values())
    near = Near(p.trigger.name for other in drawings for p in _caught(other))
    for place in _thrown(drawing):
        name = place.trigger.name
        if name not in near.names:
            guess = near.guess(name)
            yield UNCAUGHT.at(place.id, name=name, guess=guess, known=listed(near.names))


def twice(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """At one place a message means one thing."""
    for place in drawing.places.values():
        waiting: Iterable[str] = place.boundary
        if place.kind == "eventBasedGateway":
            waiting = [flow.target for flow in place.outgoing]
        seen: dict[tuple[str, str], str] = {}
        for identity in waiting:
            trigger = drawing.places[identity].trigger
            if trigger.kind not in ("message", "signal") or not trigger.name:
                continue
            other = seen.setdefault((trigger.name, trigger.key), identity)
            if other != identity:
                yield TWICE.at(identity, other=other, name=trigger.name)


def keys(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """A correlation key tells cases apart."""
    for place in _caught(drawing):
        key = place.trigger.key
        if key and not key.startswith("="):
            yield KEY.at(place.id, key=key)


def lifetimes(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """A message says how long it is kept in a form that can be read, and only where it is sent."""
    for place in drawing.places.values():
        text = place.settings.properties.get(TIME_TO_LIVE, "")
        if not text:
            continue
        if place.kind not in THROWS or place.trigger.kind != "message":
            yield NOT_THROWN.at(place.id)
        elif not text.startswith("="):
            try:
                timers.lifetime(text)
            except TimerInvalid as wrong:
                yield LIFETIME.at(place.id, reason=wrong.reason, do=wrong.do)


CHECKS: tuple[Check, ...] = (unsent, uncaught, twice, keys, lifetimes)
