"""Findings about a draft as its page tells them: by element, with the line of the file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from engine.findings import Finding, in_language
from engine.queries.drafts import Anatomy
from web.visit import visit

_LINE = re.compile(r"(?:Line |line )(\d+)(?:: |$)")
_LINE_ZH = re.compile(r"第 \d+ 行:")


@dataclass(frozen=True, slots=True)
class Told:
    """A finding for a reader."""

    severity: str
    element: str  #: id, empty for the file as a whole
    name: str  #: of the element, empty where it has none
    line: int  #: in the file as uploaded; 0 where it does not stand there
    quote: str  #: that line
    message: str
    advice: str


def told(findings: Iterable[Finding], anatomy: Anatomy) -> list[Told]:
    """Findings with their places in the file as it was uploaded."""
    return [_told(finding, anatomy) for finding in findings]


def _told(finding: Finding, anatomy: Anatomy) -> Told:
    language = visit().language
    origin = anatomy.origins.get(finding.element)
    unnamed = _LINE.fullmatch(finding.element)
    return Told(
        severity=finding.severity,
        element="" if unnamed else finding.element,
        name=anatomy.names.get(finding.element, ""),
        line=origin.line if origin else int(unnamed[1]) if unnamed else 0,
        quote=origin.text if origin else "",
        message=said(finding, language),
        advice=in_language(finding.advice, language),
    )


def said(finding: Finding, language: str = "en") -> str:
    """The message without its line, which is one of the working file."""
    message = in_language(finding.message, language)
    found = _LINE.match(message) or _LINE_ZH.match(message)
    return message[found.end() :] if found else message


def remaining(notes: Iterable[Finding], found: Iterable[Finding]) -> list[Finding]:
    """The notes that are not found again now."""
    again = {(one.rule, one.element, said(one)) for one in found}
    return [note for note in notes if (note.rule, note.element, said(note)) not in again]


def marks(findings: Iterable[Finding]) -> dict[str, str]:
    """The worst severity by element, for the diagram."""
    worst: dict[str, str] = {}
    for finding in findings:
        if finding.element and worst.get(finding.element) != "error":
            worst[finding.element] = finding.severity
    return worst
