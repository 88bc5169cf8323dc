"""Checks of tasks: forms, handlers, decisions, scripts and mappings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from engine.bpmn import timers
from engine.bpmn.drawing import Drawing
from engine.bpmn.jobs import BACKOFF
from engine.bpmn.lint.rule import Check, Known, Near, listed, of_kind
from engine.findings import Finding, error, warning

#: Of the type of a job; what a column holds.
LONGEST_TYPE = 200
#: Tries of one job; more is a slip.
MOST_TRIES = 100
_THROWS = ("intermediateThrowEvent", "endEvent")
#: Tasks that end without a result to map.
_PASSED = ("task", "manualTask", "receiveTask")
_MOST_PRIORITY = 100

FORM = error(
    "form.unknown",
    ("There is no form '{form}'.", "没有表单 '{form}'。"),
    why=("Nobody could fill it in.", "没有人能填写它。"),
    do=(
        "{guess}Deploy it with the diagram, or choose one of: {known}.",
        "{guess}请与流程图一起部署它,或选择:{known}。",
    ),
)
NAME = warning(
    "task.name",
    ("The user task has no name.", "该用户任务没有名称。"),
    why=("A work list shows its id instead.", "待办列表只能显示它的 id。"),
    do=("Name it by a verb: 'Approve the change'.", "请用动词命名:'审批变更'。"),
)
PRIORITY = warning(
    "task.priority",
    (
        "The priority '{priority}' is no whole number from 0 to 100.",
        "优先级 '{priority}' 不是 0 到 100 的整数。",
    ),
    why=(
        "Work lists are sorted by it; it counts as 50, or as the nearest that is allowed.",
        "待办列表按它排序;它会被当作 50 或最接近的允许值。",
    ),
    do=("Write 0 for first to 100 for last, or '=feel'.", "请写 0(最先)到 100(最后),或 '=feel'。"),
)
DUE = error(
    "task.due",
    (
        "The due date '{text}' is no moment with a time zone.",
        "到期时间 '{text}' 不是带时区的时间点。",
    ),
    why=("The task could not be opened.", "任务将无法打开。"),
    do=(
        "Write '=now() + duration(\"PT4H\")', or a date such as '2026-03-01T09:00:00Z'.",
        "请写 '=now() + duration(\"PT4H\")',或如 '2026-03-01T09:00:00Z' 的日期。",
    ),
)
NO_HANDLER = error(
    "handler.none",
    ("It names no handler.", "它没有指定处理程序。"),
    why=("Nothing would be done.", "什么也不会执行。"),
    do=("Set its job type.", "请设置作业类型。"),
)
HANDLER_TYPE = error(
    "handler.type",
    (
        f"Its job type is an expression, or longer than {LONGEST_TYPE} characters.",
        f"它的作业类型是表达式,或超过 {LONGEST_TYPE} 个字符。",
    ),
    why=("No worker could ask for such a type.", "没有外部执行程序能请求这样的类型。"),
    do=(
        "Write the name of a handler, or of what external workers do.",
        "请写处理程序的名称,或外部执行程序所做工作的名称。",
    ),
)
HANDLER = warning(
    "handler.unknown",
    (
        "There is no handler '{handler}', so its work waits for an external worker.",
        "没有处理程序 '{handler}',因此它的工作将等待外部执行程序。",
    ),
    why=(
        "Which variables a worker needs cannot be checked here.",
        "外部执行程序需要哪些变量,在此无法检查。",
    ),
    do=(
        "{guess}Let a worker take jobs of this type, or choose one of: {known}.",
        "{guess}请让外部执行程序领取此类作业,或选择:{known}。",
    ),
)
TRIES = error(
    "handler.retries",
    ("Its retries are no whole number from 1 to {most}.", "它的重试次数不是 1 到 {most} 的整数。"),
    why=("It says how often the work is tried in all.", "它表示工作总共尝试多少次。"),
    do=("Write a whole number from 1 to {most}.", "请写 1 到 {most} 的整数。"),
)
BACK_OFF = error(
    "handler.backoff",
    ("Header '{header}' is no duration: '{text}'.", "标头 '{header}' 不是时长:'{text}'。"),
    why=("It says how long the first new try waits.", "它表示第一次重试前等待多久。"),
    do=(
        "Write 'PT1M' for a minute or 'PT2H' for two hours.",
        "一分钟请写 'PT1M',两小时请写 'PT2H'。",
    ),
)
DECISION = error(
    "decision.unknown",
    ("There is no decision '{decision}'.", "没有决策 '{decision}'。"),
    why=("There would be nothing to ask.", "没有可以询问的决策。"),
    do=(
        "{guess}Deploy its table with the diagram, or choose one of: {known}.",
        "{guess}请与流程图一起部署决策表,或选择:{known}。",
    ),
)
DECISION_RESULT = error(
    "decision.result",
    ("Its result has no name.", "它的结果没有名称。"),
    why=("The answer of the decision would be lost.", "决策的答案会丢失。"),
    do=("Name it.", "请为它命名。"),
)
SCRIPT = error(
    "script.feel",
    (
        "It holds no FEEL expression; scripts in other languages never run.",
        "它不含 FEEL 表达式;其他语言的脚本绝不运行。",
    ),
    why=("Nothing in an uploaded file is ever a program.", "上传的文件中绝没有程序代码会被执行。"),
    do=("Write '=' and a FEEL expression.", "请写 '=' 和一个 FEEL 表达式。"),
)
SCRIPT_RESULT = error(
    "script.result",
    ("Its result has no name.", "它的结果没有名称。"),
    why=("What it computes would be lost.", "计算结果会丢失。"),
    do=("Name it.", "请为它命名。"),
)
INPUT = error(
    "mapping.input",
    ("A {kind} takes no input mapping.", "{kind} 不接受输入映射。"),
    why=("The mapping would do nothing.", "该映射不会起任何作用。"),
    do=(
        "Its expressions and its form see every variable of the process.",
        "它的表达式和表单可以看到流程的所有变量,请删除映射。",
    ),
)
OUTPUT = error(
    "mapping.output",
    ("A {kind} takes no output mapping.", "{kind} 不接受输出映射。"),
    why=("The mapping would do nothing.", "该映射不会起任何作用。"),
    do=("Set the variable in a script task.", "请在脚本任务中设置变量。"),
)


def forms(drawing: Drawing, known: Known) -> Iterator[Finding]:
    """Forms that user tasks, the start and offered messages name exist."""
    near = Near(known.forms)
    for place in drawing.places.values():
        own = place.settings.form if place.kind in ("userTask", "startEvent") else ""
        for form in (own, place.settings.properties.get("form", "")):
            if form and form not in known.forms:
                guess = near.guess(form)
                yield FORM.at(place.id, form=form, guess=guess, known=listed(known.forms))


def user_tasks(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """User tasks have a name, and a priority and due date that can be read."""
    for place in of_kind(drawing, "userTask"):
        settings = place.settings
        if not place.name:
            yield NAME.at(place.id)
        if settings.priority and not _is_feel(settings.priority):
            digits = settings.priority.isdecimal() and len(settings.priority) <= len("100")
            if not digits or int(settings.priority) > _MOST_PRIORITY:
                yield PRIORITY.at(place.id, priority=settings.priority)
        if settings.due and not _is_feel(settings.due) and not _is_moment(settings.due):
            yield DUE.at(place.id, text=settings.due)


def _is_feel(text: str) -> bool:
    return text.startswith("=")


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def handlers(drawing: Drawing, known: Known) -> Iterator[Finding]:
    """Service tasks name a handler, or a type whose work an external worker does."""
    near = Near(known.topics.names())
    for place in of_kind(drawing, "serviceTask", "sendTask"):
        name = place.settings.handler
        if not name:
            yield NO_HANDLER.at(place.id)
        elif _is_feel(name) or len(name) > LONGEST_TYPE:
            yield HANDLER_TYPE.at(place.id)
        elif known.topics.find(name) is None:
            guess = near.guess(name)
            yield HANDLER.at(place.id, handler=name, guess=guess, known=listed(near.names))


def tries(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """How often a job is tried is a number, and the first wait a duration."""
    for place in of_kind(drawing, "serviceTask", "sendTask"):
        settings = place.settings
        if not 1 <= settings.retries <= MOST_TRIES:
            yield TRIES.at(place.id, most=MOST_TRIES)
        back_off = settings.headers.get(BACKOFF, "PT1M")
        try:
            timers.duration(back_off)
        except ValueError:
            yield BACK_OFF.at(place.id, header=BACKOFF, text=back_off)


def decisions(drawing: Drawing, known: Known) -> Iterator[Finding]:
    """Decisions that business rule tasks name exist, and their result has a name."""
    near = Near(known.decisions)
    for place in of_kind(drawing, "businessRuleTask"):
        name = place.settings.decision
        if name not in known.decisions:
            guess = near.guess(name)
            yield DECISION.at(place.id, decision=name, guess=guess, known=listed(known.decisions))
        if not place.settings.result:
            yield DECISION_RESULT.at(place.id)


def scripts(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Script tasks hold a FEEL expression, and their result has a name."""
    for place in of_kind(drawing, "scriptTask"):
        if not _is_feel(place.settings.script):
            yield SCRIPT.at(place.id)
        if not place.settings.result:
            yield SCRIPT_RESULT.at(place.id)


def mappings(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Inputs and outputs are mapped only where they take effect."""
    for place in drawing.places.values():
        # What a message carries are the inputs of the event that throws it.
        sends = place.kind in _THROWS and place.trigger.kind == "message"
        if place.settings.inputs and not (place.activity or sends):
            yield INPUT.at(place.id, kind=place.kind)
        if place.settings.outputs and (not place.activity or place.kind in _PASSED):
            yield OUTPUT.at(place.id, kind=place.kind)


CHECKS: tuple[Check, ...] = (
    forms,
    handlers,
    tries,
    decisions,
    scripts,
    mappings,
    user_tasks,
)
