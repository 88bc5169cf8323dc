"""Checks of the separation of duties: who asks for, builds or carries out does not approve.

A diagram says which duty a task is by its property `duty`: request, build, approve, implement or
review. A plain start event is a request without saying so.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.drawing import Drawing, Place
from engine.bpmn.lint.people import words
from engine.bpmn.lint.rule import Check, Known, Near, after, listed, shown
from engine.findings import Finding, Said, error, warning

DUTIES = ("request", "build", "approve", "implement", "review")
#: Who does one of these may not approve the same thing.
_APART = ("request", "build", "implement")

UNKNOWN = error(
    "duty.unknown",
    ("There is no duty '{duty}'.", "没有职责 '{duty}'。"),
    why=(
        "The separation of duties could not be checked.",
        "无法检查职责分离。",
    ),
    do=("{guess}Write one of: {known}.", "{guess}请写以下之一:{known}。"),
)
STARTER = error(
    "duty.starter",
    (
        "'{name}' began the case, and approves it here.",
        "'{name}' 发起了案例,又在此审批。",
    ),
    why=(
        "Nobody approves what they asked for themselves.",
        "任何人不得审批自己提出的请求。",
    ),
    do=(
        "Let a group or another person approve.",
        "请由一个组或另一个人审批。",
    ),
)
SAME_GROUP = warning(
    "duty.same-group",
    (
        "{groups} can {duty} in '{task}' and approve here.",
        "{groups} 既能在 '{task}' 中{duty},又能在此审批。",
    ),
    why=(
        "One person could do both, so that nobody else has looked at it.",
        "同一个人可以两者都做,于是没有第二个人看过。",
    ),
    do=(
        "Let another group approve, whose members are not in the first.",
        "请由另一个组审批,其成员不在前一个组中。",
    ),
)
FOUR_EYES = warning(
    "duty.four-eyes",
    (
        "{groups} can approve here and in '{task}'.",
        "{groups} 既能在此审批,也能在 '{task}' 中审批。",
    ),
    why=(
        "The second approval could be by the same person as the first.",
        "第二次审批可能与第一次是同一个人。",
    ),
    do=("Let each be done by a group of its own.", "请让两次审批各由不同的组进行。"),
)
ORDER = warning(
    "duty.order",
    (
        "A path leads to {it} without any approval.",
        "有一条路径未经任何审批就到达{it}。",
    ),
    why=(
        "Approval comes before implementation, or the audit lists it as an exception.",
        "审批必须先于实施,否则审计会将其列为例外。",
    ),
    do=(
        "Let the path pass a task with duty 'approve'.",
        "请让该路径经过职责为 'approve' 的任务。",
    ),
)
_WORDS = {
    "request": Said("request", "提出请求"),
    "build": Said("build", "构建"),
    "implement": Said("implement", "实施"),
}


def known_duties(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Duties are those that exist."""
    near = Near(DUTIES)
    for place in drawing.places.values():
        duty = place.settings.properties.get("duty", "")
        if duty and duty not in DUTIES:
            yield UNKNOWN.at(place.id, duty=duty, guess=near.guess(duty), known=listed(DUTIES))


def starter(drawing: Drawing, known: Known) -> Iterator[Finding]:
    """Nobody approves what they began."""
    for place in _of_duty(drawing, "approve"):
        for text in (place.settings.assignee, place.settings.candidate_users):
            name = text.removeprefix("=").strip()
            if text.startswith("=") and name in known.names.starters:
                yield STARTER.at(place.id, name=name)


def groups(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Groups that approve do not ask, build or implement; two approvals are by two groups."""
    doing = [(duty, p, _who(p)) for duty in _APART for p in _of_duty(drawing, duty)]
    seen: dict[str, str] = {}
    others: dict[str, tuple[str, str]] = {}
    for duty, place, who in doing:
        for name in who:
            others.setdefault(name, (duty, place.id))
    for place in _of_duty(drawing, "approve"):
        who = _who(place)
        found = sorted(name for name in who if name in others)
        if found:
            duty, task = others[found[0]]
            yield SAME_GROUP.at(place.id, groups=listed(found), duty=_WORDS[duty], task=task)
        again = sorted(name for name in who if name in seen)
        if again:
            yield FOUR_EYES.at(place.id, groups=listed(again), task=seen[again[0]])
        seen |= dict.fromkeys(who - seen.keys(), place.id)


def order(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Where a diagram approves, nothing is implemented before that."""
    approving = {place.id for place in _of_duty(drawing, "approve")}
    if not approving:
        return
    reached = {p.id for p in drawing.places.values() if p.kind == "startEvent" and not p.parent}
    waiting = list(reached)
    while waiting:
        place = drawing.places[waiting.pop()]
        for target in (*after(place), *place.starts):
            if target not in reached and target not in approving:
                reached.add(target)
                waiting.append(target)
    for place in _of_duty(drawing, "implement"):
        if place.id in reached:
            yield ORDER.at(place.id, it=shown(place))


def _of_duty(drawing: Drawing, duty: str) -> Iterator[Place]:
    places = drawing.places.values()
    return (place for place in places if place.settings.properties.get("duty") == duty)


def _who(place: Place) -> set[str]:
    """Groups and people as the diagram names them; an expression stands for what it gives."""
    settings = place.settings
    found: set[str] = set()
    for text in (settings.candidate_groups, settings.candidate_users, settings.assignee):
        found.update(words(text) or ([text] if text else []))
    return found


CHECKS: tuple[Check, ...] = (known_duties, starter, groups, order)
