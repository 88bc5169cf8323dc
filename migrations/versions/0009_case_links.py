"""Cases are linked to each other."""

import sqlalchemy as sa
from alembic import op

from engine.store import columns

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "case_links",
        sa.Column("number", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=30), nullable=False),
        sa.Column("other", sa.String(length=100), nullable=False),
        sa.Column("linked_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("linked_by", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("number", "name", "other", name=op.f("pk_case_links")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_case_links_other", "case_links", ["other", "name"])
