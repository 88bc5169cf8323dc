"""What fits an open case: articles, known errors, incidents; and what of it was used (INC-17)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from sqlalchemy import Column, Float, Index, Integer, String, Table, func, insert, select

from engine.commands.advance import Move, note
from engine.errors import Conflict
from engine.store import instances
from engine.store.columns import Moment, metadata
from engine.store.unit_of_work import Actor, Reader, UnitOfWork
from itil import case_record, cases, knowledge, links, search
from itil.case_record import CLOSED
from itil.cases import Case

INCIDENT = "incident"
#: Similar incidents that are proposed, at most.
MOST = 5
_LONGEST = 2_000  #: characters of a case that are compared
_OPEN = "cases.process = 'incident' AND cases.state NOT IN ({})".format(
    ", ".join(f"'{state}'" for state in CLOSED)
)

table = Table(
    "accepted_proposals",
    metadata,
    Column("number", String(100), primary_key=True),
    Column("proposal", String(100), primary_key=True),  # key of an article, or number of a case
    Column("kind", String(20), nullable=False),
    Column("rank", Integer, nullable=False),  # 1: proposed first
    Column("score", Float, nullable=False),
    Column("person", String(100), nullable=False),
    Column("at", Moment, nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_accepted_proposals_at", table.c.at)


class ProposalGone(Conflict):
    """What somebody takes is not proposed any more."""

    code: ClassVar[str] = "proposal.gone"

    def __init__(self, key: str, number: str) -> None:
        self.key, self.number = key, number
        super().__init__(
            f"'{key}' is not proposed for {number} any more. Reload the case; nothing was changed."
        )


@dataclass(frozen=True, slots=True)
class Proposal:
    """Something that may help with a case."""

    key: str  #: of an article, or number of a case
    kind: str  #: `article`, `known-error` or `incident`
    heading: tuple[str, str]  #: English, Chinese
    rank: int  #: from 1, within articles or incidents
    score: float  #: the higher, the better it fits; comparable within one search only
    taken: bool = False

    @property
    def path(self) -> str:
        """Where it is read."""
        return f"/cases/{self.key}" if self.kind == INCIDENT else f"/knowledge/{self.key}"


def of(source: Reader | UnitOfWork, actor: Actor, case: Case) -> list[Proposal]:
    """What is proposed to somebody for an open case: articles first, each the best first."""
    if case.closed:
        return []
    said = f"{case.summary} {case.description}"[:_LONGEST]
    found = [
        Proposal(one.key, one.kind, (one.heading("en"), one.heading("zh")), rank, score)
        for rank, (one, score) in enumerate(knowledge.scored(source, actor, said), 1)
    ]
    if case.process == INCIDENT:
        found += _incidents(source, case, said)
    if not found:
        return []
    query = select(table.c.proposal).where(table.c.number == case.number)
    taken = set(source.connection.execute(query).scalars())
    return [replace(one, taken=one.key in taken) for one in found]


def _incidents(source: Reader | UnitOfWork, case: Case, said: str) -> list[Proposal]:
    """Other open incidents that share words with one, the best first."""
    hits = search.similar(source, search.CASES, said, MOST + 1, _OPEN)
    scores = {hit.id: hit.score for hit in hits if hit.id != case.instance_id}
    others = cases.of_instances(source, scores) if scores else []
    ordered = sorted(others, key=lambda other: -scores[other.instance_id])[:MOST]
    return [
        Proposal(one.number, INCIDENT, (one.summary, one.summary), rank, scores[one.instance_id])
        for rank, one in enumerate(ordered, 1)
    ]


def accept(work: UnitOfWork, number: str, key: str) -> None:
    """Take a proposal: the case is linked to it, and its rank and score are on record.

    Raises:
        CaseNotFound, CaseClosed: there is no such case, or it can only be read.
        ProposalGone: it is not proposed any more.
    """
    case = cases.at_work(work, number)
    one = next((one for one in of(work, work.actor, case) if one.key == key), None)
    if one is None:
        raise ProposalGone(key, number)
    if one.taken:
        return
    row = {"number": number, "proposal": key, "kind": one.kind, "rank": one.rank}
    row |= {"score": one.score, "person": work.actor.name, "at": work.now}
    work.connection.execute(insert(table), row)
    links.add(work, number, "incidents" if one.kind == INCIDENT else "articles", key)
    if one.kind != INCIDENT:
        knowledge.use(work, key)
    details = {"proposal": key, "kind": one.kind, "rank": one.rank, "score": _short(one.score)}
    move = Move("proposal.accepted", f"case:{number}", details=details)
    note(work, instances.lock(work, case.instance_id), move, changes={})


def _short(score: float) -> float:
    """Four digits of a score, which is small where there is little to compare with."""
    return float(f"{score:.4g}")


def count(reader: Reader, since: datetime) -> int:
    """How many were taken since a moment."""
    query = select(func.count()).select_from(table).where(table.c.at >= since)
    found: int = reader.connection.execute(query).scalar_one()
    return found


def closed_with_article(reader: Reader, since: datetime) -> int:
    """Cases closed since a moment for which an article or known error was used (KNO-07)."""
    case = case_record.table
    query = (
        select(func.count(case.c.number.distinct()))
        .join(table, table.c.number == case.c.number)
        .where(table.c.kind != INCIDENT, case.c.closed_at >= since)
    )
    found: int = reader.connection.execute(query).scalar_one()
    return found
