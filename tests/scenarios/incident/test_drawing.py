"""The incident diagram: its lanes, forms, tables and notices fit together."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import handlers
from engine.bpmn import form_check, lint, reader
from engine.feel import dmn
from handlers import incident
from itil import demo

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "workflows/incident"
SOURCE = (FOLDER / "incident.bpmn").read_bytes()
TREE = ET.fromstring(SOURCE)
NS = {
    "bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "di": "http://www.omg.org/spec/BPMN/20100524/DI",
    "dc": "http://www.omg.org/spec/DD/20100524/DC",
    "way": "http://www.omg.org/spec/DD/20100524/DI",
    "zeebe": "http://camunda.org/schema/zeebe/1.0",
    "modeler": "http://camunda.org/schema/modeler/1.0",
}
FORMS = {path.stem: json.loads(path.read_text("utf-8")) for path in ROOT.glob("forms/incident/*")}
DECISIONS = sorted(path.stem for path in FOLDER.glob("*.dmn"))
DRAWING = reader.read(SOURCE, "incident.bpmn")
#: What incidents say that began before leading was a process of its own.
STILL_SAID = {"incident.major", "incident.communication-due"}


def test_the_header_is_what_the_modeler_writes() -> None:
    modeler = f"{{{NS['modeler']}}}"

    assert TREE.get(f"{modeler}executionPlatform") == "Camunda Cloud"
    assert TREE.get(f"{modeler}executionPlatformVersion") == "8.9.0"


def test_lint_finds_nothing_to_say_about_it() -> None:
    inputs = dict.fromkeys(DECISIONS, ())
    known = lint.Known(handlers.load(), frozenset(f"incident/{name}" for name in FORMS), inputs)

    found = lint.check(DRAWING, known)
    # Who sends to whom, and what is called, is known only with the other diagrams.
    alone = [f for f in found if not f.rule.startswith(("message.", "call."))]
    assert [str(finding) for finding in alone] == []


def test_every_element_outside_the_subprocess_lies_in_a_lane() -> None:
    assert [p.id for p in DRAWING.places.values() if not p.lane] == []
    assert {p.lane for p in DRAWING.places.values()} == {
        "Requester",
        "Service desk",
        "Resolver groups",
        "Incident manager",
    }


@pytest.mark.parametrize("name", sorted(FORMS))
def test_a_form_can_be_used_and_is_in_two_languages(name: str) -> None:
    schema = FORMS[name]
    told = [
        component
        for component in schema["components"]
        if not any(key.endswith(":zh") for key in component["properties"])
    ]

    assert schema["id"] == f"incident/{name}"
    assert [str(finding) for finding in form_check.check(schema)] == []
    assert told == []


@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_compiles_and_annotates_every_rule_in_chinese(name: str) -> None:
    source = (FOLDER / f"{name}.dmn").read_bytes()
    notes = [
        rule.findtext("{*}description") or ""
        for rule in ET.fromstring(source).findall(".//{*}rule")
    ]

    assert dmn.load(source).inputs(name) != ()
    assert len(notes) > 3
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in note) for note in notes)


def test_every_notice_that_is_sent_has_a_text_and_every_text_is_sent() -> None:
    texts = json.loads((FOLDER / "notices.json").read_text("utf-8"))["texts"]
    drawn = {place.settings.headers.get("template") for place in DRAWING.places.values()}
    handled = re.findall(r'Notice\([^)]*?"(incident\.[a-z-]+)"', inspect.getsource(incident))

    assert (drawn - {None}) | set(handled) == set(texts) - STILL_SAID


@pytest.mark.parametrize("name", ["assignment", "tiers"])
def test_a_table_sends_work_only_to_groups_that_a_demo_has(name: str) -> None:
    rules = ET.parse(FOLDER / f"{name}.dmn").findall(".//{*}outputEntry")
    groups = {
        text.strip('"') for rule in rules if (text := rule.findtext("{*}text") or "")[0] == '"'
    }

    assert len(groups) > 3
    assert groups <= {key for key, *_ in demo.GROUPS}
