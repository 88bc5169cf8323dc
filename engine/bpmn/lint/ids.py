"""Checks of ids and names: an element is found by its id in addresses, rows and audit events."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.bpmn.drawing import Drawing
from engine.bpmn.lint.rule import Check, Known, of_kind
from engine.findings import Finding, error, warning

#: What XML allows of an id and an address can carry.
_ID = re.compile(r"[^\W\d][\w.-]{0,99}")
#: Ends the id of the flow that stands for a pair of link events.
_RESERVED = ".link"
#: Characters that are kept of the name of a process or lane, and of a task.
_NAME, _TASK = 200, 300

DUPLICATE = error(
    "id.duplicate",
    ("The id is used again in line {line}.", "该 id 在第 {line} 行被重复使用。"),
    why=(
        "Tokens, tasks and audit events name an element by its id.",
        "令牌、任务和审计事件都以 id 指代元素。",
    ),
    do=("Rename one.", "请重命名其中一个。"),
)
FORM = error(
    "id.form",
    ("The id cannot be part of an address.", "该 id 不能作为网址的一部分。"),
    why=("Pages and programs find an element by its id.", "页面和程序通过 id 找到元素。"),
    do=(
        "Begin with a letter, and use up to 100 letters, digits, '_', '-' and '.'.",
        "请以字母开头,使用最多 100 个字母、数字、'_'、'-' 和 '.'。",
    ),
)
MISSING = error(
    "id.missing",
    ("A {tag} has no id.", "{tag} 没有 id。"),
    why=("Nothing could refer to it.", "无法引用它。"),
    do=("Give it one.", "请为它设置 id。"),
)
RESERVED = error(
    "id.reserved",
    ("The id ends with '.link'.", "该 id 以 '.link' 结尾。"),
    why=(
        "The flow that joins two link events is called so.",
        "连接一对链接事件的连线使用这样的 id。",
    ),
    do=("Choose another id.", "请换一个 id。"),
)
CASE = warning(
    "id.case",
    (
        "The id differs from '{other}' in upper and lower case only.",
        "该 id 与 '{other}' 仅大小写不同。",
    ),
    why=(
        "People and search fields take the two for one.",
        "人和搜索框会把两者当作同一个。",
    ),
    do=("Rename one.", "请重命名其中一个。"),
)
LONG = error(
    "name.long",
    (
        "The name has {count} characters; {limit} can be kept.",
        "名称有 {count} 个字符;最多可保存 {limit} 个。",
    ),
    why=("A work list could not show it, nor keep it.", "待办列表既无法显示也无法保存它。"),
    do=(
        "Shorten it; the rest belongs into the documentation.",
        "请缩短它;其余内容写入文档说明。",
    ),
)


def ids(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Every node and flow has an id of its own, that can be part of an address."""
    for identity, line in drawing.duplicates:
        yield DUPLICATE.at(identity, line=line)
    for identity in (drawing.process_id, *drawing.places, *drawing.flows):
        if not _ID.fullmatch(identity):
            yield FORM.at(identity[:60])
    for tag, line in drawing.nameless:
        yield MISSING.at(f"line {line}", tag=tag)


def reserved(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """No id is one that the engine gives itself."""
    for identity in drawing.places:
        if identity.endswith(_RESERVED):
            yield RESERVED.at(identity)
    for flow in drawing.flows.values():
        if flow.id.endswith(_RESERVED) and not flow.link:
            yield RESERVED.at(flow.id)


def alike(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """No two ids differ by upper and lower case only."""
    seen: dict[str, str] = {}
    for identity in (*drawing.places, *drawing.flows):
        other = seen.setdefault(identity.casefold(), identity)
        if other != identity:
            yield CASE.at(identity, other=other)


def names(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Names fit where they are shown and kept."""
    named = [(drawing.process_id, drawing.name, _NAME)]
    for place in of_kind(drawing, "userTask"):
        named += [(place.id, place.name, _TASK), (place.id, place.lane, _NAME)]
    for identity, name, limit in named:
        if len(name) > limit:
            yield LONG.at(identity, count=len(name), limit=limit)


CHECKS: tuple[Check, ...] = (ids, reserved, alike, names)
