"""Skills of people, and whose turn it is in a group."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0016"


def upgrade() -> None:
    op.add_column(
        "people", sa.Column("skills", sa.String(length=400), nullable=False, server_default="")
    )
    op.add_column(
        "memberships", sa.Column("turn", sa.Integer(), nullable=False, server_default="0")
    )
