"""What did not have to be asked, because an article answered it before (KNO-03)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Column, Index, Integer, String, Table, func, insert, select

from engine.store import audit
from engine.store.columns import Moment, metadata
from engine.store.unit_of_work import Reader, UnitOfWork
from itil import knowledge

#: In which a second answer of the same article to the same person is the same one.
AGAIN = timedelta(days=1)

table = Table(
    "deflections",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("article", String(100), nullable=False),
    Column("person", String(100), nullable=False),
    Column("about", String(100), nullable=False),  # item of the catalogue, or `incident`
    Column("at", Moment, nullable=False),
)
Index("ix_deflections_at", table.c.at)
Index("ix_deflections_article", table.c.article, table.c.person, table.c.at)


def add(work: UnitOfWork, article: str, about: str) -> bool:
    """Count that an article answered before something was sent; answers whether it counts.

    `about`: key of a catalogue item, or `incident`.

    Raises:
        ArticleNotFound: it is not for this person.
    """
    knowledge.get(work, article, work.actor)
    mine = table.c.article == article, table.c.person == work.actor.name
    recent = select(table.c.id).where(*mine, table.c.at > work.now - AGAIN).limit(1)
    if work.connection.execute(recent).first() is not None:
        return False
    row = {"article": article, "person": work.actor.name, "about": about[:100], "at": work.now}
    work.connection.execute(insert(table), row)
    knowledge.use(work, article)
    details = {"about": row["about"]}
    work.record(audit.Draft("system", "request.deflected", f"article:{article}", details))
    return True


def count(reader: Reader, since: datetime) -> int:
    """How many there were since a moment."""
    query = select(func.count()).select_from(table).where(table.c.at >= since)
    found: int = reader.connection.execute(query).scalar_one()
    return found
