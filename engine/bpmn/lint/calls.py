"""Checks of call activities: what they call exists, and no process calls itself for ever."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.drawing import Drawing
from engine.bpmn.expressions import compiled
from engine.bpmn.lint.rule import WAITS, Check, Known, Near, listed, of_kind
from engine.bpmn.lint.written import Doubts, written
from engine.feel.errors import FeelSyntaxError
from engine.findings import Finding, error, warning

FIXED = error(
    "call.fixed",
    ("Which process it calls is an expression.", "调用哪个流程由表达式决定。"),
    why=(
        "The version that is called is settled when the case starts.",
        "被调用的版本在案例启动时就已确定。",
    ),
    do=(
        "Name the process; choose between several with a gateway.",
        "请写明流程;多个流程之间用网关选择。",
    ),
)
UNKNOWN = error(
    "call.unknown",
    ("There is no process '{called}'.", "没有流程 '{called}'。"),
    why=("There would be nothing to start.", "没有可以启动的流程。"),
    do=(
        "{guess}Deploy it before or with this one, or choose one of: {known}.",
        "{guess}请在此之前或与此同时部署它,或选择:{known}。",
    ),
)
CIRCLE = error(
    "call.circle",
    (
        "It calls itself, or a process that calls it, before anything waits.",
        "它在等待任何事情之前就调用了自己,或调用了会调用它的流程。",
    ),
    why=("One call would bring on the next without end.", "一次调用会无休止地引发下一次。"),
    do=(
        "Put a user task, a timer or a message before the call.",
        "请在调用之前加入用户任务、定时器或消息。",
    ),
)
OUTPUT = warning(
    "call.output",
    (
        "The output '{target}' uses '{name}', which process '{called}' never writes.",
        "输出 '{target}' 使用了 '{name}',但流程 '{called}' 从不写入它。",
    ),
    why=("The variable becomes null.", "该变量会变成 null。"),
    do=(
        "{guess}Correct the name, or let the called process set it.",
        "{guess}请更正名称,或由被调用的流程设置它。",
    ),
)


def called_at_once(drawing: Drawing) -> frozenset[str]:
    """The processes that an instance calls before it has waited for anything."""
    waiting = [p.id for p in drawing.inside("") if p.kind == "startEvent"]
    reached: set[str] = set()
    called: set[str] = set()
    while waiting:
        place = drawing.places[waiting.pop()]
        if place.id in reached or (place.kind in WAITS and place.trigger.kind != "link"):
            continue
        reached.add(place.id)
        if place.kind == "callActivity":
            called.add(place.settings.called)
        else:
            waiting += [*place.starts, *(flow.target for flow in place.outgoing)]
    return frozenset(called)


def processes(drawing: Drawing, known: Known) -> Iterator[Finding]:
    """Processes that call activities name exist."""
    near = Near({*known.processes, drawing.process_id})
    for place in of_kind(drawing, "callActivity"):
        called = place.settings.called
        if called.startswith("="):
            yield FIXED.at(place.id)
        elif called not in near.names:
            guess = near.guess(called)
            yield UNKNOWN.at(place.id, called=called, guess=guess, known=listed(near.names))


def circles(drawing: Drawing, known: Known) -> Iterator[Finding]:
    """No process calls itself, by way of others or not, before anything waits."""
    calling = {**known.processes, drawing.process_id: drawing}
    found: set[str] = set()
    waiting = [drawing.process_id]
    while waiting:
        for called in called_at_once(calling[waiting.pop()]):
            if called in calling and called not in found:
                found.add(called)
                waiting.append(called)
    if drawing.process_id in found:
        yield CIRCLE.at(drawing.process_id)


def outputs(drawing: Drawing, known: Known) -> Iterator[Finding]:
    """Outputs of a call read what the called process writes."""
    doubts: dict[str, Doubts] = {}
    for place in of_kind(drawing, "callActivity"):
        called = place.settings.called
        if called not in known.processes or not place.settings.outputs:
            continue
        if called not in doubts:
            found = written(known.processes[called], known)
            own = written(drawing, known)
            # It begins with the variables of its caller, or with what is mapped for it.
            found.add(own.names)
            found.anything = found.anything or own.anything
            doubts[called] = Doubts(found)
        for mapping in place.settings.outputs:
            for name in doubts[called].of(_names(mapping.source)):
                guess = doubts[called].near.guess(name)
                told = {"target": mapping.target, "name": name, "called": called}
                yield OUTPUT.at(place.id, guess=guess, **told)


def _names(source: str) -> tuple[str, ...]:
    try:
        return compiled(source[1:]).names if source.startswith("=") else ()
    except FeelSyntaxError:
        return ()


CHECKS: tuple[Check, ...] = (processes, circles, outputs)
