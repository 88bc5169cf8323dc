"""Writes docs/coverage.md: every element of BPMN, whether it runs, and the tests that prove it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.bpmn.definition import RUNS
from engine.bpmn.lint.events import TRIGGERS
from scripts.machine import ROOT

PAGE = ROOT / "docs" / "coverage.md"
HEAD = """\
# Coverage of BPMN

Every element of BPMN 2.0.2 that a process may contain. What runs is proved by the named scenarios;
what does not is refused by name at upload, never run wrongly. How each one runs:
[diagrams.md](diagrams.md).

*Written by `python -m scripts.coverage` from the rules and the tests; do not edit.*

"""
#: Words for tags and triggers where BPMN's own would not read well.
_WORDS = {
    "none": "none (plain)",
    "compensate": "compensation",
    "eventBasedGateway": "event-based gateway",
    "adHocSubProcess": "ad-hoc sub-process",
    "subProcess": "embedded sub-process",
    "laneSet": "lanes",
    "ioMapping": "variables of its own by input and output mappings",
    "multiInstanceLoopCharacteristics": "multi-instance marker,",
    "standardLoopCharacteristics": "standard loop marker",
}
#: BPMN 2.0.2, tables 10.83 to 10.93: which triggers an event may have where.
_EVENTS = {
    "startEvent": "none message timer conditional signal multiple parallel-multiple",
    "event sub-process": (
        "message timer escalation error compensate conditional signal multiple parallel-multiple"
    ),
    "intermediateCatchEvent": "message timer conditional link signal multiple parallel-multiple",
    "intermediateThrowEvent": "none message escalation compensate link signal multiple",
    "boundaryEvent": (
        "message timer escalation error cancel compensate conditional signal "
        "multiple parallel-multiple"
    ),
    "endEvent": "none message escalation error cancel compensate signal terminate multiple",
}
_ACTIVITIES = (
    "task manualTask userTask serviceTask sendTask receiveTask businessRuleTask scriptTask "
    "subProcess transaction adHocSubProcess callActivity"
)
_GATEWAYS = "exclusiveGateway parallelGateway inclusiveGateway eventBasedGateway complexGateway"
#: What is no flow node, and so not in the rules that the page is written from.
_BESIDE = {
    "multiInstanceLoopCharacteristics parallel": True,
    "multiInstanceLoopCharacteristics sequential": True,
    "standardLoopCharacteristics": False,
    "userTask ioMapping": True,
    "subProcess ioMapping": True,
    "laneSet": True,
}


@dataclass(frozen=True, slots=True)
class Element:
    """An element, with its trigger where it is an event."""

    name: str  #: as tests name it, such as `boundaryEvent signal`
    family: str
    runs: bool


def elements() -> list[Element]:
    """Every element of BPMN, in the order of the page."""
    found = [
        Element(f"{kind} {trigger}", "Events", trigger in TRIGGERS[_rule(kind)])
        for kind, triggers in _EVENTS.items()
        for trigger in triggers.split()
    ]
    for family, kinds in (("Activities", _ACTIVITIES), ("Gateways", _GATEWAYS)):
        found += [Element(kind, family, kind in RUNS) for kind in kinds.split()]
    return found + [Element(name, "Markers and more", runs) for name, runs in _BESIDE.items()]


def _rule(kind: str) -> str:
    return "event sub-process start" if kind == "event sub-process" else kind


def proofs() -> dict[str, list[tuple[Path, str]]]:
    """For each element the tests that say they prove it: file and name."""
    found: dict[str, list[tuple[Path, str]]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for test in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(test, ast.FunctionDef):
                for element in _proved_by(test):
                    found.setdefault(element, []).append((path, test.name))
    return found


def _proved_by(test: ast.FunctionDef) -> Iterator[str]:
    for decorator in test.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "proves":
            yield from (ast.literal_eval(argument) for argument in decorator.args)


def page() -> str:
    """The page as it must be."""
    proved, text, family = proofs(), HEAD, ""
    for element in elements():
        if element.family != family:
            family = element.family
            text += f"{'' if text == HEAD else chr(10)}## {family}\n\n"
            text += "| Element | State | Proved by |\n|---|---|---|\n"
        state = "runs" if element.runs else "refused"
        tests = "; ".join(_cell(path, name) for path, name in proved.get(element.name, ()))
        text += f"| {_shown(element.name)} | {state} | {tests} |\n"
    return text


def _shown(name: str) -> str:
    return " ".join(_WORDS.get(word) or _spaced(word) for word in name.split())


def _spaced(word: str) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in word)


def _cell(path: Path, name: str) -> str:
    sentence = name.removeprefix("test_").replace("_", " ")
    return f"[{sentence}](../{path.relative_to(ROOT)})"


def main(arguments: list[str]) -> int:
    """Write the page, or compare it with what is there."""
    if arguments == ["--check"]:
        return int(PAGE.read_text(encoding="utf-8") != page())
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
