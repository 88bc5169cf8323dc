"""docs/traceability.md: each requirement, what in the product meets it, the tests that show it.

Elements of diagrams name requirements in their property `requirements`, modules in parentheses such
as (CHG-08) in docstrings and comments, tests in their function's name: `test_chg_08_...`.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.bpmn.xml import parse
from scripts.machine import ROOT

CATALOGUE = ROOT / "docs" / "requirements.csv"
PAGE = ROOT / "docs" / "traceability.md"
HEAD = """\
# Traceability

Each requirement of the catalogue ([requirements.csv](requirements.csv); M must, S should, D what
sets us apart), the elements of diagrams, tables and modules that meet it, and the tests named after
it.

*Written by `make docs` from diagrams, modules and tests; do not edit.*

"""
TABLE = "\n## {}\n\n| Requirement | | Met by | Shown by |\n|---|---|---|---|\n"
_ID = re.compile(r"\b([A-Z]{3,4}-\d\d)\b")
_TEST = re.compile(r"^\s*(?:async )?def (test_\w+)", re.MULTILINE)
_NAMED = re.compile(r"(?<![a-z0-9])([a-z]{3,4})_(\d\d)(?!\d)")
_ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"
_PACKAGES = ("engine", "itil", "handlers", "web")
#: Files that meet requirements beside diagrams: what an admin edits.
_DATA = (".dmn", ".json", ".form")


@dataclass
class Traced:
    """A requirement with what was found of it."""

    id: str
    mark: str
    what: str
    places: list[str] = field(default_factory=list)  #: as Markdown
    tests: list[str] = field(default_factory=list)

    @property
    def family(self) -> str:
        """The part before the dash."""
        return self.id.partition("-")[0]


def trace() -> list[Traced]:
    """Every requirement of the catalogue, in its order."""
    with CATALOGUE.open(encoding="utf-8", newline="") as lines:
        known = {row["id"]: Traced(**row) for row in csv.DictReader(lines)}
    for found in (_elements(), _texts()):
        for name, places in found.items():
            if name in known:
                known[name].places += places
    for name, tests in _tests().items():
        if name in known:
            known[name].tests += tests
    return list(known.values())


def page() -> str:
    """The page as Markdown."""
    lines = [HEAD]
    family = ""
    for one in trace():
        if one.family != family:
            family = one.family
            lines.append(TABLE.format(family))
        shown = (f"{one.id} {one.what}", one.mark, "<br>".join(one.places), "<br>".join(one.tests))
        lines.append(f"| {' | '.join(shown)} |\n")
    return "".join(lines)


def _elements() -> Mapping[str, list[str]]:
    """Requirement -> elements of diagrams that name it."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "workflows").rglob("*.bpmn")):
        by_id: dict[str, list[str]] = defaultdict(list)
        for element in parse(path.read_bytes(), path.name).iter():
            own = element.find(f"{{*}}extensionElements/{_ZEEBE}properties")
            for prop in own if own is not None else ():
                if prop.get("name") == "requirements":
                    for name in _ID.findall(prop.get("value", "")):
                        by_id[name].append(element.get("id", ""))
        for name, elements in by_id.items():
            found[name].append(f"{_link(path)}: {', '.join(f'`{e}`' for e in elements)}")
    return found


def _texts() -> Mapping[str, list[str]]:
    """Requirement -> tables, forms, documents and modules that name it."""
    found: dict[str, list[str]] = defaultdict(list)
    data = (p for p in sorted((ROOT / "workflows").rglob("*")) if p.suffix in _DATA)
    modules = (p for name in _PACKAGES for p in sorted((ROOT / name).rglob("*.py")))
    for path in (*data, *modules):
        for name in sorted(set(_ID.findall(path.read_text("utf-8")))):
            found[name].append(_link(path))
    return found


def _tests() -> Mapping[str, list[str]]:
    """Requirement -> tests that are named after it."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for test in _TEST.findall(path.read_text("utf-8")):
            for family, number in _NAMED.findall(test):
                found[f"{family.upper()}-{number}"].append(f"[{test}]({_way(path)})")
    return found


def _link(path: Path) -> str:
    return f"[{path.relative_to(ROOT)}]({_way(path)})"


def _way(path: Path) -> Path:
    return Path("..") / path.relative_to(ROOT)


def unmet() -> Iterator[Traced]:
    """Musts without a test."""
    return (one for one in trace() if one.mark == "M" and not one.tests)
