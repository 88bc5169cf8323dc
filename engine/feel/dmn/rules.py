"""What can be wrong with a decision model that is uploaded."""

from __future__ import annotations

from engine.findings import error, warning

DECISION = error(
    "dmn.decision",
    ("{reason}", "决策无法计算:{reason}"),
    why=("A part of the model could never give a value.", "模型的一部分永远无法给出值。"),
    do=("Correct it in the table.", "请在决策表中更正。"),
)
GAP = warning(
    "dmn.gap",
    (
        "Table '{table}': no rule matches for {example}.",
        "决策表 '{table}':{example} 时没有规则匹配。",
    ),
    why=("The decision is null for such a case.", "对这样的案例,决策结果为 null。"),
    do=("Add a rule for it, or a default output.", "请为它添加规则,或设置默认输出。"),
)
OVERLAP = warning(
    "dmn.overlap",
    (
        "Table '{table}': rules {first} and {second} both match for {example}.",
        "决策表 '{table}':{example} 时规则 {first} 和 {second} 同时匹配。",
    ),
    why=(
        "The hit policy UNIQUE allows one match; with two the decision is null.",
        "命中策略 UNIQUE 只允许一条匹配;有两条时结果为 null。",
    ),
    do=(
        "Make one of them narrower, or choose another hit policy.",
        "请收窄其中一条,或选择其他命中策略。",
    ),
)
UNCHECKED = warning(
    "dmn.unchecked",
    (
        "Table '{table}' was not checked for gaps and overlaps: {reason}.",
        "决策表 '{table}' 未检查空缺和重叠:{reason}。",
    ),
    why=("It runs, but nobody has compared its rules.", "它可以运行,但没有人比较过它的规则。"),
    do=(
        "Write its cells as constants, lists and ranges where you can.",
        "请尽可能用常量、列表和区间书写单元格。",
    ),
)
