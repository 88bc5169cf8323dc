"""What `app.py check` reads and prints."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import wiring
from engine.bpmn import rules, uploads
from engine.findings import Finding, Rule, in_language


def contents(paths: Iterable[Path]) -> dict[str, bytes]:
    """Content by the path that others refer to; of a folder all that could be deployed."""
    found: dict[str, bytes] = {}
    for path in paths:
        folder = path.is_dir()
        for file in sorted(path.rglob("*")) if folder else [path]:
            if folder and not _deployable(file):
                continue
            name = _name(file, path if folder else file.parent)
            found[name if name not in found else str(file)] = file.read_bytes()
    return found


def _deployable(file: Path) -> bool:
    if not file.is_file() or file.suffix not in wiring.SUFFIXES:
        return False
    return file.suffix != ".json" or bool(uploads.kind_of(file, wiring.documents()))


def _name(path: Path, folder: Path) -> str:
    """The path as references see it: below `forms` or `workflows`, else below its folder."""
    for shipped in wiring.SHIPPED:
        if shipped in path.parts:
            return "/".join(path.parts[path.parts.index(shipped) :])
    return path.relative_to(folder).as_posix()


def line(finding: Finding, language: str) -> str:
    """A finding on one line."""
    file = f"{finding.file}: " if finding.file else ""
    return f"{finding.severity:7} {finding.rule:20} {file}{finding.text(language)}"


def as_json(findings: Iterable[Finding]) -> str:
    """Findings as a JSON list; where a text has no Chinese, the English stands for it."""
    return json.dumps([_finding(one) for one in findings], ensure_ascii=False)


def _finding(finding: Finding) -> dict[str, str]:
    return {
        "file": finding.file,
        "rule": finding.rule,
        "severity": finding.severity,
        "element": finding.element,
        "message": str(finding.message),
        "advice": str(finding.advice),
        "message_zh": in_language(finding.message, "zh"),
        "advice_zh": in_language(finding.advice, "zh"),
    }


def rules_as_text(language: str) -> str:
    """Every rule on one line."""
    return "\n".join(_rule_line(rule, language) for rule in rules.every())


def _rule_line(rule: Rule, language: str) -> str:
    says, do = in_language(rule.says, language), in_language(rule.do, language)
    return f"{rule.severity:7} {rule.id:22} {says} {do}"


def rules_as_json() -> str:
    """Every rule as a JSON list."""
    return json.dumps([_rule(rule) for rule in rules.every()], ensure_ascii=False)


def _rule(rule: Rule) -> dict[str, str]:
    texts = {"message": rule.says, "why": rule.why, "advice": rule.do}
    english = {name: str(said) for name, said in texts.items()}
    chinese = {f"{name}_zh": said.zh for name, said in texts.items()}
    return {"rule": rule.id, "severity": rule.severity, **english, **chinese}
