"""Service requests: what was asked for, who approves, the steps that fulfil it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from engine.topics import BpmnError, Notice, Outcome, Retry, Topics, Value
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
    "provided": [],
}
#: When to look again for somebody who has no account yet.
_LATER = timedelta(hours=1)


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
    refusal = ""
    if not item.may(catalogue.holdings(work, people.actor(work, owner))):
        refusal = f"'{item.name['en']}' is not for {owner}."
    elif case.get("parent") and item.bundle:
        # Bundles that bring each other would never end.
        refusal = f"'{item.name['en']}' is a bundle itself and no part of one."
    return Outcome(
        {
            "item_version": version,
            "entitled": not refusal,
            "refusal": refusal,
            "cost": item.cost,
            "approval": item.approval,
            "approver": item.approver,
            "category": item.category,
            "priority": item.priority,
            "waves": _waves(item),
            "part_waves": [[part.key for part in wave] for wave in item.part_waves()],
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
                "joins": step.joins,
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


@topics.handles("request.provision")
def provision(
    work: Work, key: str, step: Mapping[str, str], requester: str, case: Mapping[str, object]
) -> Outcome:
    """Let the person join the group of the step; once, however often it is tried (REQ-10)."""
    provided = _provided(case)
    if any(isinstance(one, dict) and one["key"] == key for one in provided):
        return Outcome(reason="It was done before.")
    login, group = str(case.get("affected_user") or requester), step["joins"]
    try:
        added = people.join(work, login, group, str(case.get("number")))
    except people.PersonNotFound as nobody:
        raise Retry(_LATER, f"{nobody} The account may come later.") from nobody
    except people.PersonInvalid as wrong:
        raise BpmnError("cannot-provision", str(wrong)) from wrong
    done: Value = {"key": key, "person": login, "group": group, "added": added}
    said = "joined" if added else "is already in"
    return Outcome({"provided": [*provided, done]}, reason=f"{login} {said} {group}.")


@topics.handles("request.take-back")
def take_back(work: Work, one: Mapping[str, object], case: Mapping[str, object]) -> Outcome:
    """Undo one thing that was provided; who was in the group before the request stays (REQ-10)."""
    login, group = str(one["person"]), str(one["group"])
    if not one["added"]:
        return Outcome(reason=f"{login} stays in {group}.")
    people.leave(work, login, group, str(case.get("number")))
    return Outcome(reason=f"{login} left {group}.")


def _provided(case: Mapping[str, object]) -> list[Value]:
    found = case.get("provided")
    return list(found) if isinstance(found, list) else []
