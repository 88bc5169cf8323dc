"""Checks of the FEEL in a diagram: every text that begins with `=` compiles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine import feel
from engine.bpmn.drawing import Drawing, Place
from engine.bpmn.expressions import compiled
from engine.bpmn.lint.rule import Check, Known
from engine.bpmn.throws import TIME_TO_LIVE
from engine.findings import Finding, Said, error

SYNTAX = error(
    "feel.syntax",
    ("The {what} `{text}` is not FEEL: {reason}", "{what} `{text}` 不是 FEEL:{reason}"),
    why=(
        "FEEL is the only language that is ever evaluated.",
        "FEEL 是唯一会被求值的语言。",
    ),
    do=(
        'Write it as FEEL, for example `priority = 1 and group = "network"`.',
        '请用 FEEL 书写,例如 `priority = 1 and group = "network"`。',
    ),
)

_CONDITION = Said("condition", "条件")
_COMPLETION = Said("completion condition", "完成条件")


@dataclass(frozen=True, slots=True)
class Text:
    """A FEEL text in a diagram, without its `=`."""

    element: str
    what: Said  #: such as `condition`
    source: str
    result: bool = False  #: sees what its task has given, beside the variables

    @property
    def names(self) -> tuple[str, ...]:
        """The variables that it uses; none where it does not compile."""
        try:
            return compiled(self.source).names
        except feel.FeelSyntaxError:
            return ()


def texts(drawing: Drawing) -> Iterator[Text]:
    """Every FEEL text of a drawing, conditions of flows first."""
    for flow in drawing.flows.values():
        if flow.condition:
            yield Text(flow.id, _CONDITION, flow.condition.removeprefix("="))
    for place in drawing.places.values():
        for what, text in _texts(place):
            if text.startswith("="):
                yield Text(place.id, what, text[1:])
        for mapping in place.settings.outputs:
            if mapping.source.startswith("="):
                yield Text(place.id, _mapping(mapping.target), mapping.source[1:], result=True)
        if place.trigger.kind == "conditional":
            yield Text(place.id, _CONDITION, place.trigger.text.removeprefix("="))
        if place.loop and place.loop.until:
            yield Text(place.id, _COMPLETION, place.loop.until.removeprefix("="))


def _texts(place: Place) -> Iterator[tuple[Said, str]]:
    settings = place.settings
    yield Said("assignee", "受理人"), settings.assignee
    yield Said("candidate groups", "候选组"), settings.candidate_groups
    yield Said("candidate users", "候选人"), settings.candidate_users
    yield Said("due date", "到期时间"), settings.due
    yield Said("follow-up date", "跟进时间"), settings.follow_up
    yield Said("priority", "优先级"), settings.priority
    yield Said("script", "脚本"), settings.script
    yield Said("time to live", "保留时长"), settings.properties.get(TIME_TO_LIVE, "")
    yield Said("offer", "提供对象"), settings.properties.get("offeredTo", "")
    yield Said("timer", "定时器"), place.trigger.text if place.trigger.kind == "timer" else ""
    if place.loop:
        yield Said("list", "列表"), place.loop.items
        yield Said("result", "结果"), place.loop.result
    yield Said("correlation key", "关联键"), place.trigger.key
    for mapping in settings.inputs:
        yield _mapping(mapping.target), mapping.source


def _mapping(target: str) -> Said:
    return Said(f"mapping of '{target}'", f"'{target}' 的映射")


def compiles(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Every FEEL text compiles."""
    for text in texts(drawing):
        if text.what is _CONDITION and not text.source:
            continue  # an event without a condition has a rule of its own
        try:
            compiled(text.source)
        except feel.FeelSyntaxError as wrong:
            yield SYNTAX.at(text.element, what=text.what, text=text.source, reason=wrong)


CHECKS: tuple[Check, ...] = (compiles,)
