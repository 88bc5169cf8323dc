"""Cycles of months count from a moment that stays."""

import sqlalchemy as sa
from alembic import op

from engine.store import tables

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("start_timers", sa.Column("since", tables.Moment(timezone=True), nullable=True))
