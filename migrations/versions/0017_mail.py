"""Letters that came by mail, and what references to cases are signed with."""

import sqlalchemy as sa
from alembic import op

from engine.store import columns

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "received_mails",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(length=300), nullable=False),
        sa.Column("at", columns.Moment(timezone=True), nullable=False),
        sa.Column("sender", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("number", sa.String(length=100), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_received_mails")),
        sa.UniqueConstraint("message_id", name=op.f("uq_received_mails_message_id")),
    )
    op.create_index("ix_received_mails_sender", "received_mails", ["sender", "at"])
    op.create_table(
        "mail_secrets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_secrets")),
    )
