"""Examples of rules on files, ids, forms and decisions."""

from __future__ import annotations

from tests.drawing import (
    catch,
    diagram,
    end,
    message,
    messages,
    start,
    user,
)
from tests.unit.lint.asking import Files, form, row
from tests.unit.lint.drawn import (
    LEVELS,
    OTHER,
    UNCHECKED,
    WORK,
    component,
    fields,
    nested,
    tabled,
    without_id,
)

FILES: dict[str, tuple[Files, Files]] = {
    # files
    "file.kind": ({"a.py": b"print(1)"}, {"p.bpmn": WORK}),
    "file.twice": ({"a.bpmn": WORK, "b.bpmn": WORK}, {"a.bpmn": WORK, "b.bpmn": OTHER}),
    "json.syntax": ({"a.form": b"{"}, {"a.form": form()}),
    "json.size": ({"a.form": form() + b" " * 1_000_000}, {"a.form": form()}),
    "json.object": ({"a.form": b"[]"}, {"a.form": form()}),
    "dmn.read": ({"d.dmn": b"<a/>"}, tabled("-")),
    "document.kind": ({"x/y.json": b"{}"}, {"calendars/y.json": b'{"key": "y", "zone": "UTC"}'}),
    "document.key": (
        {"calendars/y.json": b'{"zone": "UTC"}'},
        {"calendars/y.json": b'{"key": "y", "zone": "UTC"}'},
    ),
    "document.refused": (
        {"calendars/y.json": b'{"key": "y"}'},
        {"calendars/y.json": b'{"key": "y", "zone": "UTC"}'},
    ),
    "document.message": (
        {"calendars/y.json": b'{"key": "y", "zone": "UTC", "sends": ["late"]}'},
        {
            "calendars/y.json": b'{"key": "y", "zone": "UTC", "sends": ["late"]}',
            "p.bpmn": row(catch("c", message("late")), top=messages("late")),
        },
    ),
    "xml.size": (WORK + b" " * 4_000_000, WORK),
    "xml.syntax": (WORK[:-3], WORK),
    "xml.encoding": (b'<?xml version="1.0" encoding="UTF-7"?><a/>', WORK),
    "xml.doctype": (WORK.replace(b"?>", b"?><!DOCTYPE a>", 1), WORK),
    "xml.depth": (b"<a>" * 101 + b"</a>" * 101, WORK),
    "xml.nodes": (b"<a>" + b"<b/>" * 60_000 + b"</a>", WORK),
    "bpmn.root": (b"<a/>", WORK),
    "bpmn.process": (UNCHECKED, WORK),
    "bpmn.nodes": (diagram(start(), user(*(f"t{n}" for n in range(3_000)))), WORK),
    "bpmn.id": (without_id(WORK, b"p"), WORK),
    # ids
    "id.duplicate": (row(user("work"), more=end("work")), WORK),
    "id.form": (row(user("a b")), WORK),
    "id.missing": (without_id(WORK, b"work"), WORK),
    "id.reserved": (row(user("work.link")), WORK),
    "id.case": (row(user("work"), user("Work")), row(user("work"), user("play"))),
    "name.long": (
        WORK.replace(b'name="work"', b'name="' + b"x" * 301 + b'"'),
        WORK.replace(b'name="work"', b'name="' + b"x" * 300 + b'"'),
    ),
    # forms
    "form.shape": ({"a.form": b'{"components": 3}'}, {"a.form": form()}),
    "form.fields": (fields(301), fields(300)),
    "form.key-twice": (
        {"a.form": form({"type": "textfield", "key": "a"}, {"type": "number", "key": "a"})},
        {"a.form": form({"type": "textfield", "key": "a"}, {"type": "number", "key": "b"})},
    ),
    "form.depth": (nested(9), nested(8)),
    "form.markup": (component(type="html"), component(type="text")),
    "form.component": (component(type="dynamiclist"), component()),
    "form.key": (component(key="a.b"), component()),
    "form.path": (
        {"a.form": form({"type": "group", "path": "g", "components": []})},
        {"a.form": form({"type": "group", "components": []})},
    ),
    "form.options": (component(type="select"), component(type="select", values=LEVELS)),
    "form.pattern": (component(validate={"pattern": "(["}), component(validate={"pattern": "a+"})),
    "form.template": (
        component(label="{{#if a}}b{{/if}}"),
        component(label="{{if a then b else c}}"),
    ),
    "form.expression": (component(readonly="=1 +"), component(readonly="=a")),
    # decisions
    "dmn.decision": (tabled("1 +"), tabled("1", "-", policy="FIRST")),
    "dmn.gap": (tabled("< 3"), tabled("< 3", ">= 3")),
    "dmn.overlap": (tabled("<= 3", ">= 3"), tabled("< 3", ">= 3")),
    "dmn.unchecked": (tabled("> limit"), tabled("-")),
}
