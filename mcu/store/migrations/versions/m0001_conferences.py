"""Conferences, participants, chat lines and tokens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "conferences",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("link", sa.String(22), nullable=False),
        sa.Column("number", sa.String(9), nullable=False),
        sa.Column("pin_salt", sa.LargeBinary, nullable=False),
        sa.Column("pin_hash", sa.LargeBinary, nullable=False),
        sa.Column("chair_hash", sa.LargeBinary, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("capacity", sa.Integer, nullable=False),
        sa.Column("locked", sa.Boolean, nullable=False),
        sa.Column("layout", sa.Text, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_conferences"),
        sa.UniqueConstraint("link", name="uq_conferences_link"),
        sa.UniqueConstraint("number", name="uq_conferences_number"),
    )
    op.create_table(
        "participants",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("conference_id", sa.String(32), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("office", sa.Text, nullable=False),
        sa.Column("role", sa.String(8), nullable=False),
        sa.Column("seat", sa.Integer, nullable=False),
        sa.Column("muted", sa.Boolean, nullable=False),
        sa.Column("muted_by_chair", sa.Boolean, nullable=False),
        sa.Column("camera_off", sa.Boolean, nullable=False),
        sa.Column("hand", sa.Boolean, nullable=False),
        sa.Column("entered_at", _MOMENT, nullable=False),
        sa.Column("departed_at", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_participants"),
        sa.ForeignKeyConstraint(
            ["conference_id"],
            ["conferences.id"],
            name="fk_participants_conference_id_conferences",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_participants_conference_id", "participants", ["conference_id", "state"])
    op.create_table(
        "chat_lines",
        sa.Column("conference_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("participant", sa.String(32), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("office", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("conference_id", "number", name="pk_chat_lines"),
        sa.ForeignKeyConstraint(
            ["conference_id"],
            ["conferences.id"],
            name="fk_chat_lines_conference_id_conferences",
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "tokens",
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        sa.Column("conference_id", sa.String(32), nullable=False),
        sa.Column("participant", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(4), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("office", sa.Text, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_tokens"),
        sa.ForeignKeyConstraint(
            ["conference_id"],
            ["conferences.id"],
            name="fk_tokens_conference_id_conferences",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_tokens_conference_id", "tokens", ["conference_id"])


def downgrade() -> None:
    for table in ("tokens", "chat_lines", "participants", "conferences"):
        op.drop_table(table)
