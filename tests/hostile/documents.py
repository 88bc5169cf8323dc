"""Decision tables, forms and JSON documents that are hostile."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from html import escape

from engine.bpmn import forms
from engine.feel import dmn
from tests import drawing as draw
from tests.hostile.cage import Case, Ground

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DMN = 'xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n"'


def model(*body: str) -> bytes:
    return f"<definitions {DMN}>{''.join(body)}</definitions>".encode()


def literal(name: str, text: str, *needs: str) -> str:
    required = "".join(
        f'<informationRequirement id="{name}_{n}"><requiredDecision href="#{n}"/>'
        "</informationRequirement>"
        for n in needs
    )
    return (
        f'<decision id="{name}" name="{name}"><variable name="{name}"/>{required}'
        f"<literalExpression><text>{escape(text)}</text></literalExpression></decision>"
    )


def table(rules: int, columns: int = 1, policy: str = "UNIQUE", cell: str = "{n}") -> str:
    inputs = "".join(
        f'<input id="i{c}"><inputExpression id="e{c}"><text>x{c}</text></inputExpression></input>'
        for c in range(columns)
    )
    drawn = "".join(
        f'<rule id="r{n}">'
        + "".join(
            f'<inputEntry id="i{n}_{c}"><text>{escape(cell.format(n=n, c=c))}</text></inputEntry>'
            for c in range(columns)
        )
        + f'<outputEntry id="o{n}"><text>{n}</text></outputEntry></rule>'
        for n in range(rules)
    )
    return (
        f'<decision id="t" name="t"><decisionTable id="tt" hitPolicy="{policy}">{inputs}'
        f'<output id="o"/>{drawn}</decisionTable></decision>'
    )


def bkm(name: str, body: str, *parameters: str) -> str:
    drawn = "".join(f'<formalParameter name="{p}"/>' for p in parameters)
    known = (
        f'<knowledgeRequirement id="k_{name}"><requiredKnowledge href="#{name}"/>'
        "</knowledgeRequirement>"
    )
    return (
        f'<businessKnowledgeModel id="{name}" name="{name}"><variable name="{name}"/>'
        f"<encapsulatedLogic>{drawn}<literalExpression><text>{escape(body)}</text>"
        f"</literalExpression></encapsulatedLogic>{known}</businessKnowledgeModel>"
    )


def asking(name: str, text: str) -> str:
    return (
        '<decision id="t" name="t"><knowledgeRequirement id="k">'
        f'<requiredKnowledge href="#{name}"/>'
        f"</knowledgeRequirement><literalExpression><text>{escape(text)}</text>"
        "</literalExpression></decision>"
    )


def diamonds(count: int) -> str:
    """Each needs the one before it twice: 2 to the power of `count` ways lead to the first."""
    drawn = literal("d0", "1")
    for n in range(1, count):
        drawn += literal(f"d{n}", f"d{n - 1} + d{n - 1}", f"d{n - 1}")
    return drawn + literal("t", f"d{count - 1}", f"d{count - 1}")


TABLES: dict[str, tuple[bytes, str, bool]] = {
    "a decision that needs itself": (model(literal("t", "1", "t")), "require one another", True),
    "decisions that need each other": (
        model(literal("t", "u", "u"), literal("u", "t", "t")),
        "require one another",
        True,
    ),
    "decisions with 40 diamonds": (model(diamonds(40)), "", True),
    "a chain of 2,000 decisions": (
        model(
            literal("d0", "1"),
            *(literal(f"d{n}", f"d{n - 1}", f"d{n - 1}") for n in range(1, 2_000)),
            literal("t", "d1999", "d1999"),
        ),
        "",
        True,
    ),
    "10,000 rules": (model(table(10_000)), "cells", True),
    "4,900 rules": (model(table(4_900)), "", False),
    "2,000 names of several words": (
        model(
            *(
                literal(f"d{n}", "1").replace(f'name="d{n}"', f'name="d {n} x"')
                for n in range(2_000)
            ),
            literal("t", "1"),
        ),
        "",
        False,
    ),
    "2,000 types": (
        model(
            *(
                f'<itemDefinition name="a {n}"><typeRef>number</typeRef></itemDefinition>'
                for n in range(2_000)
            ),
            table(900),
        ),
        "",
        False,
    ),
    "3,000 rules": (model(table(3_000)), "", False),
    "1,000 rules that overlap": (model(table(1_000, cell="-")), "", False),
    "1,000 rules of ranges": (model(table(1_000, cell="[{n}..{n}0]")), "", False),
    "300 rules of 30 columns": (model(table(300, 30)), "", False),
    "300 rules of 30 columns of ranges": (model(table(300, 30, cell="> {n}, < {c}")), "", False),
    "20 rules of 200 columns": (model(table(20, 200)), "", False),
    "a rule that collects 3,000": (model(table(3_000, 1, "RULE ORDER", "-")), "", False),
    "cells that never end": (
        model(table(30, cell="(for a in 1..1000, b in 1..1000 return a)[1]")),
        "",
        True,
    ),
    "a cell that is Python": (model(table(1, cell="__import__('os').system('id')")), "", False),
    "a function that calls itself": (
        model(bkm("f", "f(n) + f(n)", "n"), asking("f", "f(1)")),
        "",
        True,
    ),
    "an endless decision": (
        model(literal("t", "for a in 1..1000, b in 1..1000 return a")),
        "stopped",
        True,
    ),
    "a function in Java": (
        model(
            '<decision id="t" name="t"><literalExpression><text>'
            'function(x) external {java: {class: "java.lang.Runtime", '
            'method signature: "exit(int)"}}'
            "</text></literalExpression></decision>"
        ),
        "",
        True,
    ),
    "no decision": (model(), "", False),
    "duplicate ids": (model(literal("t", "1"), literal("t", "2")), "", False),
    "a name of 100 KB": (
        model(literal("t", "1").replace('name="t"', f'name="{"x " * 50_000}"')),
        "",
        False,
    ),
    "an item that contains itself": (
        model(
            '<itemDefinition name="a"><itemComponent name="b"><typeRef>a</typeRef></itemComponent>'
            "</itemDefinition>",
            literal("t", "1").replace("<variable", '<variable typeRef="a"'),
        ),
        "",
        True,
    ),
    "an item that is itself": (
        model(
            '<itemDefinition name="a"><typeRef>b</typeRef></itemDefinition>'
            '<itemDefinition name="b"><typeRef>a</typeRef></itemDefinition>',
            literal("t", "1").replace("<variable", '<variable typeRef="a"'),
        ),
        "",
        True,
    ),
    "an import of itself": (
        model(
            '<import name="d" namespace="n" importType="https://www.omg.org/spec/DMN/20191111/MODEL/"/>',
            literal("t", "1"),
        ),
        "",
        False,
    ),
    "a text of 500 KB": (model(literal("t", '"' + "x" * 500_000 + '"')), "100000", False),
    "contexts 60 deep": (
        model(
            '<decision id="t" name="t">'
            + "<context><contextEntry>" * 60
            + "<literalExpression><text>1</text></literalExpression>"
            + "</contextEntry></context>" * 60
            + "</decision>"
        ),
        "",
        True,
    ),
}

FIELD = {"type": "textfield", "key": "a", "label": "A"}


def form(*components: Mapping[str, object], **more: object) -> bytes:
    return json.dumps({"type": "default", "id": "f", "components": components, **more}).encode()


def groups(depth: int) -> bytes:
    inner: dict[str, object] = dict(FIELD)
    for _ in range(depth):
        inner = {"type": "group", "components": [inner]}
    return form(inner)


FORMS: dict[str, tuple[bytes, str, bool]] = {
    "5,000 deep": (b'{"components":' + b"[" * 5_000 + b"]" * 5_000 + b"}", "json.syntax", True),
    "100,000 deep": (b"[" * 100_000, "json", False),
    "1,000 groups deep": (groups(200), "form.depth", True),
    "10,000 fields": (
        form(*({**FIELD, "key": f"a{n}"} for n in range(10_000))),
        "form.fields",
        True,
    ),
    "a key twice": (form(FIELD, FIELD), "form.key-twice", False),
    "1e999999": (b'{"components": [], "x": 1e999999}', "", True),
    "NaN": (b'{"components": [], "x": NaN}', "json.syntax", True),
    "Infinity": (b'{"components": [], "x": -Infinity}', "json.syntax", False),
    "a number of 100,000 digits": (b'{"components": [], "x": ' + b"9" * 100_000 + b"}", "", True),
    "a key of JSON twice": (b'{"components": [], "components": 1}', "form.shape", True),
    "half a surrogate": (b'{"components": [], "id": "\\ud800"}', "json.syntax", True),
    "UTF-16": ('{"components": []}'.encode("utf-16"), "json.syntax", False),
    "a byte order mark": (b'\xef\xbb\xbf{"components": []}', "json.syntax", False),
    "NUL": (b'{"components": []}\x00', "json.syntax", False),
    "a list": (b"[]", "json.object", True),
    "nothing": (b"", "json.syntax", False),
    "4 MB of lists": (b'{"components": [' + b"[]," * 1_300_000 + b"[]]}", "", True),
    "4 MB of objects": (b'{"components": [' + b'{"type":"x"},' * 250_000 + b"{}]}", "", False),
    "components that are no objects": (b'{"components": [1, null, "x", [2]]}', "", True),
    "a pattern that backtracks": (form({**FIELD, "validate": {"pattern": "^(a+)+$"}}), "", True),
    "a pattern of 100 KB": (
        form({**FIELD, "validate": {"pattern": "a" * 100_000}}),
        "form.pattern",
        False,
    ),
    "a condition in Python": (
        form({**FIELD, "conditional": {"hide": "=__import__('os').system('id')"}}),
        "feel|form",
        True,
    ),
    "a label in Jinja": (form({**FIELD, "label": "{{ self.__init__.__globals__ }}"}), "", True),
    "a label that calls": (form({**FIELD, "label": "={{ x.__class__ }}"}), "", False),
    "markup": (form({"type": "html", "content": "<script>alert(1)</script>"}), "form.markup", True),
    "an iframe": (form({"type": "iframe", "url": "javascript:alert(1)"}), "form.markup", False),
    "a key that is no name": (form({**FIELD, "key": "__class__.__base__"}), "form.key", True),
    "a default that is endless": (
        form({**FIELD, "defaultValue": "=for a in 1..1000, b in 1..1000 return a"}),
        "",
        False,
    ),
}
DOCUMENTS: dict[str, tuple[bytes, str, str, bool]] = {
    "a calendar that is deep": (
        b'{"key": "x", "week": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        "calendars/x.json",
        "json.syntax",
        True,
    ),
    "a calendar of nonsense": (b'{"key": "x", "week": 1e400}', "calendars/x.json", "", False),
    "a calendar without anything": (b'{"key": "x"}', "calendars/x.json", "calendar", True),
    "service levels of nonsense": (
        b'{"key": "x", "clocks": [[[{}]]]}',
        "service_levels.json",
        "service_levels",
        True,
    ),
    "notices in Jinja": (
        b'{"key": "x", "notices": {"a": {"subject": "{{ self.__init__ }}", "text": "${7*7}"}}}',
        "notices.json",
        "",
        True,
    ),
    "a kind that is not known": (b'{"key": "x"}', "evil.json", "document.kind", True),
    "a path that climbs": (b'{"components": []}', "../../../etc/x.form", "", True),
    "a name without an end": (b"{}", "x", "file.kind", False),
    "a key of 10 MB": (b'{"key": "' + b"x" * 3_000_000 + b'"}', "calendars/x.json", "", False),
}


def _deploy(ground: Ground, source: bytes, file: str) -> None:
    ground.deploy(source, file)


def _decide(_: Ground, source: bytes) -> object:
    """What the command makes of it when a process asks."""
    return dmn.load(source).decide("t", {"x0": 1, "x1": 2}, NOW).result


def _fill_in(_: Ground, source: bytes) -> object:
    """A person sends the longest answers."""
    schema = json.loads(source)
    if forms.check(schema):
        return "refused at upload"
    clean, errors = forms.validate(schema, {"a": "a" * 5_000 + "!"}, {}, NOW)
    forms.present(schema, {}, {}, language="en", now=NOW)
    return f"{len(clean)} clean, {list(errors)}"


def cases() -> list[Case]:
    """Each is deployed; tables are asked too, forms are filled in too."""
    found = []
    for name, (source, says, quick) in TABLES.items():
        steps: tuple[Callable[[Ground], object], ...] = (
            partial(_deploy, source=source, file="t.dmn"),
            partial(_decide, source=source),
        )
        found.append(Case(f"table: {name}", steps, says, quick=quick))
    endless = TABLES["an endless decision"][0]
    found.append(
        Case(
            "table: a process asks an endless decision",
            lambda ground: ground.desk.start(),
            "stopped",
            partial(_deploy_called, source=endless),
            quick=True,
        )
    )
    for name, (source, says, quick) in FORMS.items():
        sent = partial(_deploy, source=source, file="forms/f.form")
        found.append(Case(f"form: {name}", sent, says, quick=quick))
    for name in ("a pattern that backtracks", "a default that is endless", "a label in Jinja"):
        fill_in = partial(_fill_in, source=FORMS[name][0])
        found.append(Case(f"form: {name}, filled in", fill_in, quick=True))
    for name, (source, file, says, quick) in DOCUMENTS.items():
        sent = partial(_deploy, source=source, file=file)
        found.append(Case(f"document: {name}", sent, says, quick=quick))
    return found


def _deploy_called(ground: Ground, source: bytes) -> None:
    ground.desk.deploy(
        draw.diagram(
            draw.start(),
            draw.decision("k", "t", "x"),
            draw.end(),
            flows=[("begin", "k"), ("k", "done")],
        ),
        t__dmn=source,
    )
