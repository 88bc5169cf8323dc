"""Skills and turns of people, who read what is sensitive, which proposals were taken."""

import sqlalchemy as sa
from alembic import op

from engine.store import columns

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column(
        "people", sa.Column("skills", sa.String(length=400), nullable=False, server_default="")
    )
    op.add_column(
        "memberships", sa.Column("turn", sa.Integer(), nullable=False, server_default="0")
    )
    op.create_table(
        "accepted_proposals",
        sa.Column("number", sa.String(length=100), nullable=False),
        sa.Column("proposal", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("person", sa.String(length=100), nullable=False),
        sa.Column("at", columns.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", "proposal", name=op.f("pk_accepted_proposals")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_accepted_proposals_at", "accepted_proposals", ["at"])
    op.create_table(
        "sensitive_reads",
        sa.Column("person", sa.String(length=100), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("at", columns.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person", "subject", name=op.f("pk_sensitive_reads")),
        sqlite_with_rowid=False,
    )
