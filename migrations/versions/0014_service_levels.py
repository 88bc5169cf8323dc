"""Why targets were missed; calendars of readers; agreements, reports; alerts."""

import sqlalchemy as sa
from alembic import op

from engine.store import columns

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("clocks", sa.Column("cause", sa.String(length=30), nullable=True))
    op.add_column("clocks", sa.Column("excused", sa.Boolean(), nullable=True))
    op.add_column("clocks", sa.Column("cause_note", sa.Text(), nullable=True))
    op.add_column("people", sa.Column("calendar", sa.String(length=100), nullable=True))
    op.create_table(
        "agreements",
        sa.Column("number", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("customer", sa.String(length=200), nullable=False),
        sa.Column("service", sa.String(length=200), nullable=False),
        sa.Column("provider", sa.String(length=200), nullable=False),
        sa.Column("content", columns.Json(), nullable=False),
        sa.Column("valid_from", columns.Moment(timezone=True), nullable=False),
        sa.Column("valid_to", columns.Moment(timezone=True), nullable=False),
        sa.Column("signed_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("ended_at", columns.Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("number", "version", name=op.f("pk_agreements")),
    )
    op.create_table(
        "service_reports",
        sa.Column("number", sa.String(length=100), nullable=False),
        sa.Column("starts_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("ends_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("service", sa.String(length=200), nullable=False),
        sa.Column("figures", columns.Json(), nullable=False),
        sa.PrimaryKeyConstraint("number", "starts_at", name=op.f("pk_service_reports")),
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("together", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("ci", sa.String(length=100), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("heard", sa.Integer(), nullable=False),
        sa.Column("first_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("last_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("number", sa.String(length=100), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index("ix_alerts_key", "alerts", ["source", "key"], unique=True)
    op.create_index("ix_alerts_together", "alerts", ["together", "last_at"])
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("events", columns.Json(), nullable=False),
        sa.Column("secret", sa.String(length=100), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("made_by", sa.String(length=100), nullable=False),
        sa.Column("made_at", columns.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
        sa.UniqueConstraint("name", name=op.f("uq_webhooks_name")),
    )
    op.create_table(
        "trend_candidates",
        sa.Column("by", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("found_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("incidents", columns.Json(), nullable=False),
        sa.PrimaryKeyConstraint("by", "value", "found_at", name=op.f("pk_trend_candidates")),
    )
    op.create_table(
        "classifiers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("target", sa.String(length=30), nullable=False),
        sa.Column("made_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=100), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("accuracy", sa.Float(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_classifiers")),
    )
    op.create_table(
        "suggestions",
        sa.Column("number", sa.String(length=100), nullable=False),
        sa.Column("target", sa.String(length=30), nullable=False),
        sa.Column("suggested", sa.String(length=200), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("chosen", sa.String(length=200), nullable=False),
        sa.Column("at", columns.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", "target", name=op.f("pk_suggestions")),
    )
