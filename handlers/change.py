"""Change management: assessment, authority, the gate before the window, outcome."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from engine.topics import BpmnError, Notice, Outcome, Topics, Value
from handlers.notices import public
from itil import boards, change_templates, change_windows, changes, configuration, conflicts, policy
from itil.change_templates import TemplateNotFound
from itil.work import Work

topics = Topics()

#: What whoever asks for a change may leave open.
_DEFAULTS: dict[str, Value] = {
    "channel": "web",
    "group": "change-management",
    "requested_type": "normal",
    "environment": "production",
    "cis": [],
    "incidents": [],
    "problems": [],
    "approval_votes": [],
    "plan_version": 0,
}
#: People of a change who never approve it (CHG-08).
_INVOLVED = ("requester", "planner", "builder", "implementer")
#: Incidents that came within so many days of a change may be caused by it (CHG-24).
_CAUSED_WITHIN_DAYS = 7
#: Working days until the papers of an emergency change are complete (CHG-14).
_PAPERS_DAYS = 2


@topics.handles("change.record")
def record(work: Work, case: Mapping[str, object]) -> Outcome:
    """Fill in what was left open; keep what the change came from, and under which policy."""
    values: dict[str, Value] = {n: v for n, v in _DEFAULTS.items() if case.get(n) is None}
    for one, many in (("problem", "problems"), ("incident", "incidents")):
        named = [case.get(one), *changes.texts(case.get(many))]
        values[many] = [n for n in dict.fromkeys(named) if isinstance(n, str) and n]
    if (held := policy.active(work)) is not None:
        values["policy_version"] = held[1]
    return Outcome(values)


@topics.handles("change.fill-template")
def fill_template(work: Work, case: Mapping[str, object]) -> Outcome:
    """Take plans from the template of a standard change, and say whether it may be one (CHG-04)."""
    key = str(case.get("template") or "")
    if case.get("requested_type") != "standard" or not key:
        return Outcome({"template_usable": False, "deviation": ""})
    try:
        template = change_templates.approved(work, key)
    except TemplateNotFound:
        return Outcome({"template_usable": False, "deviation": f"no approved template '{key}'"})
    deviation = template.deviation(case)
    if not template.usable(work.now):
        deviation = f"template '{key}' is {template.status} or has expired"
    texts: dict[str, Value] = {
        "plan": template.plan,
        "test_plan": template.test_plan,
        "backout_plan": template.backout_plan,
    }
    filled = {name: text for name, text in texts.items() if not case.get(name)}
    return Outcome(
        {**filled, "template_usable": not deviation, "deviation": deviation},
        reason=deviation or f"Template '{key}' version {template.version} fits.",
    )


@topics.handles("change.assess")
def assess(work: Work, case: Mapping[str, object]) -> Outcome:
    """Look for conflicts, freezes and earlier failures; the inputs of the risk score (CHG-06)."""
    start, end = _window(case)
    cis = changes.texts(case.get("cis"))
    service = _text(case, "service") or None
    plan = conflicts.Plan(
        number=str(case["number"]),
        type=_text(case, "requested_type") or None,
        service=service,
        cis=tuple(cis),
        implementer=_text(case, "implementer") or None,
        start=start,
        end=end,
    )
    found = conflicts.of(work, plan)
    known = configuration.by_keys(work, [*cis, *([service] if service else ())])
    criticality = min((item.criticality for item in known.values()), default=3)
    values: dict[str, Value] = {
        "conflicts": [dict(one.as_json()) for one in found],
        "hard_freeze": any(one.kind == "hard-freeze" for one in found),
        "criticality": criticality,
        "failed_before": changes.failures(work, cis, service),
        "in_maintenance": change_windows.inside_maintenance(work, start, end, service),
        "window_hours": max(1, round((end - start).total_seconds() / 3600)),
        "approval_votes": [],
        "approved": False,
        "plan_version": _whole(case, "plan_version") + 1,
    }
    return Outcome(values, reason=f"{len(found)} conflicts; {values['failed_before']} failures.")


def _window(case: Mapping[str, object]) -> tuple[datetime, datetime]:
    """The window of the plan.

    Raises:
        BpmnError: `window-invalid`, where it does not end after it starts.
    """
    start, end = changes.moment(case.get("window_start")), changes.moment(case.get("window_end"))
    if start is None or end is None or start >= end:
        raise BpmnError("window-invalid", "The window has to end after it starts.")
    return start, end


@topics.handles("change.board")
def board(work: Work, authority: Mapping[str, object], case: Mapping[str, object]) -> Outcome:
    """Name who decides, each with one vote; nobody who has a part in it (CHG-07, CHG-08).

    `authority` is what the table answers: `approvers` with `group:cab` and the like, `quorum`, how
    many have to approve.
    """
    quorum = max(1, _whole(authority, "quorum"))
    involved = (_text(case, name) for name in _INVOLVED)
    called = boards.convene(work, changes.texts(authority.get("approvers")), involved)
    return Outcome(
        {"voters": [*called.asked(quorum)], "quorum": quorum}, reason=called.reason(quorum)
    )


@topics.handles("change.authorised")
def authorised(work: Work, case: Mapping[str, object]) -> Outcome:
    """Keep when it was authorised; an emergency owes its papers from now on (CHG-14)."""
    values: dict[str, Value] = {"authorised_at": work.now.isoformat(), "papers_due": None}
    if case.get("type") == "emergency":
        values["papers_due"] = _working_days(work.now, _PAPERS_DAYS).isoformat()
    return Outcome(values)


def _working_days(moment: datetime, days: int) -> datetime:
    while days:
        moment += timedelta(days=1)
        days -= moment.weekday() < 5  # noqa: PLR2004 - Saturday
    return moment


@topics.handles("change.check-start")
def check_start(work: Work, case: Mapping[str, object]) -> Outcome:
    """Let the implementation begin only with approval, in the window, in order (CHG-10, CHG-30)."""
    reasons = " ".join(_obstacles(work, case))
    return Outcome({"not_ready": reasons}, reason=reasons or "Nothing stands against it.")


def _obstacles(work: Work, case: Mapping[str, object]) -> list[str]:
    start, end = _window(case)
    service, kind = _text(case, "service") or None, _text(case, "type")
    found = []
    if kind != "standard" and case.get("approved") is not True:
        found.append("It is not approved.")
    if not start <= work.now < end:
        found.append(f"Its window is {start.isoformat()} to {end.isoformat()}.")
    if not case.get("freeze_override"):
        frozen = change_windows.between(work, work.now, min(end, work.now + timedelta(minutes=1)))
        found += [
            f"Hard freeze '{one.window.name}' is in force."
            for one in frozen
            if one.window.kind == "hard-freeze" and one.window.fits(service, kind)
        ]
    waiting = changes.still_open(work, changes.texts(case.get("after_changes")))
    found += [f"{number} comes first and is not closed." for number in waiting]
    return found


@topics.handles("change.announce")
def announce(template: str, case: Mapping[str, object]) -> Outcome:
    """Tell those affected: before, at the start, at the end (CHG-19, CHG-32)."""
    names = ("window_start", "window_end", "outage_text", "close_code", "implementer")
    values = {**public(case), **{name: case.get(name) or "" for name in names}}
    groups = [f"group:{key}" for key in changes.texts(case.get("tell"))]
    persons = [f"person:{_text(case, n)}" for n in ("requester", "implementer") if _text(case, n)]
    told = dict.fromkeys((*persons, *groups))
    return Outcome(
        notices=tuple(Notice(to, template, values) for to in told),
        reason=f"Told {', '.join(told) or 'nobody'}.",
    )


@topics.handles("change.causes")
def causes(work: Work, case: Mapping[str, object]) -> Outcome:
    """Propose incidents that it may have caused; count those still open (CHG-23, CHG-24)."""
    change = changes.get(work, str(case["number"]))
    proposed = [] if change is None else changes.incidents_after(work, change, _CAUSED_WITHIN_DAYS)
    came_from = set(changes.texts(case.get("incidents")))
    found = [number for number in proposed if number not in came_from]
    confirmed = changes.texts(case.get("caused_incidents"))
    open_ones = changes.still_open(work, confirmed)
    # Every tenth change that went well is reviewed all the same (CHG-22).
    sampled = str(case["number"]).endswith("0")
    return Outcome(
        {"proposed_incidents": [*found], "open_caused": [*open_ones], "sampled": sampled},
        reason=f"Proposed: {', '.join(found) or 'none'}; open: {', '.join(open_ones) or 'none'}.",
    )


@topics.handles("change.finish")
def finish(work: Work, case: Mapping[str, object]) -> Outcome:
    """Count the outcome for its template, and name the cases that wait for it (CHG-05, PRB-06)."""
    code, key = _text(case, "close_code"), _text(case, "template")
    waiting = [*changes.texts(case.get("problems")), *changes.texts(case.get("incidents"))]
    if release := _text(case, "release"):
        waiting.append(release)
    reason = f"Closed as {code}."
    if case.get("type") == "standard" and key and code not in ("cancelled", "rejected"):
        failed = code in changes.FAILED
        if change_templates.ended(work, key, failed=failed):
            reason += f" Template '{key}' has lost its approval."
    return Outcome({"waiting": list(dict.fromkeys(waiting))}, reason=reason)


def _text(case: Mapping[str, object], name: str) -> str:
    return str(case.get(name) or "").strip()


def _whole(values: Mapping[str, object], name: str) -> int:
    value = values.get(name)
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0
