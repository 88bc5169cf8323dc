"""Messages wait for a time until somebody waits for them."""

import sqlalchemy as sa
from alembic import op

from engine.store import columns

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("instances", sa.Column("start_key", sa.String(length=200), nullable=True))
    begun = sa.text("start_key IS NOT NULL")
    op.create_index(
        "ix_instances_start_key",
        "instances",
        ["process_id", "start_key"],
        sqlite_where=begun,
        postgresql_where=begun,
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=True),
        sa.Column("variables", columns.Json(), nullable=False),
        sa.Column("sender", sa.String(length=100), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=True),
        sa.Column("element", sa.String(length=200), nullable=True),
        sa.Column("published_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("expires_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("caught_at", columns.Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sqlite_autoincrement=True,
    )
    waiting = sa.text("caught_at IS NULL")
    op.create_index(
        "ix_messages_waiting",
        "messages",
        ["key", "name", "id"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_index("ix_messages_expires_at", "messages", ["expires_at"])
    named = sa.text("message_id IS NOT NULL")
    op.create_index(
        "uq_messages_message_id",
        "messages",
        ["name", "key", "message_id"],
        unique=True,
        sqlite_where=named,
        postgresql_where=named,
    )
