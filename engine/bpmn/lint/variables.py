"""Checks of variables: expressions, decisions and handlers read what something writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.bpmn.drawing import Drawing, Place
from engine.bpmn.lint.expressions import texts
from engine.bpmn.lint.rule import VARIABLE, Check, Known, Near, listed, of_kind
from engine.bpmn.lint.written import GIVEN, Doubts, written
from engine.feel import nodes
from engine.feel.errors import FeelSyntaxError
from engine.feel.parser import parse_expression
from engine.findings import Finding, error, warning

#: Tasks whose results only they can name.
_OWN_RESULTS = ("serviceTask", "sendTask", "callActivity", "receiveTask", "intermediateCatchEvent")

NAME = error(
    "variable.name",
    ("'{name}' is no name of a variable.", "'{name}' 不能作为变量名。"),
    why=("No expression could ask for it.", "没有表达式能够引用它。"),
    do=(
        "Write letters, digits and '_', beginning with a letter, and no word of FEEL.",
        "请使用字母、数字和 '_',以字母开头,且不能是 FEEL 的关键字。",
    ),
)
GIVEN_NAME = warning(
    "variable.reserved",
    ("The variable '{name}' is given by the engine.", "变量 '{name}' 由引擎提供。"),
    why=(
        "What the diagram writes there hides it, or is hidden.",
        "流程图写入的值会遮住它,或被它遮住。",
    ),
    do=("Choose another name.", "请换一个名称。"),
)
UNKNOWN = warning(
    "variable.unknown",
    (
        "The {what} uses '{name}', which nothing writes.",
        "{what}使用了 '{name}',但没有任何元素写入它。",
    ),
    why=(
        "It is null then, and a condition with it never holds.",
        "它会是 null,相关条件永远不成立。",
    ),
    do=(
        "{guess}Correct the name, or let a form, a mapping or a task set it.",
        "{guess}请更正名称,或由表单、映射或任务设置它。",
    ),
)
CHOICE = warning(
    "choice.unknown",
    (
        "The {what} compares '{name}' with \"{value}\", which no form lets anybody choose.",
        "{what}将 '{name}' 与 \"{value}\" 比较,但没有表单提供这个选项。",
    ),
    why=("The comparison never holds.", "该比较永远不成立。"),
    do=("{guess}There is: {choices}.", "{guess}可选项:{choices}。"),
)
DECISION_INPUT = warning(
    "decision.input",
    (
        "Decision '{decision}' asks for '{name}', which nothing writes.",
        "决策 '{decision}' 需要 '{name}',但没有任何元素写入它。",
    ),
    why=(
        "Its rules see null there, and the answer may be null, too.",
        "规则看到 null,结果也可能是 null。",
    ),
    do=("{guess}Map it as an input of the task.", "{guess}请将它映射为任务的输入。"),
)
HANDLER_INPUT = warning(
    "handler.input",
    (
        "Handler '{handler}' asks for '{name}', which nothing gives.",
        "处理程序 '{handler}' 需要 '{name}',但没有任何元素提供它。",
    ),
    why=("It gets null, and may fail with it.", "它会得到 null,可能因此失败。"),
    do=(
        "{guess}Map it as an input, or set a header of that name.",
        "{guess}请映射输入,或设置同名的标头。",
    ),
)


def names(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """Variables have names that FEEL can ask for, and none that the engine gives."""
    for place in drawing.places.values():
        settings = place.settings
        written_here = {m.target for m in (*settings.inputs, *settings.outputs)}
        for name in sorted({*written_here, settings.result} - {""}):
            if not _is_name(name):
                yield NAME.at(place.id, name=name)
            elif name in GIVEN:
                yield GIVEN_NAME.at(place.id, name=name)
        for name in (place.loop.item, place.loop.results) if place.loop else ():
            if name and not _is_name(name):
                yield NAME.at(place.id, name=name)


def _is_name(name: str) -> bool:
    if not VARIABLE.fullmatch(name):
        return False
    try:
        return parse_expression(name) == nodes.Name(name)
    except FeelSyntaxError:
        return False


def unknown(drawing: Drawing, known: Known) -> Iterator[Finding]:
    """Expressions use variables that something writes."""
    doubts = Doubts(written(drawing, known))
    for text in texts(drawing):
        place = drawing.places.get(text.element)
        if place is not None and _speaks_elsewhere(place, result=text.result):
            continue
        for name in doubts.of(text.names):
            guess = doubts.near.guess(name)
            yield UNKNOWN.at(text.element, what=text.what, name=name, guess=guess)


def _speaks_elsewhere(place: Place, *, result: bool) -> bool:
    """Whether a text sees other variables: what a call gave, or none before the case."""
    if place.kind == "startEvent" and not place.parent:
        return True
    return result and place.kind in _OWN_RESULTS


def inputs(drawing: Drawing, known: Known) -> Iterator[Finding]:
    """Decisions and handlers get what they ask for."""
    doubts = Doubts(written(drawing, known))
    for place in of_kind(drawing, "businessRuleTask"):
        for name in doubts.of(known.decisions.get(place.settings.decision, ())):
            guess = doubts.near.guess(name)
            yield DECISION_INPUT.at(
                place.id, decision=place.settings.decision, name=name, guess=guess
            )
    for place in of_kind(drawing, "serviceTask", "sendTask"):
        handler = known.topics.find(place.settings.handler)
        asked = () if handler is None else handler.required
        for name in doubts.of(name for name in asked if name not in place.settings.headers):
            guess = doubts.near.guess(name)
            yield HANDLER_INPUT.at(place.id, handler=place.settings.handler, name=name, guess=guess)


def choices(drawing: Drawing, known: Known) -> Iterator[Finding]:
    """What a form lets people choose is compared with what it offers."""
    found = written(drawing, known)
    offered = {name: Near(choices) for name, choices in found.choices.items()}
    for text in texts(drawing):
        for name in text.names:
            if name not in offered:
                continue
            for value in sorted(_compared(text.source, name) - offered[name].names):
                guess = offered[name].guess(value)
                if guess or found.is_closed(name):
                    told = {"name": name, "value": value, "guess": guess}
                    told["choices"] = listed(offered[name].names)
                    yield CHOICE.at(text.element, what=text.what, **told)


def _compared(text: str, name: str) -> set[str]:
    """The texts that an expression compares a variable with."""
    found: set[str] = set()
    waiting: list[nodes.Node] = [parse_expression(text)]
    while waiting:
        node = waiting.pop()
        waiting.extend(nodes.children(node))
        if isinstance(node, nodes.Comparison) and node.sign in ("=", "!="):
            if nodes.Name(name) in (node.left, node.right):
                found |= _literals((node.left, node.right))
        elif isinstance(node, nodes.In) and node.value == nodes.Name(name):
            found |= _literals(node.tests)
    return found


def _literals(tests: Iterable[nodes.Node]) -> set[str]:
    found: set[str] = set()
    for test in tests:
        if isinstance(test, nodes.ListOfNodes):
            found |= _literals(test.items)
        elif isinstance(test, nodes.Literal) and isinstance(test.value, str):
            found.add(test.value)
    return found


CHECKS: tuple[Check, ...] = (names, unknown, inputs, choices)
