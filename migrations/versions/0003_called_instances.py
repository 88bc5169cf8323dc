"""Instances that call activities have called know their caller."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("instances", sa.Column("parent_id", sa.Integer(), nullable=True))
    op.add_column("instances", sa.Column("parent_token", sa.Integer(), nullable=True))
    op.create_index(
        "ix_instances_parent",
        "instances",
        ["parent_id", "parent_token"],
        sqlite_where=sa.text("parent_id IS NOT NULL"),
        postgresql_where=sa.text("parent_id IS NOT NULL"),
    )
