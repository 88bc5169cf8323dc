"""What articles answered before it was asked; notes between shifts."""

import sqlalchemy as sa
from alembic import op

from engine.store import columns

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "deflections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("article", sa.String(length=100), nullable=False),
        sa.Column("person", sa.String(length=100), nullable=False),
        sa.Column("about", sa.String(length=100), nullable=False),
        sa.Column("at", columns.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deflections")),
    )
    op.create_index("ix_deflections_at", "deflections", ["at"])
    op.create_index("ix_deflections_article", "deflections", ["article", "person", "at"])
    op.create_table(
        "handovers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group", sa.String(length=100), nullable=False),
        sa.Column("person", sa.String(length=100), nullable=False),
        sa.Column("at", columns.Moment(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("urgent", columns.Json(), nullable=False),
        sa.Column("taken_by", sa.String(length=100), nullable=True),
        sa.Column("taken_at", columns.Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handovers")),
    )
    op.create_index("ix_handovers_group", "handovers", ["group", "id"])
