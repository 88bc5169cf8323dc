"""Subscriptions to signals beside messages; timers that start processes."""

import sqlalchemy as sa
from alembic import op

from engine.store import columns

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column(
        "subscriptions",
        sa.Column("kind", sa.String(length=10), nullable=False, server_default="message"),
    )
    op.create_table(
        "start_timers",
        sa.Column("definition_id", sa.Integer(), nullable=False),
        sa.Column("element", sa.String(length=200), nullable=False),
        sa.Column("due_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["definition_id"], ["definitions.id"], name=op.f("fk_start_timers_definition_id")
        ),
        sa.PrimaryKeyConstraint("definition_id", "element", name=op.f("pk_start_timers")),
        sqlite_with_rowid=False,
    )
