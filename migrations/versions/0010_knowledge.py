"""Articles and known errors; full-text search over them and over cases."""

import sqlalchemy as sa
from alembic import op

from engine.store import columns
from itil.search_index import Indexed

revision = "0010"
down_revision = "0009"

TEXTS = ("title", "body", "title_zh", "body_zh")


def upgrade() -> None:
    op.create_table(
        "articles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in TEXTS),
        sa.Column("visibility", sa.String(length=60), nullable=False),
        sa.Column("author", sa.String(length=100), nullable=False),
        sa.Column("reviewer", sa.String(length=100), nullable=True),
        sa.Column("problem", sa.String(length=100), nullable=True),
        sa.Column("review_at", sa.String(length=40), nullable=True),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("helpful", sa.Integer(), nullable=False),
        sa.Column("unhelpful", sa.Integer(), nullable=False),
        sa.Column("changed_at", columns.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
        sa.UniqueConstraint("key", name=op.f("uq_articles_key")),
    )
    op.create_index("ix_articles_status", "articles", ["status", "changed_at"])
    op.create_index("ix_articles_problem", "articles", ["problem"])
    op.create_table(
        "article_versions",
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in TEXTS),
        sa.Column("author", sa.String(length=100), nullable=False),
        sa.Column("reviewer", sa.String(length=100), nullable=True),
        sa.Column("published_at", columns.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", "version", name=op.f("pk_article_versions")),
    )
    op.create_table(
        "article_votes",
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("person", sa.String(length=100), nullable=False),
        sa.Column("helpful", sa.Integer(), nullable=False),
        sa.UniqueConstraint("key", "person", name=op.f("uq_article_votes_key")),
    )
    dialect = op.get_bind().dialect.name
    cases = Indexed("cases", "instance_id", ("summary", "description", "resolution"))
    for indexed in (cases, Indexed("articles", "id", TEXTS)):
        for statement in indexed.statements(dialect):
            op.execute(sa.text(statement.replace(":", "\\:")))
    if dialect == "sqlite":
        op.execute("INSERT INTO cases_fts (cases_fts) VALUES ('rebuild')")
