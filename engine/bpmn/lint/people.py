"""Checks of who does what: assignees, candidate groups, roles, offers and lanes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from engine.bpmn.drawing import Drawing
from engine.bpmn.lint import tasks
from engine.bpmn.lint.rule import Check, Known, Near, listed, of_kind
from engine.feel import nodes
from engine.feel.errors import FeelSyntaxError
from engine.feel.parser import parse_expression
from engine.findings import Finding, Rule, error, warning

_ROLE, _GROUP = "role:", "group:"
#: Property of a user task: the decision that says how a member of its group is chosen.
MEMBER_BY = "memberBy"

NOBODY = error(
    "task.nobody",
    (
        "No assignee, candidate group or candidate user is named.",
        "没有指定受理人、候选组或候选人。",
    ),
    why=("The task would be in nobody's work list.", "该任务不会出现在任何人的待办列表中。"),
    do=("Name a group or set an assignee.", "请指定一个组或受理人。"),
)
GROUP = warning(
    "group.unknown",
    ("There is no group '{name}'.", "没有组 '{name}'。"),
    why=("Nobody would see the task or offer.", "没有人会看到该任务或操作。"),
    do=(
        "{guess}Add the group, or choose one of: {known}.",
        "{guess}请添加该组,或选择:{known}。",
    ),
)
ROLE = error(
    "role.unknown",
    ("There is no role '{name}'.", "没有角色 '{name}'。"),
    why=("Nobody can ever have it.", "没有人能拥有它。"),
    do=("{guess}Choose one of: {known}.", "{guess}请选择:{known}。"),
)
OFFER_WORD = error(
    "offer.word",
    (
        "It is offered to '{word}', which is neither a role nor a group.",
        "提供对象 '{word}' 既不是角色也不是组。",
    ),
    why=("Nobody would be offered it.", "没有人会得到这个操作。"),
    do=("Write 'role:team-lead' or 'group:network'.", "请写 'role:team-lead' 或 'group:network'。"),
)
OFFER = error(
    "offer.message",
    (
        "It is offered to people, but waits for no message.",
        "它提供给人员,但并不等待消息。",
    ),
    why=("Only a message can be sent by hand.", "只有消息可以由人发送。"),
    do=(
        "Remove the property 'offeredTo', or make it a message event or a plain start.",
        "请删除属性 'offeredTo',或改为消息事件或普通开始事件。",
    ),
)
LITERAL = warning(
    "task.literal",
    (
        "'{name}' is taken for the login of a person, but a variable has this name.",
        "'{name}' 会被当作人员的登录名,但有同名的变量。",
    ),
    why=("The task would wait for a person who does not exist.", "任务会等待一个不存在的人。"),
    do=("Write '={name}' if the variable is meant.", "如果指的是变量,请写 '={name}'。"),
)
LANE = warning(
    "lane.group",
    (
        "It lies in lane '{lane}', which is a group, but is for {groups}.",
        "它位于泳道 '{lane}' (这是一个组),却由 {groups} 处理。",
    ),
    why=("Readers believe the lane, the work lists the task.", "读者相信泳道,待办列表相信任务。"),
    do=(
        "Move it to another lane, or name the lane's group.",
        "请将它移到其他泳道,或指定该泳道的组。",
    ),
)


def nobody(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Somebody can do every user task."""
    for place in of_kind(drawing, "userTask"):
        settings = place.settings
        if not (settings.assignee or settings.candidate_groups or settings.candidate_users):
            yield NOBODY.at(place.id)


def offers(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """What a diagram offers people to send is a message, and offered to roles and groups."""
    for place in drawing.places.values():
        offer = place.settings.properties.get("offeredTo")
        if offer is None:
            continue
        plain_start = place.kind == "startEvent" and place.trigger.kind == "none"
        if place.trigger.kind != "message" and not plain_start:
            yield OFFER.at(place.id)
        for word in words(offer):
            if not word.startswith((_ROLE, _GROUP)) and not offer.startswith("="):
                yield OFFER_WORD.at(place.id, word=word)


def choosers(drawing: Drawing, known: Known) -> Iterator[Finding]:
    """Decisions that say who of a group gets a task exist."""
    near = Near(known.decisions)
    for place in of_kind(drawing, "userTask"):
        name = place.settings.properties.get(MEMBER_BY)
        if name and name not in known.decisions:
            guess = near.guess(name)
            # The same finding as of a business rule task.
            said = {"decision": name, "guess": guess, "known": listed(known.decisions)}
            yield tasks.DECISION.at(place.id, **said)


def exist(drawing: Drawing, known: Known) -> Iterator[Finding]:
    """Groups and roles that a diagram names exist."""
    yield from _unknown(drawing, GROUP, known.names.groups, _GROUP)
    yield from _unknown(drawing, ROLE, known.names.roles, _ROLE)


def _unknown(
    drawing: Drawing, rule: Rule, existing: Iterable[str] | None, prefix: str
) -> Iterator[Finding]:
    if existing is None:
        return
    near = Near(existing)
    for place in drawing.places.values():
        named = words(place.settings.candidate_groups) if prefix == _GROUP else []
        offered = words(place.settings.properties.get("offeredTo", ""))
        named += [word.removeprefix(prefix) for word in offered if word.startswith(prefix)]
        for name in named:
            if name and name not in near.names:
                yield rule.at(place.id, name=name, guess=near.guess(name), known=listed(near.names))


def words(text: str) -> list[str]:
    """The names that a comma list has, or that a FEEL list writes as they are."""
    if not text.startswith("="):
        return [word.strip() for word in text.split(",") if word.strip()]
    try:
        tree = parse_expression(text[1:])
    except FeelSyntaxError:
        return []
    items = tree.items if isinstance(tree, nodes.ListOfNodes) else (tree,)
    return [i.value for i in items if isinstance(i, nodes.Literal) and isinstance(i.value, str)]


def literals(drawing: Drawing, known: Known) -> Iterator[Finding]:
    """An assignee that is the name of a variable is written as FEEL."""
    for place in of_kind(drawing, "userTask"):
        for name in (place.settings.assignee, place.settings.candidate_users):
            if name in known.names.variables | known.names.starters:
                yield LITERAL.at(place.id, name=name)


def lanes(drawing: Drawing, known: Known) -> Iterator[Finding]:
    """A task in the lane of a group is for that group."""
    existing = known.names.groups or {}
    lanes = {_plain(name): key for key, names in existing.items() for name in (key, *names)}
    for place in of_kind(drawing, "userTask"):
        group = lanes.get(_plain(place.lane))
        named = words(place.settings.candidate_groups)
        # A group that does not exist is told by `exist`.
        if group and named and group not in named and existing.keys() >= set(named):
            yield LANE.at(place.id, lane=place.lane, groups=listed(named))


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


CHECKS: tuple[Check, ...] = (nobody, offers, choosers, exist, literals, lanes)
