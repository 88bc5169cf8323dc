"""Form fields that were written into a diagram, as a form-js schema of their own."""

from __future__ import annotations

import json
import re
from typing import TypeAlias

from lxml import etree

from engine.bpmn.foreign import juel
from engine.bpmn.foreign.conversion import Conversion, inside
from engine.bpmn.xml import local

Field: TypeAlias = dict[str, object]

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
#: Their types, and what says the same in form-js.
_TYPES: dict[str, Field] = {
    "string": {"type": "textfield"},
    "long": {"type": "number", "decimalDigits": 0},
    "integer": {"type": "number", "decimalDigits": 0},
    "int": {"type": "number", "decimalDigits": 0},
    "double": {"type": "number"},
    "boolean": {"type": "checkbox"},
    "date": {"type": "datetime", "subtype": "date"},
    "enum": {"type": "select"},
}
_RULES = {"minlength": "minLength", "maxlength": "maxLength", "min": "min", "max": "max"}


def written(conversion: Conversion, element: etree._Element, groups: list[etree._Element]) -> str:
    """Make the form of a task or start event; its key, or nothing where it has no field."""
    found = [f for g in groups for f in (inside(g, "formField") if local(g) == "formData" else [g])]
    components = [
        component for f in found if (component := _component(conversion, element, f)) is not None
    ]
    return kept(conversion, element, components) if components else ""


def kept(conversion: Conversion, element: etree._Element, components: list[Field]) -> str:
    """Write the form of a task or start event; its key."""
    process = element
    while process.getparent() is not None and local(process) != "process":
        process = process.getparent()
    # The key becomes a path, so nothing of an id may lead out of its folder.
    key = "/".join(re.sub(r"[^\w-]+", "_", e.get("id") or "form") for e in (process, element))
    schema = {
        "type": "default",
        "id": key,
        "schemaVersion": 19,
        "executionPlatform": "Camunda Cloud",
        "executionPlatformVersion": "8.9.0",
        "components": components,
        "properties": {"name": element.get("name") or element.get("id")},
    }
    conversion.forms[key] = json.dumps(schema, ensure_ascii=False, indent=2).encode() + b"\n"
    return key


def _component(
    conversion: Conversion, element: etree._Element, field: etree._Element
) -> Field | None:
    key = field.get("id") or ""
    kind = field.get("type") or "string"
    if not _KEY.fullmatch(key) or kind not in _TYPES:
        conversion.warning(
            "form",
            element,
            f"The field '{key}' of type '{kind}' cannot be taken into the form.",
            "Add it in the form editor, under a key of letters, digits and '_'.",
        )
        return None
    label = field.get("label") or field.get("name") or key
    made: Field = {**_TYPES[kind], "id": f"field_{key}", "key": key}
    made["dateLabel" if kind == "date" else "label"] = label
    if kind == "enum":
        made["values"] = [_option(value) for value in inside(field, "value")]
    _default(conversion, element, made, field)
    _validate(conversion, element, made, field)
    return made


def _option(value: etree._Element) -> dict[str, str]:
    key = value.get("id") or ""
    return {"value": key, "label": value.get("name") or key}


def _default(
    conversion: Conversion, element: etree._Element, made: Field, field: etree._Element
) -> None:
    text = (field.get("defaultValue") or field.get("default") or "").strip()
    if juel.is_expression(text):
        conversion.warning(
            "form",
            element,
            f"The field '{made['key']}' began with `{text}`.",
            "Set the variable before the task; the field shows it.",
        )
    elif made["type"] == "checkbox" and text:
        made["defaultValue"] = text == "true"
    elif made["type"] == "number" and re.fullmatch(r"-?\d{1,15}(\.\d{1,9})?", text):
        made["defaultValue"] = float(text) if "." in text else int(text)
    elif text and made["type"] in ("textfield", "select"):
        made["defaultValue"] = text


def _validate(
    conversion: Conversion, element: etree._Element, made: Field, field: etree._Element
) -> None:
    rules: Field = {"required": True} if field.get("required") == "true" else {}
    made |= {"readonly": True} if field.get("writable") == "false" else {}
    for group in inside(field, "validation"):
        for constraint in inside(group, "constraint"):
            name, config = constraint.get("name") or "", constraint.get("config") or ""
            if name == "required":
                rules["required"] = config != "false"
            elif name == "readonly":
                made["readonly"] = config != "false"
            elif name in _RULES and re.fullmatch(r"-?\d{1,15}", config):
                rules[_RULES[name]] = int(config)
            else:
                conversion.warning(
                    "form",
                    element,
                    f"The rule '{name}' of the field '{made['key']}' was left out.",
                    "Set it in the form editor.",
                )
    if rules:
        made["validate"] = rules
