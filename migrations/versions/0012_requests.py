"""Managers and cost centres of people; who stands in for whom; baselines and verifications."""

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
    op.create_table(
        "ci_verifications",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", columns.Moment(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("checked", sa.Integer(), nullable=False),
        sa.Column("discrepancies", columns.Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ci_verifications")),
    )
    op.create_table(
        "ci_baselines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("at", columns.Moment(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ci_baselines")),
    )
    op.create_table(
        "ci_baseline_items",
        sa.Column("baseline", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("content", columns.Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["baseline"],
            ["ci_baselines.id"],
            name=op.f("fk_ci_baseline_items_baseline_ci_baselines"),
        ),
        sa.PrimaryKeyConstraint("baseline", "key", name=op.f("pk_ci_baseline_items")),
    )
