"""Laws of the choice within a group that hold for every group and every order of events."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from itil.assignment import BY_SKILL, CHOICES, IN_TURN, LEAST_LOADED, NONE, Member, order

LOGINS = st.lists(st.sampled_from("abcdefgh"), min_size=1, unique=True)
SKILLS = st.frozensets(st.sampled_from(["mail", "erp"]))


@st.composite
def groups(draw: st.DrawFn) -> list[Member]:
    small = st.integers(0, 5)
    return [
        Member(
            login,
            "net",
            draw(small),
            draw(SKILLS),
            draw(small),
            away=draw(st.booleans()),
            holds=draw(st.booleans()),
        )
        for login in draw(LOGINS)
    ]


def given_out(members: list[Member], choice: str, tasks: int) -> Counter[str]:
    """How many of so many tasks each gets; each chosen one's turn and load go up."""
    counted = Counter[str]()
    for _ in range(tasks):
        first = order(members, choice)[0]
        counted[first.login] += 1
        turn = max(member.turn for member in members) + 1
        after = replace(first, turn=turn, load=first.load + 1)
        members = [after if member is first else member for member in members]
    return counted


@given(LOGINS, st.integers(0, 40))
def test_inc_09_round_robin_differs_by_at_most_one(logins: list[str], tasks: int) -> None:
    counted = given_out([Member(login, "net", 0) for login in logins], IN_TURN, tasks)

    found = [counted[login] for login in logins]
    assert max(found) - min(found) <= 1


@given(groups(), st.integers(0, 40))
def test_inc_09_least_loaded_evens_the_loads_out(members: list[Member], tasks: int) -> None:
    present = [member for member in members if not member.away]
    counted = given_out(members, LEAST_LOADED, tasks if present else 0)

    loads = [member.load + counted[member.login] for member in present]
    gave = [m.load + counted[m.login] for m in present if counted[m.login]]
    # Nobody who got one has more than one above anybody else.
    assert not gave or max(gave) - min(loads) <= 1


@given(members=groups(), choice=st.sampled_from(CHOICES), keeps=st.booleans())
def test_inc_09_nobody_away_or_without_the_skill_is_ever_chosen(
    *, members: list[Member], choice: str, keeps: bool
) -> None:
    ranked = order(members, choice, "Mail", keeps=keeps)

    assert not any(member.away for member in ranked)
    assert choice != BY_SKILL or all("mail" in member.skills for member in ranked)
    assert choice != NONE or ranked == []
    assert set(ranked) <= set(members)
    if keeps and any(member.holds for member in ranked):
        assert ranked[0].holds
