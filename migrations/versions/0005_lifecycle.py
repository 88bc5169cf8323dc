"""Versions and instances can be suspended; plans move instances to another version."""

import sqlalchemy as sa
from alembic import op

from engine.store.columns import Json, Moment

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column(
        "definitions",
        sa.Column("suspended", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column("instances", sa.Column("suspended_at", Moment(), nullable=True))
    op.create_index(
        "ix_instances_running",
        "instances",
        ["definition_id", "id"],
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "migration_plans",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("process_id", sa.String(200), nullable=False),
        sa.Column("sources", Json(), nullable=False),
        sa.Column("target", sa.Integer(), nullable=False),
        sa.Column("names", Json(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author", sa.String(100), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_migration_plans"),
    )
    op.create_table(
        "migration_steps",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("reasons", Json(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["migration_plans.id"], name="fk_migration_steps_plan_id"
        ),
        sa.PrimaryKeyConstraint("plan_id", "instance_id", name="pk_migration_steps"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_migration_steps_source", "migration_steps", ["source"])
