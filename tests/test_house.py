"""Rules of the house that no linter knows. Every failure names the place and says what to do."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import handlers
from scripts import docs
from scripts.machine import ROOT

PACKAGES = ("engine", "itil", "handlers", "web")
FILE_LIMIT = 400
FUNCTION_LIMIT = 40
ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"
DMN_DECISION = re.compile(r"\{https://www\.omg\.org/spec/DMN/\d+/MODEL/\}decision")

#: What must not be in the repository, and why. The brackets keep this file from finding itself.
FOREIGN = {
    r"/(?:root|work|home/\w+|Users/\w+|opt/wheels)[/]\w": "a path of somebody's machine",
    r"pkg[.]dev\b|art[i]factory|\bnexus[.]\w|index-u[r]l|_auth[T]oken": "a package registry",
    r"(?i)cl[a]ude|anthr[o]pic|chat[g]pt|\bop[e]nai\b|cop[i]lot|language m[o]del|sub-?ag[e]nt": (
        "a tool that helped writing"
    ),
    r"house-st[y]le|working pap[e]r|notes/[a-z-]+[.]md|[.][.]/sh[a]red/|\bprototyp[e]s/": (
        "a paper of the workshop"
    ),
}


def repository_files() -> list[Path]:
    """Every file that is tracked or about to be, as git sees it."""
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-coz", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = (ROOT / name for name in listed.stdout.split("\0") if name)
    return sorted(path for path in paths if path.is_file())


FILES = repository_files()
TEXTS = {path: text for path in FILES if (text := path.read_bytes().decode(errors="replace"))}
MODULES = {
    str(path.relative_to(ROOT)): ast.parse(text)
    for path, text in TEXTS.items()
    if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in {*PACKAGES, path.name}
}


def nodes() -> Iterator[tuple[str, ast.AST]]:
    """Every syntax node of app.py, its neighbours and our packages, with its module."""
    for name, tree in MODULES.items():
        for node in ast.walk(tree):
            yield name, node


def diagrams() -> Iterator[tuple[str, ET.Element]]:
    """Every shipped diagram with its name."""
    for path in sorted((ROOT / "workflows").rglob("*.bpmn")):
        yield str(path.relative_to(ROOT)), ET.parse(path).getroot()


def used_in_diagrams(element: str, attribute: str) -> dict[str, str]:
    """Static values of a zeebe attribute, each with one diagram that has it."""
    return {
        value: name
        for name, root in diagrams()
        for found in root.iter(f"{ZEEBE}{element}")
        if (value := found.get(attribute)) and not value.startswith("=")
    }


def none(offences: list[str]) -> None:
    """Fail with every offence on a line of its own."""
    if offences:
        pytest.fail("\n" + "\n".join(offences), pytrace=False)


# Code


def test_a_file_fits_in_a_head() -> None:
    offences = [
        f"{path.relative_to(ROOT)} has {lines} lines: split it by subject."
        for path, text in TEXTS.items()
        if path.suffix == ".py" and (lines := text.count("\n")) > FILE_LIMIT
    ]
    none(offences)


def test_a_function_fits_on_a_screen() -> None:
    offences = [
        f"{name}:{node.lineno} {node.name} has {lines} lines: name its parts."
        for name, node in nodes()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LIMIT
    ]
    none(offences)


def test_only_the_unit_of_work_commits() -> None:
    offences = [
        f"{name}:{node.lineno} commits: leave that to the unit of work."
        for name, node in nodes()
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        # SQLAlchemy's `begin()` commits at the end of its block.
        and (node.func.attr == "commit" or (node.func.attr == "begin" and not node.args))
        and name != "engine/store/unit_of_work.py"
    ]
    none(offences)


def test_nothing_turns_data_into_code() -> None:
    banned_calls = {"eval", "exec", "compile", "__import__", "PythonScriptEngine"}
    banned_modules = {"pickle", "marshal", "shelve", "dill"}
    offences = [
        f"{name}:{node.lineno}: {found}"
        for name, node in nodes()
        for found in _calls(node) & banned_calls | _imports(node) & banned_modules
        if isinstance(node, ast.stmt | ast.expr)
    ]
    none(offences)


def _calls(node: ast.AST) -> set[str]:
    if not isinstance(node, ast.Call):
        return set()
    return {node.func.id} if isinstance(node.func, ast.Name) else set()


def _imports(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    return {(node.module or "").partition(".")[0]} if isinstance(node, ast.ImportFrom) else set()


# Diagrams, forms, decisions


def test_every_topic_in_a_diagram_has_a_handler() -> None:
    known = handlers.load().names()
    topics = used_in_diagrams("taskDefinition", "type")
    none([f"{name}: '{key}' has no handler." for key, name in topics.items() if key not in known])


def offered_forms() -> dict[str, str]:
    """Forms that diagrams name in the property `form` of an offered message."""
    return {
        element.get("value", ""): path.name
        for path in (ROOT / "workflows").rglob("*.bpmn")
        for element in ET.parse(path).getroot().iter()
        if element.tag.endswith("}property") and element.get("name") == "form"
    }


def test_every_form_in_a_diagram_exists_and_every_form_is_used() -> None:
    folder = ROOT / "forms"
    shipped = {str(p.relative_to(folder).with_suffix("")) for p in folder.rglob("*.form")}
    used = used_in_diagrams("formDefinition", "formId") | offered_forms() | forms_of_items()
    none([f"{name}: form '{key}' is missing." for key, name in used.items() if key not in shipped])
    none([f"forms/{key}.form is in no diagram." for key in sorted(shipped - used.keys())])


def forms_of_items() -> dict[str, str]:
    """Form -> file of the catalogue item that it belongs to."""
    items = (ROOT / "workflows" / "catalogue").glob("*.json")
    return {json.loads(path.read_text("utf-8"))["form"]: path.name for path in items}


def test_every_decision_in_a_diagram_exists() -> None:
    shipped = {
        element.get("id")
        for path in (ROOT / "workflows").rglob("*.dmn")
        for element in ET.parse(path).getroot().iter()
        if DMN_DECISION.fullmatch(element.tag)
    }
    used = used_in_diagrams("calledDecision", "decisionId")
    none([f"{name}: '{key}' is in no .dmn." for key, name in used.items() if key not in shipped])


# Errors, settings, documents


def test_one_error_code_means_one_thing() -> None:
    said: dict[str, set[tuple[int, str]]] = {}
    for error in docs.errors():
        said.setdefault(error.code, set()).add((error.status, error.sentence))
    none([f"{code} has {len(ways)} sentences." for code, ways in said.items() if len(ways) > 1])


def test_every_error_says_in_its_docstring_when_it_happens() -> None:
    none([error.where for error in docs.errors() if not error.when.endswith(".")])


def test_every_error_and_every_setting_is_documented() -> None:
    none([f"{path.relative_to(ROOT)} is out of date: run `make docs`." for path in docs.stale()])


@pytest.mark.parametrize(("pattern", "what"), FOREIGN.items(), ids=FOREIGN.values())
def test_no_file_mentions_what_is_not_of_the_product(pattern: str, what: str) -> None:
    search = re.compile(pattern).search
    offences = [
        f"{path.relative_to(ROOT)}:{number}: '{found[0]}' is {what}"
        for path, text in TEXTS.items()
        if "\0" not in text and search(text)
        for number, line in enumerate(text.splitlines(), start=1)
        if (found := search(line))
    ]
    none(offences)


def test_a_lock_file_names_no_registry_but_the_public_one() -> None:
    locked = [path for path in TEXTS if path.name == "package-lock.json"]
    hosts = {
        host for path in locked for host in re.findall(r'"resolved": "(\w+://[^/"]+)', TEXTS[path])
    }
    assert hosts <= {"https://registry.npmjs.org"}


def test_every_package_we_ship_with_is_in_the_notices() -> None:
    pinned = re.findall(r"^([\w.-]+)[\[=]", TEXTS[ROOT / "requirements.txt"], flags=re.MULTILINE)
    bundled = json.loads(TEXTS[ROOT / "frontend" / "package.json"]).get("dependencies", {})
    notices = TEXTS[ROOT / "THIRD-PARTY-NOTICES.md"]
    none([f"{name} is missing." for name in [*pinned, *bundled] if f"| {name} |" not in notices])


def shell_commands() -> list[tuple[str, str]]:
    """Every command line in a `sh` block of our documents, with the document."""
    return [
        (str(path.relative_to(ROOT)), line.strip())
        for path, text in TEXTS.items()
        if path.suffix == ".md"
        for block in re.findall(r"^```sh\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
        for line in block.splitlines()
        if line.strip() and not line.startswith("#")
    ]


def test_every_make_target_in_the_documents_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", TEXTS[ROOT / "Makefile"], flags=re.MULTILINE))
    unknown = [
        f"{page}: make {target}"
        for page, line in shell_commands()
        for target in re.findall(r"^(?:\w+=\S+ )*make ([a-z-]+)", line)
        if target not in targets
    ]
    none(unknown)


def test_every_subcommand_in_the_documents_exists() -> None:
    named = {
        command: page
        for page, line in shell_commands()
        for command in re.findall(r"app\.py ([a-z][a-z-]*)", line)
    }
    none([f"{page}: app.py {name}" for name, page in named.items() if not _has_help(name)])


def _has_help(command: str) -> bool:
    called = [sys.executable, "app.py", command, "--help"]
    return subprocess.run(called, cwd=ROOT, capture_output=True, check=False).returncode == 0


def test_every_link_between_documents_leads_somewhere() -> None:
    broken = [
        f"{path.relative_to(ROOT)}: {target}"
        for path, text in TEXTS.items()
        if path.suffix == ".md"
        for target in re.findall(r"\]\((?!\w+:|#)([^)#\s]+)", text)
        if not (path.parent / target).exists()
    ]
    none(broken)


# The rules themselves must be able to fail


@pytest.mark.parametrize(
    ("find", "source", "found"),
    [
        (_calls, "eval(text)", {"eval"}),
        (_calls, "re.compile(text)", set()),
        (_imports, "import pickle", {"pickle"}),
        (_imports, "from marshal import loads", {"marshal"}),
    ],
)
def test_the_search_for_banned_code_finds_it(
    find: Callable[[ast.AST], set[str]], source: str, found: set[str]
) -> None:
    assert set().union(*(find(node) for node in ast.walk(ast.parse(source)))) == found


@pytest.mark.parametrize(
    "line", ["open('/ro" + "ot/x')", "as Cl" + "aude said", "see notes/" + "web.md"]
)
def test_the_search_for_foreign_words_finds_them(line: str) -> None:
    assert any(re.search(pattern, line) for pattern in FOREIGN)
