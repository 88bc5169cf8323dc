"""Checking small files, in the fewest words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from engine.bpmn import uploads
from engine.bpmn.lint import Known, Names
from engine.bpmn.uploads import Around
from engine.errors import Rejected
from engine.findings import Finding
from engine.topics import Outcome, Topics
from tests.drawing import diagram, end, start

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
Files = bytes | Mapping[str, bytes]


def row(*elements: str, more: str = "", top: str = "", flows: tuple[Any, ...] = ()) -> bytes:
    """A process with these elements one after the other; `more` and `flows` stand beside."""
    ids = ["begin", *(re.findall(r'id="([^"]*)"', element)[0] for element in elements), "done"]
    chain = [*pairwise(ids), *flows]
    return diagram(start(), *elements, end(), more, flows=chain, top=top)


def form(*components: Mapping[str, object], **more: object) -> bytes:
    """A form-js schema."""
    return json.dumps({"components": list(components), **more}).encode()


def names() -> Names:
    """What there is beside the files."""
    return Names(
        groups={"desk": frozenset({"Service desk"}), "network": frozenset({"Network"})},
        roles=frozenset({"team-lead", "agent"}),
        variables=frozenset({"urgency", "requester"}),
        starters=frozenset({"requester"}),
        messages=frozenset({"sla-breach", "{process}-amended"}),
    )


def topics() -> Topics:
    """One handler, that needs an input."""
    found = Topics()

    @found.handles("record")
    def record(urgency: int, summary: str) -> Outcome:
        return Outcome({"recorded": f"{urgency} {summary}"})

    return found


def _calendar(document: Mapping[str, Any], _: object) -> frozenset[str]:
    if "zone" not in document:
        raise Rejected("It has no zone. Name one.")
    return frozenset(document.get("sends", ()))


def check(files: Files, deployed: Mapping[str, bytes] | None = None) -> list[Finding]:
    """The findings about files; bytes alone are a diagram."""
    given = {"p.bpmn": files} if isinstance(files, bytes) else files
    kinds = {"calendar": _calendar}
    around = Around(topics(), kinds, lambda _: names(), NOW)
    before = uploads.recognise(deployed or {}, kinds)
    return uploads.findings(uploads.recognise(given, kinds), before, around)


def rules(files: Files, deployed: Mapping[str, bytes] | None = None) -> set[str]:
    """The ids of the rules that find something."""
    return {finding.rule for finding in check(files, deployed)}


def known() -> Known:
    """What one diagram alone is checked against."""
    return Known(topics(), names=names(), now=NOW)
