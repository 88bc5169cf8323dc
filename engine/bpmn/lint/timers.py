"""Checks of timers: they can be read, and mean a moment that somebody may wait for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from engine.bpmn import timers
from engine.bpmn.drawing import Drawing, Place, Trigger
from engine.bpmn.expressions import compiled
from engine.bpmn.lint.events import catches
from engine.bpmn.lint.rule import Check, Known
from engine.bpmn.time_texts import TimerInvalid
from engine.errors import EngineError
from engine.findings import Finding, error, warning

_READERS: dict[str, Callable[[str], object]] = {
    "timeDuration": timers.duration,
    "timeDate": timers.date,
    "timeCycle": timers.cycle_or_cron,
}
_LONG = timedelta(days=3653)
#: Any moment: only the length of what begins there counts.
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)

EMPTY = error(
    "timer.empty",
    ("The timer says no time.", "定时器没有写明时间。"),
    why=("It would never be due.", "它永远不会到期。"),
    do=("Write 'PT15M'.", "请写例如 'PT15M'(15 分钟)。"),
)
TEXT = error(
    "timer.text",
    ("The {reason}.", "定时器的{reason}。"),
    why=(
        "A moment is computed from ISO 8601 and cron texts, so they must be exact.",
        "时间点由 ISO 8601 和 cron 文本计算得出,因此必须准确。",
    ),
    do=("{do}.", "{do}。"),
)
CYCLE = error(
    "boundary.cycle",
    (
        "A repeating timer cannot interrupt more than once.",
        "重复的定时器不能多次中断。",
    ),
    why=("With the first time its activity is gone.", "第一次触发后它所附着的活动就不存在了。"),
    do=("Use a duration, or make it non-interrupting.", "请使用时长,或改为非中断型。"),
)
ONCE = warning(
    "timer.once",
    ("The cycle is waited for once only.", "该循环只会等待一次。"),
    why=("A token passes an intermediate event and is gone.", "令牌经过中间事件后就离开了。"),
    do=("Write a duration instead.", "请改写为时长。"),
)
PAST = warning(
    "timer.past",
    ("The date {date} has passed.", "日期 {date} 已经过去。"),
    why=(
        "A start event would begin nothing, and any other would not wait.",
        "开始事件不会启动任何实例,其他事件则不会等待。",
    ),
    do=("Write a later date, or take it from a variable.", "请写更晚的日期,或从变量取得。"),
)
LONG = warning(
    "timer.long",
    ("'{text}' is longer than ten years.", "'{text}' 超过十年。"),
    why=(
        "No case is open for so long; it is probably a slip.",
        "没有案例会开放这么久;很可能是笔误。",
    ),
    do=(
        "Check the letters: 'PT5M' are minutes, 'P5M' months.",
        "请检查字母:'PT5M' 是分钟,'P5M' 是月。",
    ),
)
START = error(
    "timer.start-variables",
    (
        "The timer of a start event uses {names}, but sees no variables.",
        "开始事件的定时器使用了 {names},但它看不到任何变量。",
    ),
    why=("There is no case yet whose variables these could be.", "此时还没有案例,也就没有变量。"),
    do=("Write the time itself.", "请直接写明时间。"),
)


def texts(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """A timer says when, in a form that can be read."""
    for place, trigger in _timers(drawing):
        if not trigger.text:
            yield EMPTY.at(place.id)
        elif not trigger.text.startswith("="):
            try:
                _READERS[trigger.timer](trigger.text)
            except TimerInvalid as wrong:
                yield TEXT.at(place.id, reason=wrong.reason, do=wrong.do)


def repeats(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """A cycle stands where it can come round."""
    for place, trigger in _timers(drawing):
        if trigger.timer != "timeCycle":
            continue
        if catches(drawing, place) and place.interrupting:
            yield CYCLE.at(place.id)
        elif place.kind == "intermediateCatchEvent":
            yield ONCE.at(place.id)


def absurd(drawing: Drawing, known: Known) -> Iterator[Finding]:
    """A moment lies ahead, and not beyond any case's life."""
    for place, trigger in _timers(drawing):
        if trigger.text.startswith("="):
            continue
        try:
            due = timers.first(trigger.timer, trigger.text, _EPOCH, UTC).due
            every = _period(trigger)
        except (ValueError, OverflowError):
            continue  # told by `texts`
        if trigger.timer == "timeDate":
            if known.now and due < known.now:
                yield PAST.at(place.id, date=trigger.text)
            elif known.now and due - known.now > _LONG:
                yield LONG.at(place.id, text=trigger.text)
        elif (every.after(_EPOCH) if every else due) - _EPOCH > _LONG:
            yield LONG.at(place.id, text=trigger.text)


def _period(trigger: Trigger) -> timers.Duration | None:
    """What a cycle repeats after; None for cron, and for what is no cycle."""
    found = timers.cycle_or_cron(trigger.text) if trigger.timer == "timeCycle" else None
    return found.every if isinstance(found, timers.Cycle) else None


def begin(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """The timer of a start event needs no variables."""
    for place, trigger in _timers(drawing):
        if place.kind == "startEvent" and not place.parent and trigger.text.startswith("="):
            try:
                used = compiled(trigger.text[1:]).names
            except EngineError:
                continue  # told by the check of expressions
            if used:
                yield START.at(place.id, names=", ".join(f"'{name}'" for name in used))


def _timers(drawing: Drawing) -> Iterator[tuple[Place, Trigger]]:
    for place in drawing.places.values():
        if place.trigger.kind == "timer":
            yield place, place.trigger


CHECKS: tuple[Check, ...] = (texts, repeats, absurd, begin)
