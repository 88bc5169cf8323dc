"""Reads the cases of the DMN Technology Compatibility Kit and runs them on engine.feel.dmn.

A case counts only if its value is equal and of the same type: a number for a number, null for
null. Half of the kit expects null, so the share of the others is counted beside the total.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from lxml import etree

from engine.errors import EngineError
from engine.feel import dmn
from engine.feel.budget import Run
from engine.feel.dmn.xml import Element, attribute, child, children, text_at
from engine.feel.temporal.text import read_date, read_date_time, read_duration, read_time
from engine.feel.values import Value, feel_text

NOW = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


@dataclass(frozen=True)
class Result:
    """One expected result, and what came instead."""

    place: str
    expected: Value
    got: Value
    error: str = ""

    @property
    def passed(self) -> bool:
        return not self.error and same(self.expected, self.got)

    def __str__(self) -> str:
        got = self.error or feel_text(self.got, inner=True)
        return f"{self.place}: expected {feel_text(self.expected, inner=True)}, got {got}"


def folder() -> Path | None:
    """The kit's folder: in $SIGNALBOX_DATA, or in shared/data beside the repository."""
    repository = Path(__file__).resolve().parents[2]
    named = os.environ.get("SIGNALBOX_DATA")
    data = Path(named) if named else repository.parent / "shared" / "data"
    return data / "dmn_tck" if (data / "dmn_tck").is_dir() else None


def suites(level: Path) -> Iterator[Path]:
    """The folders of one level's suites."""
    yield from sorted(path for path in level.iterdir() if path.is_dir())


def results(suite: Path) -> Iterator[Result]:
    """Every result of a suite's cases."""
    models = {path.name: path.read_bytes() for path in sorted(suite.glob("*.dmn"))}
    loaded: dict[str, dmn.Model] = {}
    for path in sorted(suite.glob("*test*.xml")):
        root = _parse(path.read_bytes())
        name = text_at(root, "modelName")
        if name not in loaded:
            others = [source for other, source in models.items() if other != name]
            loaded[name] = dmn.read(models[name], others)
        for case in children(root, "testCase"):
            yield from _case_results(loaded[name], case, f"{suite.name} {path.stem[-2:]}")


def same(expected: Value, got: Value) -> bool:
    """Strictly equal; numbers as far as the kit writes their digits."""
    if type(expected) is not type(got):
        return False
    if isinstance(expected, Decimal) and isinstance(got, Decimal):
        return _same_number(expected, got)
    if isinstance(expected, list) and isinstance(got, list):
        return len(expected) == len(got) and all(map(same, expected, got))
    if isinstance(expected, dict) and isinstance(got, dict):
        return expected.keys() == got.keys() and all(same(v, got[k]) for k, v in expected.items())
    return expected == got


def _same_number(expected: Decimal, got: Decimal) -> bool:
    if expected == got:
        return True
    digits = len(expected.as_tuple().digits)
    return digits >= 8 and abs(expected - got) <= abs(expected) * Decimal("1e-8")


def _case_results(model: dmn.Model, case: Element, place: str) -> Iterator[Result]:
    inputs = {attribute(node, "name"): _value(node) for node in children(case, "inputNode")}
    service = attribute(case, "invocableName")
    for node in children(case, "resultNode"):
        name = attribute(node, "name")
        where = f"{place} {attribute(case, 'id')} '{name}'"
        expected = _value(child(node, "expected"))
        ids = {label: id_ for id_, label in {**model.services, **model.decisions}.items()}
        run = Run(NOW)
        try:
            id_ = ids.get(service or name, name)
            got = model.evaluate(id_, inputs, run)
        except (EngineError, RecursionError) as error:
            yield Result(where, expected, None, f"{type(error).__name__}: {error}")
            continue
        several = service and isinstance(got, dict) and len(list(children(case, "resultNode"))) > 1
        yield Result(where, expected, got.get(name) if several else got)


def _value(node: Element | None) -> Value:
    if node is None:
        return None
    items = child(node, "list")
    if items is not None:
        return [_value(item) for item in children(items, "item")]
    components = list(children(node, "component"))
    if components:
        return {attribute(part, "name"): _value(part) for part in components}
    value = child(node, "value")
    if value is None or value.get(_NIL) == "true" or node.get(_NIL) == "true":
        return None
    return _simple(value.text or "", (value.get(_TYPE) or "xsd:string").rpartition(":")[2])


def _simple(text: str, kind: str) -> Value:
    if kind in ("decimal", "double", "integer"):
        return Decimal(text.strip())
    if kind == "boolean":
        return text.strip() == "true"
    readers = {
        "date": read_date,
        "time": read_time,
        "dateTime": read_date_time,
        "duration": read_duration,
    }
    return readers[kind](text.strip()) if kind in readers else text


def _parse(source: bytes) -> Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    parser.feed(source)
    return parser.close()
