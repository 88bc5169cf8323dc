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
from engine.errors import EngineError, Finding

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_KNOWN = form_schema.INPUTS | form_schema.SHOWN | form_schema.CONTAINERS
_TEXTS = ("label", "description", "text", "dateLabel", "timeLabel")
_DEPTH = 8  #: groups inside groups
#: More than a person fills in.
_FIELDS = 300
_PATTERN = 500  #: characters of a pattern


def check(schema: object) -> list[Finding]:
    """Every finding of a schema, in reading order; none means the form can be used."""
    if not isinstance(schema, Mapping) or not isinstance(schema.get("components"), list):
        return [
            _error(
                "form.shape",
                "",
                "This is not a form-js schema: it has no list 'components'.",
                "Save the form in the form editor and upload that file.",
            ),
        ]
    found = list(_inside(schema, depth=0))
    if any(finding.rule == "form.component" for finding in found):
        return found
    if len(list(form_schema.inputs(schema))) > _FIELDS:
        advice = "Split the form over several tasks."
        return [_error("form.fields", "", f"There are over {_FIELDS} fields.", advice)]
    keys = [str(component.get("key")) for component in form_schema.inputs(schema)]
    twice = sorted(key for key, times in Counter(keys).items() if times > 1)
    found += [
        _error("form.key-twice", key, "Two fields have this key.", "Give each its own.")
        for key in twice
    ]
    return found


def _inside(container: Component, depth: int) -> Iterator[Finding]:
    if depth > _DEPTH:
        yield _error(
            "form.depth",
            _where(container),
            f"Groups are nested more than {_DEPTH} deep.",
            "Use fewer levels.",
        )
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
        return _error(
            "form.markup",
            _where(component),
            f"Components of type '{kind}' are not allowed: they put foreign code into a page.",
            "Use a text component.",
        )
    return _error(
        "form.component",
        _where(component),
        f"Components of type '{kind}' are not supported.",
        f"Use one of: {', '.join(sorted(_KNOWN))}.",
    )


def _key(component: Component) -> Iterator[Finding]:
    key = component.get("key")
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        yield _error(
            "form.key",
            _where(component),
            f"The key {key!r} cannot be the name of a variable.",
            "Use letters, digits and underscores, such as 'resolution_code'.",
        )


def _group(component: Component) -> Iterator[Finding]:
    if component.get("path"):
        yield _error(
            "form.path",
            _where(component),
            "A group with a path would nest its variables.",
            "Empty the path; the fields' keys then are the variables.",
        )


def _options(component: Component) -> Iterator[Finding]:
    places = [name for name in ("values", "valuesKey", "valuesExpression") if component.get(name)]
    if len(places) != 1:
        yield _error(
            "form.options",
            _where(component),
            "There is nothing to choose from." if not places else "There are two lists of options.",
            "Give options, a variable that holds them, or a FEEL expression: one of the three.",
        )


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
        yield _error(
            "form.pattern",
            _where(component),
            f"The pattern {str(pattern)[:60]!r} cannot be used.",
            f"Write a regular expression of at most {_PATTERN} characters.",
        )


def _expressions(component: Component) -> Iterator[Finding]:
    for text in _sources(component):
        if text.startswith(("=#", "=/")):
            yield _error(
                "form.template",
                _where(component),
                f"The template tag '{{{{{text[1:]}}}}}' is not supported.",
                "Use a FEEL expression with 'if' or 'for' inside the braces.",
            )
            continue
        try:
            compiled(text[1:])
        except EngineError as error:
            yield _error(
                "form.expression",
                _where(component),
                f"The expression '{text[1:].strip()}' cannot be used: {error}",
                "Correct it in the form editor.",
            )


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


def _error(rule: str, element: str, message: str, advice: str) -> Finding:
    return Finding(rule, "error", element, message, advice)
