"""Cycles of months count from a moment that stays; streams of the audit trail know their end."""

import sqlalchemy as sa
from alembic import op

from engine.store import columns

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "stream_heads",
        sa.Column("stream", sa.String(length=60), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_stream_heads")),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO stream_heads (stream, seq, hash) SELECT stream, seq, hash FROM events AS last "
        "WHERE stream = 'system' AND seq = (SELECT max(seq) FROM events WHERE stream = 'system')"
    )
    op.add_column("start_timers", sa.Column("since", columns.Moment(timezone=True), nullable=True))
