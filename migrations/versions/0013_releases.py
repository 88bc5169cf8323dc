"""Releases, deployments, findings of controls, who did which duty."""

import sqlalchemy as sa
from alembic import op

from engine.store import columns

revision = "0013"
down_revision = "0012"


def _moment(name: str, *, nullable: bool = True) -> sa.Column:
    return sa.Column(name, columns.Moment(timezone=True), nullable=nullable)


def _text(name: str, length: int, *, nullable: bool = True) -> sa.Column:
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "releases",
        _text("number", 100, nullable=False),
        _text("version", 100),
        _text("release_type", 20),
        _text("service", 200),
        _text("digest", 64),
        sa.Column("changes", columns.Json(), nullable=True),
        *(_moment(name) for name in ("planned_at", "deployed_at", "rolled_back_at")),
        _text("release_result", 20),
        sa.Column("incidents_after", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_releases")),
    )
    op.create_index("ix_releases_digest", "releases", ["digest"])
    op.create_table(
        "deployments",
        sa.Column("id", sa.Integer(), nullable=False),
        _moment("at", nullable=False),
        _text("ci", 100, nullable=False),
        _text("digest", 64, nullable=False),
        _text("source", 200, nullable=False),
        _text("change", 100),
        _text("release", 100),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployments")),
    )
    op.create_index("ix_deployments_ci", "deployments", ["ci", "at"])
    op.create_table(
        "control_findings",
        sa.Column("id", sa.Integer(), nullable=False),
        _text("control", 60, nullable=False),
        _text("subject", 200, nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        _text("owner", 100, nullable=False),
        _text("state", 20, nullable=False),
        _moment("found_at", nullable=False),
        _moment("due_at", nullable=False),
        _moment("closed_at"),
        _text("closed_by", 100),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_control_findings")),
        sa.UniqueConstraint("control", "subject", name=op.f("uq_control_findings_control_subject")),
    )
    op.create_index("ix_control_findings_state", "control_findings", ["state", "due_at"])
    op.create_table(
        "done_duties",
        sa.Column("root_id", sa.Integer(), nullable=False),
        _text("duty", 20, nullable=False),
        _text("person", 100, nullable=False),
        _text("element", 200, nullable=False),
        _moment("at", nullable=False),
        sa.PrimaryKeyConstraint("root_id", "duty", "person", name=op.f("pk_done_duties")),
        sqlite_with_rowid=False,
    )
