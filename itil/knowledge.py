"""Articles and known errors: one store, whose versions are kept (KNO-01, KNO-08).

The process `knowledge` writes articles, the process `problem` known errors; people read, and say
whether it helped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    insert,
    select,
    update,
)

from engine.errors import NotFound, Rejected
from engine.store import audit
from engine.store.columns import Moment, metadata
from engine.store.unit_of_work import Actor, Reader, UnitOfWork
from itil import search
from itil.search_index import Indexed, keep

KINDS = ("article", "known-error")
STATUSES = ("draft", "in_review", "published", "retired")
#: Who may read an article beside the staff.
VISIBILITIES = ("internal", "customer")
#: Roles that see internal articles.
INSIDE = frozenset({"requester"})

table = Table(
    "articles",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(100), nullable=False, unique=True),  # number of its case, or KE-PRB-1
    Column("kind", String(20), nullable=False),
    Column("status", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("title_zh", Text, nullable=False),
    Column("body_zh", Text, nullable=False),
    Column("visibility", String(60), nullable=False),  # internal, customer, role:security
    Column("author", String(100), nullable=False),
    Column("reviewer", String(100)),
    Column("problem", String(100)),  # of a known error
    Column("review_at", String(40)),  # ISO date by which it is looked at again
    Column("used", Integer, nullable=False),
    Column("helpful", Integer, nullable=False),
    Column("unhelpful", Integer, nullable=False),
    Column("changed_at", Moment, nullable=False),
)
Index("ix_articles_status", table.c.status, table.c.changed_at)
Index("ix_articles_problem", table.c.problem)
#: Every version that was ever published, and who wrote and reviewed it.
versions = Table(
    "article_versions",
    metadata,
    Column("key", String(100), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("title_zh", Text, nullable=False),
    Column("body_zh", Text, nullable=False),
    Column("author", String(100), nullable=False),
    Column("reviewer", String(100)),
    Column("published_at", Moment, nullable=False),
)
#: One vote for each person and article.
votes = Table(
    "article_votes",
    metadata,
    Column("key", String(100), nullable=False),
    Column("person", String(100), nullable=False),
    Column("helpful", Integer, nullable=False),
    UniqueConstraint("key", "person"),
)
WORDS = Indexed("articles", "id", ("title", "body", "title_zh", "body_zh"))
keep(table, WORDS)

_TEXTS = ("title", "body", "title_zh", "body_zh")
_ONE = select(table).where(table.c.key == bindparam("key"))


class ArticleNotFound(NotFound):
    """There is no article with this key, or none that the reader may see."""

    code: ClassVar[str] = "article.not-found"

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"There is no article '{key}' that you may read. Check the number.")


class ArticleInvalid(Rejected):
    """An article cannot be like this."""

    code: ClassVar[str] = "article.invalid"


@dataclass(frozen=True, slots=True)
class Article:
    """An article or known error as it is now."""

    id: int
    key: str
    kind: str
    status: str
    version: int
    title: str
    body: str
    title_zh: str
    body_zh: str
    visibility: str
    author: str
    reviewer: str | None
    problem: str | None
    review_at: str | None
    used: int
    helpful: int
    unhelpful: int
    changed_at: datetime

    def heading(self, language: str) -> str:
        """The title in a language, the other one where it has none."""
        first, second = (self.title_zh, self.title) if language == "zh" else self._english
        return first or second

    def text(self, language: str) -> str:
        """The body in a language, the other one where it has none."""
        return (self.body_zh or self.body) if language == "zh" else (self.body or self.body_zh)

    @property
    def _english(self) -> tuple[str, str]:
        return self.title, self.title_zh


_COLUMNS = tuple(table.c[field.name] for field in fields(Article))

# -- written by processes


def write(work: UnitOfWork, key: str, values: Mapping[str, object]) -> None:
    """Make an article, or change it: texts, kind, visibility, author, problem, status.

    Raises:
        ArticleInvalid: it has no title, or a kind, status or visibility that does not exist.
    """
    row = work.connection.execute(_ONE, {"key": key}).mappings().first()
    before = _new(work, key) if row is None else dict(row)
    after = {**before, **{name: values[name] for name in values if name in table.c}}
    after |= {name: str(after[name] or "") for name in _TEXTS}
    after["changed_at"] = work.now
    _check(key, after)
    if row is None:
        work.connection.execute(insert(table), after)
    else:
        work.connection.execute(update(table).where(table.c.key == key).values(after))
    changed = {n: after[n] for n in after if after[n] != before.get(n) and n not in _TEXTS}
    _record(work, "article.written", key, {n: str(v) for n, v in changed.items()})


def _new(work: UnitOfWork, key: str) -> dict[str, Any]:
    texts = dict.fromkeys(_TEXTS, "")
    counts = dict.fromkeys(("used", "helpful", "unhelpful"), 0)
    return {
        "key": key,
        "kind": "article",
        "status": "draft",
        "version": 0,
        "visibility": "internal",
        "author": work.actor.name,
        "reviewer": None,
        "problem": None,
        "review_at": None,
        **texts,
        **counts,
    }


def _check(key: str, values: Mapping[str, Any]) -> None:
    if not (values["title"].strip() or values["title_zh"].strip()):
        raise ArticleInvalid(f"Article '{key}' needs a title, in English or in Chinese. Write one.")
    for name, known in (("kind", KINDS), ("status", STATUSES)):
        if values[name] not in known:
            raise ArticleInvalid(
                f"Article '{key}': there is no {name} '{values[name]}'. "
                f"Write one of {', '.join(known)}."
            )
    seen = str(values["visibility"])
    if seen not in VISIBILITIES and not seen.startswith("role:"):
        raise ArticleInvalid(
            f"Article '{key}': nobody knows who '{seen}' is. Write internal, customer or role:NAME."
        )


def publish(work: UnitOfWork, key: str, reviewer: str | None, review_at: str | None) -> int:
    """Publish what is written as the next version; answers its number.

    Raises:
        ArticleNotFound: there is none.
        ArticleInvalid: whoever reviewed it is its author (KNO-01).
    """
    row = work.connection.execute(_ONE, {"key": key}).first()
    if row is None:
        raise ArticleNotFound(key)
    if reviewer is not None and reviewer == row.author:
        raise ArticleInvalid(
            f"Article '{key}' was written by {reviewer}. Let another person review it."
        )
    version: int = row.version + 1
    values = {"status": "published", "version": version, "reviewer": reviewer}
    values |= {"review_at": review_at, "changed_at": work.now}
    work.connection.execute(update(table).where(table.c.key == key).values(values))
    texts = {name: getattr(row, name) for name in _TEXTS}
    kept = {"key": key, "version": version, "author": row.author, "reviewer": reviewer, **texts}
    work.connection.execute(insert(versions), {**kept, "published_at": work.now})
    _record(work, "article.published", key, {"version": version, "reviewer": reviewer})
    return version


def retire(work: UnitOfWork, key: str, reason: str) -> None:
    """Take an article out of what readers find; its versions stay."""
    values = {"status": "retired", "changed_at": work.now}
    work.connection.execute(update(table).where(table.c.key == key).values(values))
    _record(work, "article.retired", key, {"reason": reason})


def _record(work: UnitOfWork, action: str, key: str, details: Mapping[str, object]) -> None:
    work.record(audit.Draft("system", action, f"article:{key}", details))


# -- read by people


def get(reader: Reader | UnitOfWork, key: str, actor: Actor | None = None) -> Article:
    """An article, as far as this person may read it.

    Raises:
        ArticleNotFound: there is none, or it is not for this person.
    """
    row = reader.connection.execute(select(*_COLUMNS).where(table.c.key == key)).first()
    if row is None:
        raise ArticleNotFound(key)
    found = Article(*row)
    if actor is not None and not may_read(actor, found):
        raise ArticleNotFound(key)
    return found


def may_read(actor: Actor, article: Article) -> bool:
    """Whether a person may read an article (KNO-06)."""
    if article.visibility.startswith("role:"):
        return article.visibility.removeprefix("role:") in actor.roles
    if actor.roles <= INSIDE:
        return article.visibility == "customer" and article.status == "published"
    return True


def find(
    reader: Reader, actor: Actor, asked: str, limit: int = 20, *, kind: str | None = None
) -> list[Article]:
    """Published articles in which every word occurs, the best first (KNO-02)."""
    return _found(reader, actor, search.all_words(reader, WORDS, asked, limit * 3, _LIVE), kind)[
        :limit
    ]


def like(reader: Reader, actor: Actor, said: str, limit: int = 5) -> list[Article]:
    """Published articles that are about the same as a text (KNO-03)."""
    return [article for article, _ in scored(reader, actor, said, limit)]


def scored(
    source: Reader | UnitOfWork, actor: Actor, said: str, limit: int = 5
) -> list[tuple[Article, float]]:
    """The same with how well each fits: the higher, the better."""
    hits = search.similar(source, WORDS, said, limit * 3, _LIVE)
    scores = {hit.id: hit.score for hit in hits}
    return [(one, scores[one.id]) for one in _found(source, actor, hits, None)[:limit]]


_LIVE = "articles.status = 'published'"


def _found(
    reader: Reader | UnitOfWork, actor: Actor, hits: Sequence[search.Found], kind: str | None
) -> list[Article]:
    if not hits:
        return []
    query = select(*_COLUMNS).where(table.c.id.in_([hit.id for hit in hits]))
    known = {row.id: Article(*row) for row in reader.connection.execute(query)}
    ordered = [known[hit.id] for hit in hits if hit.id in known]
    return [a for a in ordered if may_read(actor, a) and kind in (None, a.kind)]


def recent(
    reader: Reader, actor: Actor, status: str = "published", limit: int = 50
) -> list[Article]:
    """Articles by status, the newest first."""
    query = select(*_COLUMNS).where(table.c.status == status)
    query = query.order_by(table.c.changed_at.desc(), table.c.id.desc()).limit(limit)
    return [a for row in reader.connection.execute(query) if may_read(actor, a := Article(*row))]


def history(reader: Reader, key: str) -> list[Any]:
    """Its published versions, the newest first."""
    query = select(versions).where(versions.c.key == key).order_by(versions.c.version.desc())
    return list(reader.connection.execute(query))


def vote(work: UnitOfWork, key: str, *, helpful: bool) -> None:
    """Say whether it helped; a second vote of the same person takes the place of the first.

    Raises:
        ArticleNotFound: it is not for this person.
    """
    get(work, key, work.actor)
    mine = votes.c.key == key, votes.c.person == work.actor.name
    changed = work.connection.execute(update(votes).where(*mine).values(helpful=int(helpful)))
    if not changed.rowcount:
        row = {"key": key, "person": work.actor.name, "helpful": int(helpful)}
        work.connection.execute(insert(votes), row)
    query = select(votes.c.helpful).where(votes.c.key == key)
    said = work.connection.execute(query).scalars().all()
    counts = {"helpful": sum(said), "unhelpful": len(said) - sum(said)}
    work.connection.execute(update(table).where(table.c.key == key).values(counts))


def use(work: UnitOfWork, key: str) -> None:
    """Count that an article helped with a case (PRB-05)."""
    raised = {"used": table.c.used + 1}
    work.connection.execute(update(table).where(table.c.key == key).values(raised))
