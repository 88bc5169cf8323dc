"""Configuration items and their relations; changes, their windows and templates."""

import sqlalchemy as sa
from alembic import op

from engine.store import columns

revision = "0011"
down_revision = "0010"


def _moment(name: str, *, nullable: bool = True) -> sa.Column:
    return sa.Column(name, columns.Moment(timezone=True), nullable=nullable)


def _text(name: str, length: int, *, nullable: bool = True) -> sa.Column:
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def upgrade() -> None:
    _configuration()
    _changes()


def _configuration() -> None:
    op.create_table(
        "configuration_items",
        _text("key", 100, nullable=False),
        _text("name", 200, nullable=False),
        _text("kind", 20, nullable=False),
        _text("status", 20, nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        _text("owner", 100),
        _text("group", 100),
        _text("location", 200),
        _text("environment", 20, nullable=False),
        sa.Column("criticality", sa.Integer(), nullable=False),
        _text("supplier", 200),
        sa.Column("enough", sa.Integer(), nullable=True),
        sa.Column("attributes", columns.Json(), nullable=False),
        _moment("changed_at", nullable=False),
        _text("changed_via", 120, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_configuration_items")),
    )
    op.create_index("ix_configuration_items_kind", "configuration_items", ["kind", "key"])
    op.create_table(
        "ci_relations",
        _text("source", 100, nullable=False),
        _text("kind", 20, nullable=False),
        _text("target", 100, nullable=False),
        sa.PrimaryKeyConstraint("source", "kind", "target", name=op.f("pk_ci_relations")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_ci_relations_target", "ci_relations", ["target", "kind"])
    op.create_table(
        "ci_history",
        sa.Column("id", sa.Integer(), nullable=False),
        _text("key", 100, nullable=False),
        _moment("at", nullable=False),
        _text("by", 100, nullable=False),
        _text("via", 120, nullable=False),
        sa.Column("changes", columns.Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ci_history")),
    )
    op.create_index("ix_ci_history_key", "ci_history", ["key", "id"])


def _changes() -> None:
    texts = ("type", "risk", "service", "environment", "implementer", "template", "close_code")
    lengths = {"service": 200, "implementer": 100, "template": 100}
    moments = ("window_start", "window_end", "authorised_at", "started_at", "ended_at")
    op.create_table(
        "changes",
        _text("number", 100, nullable=False),
        *(_text(name, lengths.get(name, 20)) for name in texts),
        sa.Column("risk_score", sa.Integer(), nullable=True),
        sa.Column("outage", sa.Boolean(), nullable=True),
        sa.Column("cis", columns.Json(), nullable=True),
        *(_moment(name) for name in (*moments, "papers_due", "papers_done_at")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_changes")),
    )
    op.create_index("ix_changes_window", "changes", ["window_start", "number"])
    op.create_index("ix_changes_template", "changes", ["template"])
    op.create_table(
        "change_items",
        _text("ci", 100, nullable=False),
        _text("number", 100, nullable=False),
        sa.PrimaryKeyConstraint("ci", "number", name=op.f("pk_change_items")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_change_items_number", "change_items", ["number"])
    op.create_table(
        "change_windows",
        sa.Column("id", sa.Integer(), nullable=False),
        _text("kind", 20, nullable=False),
        _text("name", 200, nullable=False),
        _text("service", 200),
        _text("type", 20),
        _moment("starts_at", nullable=False),
        _moment("ends_at", nullable=False),
        sa.Column("rule", sa.Text(), nullable=True),
        _text("zone", 60, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_windows")),
    )
    op.create_table(
        "change_templates",
        _text("key", 100, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _text("status", 20, nullable=False),
        _text("name", 200, nullable=False),
        _text("name_zh", 200, nullable=False),
        _text("service", 200),
        sa.Column("cis", columns.Json(), nullable=False),
        *(sa.Column(n, sa.Text(), nullable=False) for n in ("plan", "test_plan", "backout_plan")),
        *(sa.Column(n, sa.Integer(), nullable=False) for n in ("tolerated", "failed", "used")),
        _text("author", 100, nullable=False),
        _text("approver", 100),
        _moment("valid_until"),
        sa.PrimaryKeyConstraint("key", "version", name=op.f("pk_change_templates")),
    )
