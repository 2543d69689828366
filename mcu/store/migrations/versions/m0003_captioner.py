"""Who may write captions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("captioner", sa.Boolean, nullable=False, server_default=sa.false())
    with op.batch_alter_table("participants") as table:
        table.add_column(column)


def downgrade() -> None:
    with op.batch_alter_table("participants") as table:
        table.drop_column("captioner")
