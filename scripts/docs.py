"""Writes the generated pages of docs/ from the source, or checks them (--check)."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import sys
import textwrap
from dataclasses import dataclass, fields
from http import HTTPStatus
from pathlib import Path

from engine.bpmn import rules
from engine.errors import EngineError
from engine.findings import Rule, rules_in
from scripts import traceability
from scripts.machine import ROOT
from settings import PREFIX, Settings
from web.errors import STATUS

DOCS = ROOT / "docs"
PACKAGES = ("engine", "itil", "handlers", "web")
ERRORS_HEAD = """\
# Errors

Every error has a code, which logs and the API carry and which stays the same, and a sentence,
which people read. Words in braces stand for the ids and names of the case at hand.

*Written by `make docs` from the error classes; do not edit.*

| Code | HTTP | When | Sentence |
|---|---|---|---|
"""
SETTINGS_HEAD = """\
# Settings

Read once at the start, from environment variables. Yes and no are written `yes`, `no`, `true`,
`false`, `on`, `off`, `1` or `0`. A value that does not fit stops the start with one line that
names it.

*Written by `make docs` from settings.py; do not edit.*

| Variable | What it sets | Default |
|---|---|---|
"""
RULES_HEAD = """\
# Rules

What an uploaded file is held to, by `app.py check`, by an upload and by a deployment. An *error*
refuses the file, a *warning* is only shown. Words in braces stand for the ids and names of the
case at hand.

*Written by `make docs` from the rules; do not edit.*
"""
RULES_TABLE = """
## {}

| Rule | | What is found | Why it matters | What to do | 中文 |
|---|---|---|---|---|---|
"""
#: How settings.py writes a setting: name, type, default, and what it is after `#:`.
SETTING = r"^    {}: \w+ = (.+?)  #: (.+)$"


@dataclass(frozen=True, order=True)
class Documented:
    """One error class as the page shows it."""

    code: str
    status: int
    when: str
    sentence: str
    where: str  #: module and class, for those who search the source

    def row(self) -> str:
        """The line of the table."""
        return _row(f"`{self.code}`", str(self.status), self.when, self.sentence)


def errors() -> list[Documented]:
    """Every error class of the four packages that has a code of its own, by code."""
    for package in PACKAGES:
        module = importlib.import_module(package)
        for found in pkgutil.walk_packages(module.__path__, f"{package}."):
            importlib.import_module(found.name)
    return sorted(_documented(error) for error in _family(EngineError) if "code" in vars(error))


def errors_page() -> str:
    """The page with every error code."""
    return ERRORS_HEAD + "".join(error.row() for error in errors())


def settings_page() -> str:
    """The page with every setting.

    Raises:
        ValueError: a setting has no default or no comment in its line.
    """
    source = (ROOT / "settings.py").read_text(encoding="utf-8")
    return SETTINGS_HEAD + "".join(_setting(field.name, source) for field in fields(Settings))


def rules_page() -> str:
    """The page with every rule, in both languages."""
    page = RULES_HEAD
    for group, modules in rules.GROUPS.items():
        page += RULES_TABLE.format(group)
        page += "".join(_rule_row(rule) for module in modules for rule in rules_in(module))
    return page


def _rule_row(rule: Rule) -> str:
    chinese = f"{rule.says.zh}{rule.why.zh}{rule.do.zh}"
    return _row(f"`{rule.id}`", rule.severity, rule.says, rule.why, rule.do, chinese)


def _row(*cells: str) -> str:
    """A line of a table."""
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def pages() -> dict[Path, str]:
    """The generated pages: where each one lies and what it must say."""
    return {
        DOCS / "errors.md": errors_page(),
        DOCS / "settings.md": settings_page(),
        DOCS / "rules.md": rules_page(),
        traceability.PAGE: traceability.page(),
    }


def _setting(name: str, source: str) -> str:
    found = re.search(SETTING.format(name), source, flags=re.MULTILINE)
    if found is None:
        raise ValueError(f"settings.py: '{name}' needs a default and a `#:` comment in one line.")
    default = str(ast.literal_eval(found[1]))
    shown = {"True": "yes", "False": "no", "": "none"}.get(default, f"`{default}`")
    return f"| `{PREFIX}{name.upper()}` | {found[2]} | {shown} |\n"


def _family(error: type[EngineError]) -> list[type[EngineError]]:
    below = [child for sub in error.__subclasses__() for child in _family(sub)]
    # A test may define errors of its own.
    ours = error.__module__.partition(".")[0] in PACKAGES
    return [error, *below] if ours else below


def _documented(error: type[EngineError]) -> Documented:
    status = next(
        (number for base, number in STATUS if issubclass(error, base)),
        HTTPStatus.INTERNAL_SERVER_ERROR,
    )
    when = (inspect.getdoc(error) or "").partition("\n")[0]
    where = f"{error.__module__}.{error.__qualname__}"
    return Documented(error.code, int(status), when, _sentence(error), where)


def _sentence(error: type[EngineError]) -> str:
    """What the class tells people, with the variable parts in braces; empty for mere bases."""
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(error)))):
        if (
            isinstance(node, ast.Call)
            and node.args
            and ast.unparse(node.func) == "super().__init__"
        ):
            return _text(node.args[0])
    return ""


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return f"{{{_name(node.value)}}}"
    return ""


def _name(value: ast.expr) -> str:
    """What a braced expression is about: its attribute, or the last variable in it."""
    if isinstance(value, ast.Attribute):
        return value.attr
    return [node.id for node in ast.walk(value) if isinstance(node, ast.Name)][-1]


def stale() -> list[Path]:
    """The generated pages that do not say what the source says."""
    return [
        path
        for path, text in pages().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def main(arguments: list[str]) -> int:
    """Write the pages, or compare them with what is there."""
    if arguments == ["--check"]:
        for path in (old := stale()):
            sys.stdout.write(f"docs/{path.name} is out of date. Run `make docs` and commit it.\n")
        return int(bool(old))
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
