"""Problem management: recording, known errors, workarounds for open incidents, trends."""

from __future__ import annotations

from collections.abc import Mapping

from engine.topics import Notice, Outcome, Topics, Value
from handlers.notices import public
from itil import cases, knowledge, links
from itil.work import Work

topics = Topics()

#: What whoever raises a problem may leave open.
_DEFAULTS: dict[str, Value] = {
    "channel": "web",
    "group": "problem-management",
    "incidents": [],
    "requester": "system",
}


@topics.handles("problem.record")
def record(case: Mapping[str, object]) -> Outcome:
    """Fill in what was left open, and keep the incidents that it came from (PRB-01)."""
    values: dict[str, Value] = {n: v for n, v in _DEFAULTS.items() if case.get(n) is None}
    values["incidents"] = list(_incidents(case))
    return Outcome(values)


def _incidents(case: Mapping[str, object]) -> dict[str, None]:
    """Numbers of its incidents, each once: what a person named, what a message brought."""
    listed = case.get("incidents")
    named = [case.get("incident"), *(listed if isinstance(listed, list) else ())]
    return dict.fromkeys(number for number in named if isinstance(number, str) and number)


@topics.handles("problem.known-error")
def known_error(work: Work, case: Mapping[str, object]) -> Outcome:
    """Make the known error of this problem, or bring it up to date (PRB-05, KNO-08)."""
    number, workaround = str(case["number"]), _text(case, "workaround")
    key = f"KE-{number}"
    parts = [_text(case, "root_cause"), workaround and f"**Workaround**\n\n{workaround}"]
    texts = {
        "title": _text(case, "summary"),
        "body": "\n\n".join(part for part in parts if part),
        "kind": "known-error",
        "problem": number,
        "author": _text(case, "problem_owner") or work.actor.name,
    }
    knowledge.write(work, key, texts)
    knowledge.publish(work, key, None, None)
    return Outcome({"known_error": key}, reason=f"{key} says cause and workaround.")


@topics.handles("problem.push-workaround")
def push_workaround(
    work: Work, case: Mapping[str, object], workaround: str | None = None
) -> Outcome:
    """Tell the requesters of open incidents of this problem what helps (PRB-10)."""
    if not workaround:
        return Outcome(reason="There is no workaround to tell.")
    number = str(case["number"])
    related = [*_incidents(case), *links.others(work, number)]
    found = cases.by_numbers(work, [one for one in related if one.startswith("INC-")])
    open_ones = [one for one in found.values() if not one.closed and one.requester]
    notices = tuple(
        Notice(
            f"person:{one.requester}",
            "problem.workaround",
            {**public(case), "incident": one.number, "workaround": workaround},
        )
        for one in open_ones
    )
    told = ", ".join(one.number for one in open_ones) or "nobody"
    return Outcome(notices=notices, reason=f"Told the requesters of {told}.")


def _text(case: Mapping[str, object], name: str) -> str:
    return str(case.get(name) or "").strip()
