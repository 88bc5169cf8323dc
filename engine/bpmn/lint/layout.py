"""Checks of the picture: what runs is also drawn."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.drawing import Drawing
from engine.bpmn.lint.rule import Check, Known
from engine.findings import Finding, warning

NONE = warning(
    "picture.none",
    ("The file has no picture of the process.", "文件中没有流程的图形。"),
    why=(
        "It runs, but nobody can see on a diagram where a case is.",
        "它可以运行,但没有人能在图上看到案例走到了哪里。",
    ),
    do=("Draw it in a BPMN editor.", "请在 BPMN 编辑器中绘制。"),
)
PART = warning(
    "picture.part",
    ("It is not in the picture.", "它不在图形中。"),
    why=(
        "Readers of the diagram do not know that it happens.",
        "看图的人不知道会发生它。",
    ),
    do=("Draw it in a BPMN editor, or remove it.", "请在 BPMN 编辑器中画出它,或删除它。"),
)


def picture(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Every element and flow has a shape."""
    if not drawing.shown:
        yield NONE.at(drawing.process_id)
        return
    drawn = (f.id for f in drawing.flows.values() if not f.link)
    for identity in (*drawing.places, *drawn):
        if identity not in drawing.shown:
            yield PART.at(identity)


CHECKS: tuple[Check, ...] = (picture,)
