"""Service requests: what was asked for, who approves, the steps that fulfil it."""

from __future__ import annotations

from collections.abc import Mapping

from engine.topics import Notice, Outcome, Topics, Value
from handlers.notices import public
from itil import boards, catalogue, people
from itil.catalogue import Item, NotOnOffer
from itil.changes import texts
from itil.work import Work

topics = Topics()

_DEFAULTS: dict[str, Value] = {
    "channel": "web",
    "group": "service-desk",
    "fulfilled_steps": [],
}


@topics.handles("request.record")
def record(requester: str, case: Mapping[str, object]) -> Outcome:
    """Fill in what was left open: for whom it is, and the item as it is offered now (REQ-08)."""
    values: dict[str, Value] = {n: v for n, v in _DEFAULTS.items() if case.get(n) is None}
    if not case.get("affected_user"):
        values["affected_user"] = requester
    return Outcome(values, (Notice(f"person:{requester}", "request.recorded", public(case)),))


@topics.handles("request.look-up")
def look_up(work: Work, requester: str, case: Mapping[str, object]) -> Outcome:
    """Keep the item's version, cost, approval and steps, and whether it is for them (REQ-01)."""
    key = str(case.get("item") or "")
    owner = str(case.get("affected_user") or requester)
    try:
        item, version = catalogue.get(work, key)
    except NotOnOffer:
        return Outcome({"entitled": False, "refusal": f"There is no item '{key}'."})
    entitled = item.may(catalogue.holdings(work, people.actor(work, owner)))
    return Outcome(
        {
            "item_version": version,
            "entitled": entitled,
            "refusal": "" if entitled else f"'{item.name['en']}' is not for {owner}.",
            "cost": item.cost,
            "approval": item.approval,
            "approver": item.approver,
            "category": item.category,
            "priority": item.priority,
            "waves": _waves(item),
            "bundle": [*item.bundle],
        }
    )


def _waves(item: Item) -> list[Value]:
    """The steps as variables: waves one after the other, the steps of a wave at once (REQ-05)."""
    return [
        [
            {
                "key": step.key,
                "name": step.name["en"],
                "name_zh": step.name["zh"],
                "group": step.group,
                "instructions": step.instructions["en"],
                "instructions_zh": step.instructions["zh"],
                "hours": step.hours,
            }
            for step in wave
        ]
        for wave in item.waves()
    ]


@topics.handles("request.board")
def board(
    work: Work, authority: Mapping[str, object], requester: str, case: Mapping[str, object]
) -> Outcome:
    """Name who approves: line manager, whoever answers for the money, a group (REQ-03, REQ-04)."""
    owner = str(case.get("affected_user") or requester)
    person = people.find(work, owner)
    asked: list[str] = []
    for to in texts(authority.get("approvers")):
        if to == "manager":
            asked += [f"person:{person.manager}"] if person and person.manager else []
        elif to == "cost-centre":
            asked += [f"lead:{person.cost_centre}"] if person and person.cost_centre else []
        elif to == "group":
            asked.append(f"group:{case.get('approver')}")
        else:
            asked.append(to)
    quorum = authority.get("quorum")
    needed = max(1, int(quorum)) if isinstance(quorum, int | float) else 1
    called = boards.convene(work, asked, (requester, owner))
    return Outcome(
        {"voters": [*called.asked(needed)], "quorum": needed}, reason=called.reason(needed)
    )
