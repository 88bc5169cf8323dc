"""What is wrong with an uploaded form-js schema, every finding with its component.

A form is refused when the server could not hold it to what the browser shows: unknown
components, HTML, expressions that do not compile, keys that cannot be process variables.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

import regex

from engine.bpmn import form_schema
from engine.bpmn.expressions import compiled
from engine.bpmn.form_schema import Component
from engine.bpmn.form_view import TEMPLATE
from engine.errors import EngineError
from engine.findings import Finding, Said, error

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_KNOWN = form_schema.INPUTS | form_schema.SHOWN | form_schema.CONTAINERS
_TEXTS = ("label", "description", "text", "dateLabel", "timeLabel")
_DEPTH = 8  #: groups inside groups
#: More than a person fills in.
_FIELDS = 300
_PATTERN = 500  #: characters of a pattern

SHAPE = error(
    "form.shape",
    (
        "This is not a form-js schema: it has no list 'components'.",
        "这不是 form-js 表单:缺少列表 'components'。",
    ),
    why=("There would be nothing to fill in.", "没有可以填写的内容。"),
    do=(
        "Save the form in the form editor and upload that file.",
        "请在表单编辑器中保存表单并上传该文件。",
    ),
)
FIELDS = error(
    "form.fields",
    (f"There are over {_FIELDS} fields.", f"字段超过 {_FIELDS} 个。"),
    why=("Nobody fills in so many at once.", "没有人会一次填写这么多。"),
    do=("Split the form over several tasks.", "请将表单拆分到多个任务。"),
)
KEY_TWICE = error(
    "form.key-twice",
    ("Two fields have this key.", "有两个字段使用此键。"),
    why=("One value would overwrite the other.", "一个值会覆盖另一个。"),
    do=("Give each its own.", "请为每个字段设置各自的键。"),
)
DEPTH = error(
    "form.depth",
    (f"Groups are nested more than {_DEPTH} deep.", f"分组嵌套超过 {_DEPTH} 层。"),
    why=("Nobody finds a field in there.", "没有人能在其中找到字段。"),
    do=("Use fewer levels.", "请减少层级。"),
)
MARKUP = error(
    "form.markup",
    (
        "Components of type '{kind}' are not allowed: they put foreign code into a page.",
        "不允许 '{kind}' 类型的组件:它们会把外来代码放进页面。",
    ),
    why=("It could act in the name of whoever opens the form.", "它可能以打开表单的人的名义行事。"),
    do=("Use a text component.", "请使用文本组件。"),
)
COMPONENT = error(
    "form.component",
    ("Components of type '{kind}' are not supported.", "不支持 '{kind}' 类型的组件。"),
    why=("The server could not hold the form to them.", "服务器无法按它们校验表单。"),
    do=("Use one of: {known}.", "请使用以下之一:{known}。"),
)
KEY = error(
    "form.key",
    ("The key {key} cannot be the name of a variable.", "键 {key} 不能作为变量名。"),
    why=("The field's value becomes a variable of this name.", "字段的值会成为同名变量。"),
    do=(
        "Use letters, digits and underscores, such as 'resolution_code'.",
        "请使用字母、数字和下划线,例如 'resolution_code'。",
    ),
)
PATH = error(
    "form.path",
    ("A group with a path would nest its variables.", "带路径的分组会嵌套其变量。"),
    why=(
        "Variables are flat, so that columns and rules find them.",
        "变量是平铺的,以便列和规则找到它们。",
    ),
    do=(
        "Empty the path; the fields' keys then are the variables.",
        "请清空路径;字段的键即为变量。",
    ),
)
OPTIONS = error(
    "form.options",
    ("{what}", "{what}"),
    why=("People could not choose.", "人们无法选择。"),
    do=(
        "Give options, a variable that holds them, or a FEEL expression: one of the three.",
        "请给出选项、存放选项的变量或 FEEL 表达式:三者取一。",
    ),
)
PATTERN = error(
    "form.pattern",
    ("The pattern {pattern} cannot be used.", "模式 {pattern} 无法使用。"),
    why=("No answer could be held to it.", "无法按它校验答案。"),
    do=(
        f"Write a regular expression of at most {_PATTERN} characters.",
        f"请写一个不超过 {_PATTERN} 个字符的正则表达式。",
    ),
)
TAG = error(
    "form.template",
    ("The template tag '{tag}' is not supported.", "不支持模板标签 '{tag}'。"),
    why=("It would be shown as it is.", "它会原样显示出来。"),
    do=(
        "Use a FEEL expression with 'if' or 'for' inside the braces.",
        "请在花括号内使用带 'if' 或 'for' 的 FEEL 表达式。",
    ),
)
EXPRESSION = error(
    "form.expression",
    (
        "The expression '{text}' cannot be used: {reason}",
        "表达式 '{text}' 无法使用:{reason}",
    ),
    why=("What depends on it would not work.", "依赖它的内容将无法工作。"),
    do=("Correct it in the form editor.", "请在表单编辑器中更正。"),
)


def check(schema: object) -> list[Finding]:
    """Every finding of a schema, in reading order; none means the form can be used."""
    if not isinstance(schema, Mapping) or not isinstance(schema.get("components"), list):
        return [SHAPE.at("")]
    found = list(_inside(schema, depth=0))
    if any(finding.rule == "form.component" for finding in found):
        return found
    if len(list(form_schema.inputs(schema))) > _FIELDS:
        return [FIELDS.at("")]
    keys = [str(component.get("key")) for component in form_schema.inputs(schema)]
    twice = sorted(key for key, times in Counter(keys).items() if times > 1)
    return found + [KEY_TWICE.at(key) for key in twice]


def _inside(container: Component, depth: int) -> Iterator[Finding]:
    if depth > _DEPTH:
        yield DEPTH.at(_where(container))
        return
    for component in form_schema.children(container):
        kind = component.get("type")
        if not isinstance(kind, str) or kind not in _KNOWN:
            yield _unknown(component, str(kind))
            continue
        if kind in form_schema.INPUTS:
            yield from _key(component)
            yield from _pattern(component)
        if kind in form_schema.CHOICES | form_schema.LISTS:
            yield from _options(component)
        if kind in form_schema.CONTAINERS:
            yield from _group(component)
            yield from _inside(component, depth + 1)
        yield from _expressions(component)


def _unknown(component: Component, kind: str) -> Finding:
    if kind in {"html", "iframe"}:
        return MARKUP.at(_where(component), kind=kind)
    return COMPONENT.at(_where(component), kind=kind, known=", ".join(sorted(_KNOWN)))


def _key(component: Component) -> Iterator[Finding]:
    key = component.get("key")
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        yield KEY.at(_where(component), key=repr(key))


def _group(component: Component) -> Iterator[Finding]:
    if component.get("path"):
        yield PATH.at(_where(component))


def _options(component: Component) -> Iterator[Finding]:
    places = [name for name in ("values", "valuesKey", "valuesExpression") if component.get(name)]
    if len(places) != 1:
        what = Said("There are two lists of options.", "有两份选项列表。")
        if not places:
            what = Said("There is nothing to choose from.", "没有可供选择的内容。")
        yield OPTIONS.at(_where(component), what=what)


def _pattern(component: Component) -> Iterator[Finding]:
    rules = component.get("validate")
    pattern = rules.get("pattern") if isinstance(rules, Mapping) else None
    if not pattern:
        return
    try:
        regex.compile(str(pattern)[: _PATTERN + 1])
        fits = len(str(pattern)) <= _PATTERN
    except regex.error:
        fits = False
    if not fits:
        yield PATTERN.at(_where(component), pattern=repr(str(pattern)[:60]))


def _expressions(component: Component) -> Iterator[Finding]:
    for text in _sources(component):
        if text.startswith(("=#", "=/")):
            yield TAG.at(_where(component), tag=f"{{{{{text[1:]}}}}}")
            continue
        try:
            compiled(text[1:])
        except EngineError as wrong:
            yield EXPRESSION.at(_where(component), text=text[1:].strip(), reason=wrong)


def _sources(component: Component) -> Iterator[str]:
    """Every FEEL expression of a component, with its leading equals sign."""
    properties = component.get("properties")
    translated = properties if isinstance(properties, Mapping) else {}
    for place in (component, translated):
        for name, text in place.items():
            if name.split(":")[0] in _TEXTS and isinstance(text, str):
                yield from [text] if text.startswith("=") else _templates(text)
    condition, rules = component.get("conditional"), component.get("validate")
    named = [component.get("readonly"), component.get("valuesExpression")]
    named += [condition.get("hide")] if isinstance(condition, Mapping) else []
    named += list(rules.values()) if isinstance(rules, Mapping) else []
    yield from (text for text in named if isinstance(text, str) and text.startswith("="))


def _templates(text: str) -> list[str]:
    return ["=" + match.strip() for match in TEMPLATE.findall(text)]


def _where(component: Component) -> str:
    return str(component.get("key") or component.get("id") or component.get("label") or "")
