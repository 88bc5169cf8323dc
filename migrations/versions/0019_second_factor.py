"""Second factors, and sign-ins that wait for theirs."""

import sqlalchemy as sa
from alembic import op

from engine.store import columns

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "second_factors",
        sa.Column("login", sa.String(length=100), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("confirmed_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("login", name=op.f("pk_second_factors")),
    )
    op.create_table(
        "half_sign_ins",
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("login", sa.String(length=100), nullable=False),
        sa.Column("at", columns.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_half_sign_ins")),
    )
