"""Rules on repeated activities, event sub-processes, transactions and compensation."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from engine.bpmn.drawing import Drawing, Place
from engine.bpmn.lint.rule import Check, Known
from engine.feel import nodes
from engine.feel.errors import FeelSyntaxError
from engine.feel.parser import parse_expression
from engine.findings import Finding, error, warning

#: Rounds that a repeated activity may have.
_ROUNDS = 1000

ACTIVITY = error(
    "loop.activity",
    ("Only activities repeat.", "只有活动可以重复。"),
    why=("An event or gateway is a moment.", "事件和网关只是一个瞬间。"),
    do=("Remove the marker.", "请删除标记。"),
)
LIST = error(
    "loop.list",
    ("It does not say for which list it repeats.", "没有说明对哪个列表重复。"),
    why=("It runs once for each item of a list.", "它对列表的每一项运行一次。"),
    do=(
        "Set its input collection: '=approvers', or '=for i in 1..3 return i'.",
        "请设置输入集合:'=approvers' 或 '=for i in 1..3 return i'。",
    ),
)
COUNT = error(
    "loop.count",
    ("Its list always has {count} items.", "它的列表总是有 {count} 项。"),
    why=("It would be refused at run time.", "它会在运行时被拒绝。"),
    do=("Let the list have at most 1,000 items.", "请让列表最多有 1,000 项。"),
)
NO_ITEMS = warning(
    "loop.none",
    ("Its list never has an item.", "它的列表永远没有任何项。"),
    why=("It is passed without being done.", "它会被直接跳过而不执行。"),
    do=("Name the list that it is repeated for.", "请指定它要重复处理的列表。"),
)
RESULTS = error(
    "loop.results",
    (
        "Of output collection and output element only one is set.",
        "输出集合和输出元素只设置了一个。",
    ),
    why=("The one is what the other collects.", "前者收集的正是后者。"),
    do=("Set both, or none.", "请两者都设置,或都不设置。"),
)
EVENT = error(
    "scope.event",
    (
        "An event sub-process has flows or boundary events.",
        "事件子流程带有连线或边界事件。",
    ),
    why=("No token enters it by a flow.", "没有令牌会沿连线进入它。"),
    do=(
        "Remove them: its start event begins it, and it ends by itself.",
        "请删除它们:它由自己的开始事件启动,并自行结束。",
    ),
)
EVENT_KIND = error(
    "scope.event-kind",
    ("A {kind} begins by no event.", "{kind} 不能由事件启动。"),
    why=("Only a sub-process waits for an event of its own.", "只有子流程可以等待自己的事件。"),
    do=("Draw a sub-process.", "请改画子流程。"),
)
CANCEL = error(
    "cancel.transaction",
    ("It is no event of a transaction.", "它不是事务的事件。"),
    why=("Only a transaction is cancelled.", "只有事务可以被取消。"),
    do=(
        "Draw it directly in, or on, a transaction; elsewhere use an error event.",
        "请直接画在事务内部或其边界上;其他地方请使用错误事件。",
    ),
)
CANCELLED = error(
    "cancel.boundary",
    (
        "Nothing goes on from transaction '{scope}' when it is cancelled.",
        "事务 '{scope}' 被取消后没有后续。",
    ),
    why=("The case would stand still.", "案例会停滞不前。"),
    do=("Attach a cancel boundary event to it.", "请为它附着取消边界事件。"),
)
JOINED = error(
    "compensation.activity",
    (
        "It is not joined to one activity marked for compensation, and to nothing else.",
        "它没有只与一个标记为补偿的活动相连。",
    ),
    why=("Nobody could tell what undoes the activity.", "无法得知由什么来撤销该活动。"),
    do=(
        "Draw an association from it to that activity, and no flow.",
        "请从它画一条关联到那个活动,不要画连线。",
    ),
)
NOWHERE = error(
    "compensation.unknown",
    ("There is no '{named}'.", "没有 '{named}'。"),
    why=("Nothing would be undone.", "不会撤销任何内容。"),
    do=("Choose an activity.", "请选择一个活动。"),
)
UNDO_FLOW = error(
    "compensation.flow",
    (
        "An activity for compensation has flows or boundary events.",
        "补偿活动带有连线或边界事件。",
    ),
    why=("It runs only to undo another.", "它只为撤销另一个活动而运行。"),
    do=(
        "Only the association from its compensation event leads to it.",
        "只能由其补偿事件的关联通向它。",
    ),
)
UNDO_UNUSED = error(
    "compensation.unused",
    ("No compensation event leads to it.", "没有补偿事件通向它。"),
    why=("It would never run.", "它永远不会运行。"),
    do=(
        "Join a compensation boundary event to it by an association.",
        "请用关联把补偿边界事件连到它。",
    ),
)


def repeats(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """A repeated activity says for which list, and where its results go."""
    for place in drawing.places.values():
        loop = place.loop
        if loop is None:
            continue
        if not place.activity:
            yield ACTIVITY.at(place.id)
        if loop.cardinality or not loop.items.startswith("="):
            yield LIST.at(place.id)
        elif (count := _fixed_count(loop.items[1:])) is not None:
            if count > _ROUNDS:
                yield COUNT.at(place.id, count=f"{count:,}")
            elif not count:
                yield NO_ITEMS.at(place.id)
        if bool(loop.results) != bool(loop.result):
            yield RESULTS.at(place.id)


def _fixed_count(text: str) -> int | None:
    """How many items a written list has, or `for i in 1..9`; None where that is not written."""
    try:
        tree = parse_expression(text)
    except FeelSyntaxError:
        return None
    if isinstance(tree, nodes.ListOfNodes):
        return len(tree.items)
    if not isinstance(tree, nodes.For) or len(tree.iterations) != 1:
        return None
    first, last = tree.iterations[0].source, tree.iterations[0].end
    if not isinstance(first, nodes.Literal) or not isinstance(last, nodes.Literal):
        return None
    if not isinstance(first.value, Decimal) or not isinstance(last.value, Decimal):
        return None
    return abs(int(last.value) - int(first.value)) + 1


def event_sub_processes(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """An event sub-process begins by its event alone."""
    for place in drawing.places.values():
        if place.by_event and (place.incoming or place.outgoing or place.boundary):
            yield EVENT.at(place.id)
        if place.by_event and place.kind != "subProcess":
            yield EVENT_KIND.at(place.id, kind=place.kind)


def transactions(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Cancel events are those of a transaction, and a cancelled one goes on somewhere."""
    for place in drawing.places.values():
        if place.trigger.kind != "cancel":
            continue
        scope = place.attached_to if place.kind == "boundaryEvent" else place.parent
        if scope not in drawing.places or drawing.places[scope].kind != "transaction":
            yield CANCEL.at(place.id)
        elif not _cancel_events(drawing, drawing.places[scope]):
            yield CANCELLED.at(place.id, scope=scope)


def _cancel_events(drawing: Drawing, place: Place) -> list[str]:
    return [b for b in place.boundary if drawing.places[b].trigger.kind == "cancel"]


def compensation(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """A compensation event is joined to what undoes its activity, and to nothing else."""
    undoing = {place.undo for place in drawing.places.values()}
    for place in drawing.places.values():
        compensates = place.trigger.kind == "compensate"
        if compensates and place.kind == "boundaryEvent" and (not place.undo or place.outgoing):
            yield JOINED.at(place.id)
        if "isForCompensation" in place.features:
            yield from _undoes(place, undoing)
        named = place.trigger.activity
        if compensates and named and named not in drawing.places:
            yield NOWHERE.at(place.id, named=named)


def _undoes(place: Place, undoing: set[str]) -> Iterator[Finding]:
    if place.incoming or place.outgoing or place.boundary or not place.activity:
        yield UNDO_FLOW.at(place.id)
    if place.id not in undoing:
        yield UNDO_UNUSED.at(place.id)


CHECKS: tuple[Check, ...] = (repeats, event_sub_processes, transactions, compensation)
