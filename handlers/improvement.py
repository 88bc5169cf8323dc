"""Continual improvement: the register and who decides."""

from __future__ import annotations

from collections.abc import Mapping

from engine.topics import Outcome, Topics, Value
from itil import boards
from itil.work import Work

topics = Topics()

_DEFAULTS: dict[str, Value] = {
    "channel": "web",
    "group": "improvement",
    "source": "idea",
    "nonconformity": False,
    "expected_value": "",
}


@topics.handles("improvement.record")
def record(case: Mapping[str, object]) -> Outcome:
    """Fill in what was left open (CSI-01)."""
    return Outcome({n: v for n, v in _DEFAULTS.items() if case.get(n) is None})


@topics.handles("improvement.board")
def board(work: Work, case: Mapping[str, object]) -> Outcome:
    """Management and the register decide; not whoever proposed or assessed it (CSI-02)."""
    involved = (str(case.get(name) or "") for name in ("requester", "assessed_by"))
    called = boards.convene(work, ("group:management", "group:improvement"), involved)
    return Outcome({"voters": [*called.asked(1)]}, reason=called.reason(1))
