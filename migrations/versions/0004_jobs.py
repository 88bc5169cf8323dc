"""Jobs of service tasks, tokens of programs, and stalled instances found at once."""

import sqlalchemy as sa
from alembic import op

from engine.store import columns

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    _jobs()
    _api_tokens()
    op.create_index(
        "ix_instances_stalled",
        "instances",
        ["id"],
        sqlite_where=sa.text("status = 'stalled'"),
        postgresql_where=sa.text("status = 'stalled'"),
    )


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("element", sa.String(length=200), nullable=False),
        sa.Column("type", sa.String(length=200), nullable=False),
        sa.Column("process_id", sa.String(length=200), nullable=False),
        sa.Column("business_key", sa.String(length=100), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("retries", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("worker", sa.String(length=100), nullable=True),
        sa.Column("lease", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("failed_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("result", columns.Json(), nullable=True),
        sa.Column("created_at", columns.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instances.id"], name=op.f("fk_jobs_instance_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("instance_id", "token", name=op.f("uq_jobs_instance_id_token")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_jobs_state", "jobs", ["state", "id"])
    op.create_index(
        "ix_jobs_ready",
        "jobs",
        ["type", "due_at"],
        sqlite_where=sa.text("state = 'ready'"),
        postgresql_where=sa.text("state = 'ready'"),
    )


def _api_tokens() -> None:
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("grants", columns.Json(), nullable=False),
        sa.Column("made_by", sa.String(length=100), nullable=False),
        sa.Column("made_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("expires_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("revoked_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("used_at", columns.Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("name", name=op.f("uq_api_tokens_name")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_tokens_digest")),
    )
