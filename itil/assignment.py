"""Who of a group gets a task: chosen as a table says, while the task opens (INC-09).

A user task for groups names a decision, property `memberBy`. It answers `choice`, one of CHOICES,
and the `skill` that is needed. Whoever is away, has left, or may not do the task is passed over;
where nobody is left, the task waits for the whole group. Whoever was chosen may give it back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import bindparam, exists, func, literal, select, update

from engine.bpmn.lint.people import MEMBER_BY
from engine.commands.advance import Progress
from engine.commands.world import World
from engine.errors import EngineError, Forbidden
from engine.store import user_tasks
from engine.store.database import queue_for
from engine.store.tables import worklist
from engine.store.unit_of_work import UnitOfWork
from itil import case_record, delegations, skills
from itil.people import memberships, people

NONE, IN_TURN, LEAST_LOADED, BY_SKILL = "none", "round-robin", "least-loaded", "skill"
#: What the table may answer; everything else leaves the task to the group.
CHOICES = (NONE, IN_TURN, LEAST_LOADED, BY_SKILL)

_GROUP = "group:"
_LOAD = (
    select(func.count())
    .where(worklist.c.owner == literal("person:") + memberships.c.login, worklist.c.claimed)
    .scalar_subquery()
)
_AWAY = exists().where(
    delegations.table.c.person == memberships.c.login,
    delegations.table.c.starts_at <= bindparam("now"),
    delegations.table.c.ends_at > bindparam("now"),
)
_HOLDER = (
    select(case_record.table.c.assignee)
    .where(case_record.table.c.number == bindparam("number"))
    .scalar_subquery()
)
#: Those who are away come too, because their turns count.
_MEMBERS = (
    select(
        memberships.c.login,
        memberships.c.key,
        memberships.c.turn,
        people.c.skills,
        _LOAD.label("load"),
        _AWAY.label("away"),
        (memberships.c.login == _HOLDER).label("holds"),
    )
    .join(people, people.c.login == memberships.c.login)
    .where(
        memberships.c.kind == "group",
        memberships.c.key.in_(bindparam("groups", expanding=True)),
        people.c.active,
    )
)
_NEXT_TURN = (
    update(memberships)
    .where(
        memberships.c.login == bindparam("who"),
        memberships.c.kind == "group",
        memberships.c.key == bindparam("group"),
    )
    .values(turn=bindparam("next"))
)


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a group, as far as the choice looks at them."""

    login: str
    group: str
    turn: int  #: the higher, the later they were chosen last; 0: never
    skills: frozenset[str] = frozenset()
    load: int = 0  #: open tasks that are theirs
    away: bool = False
    holds: bool = False  #: has the case already


def order(
    members: Sequence[Member], choice: str, skill: str | None = None, *, keeps: bool = False
) -> list[Member]:
    """Those who can be given the task, who is to get it first; nobody who is away.

    `keeps`: whoever has the case already goes on with it.
    """
    present = [member for member in members if not member.away]
    if choice == BY_SKILL:
        present = [member for member in present if (skill or "").lower() in member.skills]
    loaded = choice in (LEAST_LOADED, BY_SKILL)

    def rank(member: Member) -> tuple[bool, int, int, str]:
        load = member.load if loaded else 0
        return (not (keeps and member.holds), load, member.turn, member.login)

    return sorted(present, key=rank) if choice in CHOICES[1:] else []


def follow(work: UnitOfWork, progress: Progress) -> None:
    """Give the tasks that open to members of their groups; a subscriber before all others."""
    progress.opened = [_given(work, progress, task) for task in progress.opened]


def _given(work: UnitOfWork, progress: Progress, task: user_tasks.New) -> user_tasks.New:
    table = progress.definition.place(task.element).settings.properties.get(MEMBER_BY)
    groups = [name.removeprefix(_GROUP) for name in task.candidates if name.startswith(_GROUP)]
    if not table or not groups or task.assignee is not None:
        return task
    choice, skill = _asked(work, progress, task.element, table)
    if choice == NONE:
        return task
    told: dict[str, object] = {"element": task.element, "choice": choice, "group": groups[0]}
    if choice == BY_SKILL:
        told["skill"] = skill
    members = _members(work, progress, groups)
    # A case that goes to another group begins there anew.
    ranked = order(members, choice, skill, keeps="group" not in progress.changes)
    chosen = next(_allowed(work, progress, task.element, ranked), None)
    if chosen is None:
        progress.chosen.append({**told, "person": None})
        return task
    latest = max(member.turn for member in members if member.group == chosen.group)
    turn = {"who": chosen.login, "group": chosen.group, "next": latest + 1}
    work.connection.execute(_NEXT_TURN, turn)
    told |= {"group": chosen.group, "person": chosen.login, "load": chosen.load}
    progress.chosen.append({**told, "kept": True} if chosen.holds else told)
    return replace(task, assignee=chosen.login)


def _asked(
    work: UnitOfWork, progress: Progress, element: str, table: str
) -> tuple[str, str | None]:
    """Choice and skill that the table answers.

    A table that fails stops no case: the reason is on record, and the group has the task.
    """
    variables = {**progress.instance.variables, "number": progress.instance.business_key}
    try:
        answer, trace = World(work, progress.instance).decide(element, table, variables)
    except EngineError as failure:
        progress.journal.reasons.append((element, str(failure)))
        return NONE, None
    progress.journal.decisions.append({"element": element, **trace})
    found = answer if isinstance(answer, Mapping) else {"choice": answer}
    choice, skill = found.get("choice") or NONE, found.get("skill")
    return str(choice), str(skill).strip() if skill else None


def _members(work: UnitOfWork, progress: Progress, groups: Sequence[str]) -> list[Member]:
    for group in sorted(groups):
        # Two cases at once are not given to one person whose turn it is.
        queue_for(work.connection, f"turn:{group}")
    given = {"groups": groups, "now": work.now, "number": progress.instance.business_key}
    return [
        Member(
            row.login,
            row.key,
            row.turn,
            frozenset(skills.of(row.skills)),
            row.load,
            bool(row.away),
            bool(row.holds),
        )
        for row in work.connection.execute(_MEMBERS, given)
    ]


def _allowed(
    work: UnitOfWork, progress: Progress, element: str, members: Sequence[Member]
) -> Iterator[Member]:
    """Those whom no guard, such as that of duties, refuses."""
    place = progress.definition.place(element)
    for member in members:
        try:
            for guard in work.runtime.guards:
                guard(work, progress.instance, place, member.login, "assign")
        except Forbidden:
            continue
        yield member
