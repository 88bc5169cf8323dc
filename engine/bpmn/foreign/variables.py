"""What elements take and give: parameters, called processes, repetition over a list."""

from __future__ import annotations

import re

from lxml import etree

from engine.bpmn.foreign import juel
from engine.bpmn.foreign.conversion import Conversion, add, inside, put, take, take_all
from engine.bpmn.xml import BPMN, ZEEBE, local


def inputs_and_outputs(conversion: Conversion) -> None:
    """Rewrite the input and output parameters of any element."""
    for extension in conversion.each("extensionElements"):
        owner = extension.getparent()
        mappings(conversion, owner, take_all(owner, "inputOutput"))
        for group in take_all(owner, "properties"):
            for item in inside(group, "property"):
                name, value = item.get("name") or "", item.get("value") or ""
                add(owner, ("properties",), "property", name=name, value=value)


def mappings(conversion: Conversion, element: etree._Element, groups: list[etree._Element]) -> None:
    """Write input and output parameters as mappings."""
    for group in groups:
        for parameter in inside(group, "inputParameter", "outputParameter"):
            name = parameter.get("name") or ""
            source = _source(conversion, element, parameter, f"parameter '{name}'")
            tag = local(parameter).removesuffix("Parameter")
            add(element, ("ioMapping",), tag, source=source, target=name)


def _source(
    conversion: Conversion, element: etree._Element, holder: etree._Element, what: str
) -> str:
    """The value of a parameter: text, an expression, a list or a map of them."""
    for script in inside(holder, "script"):
        conversion.error(
            "script",
            element,
            f"The {what} is computed by a script in {script.get('scriptFormat') or 'Java'}.",
            "Write FEEL in its place.",
        )
        return f"=${{{script.text or ''}}}"
    for items in inside(holder, "list"):
        if inside(items, "script"):
            return _source(conversion, element, items, what)
        parts = [_inner(conversion.feel(element, what, e.text or "")) for e in items]
        return f"=[{', '.join(parts)}]"
    for entries in inside(holder, "map"):
        pairs = (
            f"{juel.quoted(e.get('key') or '')}: {_inner(_source(conversion, element, e, what))}"
            for e in inside(entries, "entry")
        )
        return f"={{{', '.join(pairs)}}}"
    return conversion.feel(element, what, holder.text or "")


def _inner(source: str) -> str:
    return source[1:] if source.startswith("=") else juel.quoted(source)


def calls(conversion: Conversion) -> None:
    """Rewrite which process a call activity calls, and what it passes."""
    for element in conversion.each("callActivity"):
        called = element.attrib.pop("calledElement", "").strip()
        prefix, _, rest = called.partition(":")
        if rest and prefix in element.nsmap:
            called = rest
        if not called:
            continue
        passed = take_all(element, "in")
        returned = take_all(element, "out")
        inherits = take(element, "inheritVariables") == "true"
        put(
            element,
            "calledElement",
            processId=conversion.feel(element, "called process", called),
            propagateAllParentVariables="true" if inherits else _everything(passed),
            propagateAllChildVariables=_everything(returned),
        )
        for tag, parameters in (("input", passed), ("output", returned)):
            for one in parameters:
                _passed(conversion, element, tag, one)
        unbound(conversion, element, "calledElement")


def _everything(passed: list[etree._Element]) -> str:
    return "true" if any(one.get("variables") == "all" for one in passed) else "false"


def _passed(conversion: Conversion, element: etree._Element, tag: str, one: etree._Element) -> None:
    if one.get("businessKey"):
        conversion.warning(
            "call",
            element,
            "It gave its business key to the called process.",
            "Here every case has a number of its own; pass the number as a variable if needed.",
        )
    target = one.get("target")
    if not target:
        return
    source = conversion.feel(element, f"value of '{target}'", one.get("sourceExpression") or "")
    add(element, ("ioMapping",), tag, source=source or f"={one.get('source')}", target=target)


def repetitions(conversion: Conversion) -> None:
    """Rewrite over what an activity is repeated."""
    for loop in conversion.each("multiInstanceLoopCharacteristics"):
        host = loop.getparent()
        items = take(loop, "collection") or _child(loop, "loopDataInputRef")
        item = take(loop, "elementVariable") or take(loop, "collectionElementVariable")
        named = loop.find(BPMN + "inputDataItem")
        item = item or ("" if named is None else named.get("name") or named.get("id") or "")
        number = loop.find(BPMN + "loopCardinality")
        done = loop.find(f"{BPMN}extensionElements/{ZEEBE}loopCharacteristics[@inputCollection]")
        if done is not None:
            continue
        if items:
            text = items if juel.is_expression(items) else f"${{{items}}}"
            put(loop, "loopCharacteristics", inputCollection=conversion.feel(host, "list", text))
            put(loop, "loopCharacteristics", inputElement=item)
        elif number is not None and (number.text or "").strip():
            times = _inner(conversion.feel(host, "number of rounds", number.text)).strip('"')
            rounds = f"=if ({times}) > 0 then for i in 1..({times}) return i else []"
            fixed = f"=for i in 1..{times} return i"
            chosen = fixed if re.fullmatch("[1-9][0-9]{0,8}", times) else rounds
            put(loop, "loopCharacteristics", inputCollection=chosen)
            loop.remove(number)
        enough = loop.find(BPMN + "completionCondition")
        if enough is not None and enough.text:
            enough.text = conversion.feel(host, "completion condition", enough.text)


def _child(loop: etree._Element, tag: str) -> str:
    found = loop.find(BPMN + tag)
    return "" if found is None else (found.text or "").strip()


def unbound(conversion: Conversion, element: etree._Element, name: str) -> None:
    """Report a reference to a version, which here is always the active one."""
    binding = take(element, name + "Binding")
    version = take(element, name + "Version") or take(element, name + "VersionTag")
    if version or binding not in ("", "latest"):
        conversion.warning(
            "binding",
            element,
            f"It is bound to {'version ' + version if version else f'the {binding}'}.",
            "Here the active version is used.",
        )
