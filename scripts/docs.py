"""Writes docs/errors.md from the error classes, or checks that it is up to date (--check)."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import sys
import textwrap
from dataclasses import dataclass
from http import HTTPStatus

from engine.errors import EngineError
from scripts.machine import ROOT
from web.errors import STATUS

ERRORS = ROOT / "docs" / "errors.md"
PACKAGES = ("engine", "itil", "handlers", "web")
HEAD = """\
# Errors

Every error has a code, which logs and the API carry and which stays the same, and a sentence,
which people read. Words in braces stand for the ids and names of the case at hand.

*Written by `make docs` from the error classes; do not edit.*

| Code | HTTP | When | Sentence |
|---|---|---|---|
"""


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
        cells = (f"`{self.code}`", str(self.status), self.when, self.sentence)
        return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def errors() -> list[Documented]:
    """Every error class of the four packages that has a code of its own, by code."""
    for package in PACKAGES:
        module = importlib.import_module(package)
        for found in pkgutil.walk_packages(module.__path__, f"{package}."):
            importlib.import_module(found.name)
    return sorted(_documented(error) for error in _family(EngineError) if "code" in vars(error))


def page() -> str:
    """The whole page."""
    return HEAD + "".join(error.row() for error in errors())


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
        return f"{{{ast.unparse(node.value)}}}"
    return ""


def main(arguments: list[str]) -> int:
    """Write the page, or compare it with what is there."""
    wanted = page()
    current = ERRORS.read_text(encoding="utf-8") if ERRORS.exists() else ""
    if arguments == ["--check"]:
        if wanted != current:
            sys.stdout.write("docs/errors.md is out of date. Run `make docs` and commit it.\n")
        return int(wanted != current)
    ERRORS.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
