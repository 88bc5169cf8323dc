"""Managers and cost centres of people; who stands in for whom."""

import sqlalchemy as sa
from alembic import op

from engine.store import columns

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    for name in ("manager", "cost_centre"):
        op.add_column("people", sa.Column(name, sa.String(length=100), nullable=True))
    op.create_table(
        "delegations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(length=100), nullable=False),
        sa.Column("delegate", sa.String(length=100), nullable=False),
        sa.Column("starts_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("ends_at", columns.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegations")),
    )
    op.create_index("ix_delegations_person", "delegations", ["person", "ends_at"])
