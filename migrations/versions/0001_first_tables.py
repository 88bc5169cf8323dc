"""First tables: definitions, instances, tasks, events, outbox; cases, people, clocks."""

import sqlalchemy as sa
from alembic import op

from engine.store import columns, tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "case_numbers",
        sa.Column("prefix", sa.String(length=20), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("prefix", name=op.f("pk_case_numbers")),
    )
    op.create_table(
        "definitions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("file", sa.String(length=300), nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("author", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("deployed_at", columns.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_definitions")),
        sa.UniqueConstraint("kind", "key", "version", name=op.f("uq_definitions_kind_key_version")),
    )
    op.create_index("ix_definitions_active", "definitions", ["kind", "key", "active"], unique=False)
    op.create_table(
        "events",
        sa.Column("stream", sa.String(length=60), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", columns.Moment(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("on_behalf_of", sa.String(length=100), nullable=True),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("address", sa.String(length=60), nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("element", sa.String(length=200), nullable=True),
        sa.Column("definition_id", sa.Integer(), nullable=True),
        sa.Column("command_key", sa.String(length=100), nullable=True),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("stream", "seq", name=op.f("pk_events")),
        sa.UniqueConstraint("command_key", name=op.f("uq_events_command_key")),
    )
    op.create_index("ix_events_actor", "events", ["actor", "at"], unique=False)
    op.create_index("ix_events_at", "events", ["at"], unique=False)
    op.create_table(
        "failed_sign_ins",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("login", sa.String(length=100), nullable=False),
        sa.Column("address", sa.String(length=60), nullable=False),
        sa.Column("at", columns.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failed_sign_ins")),
    )
    op.create_index("ix_failed_sign_ins_at", "failed_sign_ins", ["at"], unique=False)
    op.create_table(
        "groups",
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("lead", sa.String(length=100), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_groups")),
    )
    op.create_table(
        "memberships",
        sa.Column("login", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("login", "kind", "key", name=op.f("pk_memberships")),
    )
    op.create_index("ix_memberships_key", "memberships", ["kind", "key"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("business_key", sa.String(length=100), nullable=True),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("created_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("sent_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
    )
    op.create_index(
        "ix_outbox_pending",
        "outbox",
        ["next_attempt_at"],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_table(
        "people",
        sa.Column("login", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.Column("password", sa.String(length=200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("login", name=op.f("pk_people")),
    )
    op.create_table(
        "sessions",
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("login", sa.String(length=100), nullable=False),
        sa.Column("address", sa.String(length=60), nullable=False),
        sa.Column("opened_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("used_at", columns.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_sessions")),
    )
    op.create_table(
        "worklist",
        sa.Column("owner", sa.String(length=110), nullable=False),
        sa.Column("claimed", sa.Boolean(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("due_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "owner", "claimed", "priority", "due_at", "task_id", name=op.f("pk_worklist")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_worklist_task", "worklist", ["task_id"], unique=False)
    op.create_table(
        "instances",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("definition_id", sa.Integer(), nullable=False),
        sa.Column("process_id", sa.String(length=200), nullable=False),
        sa.Column("business_key", sa.String(length=100), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=True),
        sa.Column("variables", columns.Json(), nullable=False),
        sa.Column("started_by", sa.String(length=100), nullable=False),
        sa.Column("started_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("ended_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("next_due_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.String(length=100), nullable=False),
        sa.Column("audit_seq", sa.Integer(), nullable=False),
        sa.Column("audit_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["definition_id"], ["definitions.id"], name=op.f("fk_instances_definition_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instances")),
    )
    op.create_index("ix_instances_business_key", "instances", ["business_key"], unique=False)
    op.create_index(
        "ix_instances_next_due_at",
        "instances",
        ["next_due_at"],
        unique=False,
        sqlite_where=sa.text("next_due_at IS NOT NULL"),
        postgresql_where=sa.text("next_due_at IS NOT NULL"),
    )
    op.create_table(
        "cases",
        sa.Column("number", sa.String(length=100), nullable=False),
        sa.Column("process", sa.String(length=200), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("requester", sa.String(length=100), nullable=True),
        sa.Column("affected_user", sa.String(length=100), nullable=True),
        sa.Column("channel", sa.String(length=30), nullable=True),
        sa.Column("service", sa.String(length=200), nullable=True),
        sa.Column("ci", sa.String(length=200), nullable=True),
        sa.Column("category", sa.String(length=200), nullable=True),
        sa.Column("subcategory", sa.String(length=200), nullable=True),
        sa.Column("impact", sa.Integer(), nullable=True),
        sa.Column("urgency", sa.Integer(), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=True),
        sa.Column("group", sa.String(length=100), nullable=True),
        sa.Column("assignee", sa.String(length=100), nullable=True),
        sa.Column("major", sa.Boolean(), nullable=True),
        sa.Column("occurred_at", sa.String(length=40), nullable=True),
        sa.Column("recorded_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("updated_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("responded_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("resolved_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("closed_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("resolution_code", sa.String(length=100), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.Column("reopened", sa.Integer(), nullable=True),
        sa.Column("reassigned", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instances.id"], name=op.f("fk_cases_instance_id")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_cases")),
    )
    op.create_index("ix_cases_instance", "cases", ["instance_id"], unique=False)
    op.create_index("ix_cases_requester", "cases", ["requester", "recorded_at"], unique=False)
    op.create_index("ix_cases_state", "cases", ["state", "priority", "recorded_at"], unique=False)
    op.create_table(
        "clocks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=50), nullable=False),
        sa.Column("definition_id", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("fired", columns.Json(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("breached", sa.Boolean(), nullable=False),
        sa.Column("due_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("next_at", columns.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instances.id"], name=op.f("fk_clocks_instance_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clocks")),
    )
    op.create_index("ix_clocks_instance", "clocks", ["instance_id"], unique=False)
    op.create_index(
        "ix_clocks_next_at",
        "clocks",
        ["next_at"],
        unique=False,
        sqlite_where=sa.text("next_at IS NOT NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_table(
        "subscriptions",
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("element", sa.String(length=200), nullable=False),
        sa.Column("message", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instances.id"], name=op.f("fk_subscriptions_instance_id")
        ),
        sa.PrimaryKeyConstraint("instance_id", "token", name=op.f("pk_subscriptions")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_subscriptions_message", "subscriptions", ["message", "key"], unique=False)
    op.create_table(
        "timers",
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("element", sa.String(length=200), nullable=False),
        sa.Column("due_at", columns.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instances.id"], name=op.f("fk_timers_instance_id")
        ),
        sa.PrimaryKeyConstraint("instance_id", "token", name=op.f("pk_timers")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "user_tasks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("element", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("process_id", sa.String(length=200), nullable=False),
        sa.Column("business_key", sa.String(length=100), nullable=True),
        sa.Column("lane", sa.String(length=200), nullable=False),
        sa.Column("form", sa.String(length=200), nullable=False),
        sa.Column("assignee", sa.String(length=100), nullable=True),
        sa.Column("candidates", columns.Json(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("due_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("created_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("closed_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=100), nullable=True),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instances.id"], name=op.f("fk_user_tasks_instance_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_tasks")),
    )
    op.create_index("ix_user_tasks_instance", "user_tasks", ["instance_id", "state"], unique=False)
    for statement in tables.APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)
