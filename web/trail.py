"""Events of the audit trail in words: what was done, why, and which rules decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.queries.audit import AuditRow
from web import chosen
from web.wording import find, text


@dataclass(frozen=True, slots=True)
class Ruling:
    """One decision table that was asked: what went in, which rules matched, what came out."""

    name: str
    inputs: tuple[tuple[str, object], ...]
    rules: str
    output: object
    notes: tuple[str, ...]  #: annotations of the rules that matched


def action(name: str) -> str:
    """What was done, in the reader's language; an unknown action is shown as recorded."""
    return find(f"action.{name}") or name


def elements(row: AuditRow) -> list[str]:
    """Elements at which it happened: that of a task or message, or the timers that fired."""
    fired = row.details.get("fired")
    return [row.element] if row.element else list(fired) if isinstance(fired, list) else []


def reasons(row: AuditRow) -> list[str]:
    """Why it was done and what was said, by people and handlers."""
    said = [row.details.get("reason"), row.details.get("text")]
    # Each is the element of a handler and the reason that it gave.
    more = [reason for _, reason in row.details.get("reasons", [])]
    # And why a try of a job failed.
    more += [reason for _, reason in row.details.get("failures", [])]
    way = find(f"read.{row.details.get('way')}") if row.action == "record.read" else None
    more += [way] if way else []
    more += chosen.lines(row.details, {}, {})
    return [str(text) for text in (*said, *more) if text]


def given(row: AuditRow) -> dict[str, object]:
    """The values that an event began with and that no change repeats."""
    values, changes = row.details.get("variables"), row.details.get("changes")
    if not isinstance(values, Mapping):
        return {}
    changed = changes if isinstance(changes, Mapping) else {}
    return {name: value for name, value in values.items() if name not in changed}


def moves(row: AuditRow, labels: Mapping[str, str]) -> list[str]:
    """What somebody moved, from where to where: tokens, versions, elements under other names."""
    details, action = row.details, row.action
    if action.startswith("token."):
        return [_moved(details, labels)]
    found = []
    if action in ("instance.migrated", "migration.begun"):
        versions = details["from"] if isinstance(details["from"], list) else [details["from"]]
        old = ", ".join(str(version) for version in versions)
        found.append(text("trace.versions", old=old, new=details["to"]))
        named = details.get("names", {}).items()
        found += [text("trace.moved", old=old, new=new) for old, new in named]
    if action == "migration.finished":
        found.append(text("trace.counts", moved=details["moved"], kept=details["kept"]))
    if action == "instance.deleted":
        head = str(details["head"])[:10]
        found.append(text("trace.head", n=details["events"], head=head))
    if action.startswith("definition.") and "version" in details:
        found.append(text("version", n=details["version"]))
    return found


def _moved(details: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    """Where tokens stood before and after, which tells a move, a skip and a reopening alike."""
    before, after = (
        ", ".join(labels.get(element, element) for element in details.get(when, ()))
        for when in ("before", "after")
    )
    return text("trace.moved", old=before or "–", new=after or "–")


def rulings(row: AuditRow) -> list[Ruling]:
    """The decision tables that an event asked, in order."""
    decisions = row.details.get("decisions")
    found = []
    for decision in decisions if isinstance(decisions, list) else []:
        found += [_ruling(table) for table in decision.get("tables", [])]
    return found


def _ruling(table: Mapping[str, Any]) -> Ruling:
    """`rules` holds number, id and annotation of each rule that matched."""
    matched = table.get("rules", [])
    numbers = ", ".join(str(rule[0]) for rule in matched)
    return Ruling(
        name=str(table.get("table", "")),
        inputs=tuple((str(name), value) for name, value in table.get("inputs", [])),
        rules=text("trace.rules", rules=numbers) if numbers else text("trace.no-rule"),
        output=table.get("output"),
        notes=tuple(str(rule[2]) for rule in matched if rule[2]),
    )
