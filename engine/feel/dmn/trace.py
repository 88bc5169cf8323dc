"""What is kept of a decision for those who ask later why it was made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.feel.budget import Run
from engine.feel.values import Value, to_json


@dataclass(frozen=True, slots=True)
class Owner:
    """The element that an expression belongs to."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that matched; `number` counts from 1 as the table is drawn."""

    number: int
    id: str
    annotations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableRecord:
    """One evaluation of one decision table."""

    owner: Owner
    hit_policy: str
    inputs: Sequence[tuple[str, Value]]
    matched: Sequence[Match]
    output: Value
    messages: Sequence[str]

    def json(self) -> dict[str, object]:
        """The record as plain JSON."""
        return {
            "decision": {"id": self.owner.id, "name": self.owner.name},
            "hit_policy": self.hit_policy,
            "inputs": [{"expression": text, "value": to_json(v)} for text, v in self.inputs],
            "matched": [
                {"rule": match.number, "id": match.id, "annotations": list(match.annotations)}
                for match in self.matched
            ],
            "output": to_json(self.output),
            "messages": list(self.messages),
        }


class TracedRun(Run):
    """A run that keeps a record of every decision table it evaluates."""

    __slots__ = ("tables",)

    def __init__(self, now: datetime) -> None:
        super().__init__(now)
        self.tables: list[TableRecord] = []


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome of a decision as plain JSON.

    `trace` has `model` (the digest of the file, sha256), `decision` (id and name), `tables` (one
    record for every decision table evaluated, in order) and `messages` (why values are null).
    """

    result: object
    trace: dict[str, object]

    def brief(self) -> list[dict[str, object]]:
        """What an audit trail keeps of the trace: it names the model elsewhere.

        One mapping a table: `table`, `policy`, `inputs` [expression, value], `rules` [number, id,
        annotation ...], `output`, and `messages` where there are any.
        """
        found: list[dict[str, Any]] = self.trace["tables"]  # type: ignore[assignment]
        return [_brief(table) for table in found]


def _brief(table: dict[str, Any]) -> dict[str, object]:
    kept: dict[str, object] = {
        "table": table["decision"]["name"],
        "policy": table["hit_policy"],
        "inputs": [[given["expression"], given["value"]] for given in table["inputs"]],
        "rules": [[rule["rule"], rule["id"], *rule["annotations"]] for rule in table["matched"]],
        "output": table["output"],
    }
    return {**kept, "messages": table["messages"]} if table["messages"] else kept
