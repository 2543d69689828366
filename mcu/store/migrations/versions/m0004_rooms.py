"""Rooms that are called into a conference, and which participants are rooms."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rooms",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("conference_id", sa.String(32), nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("office", sa.Text, nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rooms"),
        sa.ForeignKeyConstraint(
            ["conference_id"],
            ["conferences.id"],
            name="fk_rooms_conference_id_conferences",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_rooms_conference_id", "rooms", ["conference_id"])
    with op.batch_alter_table("participants") as table:
        table.add_column(sa.Column("kind", sa.String(8), nullable=False, server_default="person"))


def downgrade() -> None:
    with op.batch_alter_table("participants") as table:
        table.drop_column("kind")
    op.drop_table("rooms")
