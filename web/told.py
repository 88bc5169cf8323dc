"""Findings as pages show them: by file, errors first, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.findings import Finding, in_language
from web.visit import visit


@dataclass(frozen=True, slots=True)
class Told:
    """One finding in the reader's language."""

    rule: str
    severity: str
    element: str
    message: str
    advice: str


def told(findings: Iterable[Finding]) -> list[tuple[str, list[Told]]]:
    """Each file with its findings; the files that are refused come first."""
    language = visit().language
    files: dict[str, list[Told]] = {}
    for one in sorted(findings, key=lambda finding: not finding.refuses):
        message, advice = (in_language(text, language) for text in (one.message, one.advice))
        shown = Told(one.rule, one.severity, one.element, message, advice)
        files.setdefault(one.file, []).append(shown)
    return list(files.items())
