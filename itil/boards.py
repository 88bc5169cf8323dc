"""Who votes on something: members one by one, stand-ins for who is away, nobody with a part in it.

A group's name in a table becomes its members here, so that a requester, builder or implementer has
no vote by membership, and none as somebody's stand-in (CHG-08, CHG-13, REQ-04).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from itil import delegations, people
from itil.work import Work


@dataclass(frozen=True, slots=True)
class Board:
    """Those who are asked to vote."""

    voters: tuple[str, ...]  #: logins
    for_whom: dict[str, str]  #: stand-in -> who is away
    left_out: tuple[str, ...]  #: logins, having a part in it

    def asked(self, quorum: int) -> list[str]:
        """As the approval process takes them; nobody, where they are too few to decide."""
        return [f"person:{login}" for login in self.voters] if len(self.voters) >= quorum else []

    def reason(self, quorum: int) -> str:
        """For the audit trail."""
        said = f"Asked: {', '.join(self.voters) or 'nobody'}; {quorum} have to approve."
        for login, away in self.for_whom.items():
            said += f" {login} stands in for {away}."
        if self.left_out:
            said += f" Left out, having a part in it: {', '.join(self.left_out)}."
        return said


def convene(work: Work, asked: Iterable[str], involved: Iterable[str]) -> Board:
    """The board of some addresses, such as `group:cab`, without those who are involved."""
    members = [person.login for to in asked for person in people.addressed(work, to)]
    away = delegations.stand_ins(work, members)
    # Whoever stands in for somebody with a part in it would decide in that one's place.
    barred = delegations.represented(work, {one for one in involved if one})
    voters: dict[str, str] = {}
    left_out: dict[str, None] = {}
    for member in members:
        voter = away.get(member, member)
        if member in barred or voter in barred:
            left_out[member] = None
        else:
            voters.setdefault(voter, member)
    for_whom = {voter: member for voter, member in voters.items() if voter != member}
    return Board(tuple(voters), for_whom, tuple(left_out))
